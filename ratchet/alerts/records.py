"""What is remembered of alerts: the occurrences, their deliveries, and the silences."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from fnmatch import fnmatchcase

from ratchet.alerts.alert import Alert
from ratchet.alerts.message import News, Notice
from ratchet.errors import InputError


class DeliveryStatus(StrEnum):
    """Where a delivery stands; the first three are still to be sent.

    PENDING goes alone, QUIET and STORM wait for a digest: of the night, or of many at once.
    """

    PENDING = "pending"
    QUIET = "quiet"
    STORM = "storm"
    DELIVERED = "delivered"
    FAILED = "failed"


OUTSTANDING = (DeliveryStatus.PENDING, DeliveryStatus.QUIET, DeliveryStatus.STORM)


@dataclass(frozen=True, kw_only=True)
class AlertRecord:
    """One occurrence of a condition, from its first sight to its end.

    `alert` is how it was last seen, at the gravest level it had; `alert.at` is when.
    `notified_at` is when it was last told, None while nobody was (it is silenced).

    Raises:
        InputError: a time has no zone, or it was seen less than once.
    """

    alert_id: str
    alert: Alert
    count: int
    first_at: datetime
    last_at: datetime
    notified_at: datetime | None = None
    acknowledged_at: datetime | None = None
    acknowledged_by: str | None = None
    resolved_at: datetime | None = None

    def __post_init__(self) -> None:
        _refuse_naive(
            first_at=self.first_at,
            last_at=self.last_at,
            notified_at=self.notified_at,
            acknowledged_at=self.acknowledged_at,
            resolved_at=self.resolved_at,
        )
        if self.count < 1:
            raise InputError(f"An alert was seen {self.count} times; at least once is needed.")

    @property
    def is_open(self) -> bool:
        """Whether the condition is not known to be over."""
        return self.resolved_at is None

    def notice(self, news: News) -> Notice:
        """What a channel is given of it."""
        since = self.alert.since or self.first_at
        return Notice(
            alert_id=self.alert_id,
            alert=replace(self.alert, since=since),
            news=news,
            count=self.count,
            ended_at=self.resolved_at if news is News.RESOLVED else None,
        )


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """A message about an alert that a channel is to take; `kind` is what of it is told.

    There is at most one of each alert, kind and channel. `attempts` counts the claims: who
    claims it first sends it, and it is free again at `next_attempt_at` if nothing came of it.
    """

    delivery_id: int = 0
    alert_id: str
    channel: str
    kind: str
    status: DeliveryStatus
    created_at: datetime
    next_attempt_at: datetime | None
    attempts: int = 0
    delivered_at: datetime | None = None
    error: str = ""

    @property
    def news(self) -> News:
        """Why the alert is told.

        >>> from datetime import UTC
        >>> now = datetime(2026, 3, 1, tzinfo=UTC)
        >>> Delivery(alert_id="a", channel="log", kind="repeated/7", created_at=now,
        ...          status=DeliveryStatus.PENDING, next_attempt_at=now).news
        <News.REPEATED: 'repeated'>
        """
        return News(self.kind.partition("/")[0])

    @property
    def is_outstanding(self) -> bool:
        """Whether it is still to be sent."""
        return self.status in OUTSTANDING


@dataclass(frozen=True, kw_only=True)
class Silence:
    """Alerts like `pattern` are told to nobody until `until`; they are recorded all the same.

    The pattern is that of a shell, on the kind or on kind/subject: `latency`,
    `latency/validate_*`, `*`.

    Raises:
        InputError: a time has no zone, the pattern or the reason is empty, or it is over
            before it begins.
    """

    silence_id: str
    pattern: str
    reason: str
    actor: str
    created_at: datetime
    until: datetime

    def __post_init__(self) -> None:
        _refuse_naive(created_at=self.created_at, until=self.until)
        if not self.pattern.strip() or not self.reason.strip():
            raise InputError("A silence needs a pattern and a reason.")
        if self.until <= self.created_at:
            raise InputError(f"A silence until {self.until} is over before it begins.")

    def covers(self, alert: Alert, *, now: datetime) -> bool:
        """Whether it silences this alert now."""
        names = (alert.kind, f"{alert.kind}/{alert.subject}")
        return now < self.until and any(fnmatchcase(name, self.pattern) for name in names)


@dataclass(frozen=True, kw_only=True)
class Situation:
    """What is known when an alert comes in.

    `previous` is the open occurrence of the same condition, `told` what of it was told, or is
    to be, as pairs of kind and channel. `recent` counts, by channel, the messages of the time
    in which a storm is seen; `digest_at` says when the digest of a channel that one is
    gathered for goes out.
    """

    previous: AlertRecord | None = None
    told: frozenset[tuple[str, str]] = frozenset()
    silences: tuple[Silence, ...] = ()
    recent: Mapping[str, int] = field(default_factory=dict)
    digest_at: Mapping[str, datetime] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What comes of an alert: how it is remembered, and what is to be delivered.

    `replaces` is an older occurrence that is closed without a word.
    """

    record: AlertRecord
    deliveries: tuple[Delivery, ...] = ()
    news: News | None = None
    is_silenced: bool = False
    replaces: str = ""


def _refuse_naive(**times: datetime | None) -> None:
    """As the store does; what the store builds on does not import it."""
    for name, moment in times.items():
        if moment is not None and moment.tzinfo is None:
            raise InputError(f"{name} {moment} has no time zone; use UTC.")
