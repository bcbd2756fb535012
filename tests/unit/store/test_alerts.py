"""Alerts, deliveries and silences in the store."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any

import pytest

from ratchet.alerts import Alert, Level
from ratchet.alerts.policy import AlertPolicy, decide
from ratchet.alerts.records import Plan, Silence, Situation
from ratchet.errors import InputError
from ratchet.store import Store
from tests.alert_builders import HOUR, MINUTE, ScriptedChannel, an_alert
from tests.builders import NOON

CHANNELS = (ScriptedChannel("file", is_record=True), ScriptedChannel("slack"))


def recorded(store: Store, alert: Alert, *, name: str = "a1", now: datetime = NOON) -> Plan:
    """Store an alert as the policy says."""

    def decided(situation: Situation) -> Plan:
        return decide(alert, situation, CHANNELS, AlertPolicy(), new_id=name, now=now)

    return store.alerts.record(alert, decided, counted_from=now - 5 * MINUTE, now=now)


def silence(**changes: Any) -> Silence:
    """An hour without alerts about latency."""
    fields: dict[str, Any] = {
        "silence_id": "s1",
        "pattern": "latency",
        "reason": "the provider is at work",
        "actor": "ada",
        "created_at": NOON,
        "until": NOON + HOUR,
    }
    return Silence(**{**fields, **changes})


def test_an_alert_comes_back_as_it_was_recorded(store: Store) -> None:
    """With its kind, its subject and its details, odd values among them."""
    alert = an_alert(details={"share": float("inf"), "list": (1, 2), "nul": "a\x00b"})

    plan = recorded(store, alert)

    found = store.alerts.get("a1")
    assert found is not None
    assert found.alert.fingerprint == alert.fingerprint
    assert found.alert.details == {"share": "inf", "list": [1, 2], "nul": "a\ufffdb"}
    assert (found.alert.at, found.alert.since) == (alert.at, alert.since)
    assert store.alerts.deliveries.of_alert("a1") == plan.deliveries


def test_two_that_see_the_same_at_once_record_one(store: Store) -> None:
    """Deciding takes turns: eight threads leave one occurrence and one message a channel."""
    with ThreadPoolExecutor(max_workers=8) as executor:
        list(executor.map(lambda n: recorded(store, an_alert(), name=f"a{n}"), range(8)))

    (record,) = store.alerts.list()
    told = store.alerts.deliveries.of_alert(record.alert_id)
    assert sorted(one.channel for one in told) == ["file", "slack"]


def test_a_delivery_is_claimed_by_one(store: Store) -> None:
    """Of eight that want it one gets it; and it is due again only when the claim is over."""
    plan = recorded(store, an_alert())
    delivery = plan.deliveries[0]

    with ThreadPoolExecutor(max_workers=8) as executor:
        claims = list(
            executor.map(
                lambda _: store.alerts.deliveries.claim(delivery, until=NOON + 10 * MINUTE),
                range(8),
            )
        )

    assert sum(claim is not None for claim in claims) == 1
    due = [one.delivery_id for one in store.alerts.deliveries.due(now=NOON + 9 * MINUTE)]
    late = [one.delivery_id for one in store.alerts.deliveries.due(now=NOON + 10 * MINUTE)]
    assert delivery.delivery_id not in due
    assert delivery.delivery_id in late


def test_who_took_too_long_can_not_finish(store: Store) -> None:
    """The claim of another stands."""
    delivery = recorded(store, an_alert()).deliveries[0]
    slow = store.alerts.deliveries.claim(delivery, until=NOON)
    assert slow is not None
    assert store.alerts.deliveries.claim(slow, until=NOON + HOUR) is not None

    assert not store.alerts.deliveries.finish(slow, slow)


def test_the_list_is_narrowed_by_level_time_and_state(store: Store) -> None:
    """A level stands for itself and the graver ones."""
    for number, level in enumerate(Level):
        alert = an_alert(kind=f"kind{number}", level=level)
        recorded(store, alert, name=f"a{number}", now=NOON + number * HOUR)
    store.alerts.close_unseen(before=NOON + MINUTE)

    def names(**narrowed: Any) -> list[str]:
        return [record.alert_id for record in store.alerts.list(**narrowed)]

    assert names() == ["a3", "a2", "a1", "a0"]
    assert names(level=Level.ERROR) == ["a3", "a2"]
    assert names(since=NOON + 2 * HOUR) == ["a3", "a2"]
    assert names(is_open=False) == ["a0"]


def test_an_acknowledgement_is_kept_and_in_the_audit_trail(store: Store) -> None:
    """Who, when, and of which alert."""
    recorded(store, an_alert())

    record = store.alerts.acknowledge("a1", by="ada", at=NOON)

    assert store.alerts.get("a1") == record
    (entry,) = store.audit.list(action="alert.acknowledge")
    assert (entry.actor, entry.subject) == ("ada", "a1")


@pytest.mark.parametrize("name", ["a9", "", "a"])
def test_a_name_that_says_no_single_alert_is_refused(store: Store, name: str) -> None:
    """Unknown, empty, or the beginning of several."""
    recorded(store, an_alert(), name="a1")
    recorded(store, an_alert(kind="drift"), name="a2")

    with pytest.raises(InputError, match="ratchet alerts list"):
        store.alerts.find(name)


def test_a_silence_is_in_force_until_it_ends_or_is_ended(store: Store) -> None:
    """By its name or its pattern; both are in the audit trail."""
    store.alerts.silence(silence())
    store.alerts.silence(silence(silence_id="s2", pattern="cost-*"))

    ended = store.alerts.unsilence("cost-*", actor="bob", at=NOON)

    assert [one.silence_id for one in ended] == ["s2"]
    assert store.alerts.silences(now=NOON) == (silence(),)
    assert store.alerts.silences(now=NOON + HOUR) == ()
    assert [entry.action for entry in store.audit.list()] == [
        "alert.unsilence",
        "alert.silence",
        "alert.silence",
    ]


def _patterns() -> Iterator[tuple[str, bool]]:
    yield "latency", True
    yield "lat*", True
    yield "latency/validate_*", True
    yield "*", True
    yield "latency/other", False
    yield "cost-budget", False


@pytest.mark.parametrize(("pattern", "expected"), _patterns())
def test_a_pattern_is_on_the_kind_or_on_kind_and_subject(pattern: str, expected: bool) -> None:
    """As a shell would read it."""
    assert silence(pattern=pattern).covers(an_alert(), now=NOON) is expected
