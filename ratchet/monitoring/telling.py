"""After a look: what was found is written down, told, and what is over is closed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from ratchet.alerts import Alert
from ratchet.alerts.delivery import resolve_missing
from ratchet.alerts.desk import AlertDesk
from ratchet.monitoring.health import CHECK_FAILED, Health
from ratchet.store import open_store

Announce = Callable[[Alert], bool]
"""Makes an alert known so that somebody else delivers it; False when that did not work."""


@dataclass(frozen=True, kw_only=True)
class Told:
    """What became of the alerts: announced, delivered here, and over."""

    announced: int
    delivered: tuple[str, ...]
    over: tuple[str, ...]

    @property
    def headline(self) -> str:
        """The counts in a line."""
        return f"{self.announced} announced, {len(self.delivered)} delivered, {len(self.over)} over"


def record_health(store_url: str, health: Health) -> None:
    """Write down when each check looked, and what it saw; nothing when the database is gone.

    Raises:
        StoreError: the database can not be written.
    """
    if health.is_blind:
        return
    with open_store(store_url) as store:
        store.monitoring.record_checks(
            {check.name: check.to_json() for check in health.checks}, at=health.at
        )


def tell(
    health: Health, desk: AlertDesk, *, now: datetime, announce: Announce | None = None
) -> Told:
    """Tell every alert, close what is over, and send what could not be sent before.

    Without `announce`, or where it fails, the alert is delivered in this process. It does not
    raise when the database is gone: the desk then sends without recording.

    Raises:
        StoreError: the database went away in between.
    """
    delivered, announced = [], 0
    for alert in health.alerts:
        if announce is not None and not health.is_blind and announce(alert):
            announced += 1
        else:
            report = desk.take(alert, now=now)
            delivered.append(f"{alert.title} {alert.subject}".strip() + f": {report}")
    over = () if health.is_blind else _close_what_is_over(health, desk, now=now)
    return Told(announced=announced, delivered=tuple(delivered), over=over)


def _close_what_is_over(health: Health, desk: AlertDesk, *, now: datetime) -> tuple[str, ...]:
    kinds = (*health.kinds, *((CHECK_FAILED,) if health.kinds else ()))
    with open_store(desk.store_url) as store:
        closed = resolve_missing(
            store,
            kinds,
            health.alerts,
            channels=desk.channels.ready,
            policy=desk.policy,
            now=now,
        )
    desk.deliver(now=now)
    return tuple(f"{record.alert.title} {record.alert.subject}".strip() for record in closed)
