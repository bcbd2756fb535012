"""The policy: what is told, to whom, when, again, graver, and when it is over."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from ratchet.alerts import Alert, Level
from ratchet.alerts.channel import Receipt
from ratchet.alerts.message import News
from ratchet.alerts.policy import (
    CHANNEL_FAILS,
    AlertPolicy,
    after_attempt,
    backoff,
    decide,
    decide_end,
    is_worth_telling,
    messages_of,
)
from ratchet.alerts.quiet_hours import QuietHours
from ratchet.alerts.records import (
    AlertRecord,
    Delivery,
    DeliveryStatus,
    Plan,
    Silence,
    Situation,
)
from tests.alert_builders import DOWN, HOUR, MINUTE, REFUSED, ScriptedChannel, an_alert
from tests.builders import NOON

FILE, SLACK = ScriptedChannel("file", is_record=True), ScriptedChannel("slack")
EMAIL = ScriptedChannel("email")
CHANNELS = (FILE, SLACK, EMAIL)
POLICY = AlertPolicy()


def decided(
    alert: Alert,
    situation: Situation | None = None,
    *,
    now: datetime = NOON,
    policy: AlertPolicy = POLICY,
) -> Plan:
    """What comes of an alert, with all channels on."""
    return decide(alert, situation or Situation(), CHANNELS, policy, new_id="a1", now=now)


def after(plan: Plan, **changes: Any) -> Situation:
    """What is known after a plan was carried out."""
    told = frozenset((one.kind, one.channel) for one in plan.deliveries)
    return Situation(previous=replace(plan.record, **changes), told=told)


def channels(plan: Plan) -> list[str]:
    """Where it is told."""
    return [one.channel for one in plan.deliveries]


@pytest.mark.parametrize(
    ("level", "expected"),
    [
        (Level.INFO, ["file"]),
        (Level.WARNING, ["file", "slack"]),
        (Level.ERROR, ["file", "slack", "email"]),
        (Level.CRITICAL, ["file", "slack", "email"]),
    ],
)
def test_the_level_says_which_channels_are_taken(level: Level, expected: list[str]) -> None:
    """Info is kept, warnings go to Slack, errors by e-mail too."""
    assert channels(decided(an_alert(level=level))) == expected


def test_a_level_whose_channels_are_all_off_takes_those_that_are_on() -> None:
    """A warning is not lost for e-mail being the only channel."""
    plan = decide(
        an_alert(level=Level.WARNING), Situation(), (EMAIL,), POLICY, new_id="a1", now=NOON
    )

    assert channels(plan) == ["email"]


def test_the_same_condition_is_told_once_within_the_cooldown() -> None:
    """It is counted, and told again when the cooldown is over."""
    first = decided(an_alert())

    again = decided(an_alert(at=NOON + HOUR), after(first), now=NOON + HOUR)
    later = decided(an_alert(at=NOON + 5 * HOUR), after(again), now=NOON + 5 * HOUR)

    assert (again.news, again.record.count, again.deliveries) == (None, 2, ())
    assert later.news is News.REPEATED
    assert channels(later) == ["file", "slack", "email"]


def test_one_sight_that_comes_by_two_ways_counts_once() -> None:
    """The event and the direct report of the same moment are the same sight."""
    again = decided(an_alert(), after(decided(an_alert())), now=NOON + MINUTE)

    assert again.record.count == 1


def test_a_condition_that_gets_graver_is_told_at_once() -> None:
    """A warning that becomes an error reaches e-mail too."""
    first = decided(an_alert(level=Level.WARNING))

    graver = decided(an_alert(at=NOON + MINUTE), after(first), now=NOON + MINUTE)

    assert graver.news is News.ESCALATED
    assert [one.kind for one in graver.deliveries] == ["escalated/error"] * 3


def test_an_error_that_nobody_takes_on_becomes_critical() -> None:
    """After six hours of the same error without an acknowledgement."""
    first, late = decided(an_alert()), NOON + 6 * HOUR

    ignored = decided(an_alert(at=late), after(first), now=late)
    with_ada = after(first, acknowledged_at=NOON, acknowledged_by="ada")
    taken_on = decided(an_alert(at=late), with_ada, now=late)

    assert (ignored.news, ignored.record.alert.level) == (News.ESCALATED, Level.CRITICAL)
    assert (taken_on.news, taken_on.record.alert.level) == (None, Level.ERROR)


def test_an_acknowledgement_ends_with_a_graver_level() -> None:
    """Who took on a warning has not taken on the error that it became."""
    with_ada = after(
        decided(an_alert(level=Level.WARNING)), acknowledged_at=NOON, acknowledged_by="ada"
    )

    graver = decided(an_alert(at=NOON + MINUTE), with_ada, now=NOON + MINUTE)

    assert graver.news is News.ESCALATED
    assert graver.record.acknowledged_at is None


def test_a_condition_that_comes_back_after_a_day_is_a_new_one() -> None:
    """The older occurrence is closed, and the new one told from the beginning."""
    first, late = decided(an_alert()), NOON + 25 * HOUR

    back = decide(an_alert(at=late), after(first), CHANNELS, POLICY, new_id="a2", now=late)

    assert (back.replaces, back.record.alert_id, back.record.count) == ("a1", "a2", 1)
    assert back.news is News.RAISED


def test_a_silenced_alert_is_kept_and_told_when_the_silence_is_over() -> None:
    """Files and log get it; Slack and e-mail hear of it once it is seen after the silence."""
    silence = Silence(
        silence_id="s",
        pattern="latency/validate_*",
        reason="known",
        actor="ada",
        created_at=NOON,
        until=NOON + HOUR,
    )

    first = decided(an_alert(), Situation(silences=(silence,)))
    situation = replace(after(first), silences=(silence,))
    later = decided(an_alert(at=NOON + HOUR), situation, now=NOON + HOUR)

    assert (first.is_silenced, channels(first)) == (True, ["file"])
    assert (later.news, channels(later)) == (News.RAISED, ["slack", "email"])


def test_a_storm_is_gathered_for_one_digest() -> None:
    """From the sixth message in five minutes on; files get each one all the same."""
    stormy = Situation(recent={"slack": 5, "email": 4, "file": 99})

    opener = decided(an_alert(), stormy)
    second = decided(an_alert(), replace(stormy, digest_at={"slack": NOON + 2 * MINUTE}), now=NOON)

    assert [one.status.value for one in opener.deliveries] == ["pending", "storm", "pending"]
    assert opener.deliveries[1].next_attempt_at == NOON + 5 * MINUTE
    assert second.deliveries[1].next_attempt_at == NOON + 2 * MINUTE


@pytest.mark.parametrize("level", list(Level))
def test_quiet_hours_hold_back_news_of_the_level_info_only(level: Level) -> None:
    """At 23:30 in Berlin an info waits for seven; anything graver does not."""
    night = QuietHours(start=time(22), end=time(7), zone=ZoneInfo("Europe/Berlin"))
    policy = AlertPolicy(routes=dict.fromkeys(Level, ("slack",)), quiet_hours=night)
    late = NOON.replace(hour=22, minute=30)

    (delivery,) = decided(an_alert(level=level), policy=policy, now=late).deliveries

    if level is Level.INFO:
        assert delivery.status is DeliveryStatus.QUIET
        assert delivery.next_attempt_at == NOON.replace(day=2, hour=6)
    else:
        assert (delivery.status, delivery.next_attempt_at) == (DeliveryStatus.PENDING, late)


def test_what_is_over_is_told_to_those_who_were_told() -> None:
    """A channel that never heard of it does not hear of its end."""
    first = decided(an_alert(level=Level.WARNING))

    end = decide_end(
        first.record, first.deliveries, after(first), CHANNELS, POLICY, now=NOON + HOUR
    )

    assert [(one.kind, one.channel) for one in end.deliveries] == [
        ("resolved", "file"),
        ("resolved", "slack"),
    ]
    assert end.record.resolved_at == NOON + HOUR


def test_the_end_does_not_overtake_the_alert() -> None:
    """Where the alert itself still waits for a digest, the end is in the same one."""
    first = decided(an_alert(), Situation(recent={"slack": 9}))

    end = decide_end(
        first.record, first.deliveries, after(first), CHANNELS, POLICY, now=NOON + MINUTE
    )

    held = next(one for one in end.deliveries if one.channel == "slack")
    assert (held.status, held.next_attempt_at) == (DeliveryStatus.STORM, NOON + 5 * MINUTE)


def test_that_a_channel_fails_is_not_told_by_that_channel() -> None:
    """Slack is not asked to say that Slack is down."""
    assert channels(decided(an_alert(kind=CHANNEL_FAILS, subject="slack"))) == ["file", "email"]


def delivery(number: int = 1, **changes: Any) -> Delivery:
    """A delivery to Slack that was claimed once."""
    fields: dict[str, Any] = {
        "delivery_id": number,
        "alert_id": "a1",
        "channel": "slack",
        "kind": "raised",
        "status": DeliveryStatus.PENDING,
        "created_at": NOON,
        "next_attempt_at": NOON,
        "attempts": 1,
    }
    return Delivery(**{**fields, **changes})


def test_the_wait_doubles_up_to_its_limit_and_never_below_what_was_asked() -> None:
    """30 s, 60 s, ... an hour; a Retry-After of 90 seconds is kept."""
    waits = [backoff(attempts, DOWN, POLICY).total_seconds() for attempts in (1, 2, 3, 40)]
    asked = backoff(1, Receipt(is_delivered=False, retry_after_seconds=90), POLICY)

    assert waits == [30, 60, 120, 3600]
    assert asked == timedelta(seconds=90)
    assert backoff(1, REFUSED, POLICY) == HOUR


def test_after_the_last_attempt_a_delivery_is_given_up() -> None:
    """Until then it is due again."""
    policy = AlertPolicy(max_attempts=2)

    second = after_attempt(delivery(attempts=1), DOWN, policy, now=NOON)
    last = after_attempt(delivery(attempts=2), DOWN, policy, now=NOON)

    assert (second.is_outstanding, second.error) == (True, "503 away")
    assert (last.status, last.next_attempt_at) == (DeliveryStatus.FAILED, None)


@pytest.mark.parametrize(
    ("attempts", "receipt", "expected"),
    [(3, DOWN, False), (4, DOWN, True), (1, REFUSED, True), (9, Receipt(is_delivered=True), False)],
)
def test_others_say_that_a_channel_fails(attempts: int, receipt: Receipt, expected: bool) -> None:
    """At the fourth failure, or at once when only a person can mend it."""
    assert is_worth_telling(delivery(attempts=attempts), receipt, POLICY) is expected


def test_a_few_messages_go_alone_and_an_outage_worth_goes_together() -> None:
    """Six due at once are one digest; what was held back is a digest anyway."""
    few = [delivery(1), delivery(2, status=DeliveryStatus.QUIET), delivery(3)]
    many = [delivery(number) for number in range(6)]

    assert [[one.delivery_id for one in group] for group in messages_of(few, POLICY)] == [
        [1],
        [3],
        [2],
    ]
    assert [len(group) for group in messages_of(many, POLICY)] == [6]


def test_a_record_keeps_the_beginning_of_the_condition() -> None:
    """Without a `since`, a repeated alert says when it was first seen."""
    record = AlertRecord(
        alert_id="a1",
        alert=an_alert(since=None, at=NOON + HOUR),
        count=2,
        first_at=NOON,
        last_at=NOON + HOUR,
    )

    assert record.notice(News.REPEATED).since == NOON
