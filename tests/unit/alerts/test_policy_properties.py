"""Properties of the policy, over any sequence of alerts, failures and waiting."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from ratchet.alerts import Level
from ratchet.alerts.channel import DELIVERED, Channel, Receipt
from ratchet.alerts.policy import AlertPolicy, after_attempt, decide, decide_end, messages_of
from ratchet.alerts.quiet_hours import QuietHours
from ratchet.alerts.records import AlertRecord, Delivery, DeliveryStatus, Plan, Situation
from tests.alert_builders import DOWN, HOUR, MINUTE, REFUSED, ScriptedChannel, an_alert
from tests.builders import NOON

CHANNELS: tuple[Channel, ...] = (
    ScriptedChannel("file", is_record=True),
    ScriptedChannel("slack"),
    ScriptedChannel("email"),
)
POLICY = AlertPolicy(
    routes={**AlertPolicy().routes, Level.INFO: ("file", "slack")},
    storm_alerts=3,
    quiet_hours=QuietHours(start=time(22), end=time(7), zone=ZoneInfo("Europe/Berlin")),
)
LONG = timedelta(days=3)  # longer than quiet hours and any backoff


@dataclass
class World:
    """The store in memory, and what each channel has told: pairs of alert and kind."""

    now: datetime = NOON
    records: dict[str, AlertRecord] = field(default_factory=dict)
    deliveries: list[Delivery] = field(default_factory=list)
    told: list[tuple[str, str, str]] = field(default_factory=list)
    down: dict[str, Receipt] = field(default_factory=dict)
    held_back: list[Level] = field(default_factory=list)

    def situation(self, previous: AlertRecord | None) -> Situation:
        recent = [d for d in self.deliveries if d.created_at > self.now - POLICY.storm_window]
        return Situation(
            previous=previous,
            told=frozenset(
                (d.kind, d.channel)
                for d in self.deliveries
                if previous is not None and d.alert_id == previous.alert_id
            ),
            recent={c.name: sum(d.channel == c.name for d in recent) for c in CHANNELS},
        )

    def open_of(self, fingerprint: str) -> AlertRecord | None:
        found = (r for r in self.records.values() if r.alert.fingerprint == fingerprint)
        return next((r for r in found if r.is_open), None)

    def see(self, kind: str, level: Level) -> None:
        alert = an_alert(kind=kind, level=level, at=self.now)
        plan = decide(
            alert,
            self.situation(self.open_of(alert.fingerprint)),
            CHANNELS,
            POLICY,
            new_id=f"a{len(self.records)}",
            now=self.now,
        )
        if plan.replaces:
            old = self.records[plan.replaces]
            self.records[plan.replaces] = replace(old, resolved_at=old.last_at)
        self.keep(plan)

    def end(self, kind: str) -> None:
        record = self.open_of(an_alert(kind=kind).fingerprint)
        if record is not None:
            ours = [d for d in self.deliveries if d.alert_id == record.alert_id]
            situation = self.situation(record)
            self.keep(decide_end(record, ours, situation, CHANNELS, POLICY, now=self.now))

    def keep(self, plan: Plan) -> None:
        self.records[plan.record.alert_id] = plan.record
        self.held_back += [
            plan.record.alert.level
            for one in plan.deliveries
            if one.status is DeliveryStatus.QUIET and plan.record.is_open
        ]
        first = len(self.deliveries)
        self.deliveries += [
            replace(d, delivery_id=first + number) for number, d in enumerate(plan.deliveries)
        ]

    def send(self) -> None:
        for channel in CHANNELS:
            due = [
                d
                for d in self.deliveries
                if d.channel == channel.name
                and d.is_outstanding
                and d.next_attempt_at is not None
                and d.next_attempt_at <= self.now
            ]
            receipt = self.down.get(channel.name, DELIVERED)
            for group in messages_of(due, POLICY):
                for one in group:
                    claimed = replace(one, attempts=one.attempts + 1)
                    after = after_attempt(claimed, receipt, POLICY, now=self.now)
                    self.deliveries[one.delivery_id] = after
                    if receipt.is_delivered:
                        self.told.append((one.alert_id, one.kind, channel.name))


seen = st.tuples(
    st.just("see"), st.sampled_from(["latency", "cost-budget", "drift"]), st.sampled_from(Level)
)
steps = st.lists(
    st.one_of(
        seen,
        st.tuples(st.just("end"), st.sampled_from(["latency", "cost-budget", "drift"])),
        st.tuples(st.just("wait"), st.sampled_from([MINUTE, 10 * MINUTE, HOUR, 9 * HOUR])),
        st.tuples(st.just("down"), st.sampled_from(["slack", "email"])),
        st.tuples(st.just("up"), st.sampled_from(["slack", "email"])),
        st.tuples(st.just("send")),
    ),
    max_size=40,
)


def played(script: list[tuple[object, ...]]) -> World:
    """The world after a script, all channels well again and three days gone by."""
    world = World()
    for name, *given_values in script:
        match name:
            case "see":
                kind, level = given_values
                world.see(str(kind), Level(str(level)))
                world.send()
            case "end":
                world.end(str(given_values[0]))
            case "wait":
                (wait,) = given_values
                assert isinstance(wait, timedelta)
                world.now += wait
            case "down":
                world.down[str(given_values[0])] = DOWN if len(world.told) % 2 else REFUSED
            case "up":
                world.down.pop(str(given_values[0]), None)
            case "send":
                world.send()
    world.down = {}
    world.now += LONG
    world.send()
    return world


@given(steps)
@settings(max_examples=120, deadline=None)
def test_no_alert_is_lost(script: list[tuple[object, ...]]) -> None:
    """Whatever failed in between: in the end each occurrence was told at its level's channels."""
    world = played(script)

    assert not [d for d in world.deliveries if d.is_outstanding]
    for record in world.records.values():
        told = {c for alert_id, kind, c in world.told if alert_id == record.alert_id}
        assert told >= {c.name for c in CHANNELS} & set(POLICY.routes[record.alert.level])


