"""Quiet hours: the part of the day in which news that can wait does wait."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from ratchet.errors import InputError


@dataclass(frozen=True, kw_only=True)
class QuietHours:
    """From `start` to `end` by the clock on the wall of `zone`; over midnight when end is less.

    Raises:
        InputError: start and end are the same.
    """

    start: time
    end: time
    zone: ZoneInfo

    def __post_init__(self) -> None:
        if self.start == self.end:
            raise InputError(f"Quiet hours from {self.start} to {self.end} have no length.")

    def end_after(self, moment: datetime) -> datetime | None:
        """When the quiet hours that `moment` is in are over; None when it is in none.

        >>> night = QuietHours(start=time(22), end=time(7), zone=ZoneInfo("Europe/Berlin"))
        >>> night.end_after(datetime(2026, 1, 10, 23, 0, tzinfo=UTC))
        datetime.datetime(2026, 1, 11, 6, 0, tzinfo=datetime.timezone.utc)
        >>> night.end_after(datetime(2026, 1, 10, 12, 0, tzinfo=UTC)) is None
        True
        """
        local = moment.astimezone(self.zone)
        is_over_midnight = self.end < self.start
        clock = local.time()
        is_late, is_early = clock >= self.start, clock < self.end
        if not (is_late or is_early if is_over_midnight else is_late and is_early):
            return None
        day = local.date() + timedelta(days=1 if is_over_midnight and is_late else 0)
        end = datetime.combine(day, self.end, tzinfo=self.zone).astimezone(UTC)
        return max(end, moment.astimezone(UTC))  # the hour that a clock shows twice
