"""Slots of time with the figures of production in them: hours of late, whole days before."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from ratchet.monitoring.histogram import Counts, added

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


@dataclass(frozen=True, kw_only=True, order=True)
class Slot:
    """An hour or a day (UTC) of one signature, from `start` up to, not including, `end`."""

    signature: str
    start: datetime
    end: datetime


@dataclass(frozen=True, kw_only=True)
class Traffic:
    """What production did in some time: sums, which add up.

    `latencies` counts by class, see `histogram`. `judged` requests have a quality, 0..1;
    `quality_sum` and `quality_squares` are the sums of it and of its square.
    """

    requests: int = 0
    errors: int = 0
    latencies: Counts = field(default_factory=dict)
    input_tokens: int = 0
    output_tokens: int = 0
    cost_usd: float = 0.0
    judged: int = 0
    quality_sum: float = 0.0
    quality_squares: float = 0.0

    @property
    def error_rate(self) -> float | None:
        """Errors a request, 0..1; None without a request."""
        return self.errors / self.requests if self.requests else None

    @property
    def mean_quality(self) -> float | None:
        """The mean quality, 0..1; None when nothing was judged."""
        return self.quality_sum / self.judged if self.judged else None

    @property
    def quality_variance(self) -> float:
        """The variance of the quality between requests; 0 with fewer than two."""
        if self.judged < 2:
            return 0.0
        spread = self.quality_squares - self.quality_sum**2 / self.judged
        return max(0.0, spread / (self.judged - 1))


SlotTraffic = Mapping[Slot, Traffic]


def slots_until(now: datetime, *, signature: str, days: int) -> Iterator[Slot]:
    """The slots that end with the hour of `now`: hours from yesterday on, `days` days before."""
    today = start_of_day(now)
    yesterday = today - DAY
    for number in range(days, 0, -1):
        start = yesterday - number * DAY
        yield Slot(signature=signature, start=start, end=start + DAY)
    start = yesterday
    while start <= now:
        yield Slot(signature=signature, start=start, end=start + HOUR)
        start += HOUR


def start_of_day(moment: datetime) -> datetime:
    """The midnight before, in UTC."""
    return moment.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


def start_of_hour(moment: datetime) -> datetime:
    """The full hour before, in UTC."""
    return moment.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


def traffic_between(
    slots: SlotTraffic, signature: str, *, since: datetime, until: datetime
) -> Traffic:
    """The traffic of the slots that begin from `since` on and before `until`."""
    return total(
        traffic
        for slot, traffic in slots.items()
        if slot.signature == signature and since <= slot.start < until
    )


def total(parts: Iterable[Traffic]) -> Traffic:
    """The traffic of all parts together."""
    found = list(parts)
    return Traffic(
        requests=sum(part.requests for part in found),
        errors=sum(part.errors for part in found),
        latencies=added(part.latencies for part in found),
        input_tokens=sum(part.input_tokens for part in found),
        output_tokens=sum(part.output_tokens for part in found),
        cost_usd=sum(part.cost_usd for part in found),
        judged=sum(part.judged for part in found),
        quality_sum=sum(part.quality_sum for part in found),
        quality_squares=sum(part.quality_squares for part in found),
    )
