"""The desk of one installation: its store, channels and policy, ready to take alerts."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from ratchet.alerts.alert import Alert, Level
from ratchet.alerts.channels import Channels, channels_of, policy_of
from ratchet.alerts.policy import CHANNEL_FAILS, AlertPolicy
from ratchet.alerts.records import Delivery, DeliveryStatus

if TYPE_CHECKING:
    from ratchet.alerts.delivery import DeliveryReport
    from ratchet.alerts.sending import Attempt
    from ratchet.configuration.alerts import AlertSettings
    from ratchet.store import Store

SETTINGS = "settings"
"""Stands among the problems of the channels when the settings as a whole can not be read."""

logger = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class AlertDesk:
    """Takes alerts and sends what is due; opens the store for each call and closes it.

    Without a `store_url` it is not known where the store is, and alerts are sent unrecorded.
    """

    store_url: str = field(repr=False)
    channels: Channels
    policy: AlertPolicy

    @classmethod
    def of(cls, settings: AlertSettings, *, home: Path, store_url: str) -> AlertDesk:
        """The desk that the settings describe."""
        return cls(
            store_url=store_url, channels=channels_of(settings, home), policy=policy_of(settings)
        )

    def take(self, alert: Alert, *, now: datetime) -> DeliveryReport:
        """Record an alert and send it; without the database it is sent all the same.

        That a channel is switched on and can not be used is an alert of its own.
        """
        from ratchet.alerts.delivery import raise_alert, send_unrecorded
        from ratchet.errors import ConfigurationError, StoreError
        from ratchet.store import open_store

        ready, folder = self.channels.ready, self.channels.folder
        try:
            store = open_store(self.store_url)
        except (StoreError, ConfigurationError) as error:
            problem = self.channels.problems.get(SETTINGS) or str(error)
            return send_unrecorded(alert, ready, self.policy, folder=folder, problem=problem)
        with store:
            report = raise_alert(store, alert, ready, self.policy, now, folder=folder)
            self._tell_of_unusable(store, now=now)
        return report

    def deliver(self, *, now: datetime) -> tuple[Attempt, ...]:
        """Send what is due.

        Raises:
            StoreError: the database can not be read or written.
        """
        from ratchet.alerts.delivery import deliver_due
        from ratchet.store import open_store

        with open_store(self.store_url) as store:
            return deliver_due(store, self.channels.ready, self.policy, now)

    def deliver_rest(self, alert_id: str, *, now: datetime) -> tuple[Delivery, ...]:
        """Send what is due; of this alert, what is then still to be sent before long.

        What waits for the morning is not counted, nor is what waits for the digest of a storm
        that another alert began.

        Raises:
            StoreError: the database can not be read or written.
        """
        from ratchet.alerts.delivery import deliver_due
        from ratchet.store import open_store

        with open_store(self.store_url) as store:
            deliver_due(store, self.channels.ready, self.policy, now)
            return worth_waiting_for(
                store.alerts.deliveries.of_alert(alert_id),
                self.channels,
                window=self.policy.storm_window,
            )

    def _tell_of_unusable(self, store: Store, *, now: datetime) -> None:
        from ratchet.alerts.delivery import raise_alert

        for name, problem in self.channels.problems.items():
            logger.warning("Alerts by %s: %s", name, problem)
            alert = _unusable(name, problem, now)
            raise_alert(
                store, alert, self.channels.ready, self.policy, now, folder=self.channels.folder
            )


def worth_waiting_for(
    deliveries: Iterable[Delivery], channels: Channels, *, window: timedelta
) -> tuple[Delivery, ...]:
    """The deliveries for which a process should stay: its retries, and the storm it began."""
    usable = {channel.name for channel in channels.ready}
    return tuple(
        one
        for one in deliveries
        if one.channel in usable
        and one.next_attempt_at is not None
        and (
            one.status is DeliveryStatus.PENDING
            or (
                one.status is DeliveryStatus.STORM
                and (one.attempts > 0 or one.next_attempt_at - one.created_at >= window)
            )
        )
    )


def _unusable(channel: str, problem: str, now: datetime) -> Alert:
    return Alert(
        kind=CHANNEL_FAILS,
        subject=channel,
        level=Level.ERROR,
        title=f"Alerts do not get through by {channel}",
        message=f"{channel} can not be used: {problem}",
        at=now,
        advice=f"Mend the settings of {channel} under alerts, then run `ratchet alerts test "
        f"--channel {channel}`.",
        runbook="emergencies#alerts-do-not-arrive",
        details={"channel": channel, "last_error": problem},
    )
