"""What a check of the doctor found: how it stands, what was seen, and what to do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class State(StrEnum):
    """How a part stands; `skipped` says that it could not be looked at, or is not in use."""

    OK = "ok"
    WARNING = "warning"
    ERROR = "error"
    SKIPPED = "skipped"


@dataclass(frozen=True, kw_only=True)
class Remedy:
    """Something safe that mends what was found: what it does, and the doing.

    `carry_out` says in a sentence what was done.
    """

    what: str
    carry_out: Callable[[], str] = field(repr=False, compare=False)


@dataclass(frozen=True, kw_only=True)
class Finding:
    """The result of one check; `advice` is empty when there is nothing to do."""

    check: str
    state: State
    seen: str
    advice: str = ""
    remedy: Remedy | None = None

    def to_json(self) -> dict[str, Any]:
        """The finding as JSON values."""
        return {
            "check": self.check,
            "state": self.state.value,
            "seen": self.seen,
            "advice": self.advice,
            "fix": self.remedy.what if self.remedy else None,
        }


def ok(check: str, seen: str) -> Finding:
    """Nothing is wrong."""
    return Finding(check=check, state=State.OK, seen=seen)


def warning(check: str, seen: str, advice: str, remedy: Remedy | None = None) -> Finding:
    """It works, but something is about to go wrong."""
    return Finding(check=check, state=State.WARNING, seen=seen, advice=advice, remedy=remedy)


def error(check: str, seen: str, advice: str, remedy: Remedy | None = None) -> Finding:
    """Something does not work."""
    return Finding(check=check, state=State.ERROR, seen=seen, advice=advice, remedy=remedy)


def skipped(check: str, seen: str) -> Finding:
    """There was nothing to look at, or no way to."""
    return Finding(check=check, state=State.SKIPPED, seen=seen)
