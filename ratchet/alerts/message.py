"""What a channel is given to tell: one alert and why now, or several of them as a digest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from ratchet.alerts.alert import Alert, Level
from ratchet.errors import InputError

RUNBOOKS = "docs/runbooks"
TITLE_CHARS = 150


class News(StrEnum):
    """Why an alert is told."""

    RAISED = "raised"
    REPEATED = "repeated"
    ESCALATED = "escalated"
    RESOLVED = "resolved"


WORDS: Mapping[News, str] = {
    News.RAISED: "",
    News.REPEATED: "still so",
    News.ESCALATED: "now graver",
    News.RESOLVED: "over",
}


@dataclass(frozen=True, kw_only=True)
class Notice:
    """One alert in a message: what is new of it, how often it was seen, and when it ended."""

    alert_id: str
    alert: Alert
    news: News = News.RAISED
    count: int = 1
    ended_at: datetime | None = None

    @property
    def since(self) -> datetime:
        """When the condition began, as far as is known."""
        return self.alert.since or self.alert.at

    @property
    def headline(self) -> str:
        """The level and the title in one line, with what is new.

        >>> now = datetime(2026, 3, 1, tzinfo=UTC)
        >>> alert = Alert(kind="k", level=Level.ERROR, title="Disk full", message="m", at=now)
        >>> Notice(alert_id="a", alert=alert, news=News.RESOLVED).headline
        'ERROR (over): Disk full'
        """
        word = WORDS[self.news]
        said = f" ({word})" if word else ""
        title = " ".join(self.alert.title.split())
        about = f" [{self.alert.subject}]" if self.alert.subject else ""
        line = f"{self.alert.level.value.upper()}{said}: {title}{about}"
        return line if len(line) <= TITLE_CHARS else f"{line[: TITLE_CHARS - 3]}..."

    @property
    def facts(self) -> tuple[tuple[str, str], ...]:
        """What stands below the message: since when, how often, until when, and the details."""
        found = [("Since", clock_time(self.since))]
        if self.count > 1:
            found.append(("Seen", f"{self.count} times"))
        if self.ended_at is not None:
            found.append(("Over since", clock_time(self.ended_at)))
        found.extend((readable(name), str(value)) for name, value in self.alert.details.items())
        return tuple(found)

    def to_json(self) -> dict[str, Any]:
        """The alert's own document, with what is new."""
        return {
            **self.alert.to_json(),
            "alert_id": self.alert_id,
            "news": self.news.value,
            "count": self.count,
            "ended_at": self.ended_at.astimezone(UTC).isoformat() if self.ended_at else None,
        }


@dataclass(frozen=True, kw_only=True)
class Message:
    """What is sent at once: one notice, or several and the `reason` why they come together.

    `key` is the same when the same message is sent again, for receivers that can tell.

    Raises:
        InputError: there is nothing to tell.
    """

    key: str
    notices: tuple[Notice, ...]
    reason: str = ""

    def __post_init__(self) -> None:
        if not self.notices:
            raise InputError("A message needs something to tell.")

    @property
    def is_digest(self) -> bool:
        """Whether it tells several alerts."""
        return len(self.notices) > 1

    @property
    def level(self) -> Level:
        """That of the gravest alert in it."""
        return max((notice.alert.level for notice in self.notices), key=lambda level: level.rank)

    @property
    def is_over(self) -> bool:
        """Whether all it tells is over."""
        return all(notice.news is News.RESOLVED for notice in self.notices)

    @property
    def headline(self) -> str:
        """One line for subjects and notifications."""
        if self.is_digest:
            return f"{self.level.value.upper()}: {len(self.notices)} alerts"
        return self.notices[0].headline

    def to_json(self) -> dict[str, Any]:
        """The document that is posted: the alert itself, or a digest that lists them."""
        if not self.is_digest:
            return {**self.notices[0].to_json(), "key": self.key}
        return {
            "level": self.level.value,
            "title": self.headline,
            "reason": self.reason,
            "key": self.key,
            "alerts": [notice.to_json() for notice in self.notices],
        }


def clock_time(moment: datetime) -> str:
    """A time for people.

    >>> clock_time(datetime(2026, 3, 1, 12, 5, tzinfo=UTC))
    '2026-03-01 12:05 UTC'
    """
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def readable(name: str) -> str:
    """The name of a detail for people.

    >>> readable("consecutive_failures")
    'Consecutive failures'
    """
    return name.replace("_", " ").strip().capitalize()


def runbook_address(runbook: str, base_url: str = "") -> str:
    """Where a section of the runbooks is: a page of the site, or else the file in docs.

    >>> runbook_address("emergencies#rolled-back", "https://docs.example/runbooks/")
    'https://docs.example/runbooks/emergencies/#rolled-back'
    >>> runbook_address("emergencies#rolled-back")
    'docs/runbooks/emergencies.md#rolled-back'
    >>> runbook_address("")
    ''
    """
    if not runbook or runbook.startswith(("http://", "https://")):
        return runbook
    page, mark, anchor = runbook.partition("#")
    if base_url:
        return f"{base_url.rstrip('/')}/{page}/{mark}{anchor}"
    return f"{RUNBOOKS}/{page.removesuffix('.md')}.md{mark}{anchor}"


def is_web(address: str) -> bool:
    """Whether an address can be opened by a click."""
    return address.startswith(("http://", "https://"))
