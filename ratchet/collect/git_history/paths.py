"""What the path of a file says about it: test, prose, manifest, or not worth reading."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Sequence
from functools import lru_cache
from pathlib import PurePosixPath

LOCK_FILES = frozenset(
    [
        "package-lock.json",
        "npm-shrinkwrap.json",
        "yarn.lock",
        "pnpm-lock.yaml",
        "bun.lock",
        "bun.lockb",
        "poetry.lock",
        "pdm.lock",
        "uv.lock",
        "pipfile.lock",
        "requirements.lock",
        "cargo.lock",
        "composer.lock",
        "gemfile.lock",
        "go.sum",
        "mix.lock",
        "flake.lock",
        "packages.lock.json",
        "gradle.lockfile",
        "pubspec.lock",
        "podfile.lock",
        ".terraform.lock.hcl",
        "deno.lock",
        "conda-lock.yml",
    ]
)
MANIFESTS = frozenset(
    [
        "pyproject.toml",
        "setup.py",
        "setup.cfg",
        "package.json",
        "cargo.toml",
        "go.mod",
        "pom.xml",
        "build.gradle",
        "build.gradle.kts",
        "gemfile",
        "composer.json",
        "pipfile",
        "mix.exs",
        "environment.yml",
    ]
)
VENDORED = re.compile(
    r"(^|/)(vendor|vendored|_vendor|third[_-]party|thirdparty|node_modules|bower_components|"
    r"site-packages|external_libs|Pods|\.venv|venv)/"
)
GENERATED = re.compile(
    r"(_pb2(_grpc)?\.pyi?|\.pb\.(go|cc|h)|\.g\.dart|\.generated\.\w+|\.designer\.cs|"
    r"_generated\.\w+|"
    r"\.snap|\.po|\.pot|\.mo|\.ipynb|\.svg|\.map)$|(^|/)(dist|__snapshots__|\.next)/",
    re.IGNORECASE,
)
MINIFIED = re.compile(r"[.-]min\.(js|css|mjs)$|\.bundle\.js$", re.IGNORECASE)
DATA = re.compile(
    r"\.(csv|tsv|parquet|jsonl|ndjson|sql\.gz|xml\.gz|pem|crt|csr|srl|der|key|p12|pfx)$",
    re.IGNORECASE,
)
TESTS = re.compile(
    r"(^|/)(tests?|testing|__tests__|specs?|e2e)/|(^|/)(test_[^/]*|conftest\.py)$|"
    r"[._-](test|tests|spec)\.\w+$",
    re.IGNORECASE,
)
PROSE_SUFFIXES = frozenset((".md", ".rst", ".txt", ".adoc", ".html", ".htm", ".tex", ".org"))
CHANGELOG = re.compile(
    r"(^|/)(changes?|changelog|history|news|release[_-]?notes|releases|whatsnew)(\.[a-z]+)?$|"
    r"(^|/)(changelog|changes|newsfragments|news|changelog\.d)/",
    re.IGNORECASE,
)
CONFIGURATION_SUFFIXES = frozenset(
    (".json", ".yaml", ".yml", ".toml", ".ini", ".cfg", ".lock", ".in", ".conf", ".properties")
)


@lru_cache(maxsize=100_000)
def why_skipped(path: str) -> str:
    """The reason for which the content of `path` teaches nothing, or an empty text.

    >>> why_skipped("web/yarn.lock"), why_skipped("src/app.py")
    ('lock file', '')
    """
    if PurePosixPath(path).name.lower() in LOCK_FILES:
        return "lock file"
    for pattern, reason in (
        (VENDORED, "vendored file"),
        (MINIFIED, "minified file"),
        (GENERATED, "generated file"),
        (DATA, "data file"),
    ):
        if pattern.search(path):
            return reason
    return ""


@lru_cache(maxsize=100_000)
def is_test(path: str) -> bool:
    """Whether `path` holds tests.

    >>> is_test("tests/test_app.py"), is_test("web/form.spec.ts"), is_test("latest/app.py")
    (True, True, False)
    """
    return bool(TESTS.search(path)) and not path.startswith(".")


def is_changelog(path: str) -> bool:
    """Whether `path` lists changes for readers; it repeats messages, so it is no evidence.

    >>> is_changelog("CHANGES.rst"), is_changelog("docs/install.rst")
    (True, False)
    """
    return bool(CHANGELOG.search(path))


def is_prose(path: str) -> bool:
    """Whether `path` is text for people."""
    return PurePosixPath(path).suffix.lower() in PROSE_SUFFIXES or path.startswith("docs/")


def is_manifest(path: str) -> bool:
    """Whether `path` declares what the project depends on.

    >>> is_manifest("requirements/dev.txt"), is_manifest("pyproject.toml")
    (True, True)
    """
    name = PurePosixPath(path).name.lower()
    return name in MANIFESTS or bool(re.search(r"(^|/)requirements[^/]*(/[^/]+)?\.(txt|in)$", path))


@lru_cache(maxsize=100_000)
def is_code(path: str) -> bool:
    """Whether `path` holds the code of the product: no test, prose or configuration.

    >>> is_code("src/app.py"), is_code("tests/test_app.py"), is_code("setup.cfg")
    (True, False, False)
    """
    suffix = PurePosixPath(path).suffix.lower()
    if not suffix or suffix in CONFIGURATION_SUFFIXES or path.startswith("."):
        return False
    return not (is_test(path) or is_prose(path) or is_manifest(path) or is_changelog(path))


def area_of(path: str) -> str:
    """The part of the project `path` belongs to: its folder, two levels at most.

    >>> area_of("src/app/web/form.py"), area_of("setup.py")
    ('src/app', '.')
    """
    folders = PurePosixPath(path).parent.parts
    return "/".join(folders[:2]) or "."


def matches(path: str, include: Sequence[str], exclude: Sequence[str]) -> bool:
    """Whether a person's globs let `path` through; `**/` also stands for no folder at all.

    >>> matches("src/app.py", ("src/**",), ()), matches("src/app.py", (), ("*.py",))
    (True, False)
    """
    if include and not any(_matches(path, glob) for glob in include):
        return False
    return not any(_matches(path, glob) for glob in exclude)


def _matches(path: str, glob: str) -> bool:
    if glob.endswith("/"):
        glob += "**"
    return fnmatch.fnmatchcase(path, glob) or fnmatch.fnmatchcase(path, glob.replace("**/", ""))
