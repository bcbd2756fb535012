"""The categories of software work, and the words by which a text is sorted into one."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping

GENERAL = "general"

CATEGORY_WORDS: Mapping[str, tuple[str, ...]] = {
    "authentication": (
        "auth",
        "login",
        "logout",
        "session",
        "oauth",
        "jwt",
        "sso",
        "password",
        "credential",
        "permission",
        "role",
    ),
    "security": (
        "security",
        "vulnerability",
        "xss",
        "csrf",
        "injection",
        "encrypt",
        "sanitize",
        "escape",
        "cve",
        "secret",
        "tls",
        "certificate",
    ),
    "database": (
        "database",
        "sql",
        "migration",
        "query",
        "index",
        "transaction",
        "orm",
        "postgres",
        "sqlite",
        "schema",
        "table",
    ),
    "api": (
        "api",
        "endpoint",
        "rest",
        "graphql",
        "route",
        "request",
        "response",
        "webhook",
        "http",
        "client",
        "server",
    ),
    "ui": (
        "ui",
        "css",
        "button",
        "page",
        "layout",
        "render",
        "component",
        "form",
        "theme",
        "browser",
        "accessibility",
    ),
    "infrastructure": (
        "deploy",
        "docker",
        "kubernetes",
        "terraform",
        "cloud",
        "pipeline",
        "ci",
        "workflow",
        "release",
        "container",
    ),
    "algorithms": (
        "algorithm",
        "sort",
        "search",
        "graph",
        "tree",
        "complexity",
        "heuristic",
        "parser",
        "parse",
        "compute",
    ),
    "concurrency": (
        "concurrency",
        "thread",
        "lock",
        "race",
        "deadlock",
        "async",
        "await",
        "parallel",
        "mutex",
        "queue",
    ),
    "performance": (
        "performance",
        "cache",
        "slow",
        "speed",
        "faster",
        "optimize",
        "optimise",
        "memory",
        "latency",
        "benchmark",
    ),
    "testing": ("test", "tests", "fixture", "coverage", "mock", "assert", "pytest", "flaky"),
    "documentation": (
        "doc",
        "docs",
        "readme",
        "documentation",
        "changelog",
        "typo",
        "comment",
        "docstring",
        "example",
    ),
    "configuration": (
        "config",
        "configuration",
        "setting",
        "option",
        "flag",
        "environment",
        "default",
        "toml",
        "yaml",
    ),
    "build": (
        "build",
        "dependency",
        "dependencies",
        "package",
        "packaging",
        "version",
        "bump",
        "compile",
        "lint",
        "typing",
        "wheel",
    ),
    "data": (
        "data",
        "csv",
        "json",
        "import",
        "export",
        "serialize",
        "encoding",
        "unicode",
        "dataset",
        "format",
    ),
    "errors": (
        "error",
        "exception",
        "crash",
        "traceback",
        "retry",
        "timeout",
        "fallback",
        "validation",
        "handle",
    ),
    "observability": ("log", "logging", "metric", "trace", "monitor", "alert", "telemetry"),
    "cli": ("cli", "command", "argument", "terminal", "prompt", "stdout", "shell"),
    "files": ("file", "path", "directory", "folder", "upload", "download", "storage"),
}
"""Every category with the words that speak for it, by stem."""

CATEGORIES: tuple[str, ...] = (*CATEGORY_WORDS, GENERAL)

_WORD = re.compile(r"[a-z]+")
_CATEGORIES_BY_WORD: dict[str, list[str]] = {}
for _category, _words in CATEGORY_WORDS.items():
    for _word in _words:
        _CATEGORIES_BY_WORD.setdefault(_word, []).append(_category)


def categorise(text: str) -> str:
    """Sort `text` into the category with the most words in it; ties go to the earlier one.

    >>> categorise("fix: password check of the login form")
    'authentication'
    >>> categorise("tidy up")
    'general'
    """
    votes: Counter[str] = Counter()
    for word in _WORD.findall(text.lower()):
        for category in _categories_of(word):
            votes[category] += 1
    if not votes:
        return GENERAL
    return max(CATEGORY_WORDS, key=lambda category: votes[category])


def _categories_of(word: str) -> list[str]:
    return _CATEGORIES_BY_WORD.get(word) or _CATEGORIES_BY_WORD.get(word.rstrip("s"), [])
