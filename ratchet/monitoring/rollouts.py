"""The check of rollouts: rollbacks, long ones, those that wait for a person, and their split."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from ratchet.alerts import Alert, Level
from ratchet.configuration.monitoring import MonitoringSettings
from ratchet.control.step_alerts import PAUSED, ROLLED_BACK
from ratchet.monitoring.check import Check
from ratchet.store.monitoring import DecisionFact, MonitoringStore, RolloutFact, SplitFact

NAME = "rollouts"
LONG_RUNNING, SPLIT, NOT_DRIVEN = "rollout-long-running", "traffic-split", "rollout-not-driven"
KINDS = (PAUSED, LONG_RUNNING, SPLIT, NOT_DRIVEN)
"""Without the rollback: it happens once, and is over when it is told."""
STATUSES = ("running", "paused", "completed", "rolled_back")
BY_PERSON = "person"


@dataclass(frozen=True, kw_only=True)
class RolloutFacts:
    """All rollouts, the newest first; `told` are those whose rollback was told already."""

    rollouts: tuple[RolloutFact, ...] = ()
    splits: tuple[SplitFact, ...] = ()
    told: frozenset[str] = frozenset()


def read_rollouts(
    store: MonitoringStore, settings: MonitoringSettings, *, now: datetime
) -> RolloutFacts:
    """The facts of the check.

    Raises:
        StoreError: the store can not be read.
    """
    since = now - timedelta(days=settings.rollback_lookback_days)
    rollouts = store.rollouts(log_since=since)
    active = [each.experiment_id for each in rollouts if each.ended_at is None]
    recent = _recent_rollbacks(rollouts, settings, now)
    marks = {_fingerprint(each.experiment_id): each for each in recent}
    told = store.told_since(list(marks)) if marks else {}
    return RolloutFacts(
        rollouts=rollouts,
        splits=store.splits(active),
        told=frozenset(
            rollout.experiment_id
            for mark, rollout in marks.items()
            if mark in told and rollout.ended_at is not None and told[mark] >= rollout.ended_at
        ),
    )


def check_rollouts(facts: RolloutFacts, settings: MonitoringSettings, *, now: datetime) -> Check:
    """Look at the rollouts."""
    active = [each for each in facts.rollouts if each.ended_at is None]
    rolled_back = _recent_rollbacks(facts.rollouts, settings, now)
    news = [each for each in rolled_back if each.experiment_id not in facts.told]
    found: list[Alert | None] = []
    if settings.ab_test_rollback_alert:
        found += [_rolled_back(each) for each in news]
    for rollout in active:
        found += [
            _paused(rollout, now),
            _long_running(rollout, settings, now),
            _not_driven(rollout, settings, now),
            _split_alert(rollout, _splits_of(rollout, facts), settings, now),
        ]
    return Check(
        name=NAME,
        headline=_headline(facts.rollouts, active, rolled_back, settings),
        figures={
            **_counts(facts.rollouts),
            "rolled_back_recently": [each.experiment_id for each in rolled_back],
            "rollouts": [_figures(each, _splits_of(each, facts), now) for each in active],
        },
        alerts=tuple(alert for alert in found if alert is not None),
        kinds=KINDS,
    )


def _recent_rollbacks(
    rollouts: Iterable[RolloutFact], settings: MonitoringSettings, now: datetime
) -> list[RolloutFact]:
    since = now - timedelta(days=settings.rollback_lookback_days)
    return [
        each
        for each in rollouts
        if each.status == "rolled_back" and each.ended_at is not None and each.ended_at >= since
    ]


def _rolled_back(rollout: RolloutFact) -> Alert:
    """As the rollout itself tells it, so that both are one alert."""
    back_to = rollout.baseline_version or "the app's own program"
    percent = final_percent(rollout)
    name = rollout.experiment_id
    at = rollout.ended_at or rollout.started_at
    return Alert(
        kind=ROLLED_BACK,
        subject=name,
        level=Level.ERROR,
        title="A/B Test Rolled Back",
        message=f"{rollout.candidate_version} of {rollout.signature} was rolled back at "
        f"{percent:g} % of the traffic; all of it goes to {back_to} again. Reason: "
        f"{rollout.end_reason}",
        at=at,
        since=rollout.started_at,
        advice=f"Nothing is urgent: production runs {back_to}. Read `ratchet rollout explain "
        f"{name}`, mend the candidate, and let the next run judge it again.",
        runbook="emergencies#rolled-back",
        details={
            "experiment_id": name,
            "signature": rollout.signature,
            "reason": rollout.end_reason,
            "final_traffic_percent": percent,
            "candidate_version": rollout.candidate_version,
            "baseline_version": rollout.baseline_version,
        },
    )


def final_percent(rollout: RolloutFact) -> float:
    """The candidate's share of traffic when it was rolled back, 0..100."""
    before = [one for one in rollout.decisions if one.action != "rollback"]
    if before:
        return before[-1].percent
    return rollout.stages[0] if rollout.stages else rollout.percent


