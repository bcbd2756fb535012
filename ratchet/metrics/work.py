"""Samples of the runs and the rollouts."""

from __future__ import annotations

from collections.abc import Iterator

from ratchet.metrics.metric import Sample
from ratchet.metrics.sources import Look
from ratchet.rollout import Status
from ratchet.store.measures.work import ActiveRollout, rollout_figures, run_costs, run_figures
from ratchet.store.runs import RunStatus

PERCENT = 100.0


def run_samples(look: Look) -> Iterator[Sample]:
    """How the runs went, and what those of the cost window spent."""
    found = run_figures(look.store.database)
    for status in RunStatus:  # also those that none has: a series that appears late alerts late
        count = found.by_status.get(status.value, 0)
        yield Sample(name="ratchet_runs", value=count, labels={"status": status.value})
    yield Sample(name="ratchet_runs_consecutive_failures", value=found.consecutive_failures)
    for name, at in (
        ("ratchet_run_last_success_timestamp_seconds", found.last_success_at),
        ("ratchet_run_last_start_timestamp_seconds", found.last_started_at),
    ):
        if at is not None:
            yield Sample(name=name, value=at.timestamp())
    if found.last_seconds is not None:
        yield Sample(name="ratchet_run_last_duration_seconds", value=found.last_seconds)
    for cost in run_costs(look.store.database, look.now - look.sources.cost_window):
        labels = {"signature": cost.signature}
        yield Sample(name="ratchet_run_cost_usd", value=cost.cost_usd, labels=labels)
        yield Sample(name="ratchet_run_lm_calls", value=cost.lm_calls, labels=labels)


def rollout_samples(look: Look) -> Iterator[Sample]:
    """Where the rollouts stand, and what was decided."""
    found = rollout_figures(look.store.database)
    for status in Status:
        count = found.by_status.get(status.value, 0)
        yield Sample(name="ratchet_rollouts", value=count, labels={"status": status.value})
    for rollout in found.active:
        yield from _active(rollout)
    for (action, rule), count in sorted(found.decisions.items()):
        labels = {"action": action, "rule": rule}
        yield Sample(name="ratchet_rollout_decisions_total", value=count, labels=labels)


def _active(rollout: ActiveRollout) -> Iterator[Sample]:
    labels = {"signature": rollout.signature, "experiment_id": rollout.experiment_id}
    values: dict[str, float] = {
        "ratchet_rollout_candidate_share_ratio": rollout.percent / PERCENT,
        "ratchet_rollout_stage": rollout.stage,
        "ratchet_rollout_paused": rollout.status == Status.PAUSED.value,
        "ratchet_rollout_start_timestamp_seconds": rollout.started_at.timestamp(),
    }
    if rollout.ticked_at is not None:
        values["ratchet_rollout_tick_timestamp_seconds"] = rollout.ticked_at.timestamp()
    for name, value in values.items():
        yield Sample(name=name, value=value, labels=labels)
