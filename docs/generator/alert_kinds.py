"""The kinds of alerts, read from the source: every call that makes one, and the automations."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
PACKAGES = ("ratchet", "tasks", "flows")
AUTOMATIONS = ROOT / "deployments" / "automations.yaml"


@dataclass(frozen=True, kw_only=True)
class AlertKind:
    """One kind of alert, as its source has it."""

    kind: str
    title: str
    levels: tuple[str, ...]
    runbooks: tuple[str, ...]
    details: tuple[str, ...]


def alert_kinds() -> list[AlertKind]:
    """Every kind, by its name; made in several places, it is the union of them."""
    found: dict[str, AlertKind] = {}
    for one in (*_made_in_code(), *_made_by_automations()):
        found[one.kind] = _union(found[one.kind], one) if one.kind in found else one
    return [found[kind] for kind in sorted(found)]


def runbooks_named() -> set[str]:
    """Every section of the runbooks that code or automations send a person to."""
    texts = {name for kind in alert_kinds() for name in kind.runbooks}
    return texts | set(_runbooks_in_code())


def _runbooks_in_code() -> Iterator[str]:
    """Texts that look like a section of a runbook, wherever they stand."""
    for path in _sources():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                page, mark, anchor = node.value.partition("#")
                pages = {"emergencies", "weekly", "monthly", "quarterly"}
                if mark and page in pages and anchor and not anchor.startswith("{"):
                    yield node.value


def _made_in_code() -> Iterator[AlertKind]:
    for path in _sources():
        text = path.read_text(encoding="utf-8")
        if "kind=" not in text or "title=" not in text:
            continue
        tree = ast.parse(text)
        names = _constants(tree)
        for node in ast.walk(tree):
            if isinstance(node, ast.Call):
                given = {word.arg: word.value for word in node.keywords if word.arg}
                kind = _text(given.get("kind"), names)
                if kind and {"title", "message"} <= set(given):
                    yield _from_call(kind, given, names)


def _from_call(kind: str, given: Mapping[str, ast.expr], names: Mapping[str, str]) -> AlertKind:
    runbook = _text(given.get("runbook"), names)
    return AlertKind(
        kind=kind,
        title=_text(given.get("title"), names),
        levels=tuple(_levels(given.get("level"))),
        runbooks=(runbook,) if runbook else (),
        details=tuple(_keys(given.get("details"))),
    )


def _made_by_automations() -> Iterator[AlertKind]:
    document = yaml.safe_load(AUTOMATIONS.read_text(encoding="utf-8"))
    for automation in document["automations"]:
        for action in automation["actions"]:
            alert = action.get("parameters", {}).get("alert", {})
            if "kind" in alert:
                yield AlertKind(
                    kind=alert["kind"],
                    title=alert["title"],
                    levels=(alert["level"],),
                    runbooks=(alert["runbook"],),
                    details=tuple(alert["details"]),
                )


def _union(one: AlertKind, other: AlertKind) -> AlertKind:
    return AlertKind(
        kind=one.kind,
        title=one.title or other.title,
        levels=tuple(dict.fromkeys((*one.levels, *other.levels))),
        runbooks=tuple(dict.fromkeys((*one.runbooks, *other.runbooks))),
        details=tuple(dict.fromkeys((*one.details, *other.details))),
    )


def _sources() -> Iterator[Path]:
    for package in PACKAGES:
        yield from sorted((ROOT / package).rglob("*.py"))


def _constants(tree: ast.Module) -> dict[str, str]:
    """The texts that a module gives names to."""
    found = {}
    for node in tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant):
            for target in node.targets:
                if isinstance(target, ast.Name) and isinstance(node.value.value, str):
                    found[target.id] = node.value.value
    return found


def _text(value: ast.expr | None, names: Mapping[str, str]) -> str:
    if isinstance(value, ast.Constant) and isinstance(value.value, str):
        return value.value
    if isinstance(value, ast.Name):
        return names.get(value.id, "")
    return ""


def _levels(value: Any) -> Iterator[str]:
    """The levels that an expression can have: `Level.ERROR if worse else Level.WARNING`."""
    if value is None:
        return
    for node in ast.walk(value):
        if isinstance(node, ast.Attribute) and ast.unparse(node.value) == "Level":
            yield node.attr.lower()


def _keys(value: ast.expr | None) -> Iterator[str]:
    if isinstance(value, ast.Dict):
        for key in value.keys:
            if isinstance(key, ast.Constant):
                yield str(key.value)
