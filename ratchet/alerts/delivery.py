"""From an alert to the people: recorded first, then sent, and sent again until it arrived.

An alert and its deliveries are in SQL before anything is sent. Each delivery is sent by the
process that claims it first; one that is killed after sending and before writing that down
leaves it due again after ten minutes, so that an alert may then come twice but is never lost.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from ratchet.alerts.alert import Alert, Level
from ratchet.alerts.channel import Channel, Receipt
from ratchet.alerts.files import FileChannel
from ratchet.alerts.log import LogChannel
from ratchet.alerts.message import Message, Notice
from ratchet.alerts.policy import CHANNEL_FAILS, AlertPolicy, decide, decide_end
from ratchet.alerts.records import AlertRecord, Delivery, Plan, Situation
from ratchet.alerts.sending import Attempt, attempt, send_due
from ratchet.errors import StoreError
from ratchet.store import Store, open_store

logger = logging.getLogger(__name__)

ID_DIGITS = 12


@dataclass(frozen=True, kw_only=True)
class DeliveryReport:
    """What was done with an alert.

    `plan` is None when the database could not be written; the alert was then sent without
    being recorded, and `problem` says why. `receipts` are those attempts, by channel.
    """

    plan: Plan | None = None
    attempts: tuple[Attempt, ...] = ()
    receipts: tuple[tuple[str, Receipt], ...] = ()
    problem: str = ""

    @property
    def is_recorded(self) -> bool:
        """Whether the alert is in SQL."""
        return self.plan is not None

    @property
    def outstanding(self) -> tuple[Delivery, ...]:
        """What of this alert is still to be sent."""
        if self.plan is None:
            return ()
        after = {one.delivery.delivery_id: one.delivery for one in self.attempts}
        ours = (after.get(one.delivery_id, one) for one in self.plan.deliveries)
        return tuple(one for one in ours if one.is_outstanding)

    def __str__(self) -> str:
        if self.plan is None:
            said = ", ".join(
                f"{name} {'delivered' if receipt.is_delivered else receipt.problem}"
                for name, receipt in self.receipts
            )
            return f"not recorded ({self.problem}); sent directly: {said}"
        news = "silenced" if self.plan.is_silenced else self.plan.news or "seen again, nothing new"
        ours = {one.delivery_id for one in self.plan.deliveries}
        said = ", ".join(
            f"{one.delivery.channel} {one.delivery.status.value}"
            for one in self.attempts
            if one.delivery.delivery_id in ours
        )
        waiting = len(self.outstanding)
        return f"{news}: {said or 'sent to nobody now'}" + (
            f"; {waiting} to be sent later" * (waiting > 0)
        )


def raise_alert(
    store: Store,
    alert: Alert,
    channels: Sequence[Channel],
    policy: AlertPolicy,
    now: datetime,
    *,
    folder: Path | None = None,
) -> DeliveryReport:
    """Record an alert and what is to be delivered of it, then send what is due.

    The same condition seen again is counted and told again only after the cooldown, when it
    is graver, or when it was silenced before. When the database can not be written, it is
    sent at once, unrecorded, through the channels of its level and the file alerts.

    Args:
        store: Where it is recorded.
        alert: What happened.
        channels: Those that are switched on.
        policy: What is told, when, to whom.
        now: The time.
        folder: Folder of the file alert when the database can not be written.
    """
    try:
        plan = _recorded(store, alert, channels, policy, now)
        numbers = {delivery.delivery_id for delivery in plan.deliveries}
        attempts = _send(store, channels, policy, now, first=numbers)
    except StoreError as error:
        return send_unrecorded(alert, channels, policy, folder=folder, problem=str(error))
    return DeliveryReport(plan=plan, attempts=attempts)


def raise_alert_at(
    url: str,
    alert: Alert,
    channels: Sequence[Channel],
    policy: AlertPolicy,
    now: datetime,
    *,
    folder: Path | None = None,
) -> DeliveryReport:
    """`raise_alert` with the store at `url`; works when that can not be opened."""
    try:
        store = open_store(url)
    except StoreError as error:
        return send_unrecorded(alert, channels, policy, folder=folder, problem=str(error))
    with store:
        return raise_alert(store, alert, channels, policy, now, folder=folder)


def deliver_due(
    store: Store, channels: Sequence[Channel], policy: AlertPolicy, now: datetime
) -> tuple[Attempt, ...]:
    """Send what could not be sent before, what the night held back, and gathered storms.

    What has not been seen for long is closed: what happened once has no end of its own.

    Raises:
        StoreError: the database can not be read or written.
    """
    store.alerts.close_unseen(before=now - policy.new_after)
    return _send(store, channels, policy, now, first=())


def resolve_missing(
    store: Store,
    checked_kinds: Collection[str],
    still_open: Iterable[Alert],
    *,
    channels: Sequence[Channel],
    policy: AlertPolicy,
    now: datetime,
) -> tuple[AlertRecord, ...]:
    """Close the alerts whose condition was looked for and not found, and say that it is over.

    Args:
        store: Where the alerts are.
        checked_kinds: The kinds that were looked for just now; others stay as they are.
        still_open: What was found.
        channels: Those that are switched on.
        policy: What is told, when, to whom.
        now: The time.

    Returns:
        What was closed.

    Raises:
        StoreError: the database can not be read or written.
    """
    found = {alert.fingerprint for alert in still_open}
    plans = _ended(store, checked_kinds, found, channels=channels, policy=policy, now=now)
    if plans:
        _send(store, channels, policy, now, first=_numbers(plans))
    return tuple(plan.record for plan in plans)


def send_unrecorded(
    alert: Alert,
    channels: Sequence[Channel],
    policy: AlertPolicy,
    *,
    folder: Path | None,
    problem: str,
) -> DeliveryReport:
    """Send an alert without the database, and say so in it.

    It goes to the channels of its level, to the log, and into a file, be they switched on or
    not; nothing is tried again.
    """
    wanted = {
        channel.name: channel for channel in channels if channel.name in policy.routes[alert.level]
    }
    wanted = wanted or {channel.name: channel for channel in channels}
    wanted.setdefault("log", LogChannel())
    if folder is not None:
        wanted.setdefault("file", FileChannel(folder=folder))
    told = replace(
        alert,
        message=f"{alert.message}\n\nThe database can not be reached, so this alert is not "
        f"recorded and is not tried again: {problem}",
    )
    number = uuid.uuid4().hex[:ID_DIGITS]
    message = Message(key=number, notices=(Notice(alert_id=number, alert=told),))
    receipts = tuple((name, attempt(channel, message)) for name, channel in wanted.items())
    for name, receipt in receipts:
        if not receipt.is_delivered:
            logger.error("%s did not take alert %s: %s", name, alert.title, receipt.problem)
    return DeliveryReport(receipts=receipts, problem=problem)


def _recorded(
    store: Store, alert: Alert, channels: Sequence[Channel], policy: AlertPolicy, now: datetime
) -> Plan:
    new_id = uuid.uuid4().hex[:ID_DIGITS]

    def decided(situation: Situation) -> Plan:
        return decide(alert, situation, channels, policy, new_id=new_id, now=now)

    return store.alerts.record(alert, decided, counted_from=now - policy.storm_window, now=now)


def _ended(
    store: Store,
    kinds: Collection[str],
    still_open: Collection[str],
    *,
    channels: Sequence[Channel],
    policy: AlertPolicy,
    now: datetime,
) -> tuple[Plan, ...]:
    def decided(record: AlertRecord, earlier: Sequence[Delivery], situation: Situation) -> Plan:
        return decide_end(record, earlier, situation, channels, policy, now=now)

    return store.alerts.end(
        kinds, still_open, decided, counted_from=now - policy.storm_window, now=now
    )


def _send(
    store: Store,
    channels: Sequence[Channel],
    policy: AlertPolicy,
    now: datetime,
    *,
    first: Collection[int],
) -> tuple[Attempt, ...]:
    """Send what is due; then let the other channels say which fail, and which work again."""
    attempts = send_due(store, channels, policy, now=now, first=first)
    raised = [_recorded(store, alert, channels, policy, now) for alert in _failing(attempts, now)]
    failing = {one.delivery.channel for one in attempts if not one.receipt.is_delivered}
    working = {one.delivery.channel for one in attempts} - failing
    ended = _channels_ended(store, working, channels, policy, now) if working else ()
    follow = _numbers([*raised, *ended])
    if not follow:
        return attempts
    others = [channel for channel in channels if channel.name not in failing]
    return attempts + send_due(store, others, policy, now=now, first=follow)


def _failing(attempts: Iterable[Attempt], now: datetime) -> tuple[Alert, ...]:
    """An alert for each channel that fails so that somebody should know."""
    worst: dict[str, Attempt] = {}
    for one in attempts:
        if one.is_worth_telling:
            worst.setdefault(one.delivery.channel, one)
    return tuple(_channel_alert(name, one, now) for name, one in worst.items())


def _channel_alert(channel: str, failed: Attempt, now: datetime) -> Alert:
    delivery, receipt = failed.delivery, failed.receipt
    kept = "is kept and tried again" if delivery.is_outstanding else "was given up"
    return Alert(
        kind=CHANNEL_FAILS,
        subject=channel,
        level=Level.ERROR,
        title=f"Alerts do not get through by {channel}",
        message=f"{channel} did not take alert {delivery.alert_id} in {delivery.attempts} "
        f"attempts; it {kept}. The last answer: {receipt.problem}",
        at=now,
        since=delivery.created_at,
        advice=f"Mend the settings of {channel} under alerts, then run `ratchet alerts test "
        f"--channel {channel}` and `ratchet alerts deliver`.",
        runbook="emergencies#alerts-do-not-arrive",
        details={
            "channel": channel,
            "alert_id": delivery.alert_id,
            "attempts": delivery.attempts,
            "last_error": receipt.problem,
        },
    )


def _channels_ended(
    store: Store,
    working: Collection[str],
    channels: Sequence[Channel],
    policy: AlertPolicy,
    now: datetime,
) -> tuple[Plan, ...]:
    """Close the alerts about channels that work again; those about others stay."""
    still = {
        record.alert.fingerprint
        for record in store.alerts.list(is_open=True)
        if record.alert.kind == CHANNEL_FAILS and record.alert.subject not in working
    }
    return _ended(store, (CHANNEL_FAILS,), still, channels=channels, policy=policy, now=now)


def _numbers(plans: Iterable[Plan]) -> frozenset[int]:
    return frozenset(one.delivery_id for plan in plans for one in plan.deliveries)