def _paused(rollout: RolloutFact, now: datetime) -> Alert | None:
    """A rollout that asks a person; one that a person paused waits for nobody else."""
    pause = _pause(rollout)
    if rollout.status != "paused" or (pause is not None and pause.rule == BY_PERSON):
        return None
    name = rollout.experiment_id
    reason = pause.reason if pause else "its log says nothing of it"
    return Alert(
        kind=PAUSED,
        subject=name,
        level=Level.WARNING,
        title="Rollout Waits for a Person",
        message=f"{rollout.candidate_version} of {rollout.signature} stays at "
        f"{rollout.percent:g} % of the traffic. Reason: {reason}",
        at=now,
        since=pause.at if pause else None,
        advice=f"Read `ratchet rollout explain {name}`, then `ratchet rollout resume {name}`, "
        f"`ratchet rollout promote {name}` or `ratchet rollout rollback {name}`.",
        runbook="weekly#rollouts-that-wait",
        details={
            "experiment_id": name,
            "signature": rollout.signature,
            "reason": reason,
            "traffic_percent": rollout.percent,
            "candidate_version": rollout.candidate_version,
        },
    )


def _long_running(
    rollout: RolloutFact, settings: MonitoringSettings, now: datetime
) -> Alert | None:
    age = now - rollout.started_at
    if age <= timedelta(days=settings.ab_test_long_running_days):
        return None
    name, days = rollout.experiment_id, age.total_seconds() / 86_400
    return Alert(
        kind=LONG_RUNNING,
        subject=name,
        level=Level.INFO,
        title="A/B Test Long Running",
        message=f"{name} of {rollout.signature} is {days:.1f} days old, at {rollout.percent:g} % "
        f"of the traffic.",
        at=now,
        since=rollout.started_at,
        advice=f"`ratchet rollout explain {name}` says what it waits for; more traffic or labels, "
        "or a person's promote or rollback, ends it.",
        runbook="weekly#rollouts-that-last",
        details={
            "experiment_id": name,
            "signature": rollout.signature,
            "days": round(days, 2),
            "traffic_percent": rollout.percent,
        },
    )


def _not_driven(rollout: RolloutFact, settings: MonitoringSettings, now: datetime) -> Alert | None:
    """A running rollout that nobody decides about: its process is gone."""
    seen = rollout.ticked_at or rollout.started_at
    silent = now - seen
    limit = timedelta(minutes=settings.rollout_silent_minutes)
    if rollout.status != "running" or silent <= limit:
        return None
    name, minutes = rollout.experiment_id, silent.total_seconds() / 60
    return Alert(
        kind=NOT_DRIVEN,
        subject=name,
        level=Level.ERROR,
        title="Rollout Is Not Driven",
        message=f"Nobody has decided about {name} of {rollout.signature} for {minutes:.0f} "
        f"minutes; the candidate has {rollout.percent:g} % of the traffic, unguarded.",
        at=now,
        since=seen,
        advice=f"Start `ratchet rollout watch {name}` or the deployment roll-out-program/on-demand;"
        " it goes on with the same evidence.",
        runbook="emergencies#a-rollout-is-not-driven",
        details={
            "experiment_id": name,
            "signature": rollout.signature,
            "silent_minutes": round(minutes, 1),
            "traffic_percent": rollout.percent,
        },
    )


