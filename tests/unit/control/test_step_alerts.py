"""Which steps of a rollout are alerts: it was taken back, or it waits for a person."""

from __future__ import annotations

from dataclasses import replace

from ratchet.alerts import Level
from ratchet.alerts.announcement import event_id, event_name
from ratchet.control import announcements_of
from ratchet.control.step_alerts import alert_of_step
from ratchet.rollout import Action, Decision, RolloutState, Rule
from ratchet.store import RolloutRecord
from tests.rollout_builders import begun, minutes_later


def a_record(*decisions: Decision) -> RolloutRecord:
    """A rollout with these decisions, none of them announced."""
    state: RolloutState = replace(begun(), decisions=decisions)
    return RolloutRecord(
        state=state, baseline_version="v1", candidate_version="v2", started_by="ada"
    )


def a_decision(action: Action, minutes: float, percent: float, **changes: object) -> Decision:
    """A decision of the controller."""
    decision = Decision(
        action=action,
        rule=Rule.GATE,
        reason="the stage is done",
        at=minutes_later(minutes),
        stage=0,
        percent=percent,
    )
    return replace(decision, **changes)  # type: ignore[arg-type]


ADVANCED = a_decision(Action.ADVANCE, 60, 25.0, stage=1)
ROLLED_BACK = a_decision(
    Action.ROLLBACK, 90, 0.0, rule=Rule.HARM, reason="errors 9 % over the baseline's"
)


def test_a_rollback_is_an_alert_with_its_reason_and_its_last_traffic() -> None:
    """The four details of every such alert, and since when the stage was running."""
    record = a_record(ADVANCED, ROLLED_BACK)
    *others, last = announcements_of(record)

    alert = alert_of_step(record, last)

    assert alert is not None
    assert [alert_of_step(record, step) for step in others] == [None, None]
    assert (alert.kind, alert.title, alert.level) == (
        "rollout-rolled-back",
        "A/B Test Rolled Back",
        Level.ERROR,
    )
    assert {
        name: alert.details[name]
        for name in ("experiment_id", "signature", "reason", "final_traffic_percent")
    } == {
        "experiment_id": "x",
        "signature": "any",
        "reason": "errors 9 % over the baseline's",
        "final_traffic_percent": 25.0,
    }
    assert (alert.at, alert.since) == (minutes_later(90), minutes_later(60))


def test_a_rollback_in_the_first_stage_had_the_first_share() -> None:
    """There is no decision before it."""
    record = a_record(ROLLED_BACK)

    alert = alert_of_step(record, announcements_of(record)[-1])

    assert alert is not None
    assert alert.details["final_traffic_percent"] == record.state.policy.stages[0]


def test_a_pause_is_an_alert_when_it_asks_a_person() -> None:
    """Not when a person paused it."""
    asks = a_decision(Action.PAUSE, 90, 10.0, rule=Rule.DEADLINE, reason="inconclusive")
    by_ada = a_decision(Action.PAUSE, 90, 10.0, rule=Rule.PERSON, actor="ada")

    alerts = [
        alert_of_step(record, announcements_of(record)[-1])
        for record in (a_record(asks), a_record(by_ada))
    ]

    assert [alert.kind if alert else None for alert in alerts] == ["rollout-paused", None]


def test_the_same_step_is_the_same_event_whenever_it_is_told() -> None:
    """So that a server that hears of it twice keeps one."""
    record = a_record(ADVANCED, ROLLED_BACK)
    step = announcements_of(record)[-1]
    first, second = alert_of_step(record, step), alert_of_step(record, step)

    assert first is not None
    assert second is not None
    assert event_name(first) == "ratchet.alert.rollout-rolled-back"
    assert event_id(first) == event_id(second)
