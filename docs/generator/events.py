"""The reference of the events: those of rollouts from the code that makes them, alerts by kind."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from docs.generator.alert_kinds import AlertKind, alert_kinds
from docs.generator.markdown import cell, table

HEAD = """# Events

Generated from the code. Ratchet emits these events to the Prefect server; an automation can wait
for each. An event that is repeated has the same id, and the server keeps one.
"""
ROLLOUTS = """
## Rollouts

The resource is `ratchet.rollout.<experiment_id>`, with the label `ratchet.signature`.
"""
ALERTS = """
## Alerts

The name is `ratchet.alert.<kind>`, the resource `ratchet.alert.<fingerprint>`, with the labels
`ratchet.level`, `ratchet.kind` and `ratchet.subject`. The payload is the alert:
"""
KINDS = """
The kinds, with the fields of `details`. Those of automations come from the Prefect server itself;
they start the same delivery without an event of Ratchet.
"""
MEANINGS = {
    "started": "the first share of the traffic goes to the candidate",
    "advanced": "the next stage begins",
    "held": "no step yet, for a new reason",
    "paused": "by a person, or because a person is asked",
    "resumed": "it goes on after a pause",
    "rolled_back": "all traffic goes to the baseline again",
    "reallocated": "the share follows the evidence within a stage",
    "completed": "the candidate has all traffic",
}


def events_page() -> str:
    """The page: rollouts, then alerts."""
    payloads = rollout_payloads()
    rows = [
        (f"`{name}`", MEANINGS[name.rsplit(".", 1)[-1]], _fields(fields))
        for name, fields in payloads.items()
    ]
    return "\n".join(
        [
            HEAD,
            ROLLOUTS,
            table(("Event", "When", "Payload"), rows),
            ALERTS,
            _fields(alert_payload()),
            KINDS,
            table(
                ("Kind", "Title", "Level", "Runbook", "Details"),
                [_kind_row(kind) for kind in alert_kinds()],
            ),
            "",
        ]
    )


def rollout_payloads() -> dict[str, tuple[str, ...]]:
    """The fields of each event of a rollout, from a rollout that takes every kind of step."""
    from ratchet.control.announcements import EVENTS, STARTED, announcements_of
    from ratchet.rollout import Action, Decision, RolloutPolicy, Rule, start
    from ratchet.store import RolloutRecord

    now = datetime(2026, 1, 1, tzinfo=UTC)
    state = start(RolloutPolicy(), experiment_id="x", signature="s", salt="s", now=now)
    steps = [
        Decision(action=action, rule=Rule.PERSON, reason="r", at=now, actor="a", stage=0, percent=1)
        for action in Action
        if action in EVENTS
    ]
    record = RolloutRecord(
        state=replace(state, decisions=tuple(steps)),
        baseline_version="b",
        candidate_version="c",
        started_by="a",
    )
    found = {one.event: tuple(one.payload) for one in announcements_of(record)}
    order = [STARTED, *EVENTS.values()]
    return {name: found[name] for name in order}


def alert_payload() -> tuple[str, ...]:
    """The fields of every alert."""
    from ratchet.alerts import Alert, Level

    now = datetime(2026, 1, 1, tzinfo=UTC)
    return tuple(Alert(kind="k", level=Level.INFO, title="t", message="m", at=now).to_json())


def _fields(names: Iterable[str] | Mapping[str, Any]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _kind_row(kind: AlertKind) -> tuple[str, ...]:
    levels = ", ".join(kind.levels) or "as measured"
    return f"`{kind.kind}`", cell(kind.title), levels, _links(kind.runbooks), _fields(kind.details)


def _links(runbooks: Iterable[str]) -> str:
    return ", ".join(_link(*name.partition("#")[::2]) for name in runbooks)


def _link(page: str, anchor: str) -> str:
    return f"[{anchor.replace('-', ' ') or page}](../runbooks/{page}.md#{anchor})"