@given(steps)
@settings(max_examples=120, deadline=None)
def test_nothing_is_told_twice(script: list[tuple[object, ...]]) -> None:
    """One message for each alert, kind and channel."""
    world = played(script)

    assert len(world.told) == len(set(world.told))


@given(steps)
@settings(max_examples=120, deadline=None)
def test_quiet_hours_delay_info_only_and_only_for_the_night(
    script: list[tuple[object, ...]],
) -> None:
    """What is graver is never held back for the night, and nothing for longer than it lasts."""
    world = played(script)

    assert set(world.held_back) <= {Level.INFO}
    for kind, level in (("night", Level.INFO), ("grave", Level.WARNING)):
        world.now = NOON.replace(hour=23) + timedelta(days=40)
        world.see(kind, level)
        slack = world.deliveries[-1]
        assert slack.channel == "slack"
        assert slack.next_attempt_at is not None
        waits = slack.next_attempt_at - world.now
        assert waits == (6 * HOUR if level is Level.INFO else timedelta(0))


@given(st.integers(min_value=0, max_value=60 * 24 * 365), st.sampled_from([(22, 7), (1, 5)]))
def test_quiet_hours_end_within_a_day_and_in_no_quiet_hour(
    minutes: int, hours: tuple[int, int]
) -> None:
    """Also in the nights in which the clock is changed."""
    quiet = QuietHours(start=time(hours[0]), end=time(hours[1]), zone=ZoneInfo("Europe/Berlin"))
    moment = NOON + minutes * MINUTE

    end = quiet.end_after(moment)

    local = moment.astimezone(quiet.zone).time()
    is_quiet = (
        local >= quiet.start or local < quiet.end
        if quiet.end < quiet.start
        else quiet.start <= local < quiet.end
    )
    assert (end is not None) == is_quiet
    if end is not None:
        assert moment < end <= moment + timedelta(hours=11)
        assert quiet.end_after(end) is None
