"""The plan: how the server differs from what is declared; pure, so that it can be shown first."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

SHOWN_CHARS = 120  # of a value in a difference


class Action(StrEnum):
    """What is to be done with one thing on the server."""

    CREATE = "create"
    UPDATE = "update"
    REMOVE = "remove"
    KEEP = "keep"


@dataclass(frozen=True, kw_only=True)
class Difference:
    """One field that is not as declared."""

    path: str
    before: Any
    after: Any

    def __str__(self) -> str:
        return f"{self.path}: {_shortened(self.before)} -> {_shortened(self.after)}"


@dataclass(frozen=True, kw_only=True)
class Change:
    """One thing, by kind and name, what is to be done with it, and what differs."""

    kind: str
    name: str
    action: Action
    differences: tuple[Difference, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Plan:
    """All changes, in the order in which they are to be made."""

    changes: tuple[Change, ...] = field(default_factory=tuple)

    def __add__(self, other: Plan) -> Plan:
        return Plan(changes=(*self.changes, *other.changes))

    @property
    def is_empty(self) -> bool:
        """Whether the server is as declared; what would only be removed does not count."""
        return all(change.action in {Action.KEEP, Action.REMOVE} for change in self.changes)

    def of(self, kind: str, *actions: Action) -> tuple[Change, ...]:
        """The changes of one kind, with one of these actions."""
        return tuple(c for c in self.changes if c.kind == kind and c.action in actions)


def compare(
    kind: str, declared: Mapping[str, Any], found: Mapping[str, Any], *, foreign: Sequence[str] = ()
) -> Plan:
    """Hold the declared things of one kind against those on the server, by name.

    `foreign` are names on the server that somebody else looks after.

    >>> plan = compare("pool", {"a": {"n": 1}}, {"a": {"n": 2}, "b": {}})
    >>> [(change.name, change.action.value) for change in plan.changes]
    [('a', 'update'), ('b', 'remove')]
    """
    changes = [_change(kind, name, declared[name], found.get(name)) for name in declared]
    changes += [
        Change(kind=kind, name=name, action=Action.REMOVE)
        for name in found
        if name not in declared and name not in foreign
    ]
    return Plan(changes=tuple(changes))


def _change(kind: str, name: str, declared: Any, found: Any) -> Change:
    if found is None:
        return Change(kind=kind, name=name, action=Action.CREATE)
    differences = tuple(_differences(found, declared, path=""))
    action = Action.UPDATE if differences else Action.KEEP
    return Change(kind=kind, name=name, action=action, differences=differences)


def _differences(before: Any, after: Any, *, path: str) -> Iterator[Difference]:
    if isinstance(before, dict) and isinstance(after, dict):
        for key in dict.fromkeys([*after, *before]):
            inner = f"{path}.{key}" if path else str(key)
            yield from _differences(before.get(key), after.get(key), path=inner)
    elif before != after:
        yield Difference(path=path, before=before, after=after)


def _shortened(value: Any) -> str:
    text = json.dumps(value, default=str, ensure_ascii=False)
    return text if len(text) <= SHOWN_CHARS else f"{text[: SHOWN_CHARS - 3]}..."
