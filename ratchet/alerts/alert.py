"""The alert: what happened, since when, what to do, and how grave it is."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Self

from ratchet.canonical import sha256_of_text
from ratchet.errors import InputError

FINGERPRINT_DIGITS = 16


class Level(StrEnum):
    """How grave an alert is; the later ones are the graver ones."""

    INFO = "info"
    WARNING = "warning"
    ERROR = "error"
    CRITICAL = "critical"

    @property
    def rank(self) -> int:
        """0 for info up to 3 for critical.

        >>> Level.ERROR.rank > Level.WARNING.rank
        True
        """
        return list(Level).index(self)


@dataclass(frozen=True, kw_only=True)
class Alert:
    """One condition that somebody should know of.

    `kind` names the condition ("rollout-rolled-back"), `subject` what it is about (a rollout,
    a signature, or "" for the whole system); two alerts with the same kind and subject are the
    same condition seen twice. `title` and `details` have the words of REQUIREMENTS R434-R437.
    `advice` says what to do, `runbook` names the section of the runbooks, `link` is the address
    of the flow run or page, "" when there is none. `at` is when it was seen, `since` when it
    began.

    Raises:
        InputError: a time has no zone, or kind, title or message is empty.
    """

    kind: str
    level: Level
    title: str
    message: str
    at: datetime
    subject: str = ""
    since: datetime | None = None
    advice: str = ""
    runbook: str = ""
    link: str = ""
    details: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name, value in (("at", self.at), ("since", self.since)):
            if value is not None and value.tzinfo is None:
                raise InputError(f"{name} {value} has no time zone; use UTC.")
        for name, text in (("kind", self.kind), ("title", self.title), ("message", self.message)):
            if not text.strip():
                raise InputError(f"An alert needs a {name}.")

    @property
    def fingerprint(self) -> str:
        """The same for the same condition, whatever its figures.

        >>> now = datetime(2026, 3, 1, tzinfo=UTC)
        >>> once = Alert(kind="k", level=Level.INFO, title="t", message="1 run", at=now)
        >>> again = Alert(kind="k", level=Level.ERROR, title="t", message="2 runs", at=now)
        >>> once.fingerprint == again.fingerprint
        True
        """
        return sha256_of_text(f"{self.kind}\n{self.subject}")[:FINGERPRINT_DIGITS]

    def to_json(self) -> dict[str, Any]:
        """The document that files, events and webhooks carry."""
        return {
            "level": self.level.value,
            "title": self.title,
            "message": self.message,
            "timestamp": self.at.astimezone(UTC).isoformat(),
            "details": plain_json(self.details),
            "kind": self.kind,
            "subject": self.subject,
            "since": self.since.astimezone(UTC).isoformat() if self.since else None,
            "advice": self.advice,
            "runbook": self.runbook,
            "link": self.link,
            "fingerprint": self.fingerprint,
        }

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Self:
        """Read what `to_json` wrote; `kind` may be missing, then the title stands for it.

        Raises:
            InputError: a field is missing or has an impossible value.
        """
        try:
            since = document.get("since")
            return cls(
                kind=str(document.get("kind") or document["title"]),
                level=Level(str(document["level"]).lower()),
                title=str(document["title"]),
                message=str(document["message"]),
                at=datetime.fromisoformat(str(document["timestamp"])),
                subject=str(document.get("subject", "")),
                since=datetime.fromisoformat(str(since)) if since else None,
                advice=str(document.get("advice", "")),
                runbook=str(document.get("runbook", "")),
                link=str(document.get("link", "")),
                details=dict(document.get("details") or {}),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise InputError(
                f"This is no alert ({type(error).__name__}: {error}); it needs level (info, "
                "warning, error, critical), title, message and timestamp."
            ) from error


def plain_json(details: Mapping[str, Any]) -> dict[str, Any]:
    """Details in a form that any database takes: an alert is not lost for an odd value in it.

    >>> plain_json({"share": float("nan"), "at": datetime(2026, 3, 1), 3: [1.5]})
    {'share': 'nan', 'at': '2026-03-01 00:00:00', '3': [1.5]}
    """
    found: dict[str, Any] = json.loads(json.dumps(_finite(details), default=str))
    return found


def _finite(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, Mapping):
        return {str(name): _finite(item) for name, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_finite(item) for item in value]
    return value
