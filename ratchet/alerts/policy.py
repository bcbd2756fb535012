"""Decides what is told of an alert: to which channels, at once or later, again, graver, over.

Pure functions over records; the time is an argument.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from ratchet.alerts.alert import Alert, Level
from ratchet.alerts.channel import Channel, Receipt
from ratchet.alerts.message import News
from ratchet.alerts.quiet_hours import QuietHours
from ratchet.alerts.records import (
    AlertRecord,
    Delivery,
    DeliveryStatus,
    Plan,
    Situation,
)

CHANNEL_FAILS = "channel-fails"
"""The kind of the alert that a channel does not deliver; its subject is the channel."""

EVERYTHING = ("file", "log", "slack", "email", "webhook")
KEEPING = ("file", "log")


def _default_routes() -> Mapping[Level, tuple[str, ...]]:
    return {
        Level.INFO: KEEPING,
        Level.WARNING: ("file", "log", "slack", "webhook"),
        Level.ERROR: EVERYTHING,
        Level.CRITICAL: EVERYTHING,
    }


@dataclass(frozen=True, kw_only=True)
class AlertPolicy:
    """When an alert is told, to whom, and how often; see the settings under `alerts`."""

    routes: Mapping[Level, tuple[str, ...]] = field(default_factory=_default_routes)
    cooldown: timedelta = timedelta(hours=4)
    escalate_after: timedelta = timedelta(hours=6)
    new_after: timedelta = timedelta(hours=24)
    storm_alerts: int = 5
    storm_window: timedelta = timedelta(minutes=5)
    quiet_hours: QuietHours | None = None
    retry_after: timedelta = timedelta(seconds=30)
    longest_retry: timedelta = timedelta(hours=1)
    max_attempts: int = 48
    tell_after_attempts: int = 4


def decide(
    alert: Alert,
    situation: Situation,
    channels: Sequence[Channel],
    policy: AlertPolicy,
    *,
    new_id: str,
    now: datetime,
) -> Plan:
    """What comes of an alert that was just seen.

    Args:
        alert: What was seen.
        situation: What is known of it and of the channels.
        channels: Those that are switched on.
        policy: How it is decided.
        new_id: The name of the occurrence, should it be a new one.
        now: The time.
    """
    previous = situation.previous
    is_stale = previous is not None and now - previous.last_at > policy.new_after
    if previous is None or is_stale:
        record, told = _first(alert, new_id, now), frozenset[tuple[str, str]]()
    else:
        record, told = _again(previous, alert, policy, now), situation.told
    is_silenced = any(silence.covers(record.alert, now=now) for silence in situation.silences)
    news = _news(None if is_stale else previous, record, policy, now)
    deliveries: tuple[Delivery, ...] = ()
    if news is not None:
        wanted = _routed(record.alert, channels, policy, is_silenced=is_silenced)
        kind = _kind(news, record)
        deliveries = tuple(
            _delivery(record, kind, channel, situation=situation, policy=policy, now=now)
            for channel in wanted
            if (kind, channel.name) not in told
        )
    if deliveries and not is_silenced:
        record = replace(record, notified_at=now)
    return Plan(
        record=record,
        deliveries=deliveries,
        news=news,
        is_silenced=is_silenced,
        replaces=previous.alert_id if previous is not None and is_stale else "",
    )


def decide_end(
    record: AlertRecord,
    deliveries: Iterable[Delivery],
    situation: Situation,
    channels: Sequence[Channel],
    policy: AlertPolicy,
    *,
    now: datetime,
) -> Plan:
    """What is said when a condition is over: a message to each channel that was told of it.

    Where that is still to be sent, the end goes out after it or together with it.
    """
    ended = replace(record, resolved_at=now)
    is_silenced = any(silence.covers(record.alert, now=now) for silence in situation.silences)
    earlier: dict[str, list[Delivery]] = {}
    for delivery in deliveries:
        earlier.setdefault(delivery.channel, []).append(delivery)
    messages = tuple(
        _end_delivery(
            ended,
            channel,
            earlier[channel.name],
            situation=situation,
            policy=policy,
            now=now,
        )
        for channel in channels
        if channel.name in earlier
        and all(found.news is not News.RESOLVED for found in earlier[channel.name])
        and (channel.is_record or not is_silenced)
    )
    return Plan(record=ended, deliveries=messages, news=News.RESOLVED, is_silenced=is_silenced)


def after_attempt(
    delivery: Delivery, receipt: Receipt, policy: AlertPolicy, *, now: datetime
) -> Delivery:
    """The delivery as an attempt leaves it: delivered, due again later, or given up."""
    if receipt.is_delivered:
        return replace(
            delivery,
            status=DeliveryStatus.DELIVERED,
            delivered_at=now,
            next_attempt_at=None,
            error=receipt.problem,
        )
    if delivery.attempts >= policy.max_attempts:
        return replace(
            delivery, status=DeliveryStatus.FAILED, next_attempt_at=None, error=receipt.problem
        )
    wait = backoff(delivery.attempts, receipt, policy)
    return replace(delivery, next_attempt_at=now + wait, error=receipt.problem)


def backoff(attempts: int, receipt: Receipt, policy: AlertPolicy) -> timedelta:
    """How long to wait after so many attempts.

    Twice as long each time, never less than the receiver asked for, and at once as long as it
    gets when only a person can mend what is wrong.
    """
    if receipt.is_refused:
        wait = policy.longest_retry
    else:
        doublings = min(attempts - 1, 32)
        wait = min(policy.longest_retry, policy.retry_after * 2.0**doublings)
    asked = timedelta(seconds=min(receipt.retry_after_seconds or 0, 86_400))
    return max(wait, asked)


def is_worth_telling(delivery: Delivery, receipt: Receipt, policy: AlertPolicy) -> bool:
    """Whether the other channels should say that this one fails."""
    return not receipt.is_delivered and (
        receipt.is_refused
        or delivery.attempts >= min(policy.tell_after_attempts, policy.max_attempts)
    )


def messages_of(due: Sequence[Delivery], policy: AlertPolicy) -> Iterator[tuple[Delivery, ...]]:
    """The deliveries of one channel that are due, as messages: what waited goes together.

    So does everything, when after an outage there is more than a storm's worth.
    """
    held = tuple(one for one in due if one.status is not DeliveryStatus.PENDING)
    alone = tuple(one for one in due if one.status is DeliveryStatus.PENDING)
    if len(alone) > policy.storm_alerts:
        yield tuple(sorted(due, key=lambda one: one.delivery_id))
        return
    for one in alone:
        yield (one,)
    if held:
        yield held


def _first(alert: Alert, new_id: str, now: datetime) -> AlertRecord:
    return AlertRecord(alert_id=new_id, alert=alert, count=1, first_at=now, last_at=now)


def _again(previous: AlertRecord, alert: Alert, policy: AlertPolicy, now: datetime) -> AlertRecord:
    """The occurrence seen once more; a level that rises takes an acknowledgement with it."""
    level = max(alert.level, previous.alert.level, key=lambda one: one.rank)
    lasts = now - previous.first_at
    is_ignored = previous.acknowledged_at is None and previous.notified_at is not None
    if level is Level.ERROR and is_ignored and lasts >= policy.escalate_after:
        level = Level.CRITICAL
    is_known = alert.at == previous.alert.at  # the same sight, reported by two ways
    seen = replace(
        previous,
        alert=replace(alert, level=level),
        count=previous.count + (not is_known),
        last_at=now,
    )
    if level.rank > previous.alert.level.rank:
        return replace(seen, acknowledged_at=None, acknowledged_by=None)
    return seen


def _news(
    previous: AlertRecord | None, record: AlertRecord, policy: AlertPolicy, now: datetime
) -> News | None:
    if previous is None or previous.notified_at is None:
        return News.RAISED
    if record.alert.level.rank > previous.alert.level.rank:
        return News.ESCALATED
    if record.acknowledged_at is not None:
        return None
    return News.REPEATED if now - previous.notified_at >= policy.cooldown else None


def _kind(news: News, record: AlertRecord) -> str:
    """What is told, in a word that stands once for each occurrence and channel."""
    if news is News.ESCALATED:
        return f"{news}/{record.alert.level}"
    return f"{news}/{record.count}" if news is News.REPEATED else news.value


def _routed(
    alert: Alert, channels: Sequence[Channel], policy: AlertPolicy, *, is_silenced: bool
) -> tuple[Channel, ...]:
    """The channels of the level; all there are, when none of them is switched on."""
    others = [
        channel
        for channel in channels
        if not (alert.kind == CHANNEL_FAILS and alert.subject == channel.name)
    ]
    routed = [channel for channel in others if channel.name in policy.routes[alert.level]]
    wanted = routed or others
    return tuple(channel for channel in wanted if channel.is_record or not is_silenced)


def _delivery(
    record: AlertRecord,
    kind: str,
    channel: Channel,
    *,
    situation: Situation,
    policy: AlertPolicy,
    now: datetime,
) -> Delivery:
    status, due_at = _when(record.alert, channel, situation, policy, now)
    return Delivery(
        alert_id=record.alert_id,
        channel=channel.name,
        kind=kind,
        status=status,
        created_at=now,
        next_attempt_at=due_at,
    )


def _when(
    alert: Alert, channel: Channel, situation: Situation, policy: AlertPolicy, now: datetime
) -> tuple[DeliveryStatus, datetime]:
    """At once; but in a storm with the digest, and news of the level info after the night."""
    if channel.is_record:
        return DeliveryStatus.PENDING, now
    if alert.level is Level.INFO and policy.quiet_hours is not None:
        end = policy.quiet_hours.end_after(now)
        if end is not None:
            return DeliveryStatus.QUIET, end
    if situation.recent.get(channel.name, 0) >= policy.storm_alerts:
        gathered = situation.digest_at.get(channel.name)
        return DeliveryStatus.STORM, max(now, gathered or now + policy.storm_window)
    return DeliveryStatus.PENDING, now


def _end_delivery(
    record: AlertRecord,
    channel: Channel,
    earlier: Sequence[Delivery],
    *,
    situation: Situation,
    policy: AlertPolicy,
    now: datetime,
) -> Delivery:
    message = _delivery(
        record, News.RESOLVED.value, channel, situation=situation, policy=policy, now=now
    )
    waiting = [one for one in earlier if one.is_outstanding and one.next_attempt_at is not None]
    if not waiting:
        return message
    last = max(waiting, key=lambda one: one.next_attempt_at or now)
    return replace(message, status=last.status, next_attempt_at=last.next_attempt_at)