def _split_alert(
    rollout: RolloutFact,
    splits: Sequence[SplitFact],
    settings: MonitoringSettings,
    now: datetime,
) -> Alert | None:
    evidence = sum(split.log_e_value for split in splits)
    if evidence < math.log(settings.traffic_split_limit):
        return None
    units = sum(split.candidate + split.baseline for split in splits)
    observed = sum(split.candidate for split in splits) / units
    planned = sum(split.share * (split.candidate + split.baseline) for split in splits) / units
    name = rollout.experiment_id
    return Alert(
        kind=SPLIT,
        subject=name,
        level=Level.ERROR,
        title="Traffic Split Off Plan",
        message=f"{observed:.1%} of the newest {units} keys of {name} ({rollout.signature}) are on "
        f"the candidate where {planned:.1%} were planned; records are lost or misrouted, and no "
        "comparison of the sides can be trusted.",
        at=now,
        advice="Look for apps that read an old routing file or lose their telemetry: `ratchet "
        f"rollout explain {name}`, `ratchet telemetry status`.",
        runbook="emergencies#the-split-is-off",
        details={
            "experiment_id": name,
            "signature": rollout.signature,
            "observed_share": observed,
            "planned_share": planned,
            "keys": units,
            "log_e_value": evidence,
        },
    )


def _splits_of(rollout: RolloutFact, facts: RolloutFacts) -> list[SplitFact]:
    return [split for split in facts.splits if split.experiment_id == rollout.experiment_id]


def _pause(rollout: RolloutFact) -> DecisionFact | None:
    pauses = [one for one in rollout.decisions if one.action == "pause"]
    return pauses[-1] if pauses else None


def _fingerprint(experiment_id: str) -> str:
    now = datetime.fromisoformat("2026-01-01T00:00+00:00")
    alert = Alert(
        kind=ROLLED_BACK, subject=experiment_id, level=Level.ERROR, title="t", message="m", at=now
    )
    return alert.fingerprint


def _counts(rollouts: Iterable[RolloutFact]) -> dict[str, int]:
    counts = Counter(rollout.status for rollout in rollouts)
    return {status: counts[status] for status in STATUSES}


def _figures(rollout: RolloutFact, splits: Sequence[SplitFact], now: datetime) -> dict[str, Any]:
    return {
        "experiment_id": rollout.experiment_id,
        "signature": rollout.signature,
        "status": rollout.status,
        "stage": rollout.stage + 1,
        "stages": len(rollout.stages),
        "percent": rollout.percent,
        "days": round((now - rollout.started_at).total_seconds() / 86_400, 2),
        "split": [
            {"planned_share": one.share, "candidate": one.candidate, "baseline": one.baseline}
            for one in splits
        ],
        "split_log_e_value": sum(one.log_e_value for one in splits),
    }


def _headline(
    rollouts: Sequence[RolloutFact],
    active: Sequence[RolloutFact],
    rolled_back: Sequence[RolloutFact],
    settings: MonitoringSettings,
) -> str:
    if not rollouts:
        return "No rollout yet."
    paused = sum(each.status == "paused" for each in active)
    line = f"{len(active)} under way" + (f", {paused} paused" if paused else "")
    days = f"{settings.rollback_lookback_days:g} days"
    return f"{line}; {len(rolled_back)} rolled back in {days}."
