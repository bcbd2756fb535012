"""Sends what is due: channels side by side, each message by whoever claims it first."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass
from datetime import datetime, timedelta

from ratchet.alerts.channel import Channel, Receipt, not_delivered
from ratchet.alerts.message import Message, Notice
from ratchet.alerts.policy import AlertPolicy, after_attempt, is_worth_telling, messages_of
from ratchet.alerts.records import Delivery, DeliveryStatus
from ratchet.canonical import sha256_of_text
from ratchet.errors import StoreError
from ratchet.store import Store

logger = logging.getLogger(__name__)

LEASE = timedelta(minutes=10)
"""How long a claimed message is left to who claimed it; longer than any attempt can take."""

KEY_DIGITS = 20
REASONS = {
    DeliveryStatus.QUIET: "Held back during the quiet hours.",
    DeliveryStatus.STORM: "Many alerts came at once; these were gathered.",
    DeliveryStatus.PENDING: "These could not be delivered before.",
}


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """A delivery after an attempt; `is_worth_telling` when the other channels should know."""

    delivery: Delivery
    receipt: Receipt
    is_worth_telling: bool = False


def send_due(
    store: Store,
    channels: Sequence[Channel],
    policy: AlertPolicy,
    *,
    now: datetime,
    first: Collection[int] = (),
) -> tuple[Attempt, ...]:
    """Send everything that is due through the channels that are switched on.

    A channel that fails is left alone for the rest of this call, so that what is due waits
    without an attempt; the other channels do not notice. Two processes may do this at once.

    Args:
        store: Where the deliveries are.
        channels: Those that are switched on.
        policy: How often it is tried.
        now: The time.
        first: Deliveries to begin with, by number; older ones come after them.
    """
    due: dict[str, list[Delivery]] = {}
    for delivery in store.alerts.deliveries.due(now=now):
        due.setdefault(delivery.channel, []).append(delivery)
    work = [(channel, due[channel.name]) for channel in channels if channel.name in due]
    if not work:
        return ()

    def send_all(given: tuple[Channel, list[Delivery]]) -> list[Attempt]:
        channel, waiting = given
        waiting.sort(key=lambda one: one.delivery_id not in first)  # stable: else as they are due
        return _send_channel(store, channel, waiting, policy, now)

    with ThreadPoolExecutor(max_workers=len(work), thread_name_prefix="alerts") as executor:
        # Each in the context of the caller, so that Prefect knows whose log lines they are.
        futures = [executor.submit(copy_context().run, send_all, given) for given in work]
        return tuple(one for future in futures for one in future.result())


def attempt(channel: Channel, message: Message) -> Receipt:
    """Send, whatever happens: a channel with a fault of its own is a channel that failed."""
    try:
        return channel.send(message)
    except Exception as error:  # noqa: BLE001 - its text may hold anything, so only its kind is told
        return not_delivered(f"The channel {channel.name} broke: {type(error).__name__}.")


def _send_channel(
    store: Store,
    channel: Channel,
    waiting: Sequence[Delivery],
    policy: AlertPolicy,
    now: datetime,
) -> list[Attempt]:
    attempts: list[Attempt] = []
    for together in messages_of(waiting, policy):
        done = _send_together(store, channel, together, policy, now)
        attempts.extend(done)
        if any(not one.receipt.is_delivered for one in done):
            break
    return attempts


def _send_together(
    store: Store,
    channel: Channel,
    together: Iterable[Delivery],
    policy: AlertPolicy,
    now: datetime,
) -> list[Attempt]:
    claims = [
        claimed
        for delivery in together
        if (claimed := store.alerts.deliveries.claim(delivery, until=now + LEASE)) is not None
    ]
    if not claims:
        return []
    receipt = attempt(channel, _message(store, claims))
    if receipt.problem:
        logger.warning("%s: %s", channel.name, receipt.problem)
    return [_finish(store, claimed, receipt, policy, now) for claimed in claims]


def _finish(
    store: Store, claimed: Delivery, receipt: Receipt, policy: AlertPolicy, now: datetime
) -> Attempt:
    after = after_attempt(claimed, receipt, policy, now=now)
    try:
        if not store.alerts.deliveries.finish(claimed, after):
            logger.warning("Delivery %d took so long that it was begun again", claimed.delivery_id)
    except StoreError as error:
        logger.warning(
            "Delivery %d was attempted and that could not be written; it is due again in %g "
            "minutes: %s",
            claimed.delivery_id,
            LEASE.total_seconds() / 60,
            error,
        )
    told = is_worth_telling(claimed, receipt, policy)
    return Attempt(delivery=after, receipt=receipt, is_worth_telling=told)


def _message(store: Store, claims: Sequence[Delivery]) -> Message:
    """What the deliveries tell; of an alert that is in it twice, the last."""
    notices: dict[str, Notice] = {}
    for delivery in claims:
        record = store.alerts.get(delivery.alert_id)
        if record is None:  # the foreign key forbids it
            raise StoreError(f"Alert {delivery.alert_id} of a delivery is not stored.")
        notices[delivery.alert_id] = record.notice(delivery.news)
    reason = "" if len(notices) == 1 else REASONS[claims[0].status]
    words = ",".join(f"{one.alert_id}/{one.kind}/{one.channel}" for one in claims)
    return Message(
        key=sha256_of_text(words)[:KEY_DIGITS], notices=tuple(notices.values()), reason=reason
    )
