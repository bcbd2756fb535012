"""The check of improvement runs: failures in a row, rate of success, signatures gone stale."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import takewhile
from typing import Any

from ratchet.alerts import Alert, Level
from ratchet.configuration.monitoring import MonitoringSettings
from ratchet.monitoring.check import Check
from ratchet.store.monitoring import EvaluationFact, MonitoringStore, RunFact

NAME = "runs"
KINDS = ("orchestration-run-failures", "success-rate", "no-improvement")
READ_RUNS = 200
LEAST_RUNS = 4  # a rate of fewer says little
ERROR_CHARS = 500
SUCCEEDED, FAILED, RUNNING, INTERRUPTED = "succeeded", "failed", "running", "interrupted"
PROMOTE = "promote"


@dataclass(frozen=True, kw_only=True)
class RunFacts:
    """The newest runs and evaluations first, with what may be older than those."""

    runs: tuple[RunFact, ...] = ()
    last_success: RunFact | None = None
    evaluations: tuple[EvaluationFact, ...] = ()
    last_promotions: Mapping[str, datetime] = field(default_factory=dict)
    first_evaluations: Mapping[str, datetime] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Improvement:
    """The record of a signature: its runs without a promotion, and the gains of the newest.

    `gains` are candidate minus baseline on the sealed test split, the newest first.
    """

    signature: str
    runs_without: int
    last_promotion: datetime | None
    first_evaluation: datetime
    gains: tuple[float, ...]


def read_runs(store: MonitoringStore) -> RunFacts:
    """The facts of the check.

    Raises:
        StoreError: the store can not be read.
    """
    return RunFacts(
        runs=store.runs(limit=READ_RUNS),
        last_success=store.last_success(),
        evaluations=store.evaluations(),
        last_promotions=store.last_promotions(),
        first_evaluations=store.first_evaluations(),
    )


def check_runs(facts: RunFacts, settings: MonitoringSettings, *, now: datetime) -> Check:
    """Look at the improvement runs."""
    finished = finished_runs(facts.runs, settings, now=now)
    failed = consecutive_failures(finished)
    rate = _success_rate(finished, settings)
    records = improvements(facts)
    stale = [record for record in records if _is_stale(record, settings, now)]
    alerts = (
        *_failure_alerts(failed, settings, now),
        *_rate_alerts(finished, rate, settings, now),
        *(_stale_alert(record, settings, now) for record in stale),
    )
    last = facts.runs[0] if facts.runs else None
    return Check(
        name=NAME,
        headline=_headline(facts, failed, len(stale), len(records)),
        figures={
            "last_run": None if last is None else last.started_at.isoformat(),
            "last_run_id": None if last is None else last.run_id,
            "last_run_status": None if last is None else last.status,
            "last_success": _ended(facts.last_success),
            "consecutive_failures": len(failed),
            "finished_runs": len(finished),
            "success_rate": rate,
            "signatures": {record.signature: _figures(record, stale) for record in records},
        },
        alerts=alerts,
        kinds=KINDS,
    )


def finished_runs(
    runs: Iterable[RunFact], settings: MonitoringSettings, *, now: datetime
) -> tuple[RunFact, ...]:
    """The runs that say something, each once, the newest first.

    A run that a person stopped says nothing, and neither does one that is at work. One that
    began long ago and never ended was killed.
    """
    known = {run.run_id: run for run in runs}
    dead = now - timedelta(hours=settings.run_stale_hours)
    ordered = sorted(known.values(), key=lambda run: (run.started_at, run.run_id), reverse=True)
    return tuple(
        run
        for run in ordered
        if run.status in {SUCCEEDED, FAILED} or (run.status == RUNNING and run.started_at < dead)
    )


def consecutive_failures(finished: Sequence[RunFact]) -> tuple[RunFact, ...]:
    """The failed runs since the newest success, the newest first."""
    return tuple(takewhile(lambda run: run.status != SUCCEEDED, finished))


def improvements(facts: RunFacts) -> tuple[Improvement, ...]:
    """The record of each signature that was ever evaluated; a run counts once."""
    by_signature: dict[str, dict[str, list[EvaluationFact]]] = {}
    for evaluation in facts.evaluations:
        run = evaluation.run_id or evaluation.evaluation_id
        by_signature.setdefault(evaluation.signature, {}).setdefault(run, []).append(evaluation)
    return tuple(
        _improvement(signature, list(runs.values()), facts)
        for signature, runs in sorted(by_signature.items())
    )


def _improvement(
    signature: str, runs: Sequence[Sequence[EvaluationFact]], facts: RunFacts
) -> Improvement:
    without = takewhile(lambda found: all(each.verdict != PROMOTE for each in found), runs)
    gains = [
        each.candidate_score - each.baseline_score
        for found in runs
        for each in found[:1]
        if each.candidate_score is not None and each.baseline_score is not None
    ]
    return Improvement(
        signature=signature,
        runs_without=sum(1 for _ in without),
        last_promotion=facts.last_promotions.get(signature),
        first_evaluation=facts.first_evaluations.get(signature, runs[-1][-1].at),
        gains=tuple(gains),
    )


def _is_stale(record: Improvement, settings: MonitoringSettings, now: datetime) -> bool:
    since = record.last_promotion or record.first_evaluation
    is_old = now - since > timedelta(days=settings.no_improvement_days)
    return is_old or record.runs_without >= settings.optimization_no_improvement_threshold


def _success_rate(finished: Sequence[RunFact], settings: MonitoringSettings) -> float | None:
    counted = finished[: settings.success_rate_runs]
    if not counted:
        return None
    return sum(run.status == SUCCEEDED for run in counted) / len(counted)


def _failure_alerts(
    failed: Sequence[RunFact], settings: MonitoringSettings, now: datetime
) -> tuple[Alert, ...]:
    if len(failed) < settings.orchestration_failure_threshold:
        return ()
    newest, first = failed[0], failed[-1]
    error = (newest.error or "It never said how it ended; its process was killed.")[:ERROR_CHARS]
    return (
        Alert(
            kind="orchestration-run-failures",
            level=Level.ERROR,
            title="Orchestration Run Failures",
            message=f"{_counted(len(failed), 'run')} in a row failed, {newest.run_id} the last. "
            f"{error}",
            at=now,
            since=first.started_at,
            advice=f"Read `ratchet doctor` and the summary of {newest.run_id}, mend the cause, and "
            "start it again with `ratchet run`; finished stages are not repeated.",
            runbook="emergencies#runs-fail",
            details={
                "run_id": newest.run_id,
                "consecutive_failures": len(failed),
                "last_error": error,
            },
        ),
    )


def _rate_alerts(
    finished: Sequence[RunFact], rate: float | None, settings: MonitoringSettings, now: datetime
) -> tuple[Alert, ...]:
    counted = finished[: settings.success_rate_runs]
    if rate is None or len(counted) < LEAST_RUNS or rate >= settings.success_rate_threshold:
        return ()
    return (
        Alert(
            kind="success-rate",
            level=Level.WARNING,
            title="Many Runs Fail",
            message=f"{rate:.0%} of the newest {len(counted)} runs succeeded; "
            f"{settings.success_rate_threshold:.0%} is the least.",
            at=now,
            since=counted[-1].started_at,
            advice="Look for what the failed runs have in common: `ratchet monitor check-runs`.",
            runbook="weekly#runs",
            details={"success_rate": rate, "runs": len(counted)},
        ),
    )


def _stale_alert(record: Improvement, settings: MonitoringSettings, now: datetime) -> Alert:
    since = record.last_promotion or record.first_evaluation
    promoted = f"last on {since:%Y-%m-%d}" if record.last_promotion else "never so far"
    return Alert(
        kind="no-improvement",
        subject=record.signature,
        level=Level.WARNING,
        title="Optimization Without Improvement",
        message=f"{_counted(record.runs_without, 'run')} of {record.signature} in a row brought no "
        f"program worth promoting; one was promoted {promoted}.",
        at=now,
        since=since,
        advice=f"See `ratchet increments curve --signature {record.signature}`: at a plateau, "
        "better examples, another metric or model do more than further runs.",
        runbook="monthly#no-improvement",
        details={
            "signature": record.signature,
            "runs_without_improvement": record.runs_without,
            "threshold": settings.optimization_no_improvement_threshold,
            "last_improvement": record.last_promotion and record.last_promotion.isoformat(),
            "newest_gains": list(record.gains[:3]),
        },
    )


def _figures(record: Improvement, stale: Sequence[Improvement]) -> dict[str, Any]:
    return {
        "runs_without_improvement": record.runs_without,
        "last_improvement": record.last_promotion and record.last_promotion.isoformat(),
        "gains": list(record.gains),
        "is_stale": record in stale,
    }


def _headline(facts: RunFacts, failed: Sequence[RunFact], stale: int, signatures: int) -> str:
    if not facts.runs:
        return "No run yet. Start one with `ratchet run`."
    success = facts.last_success
    said = "no run has succeeded yet" if success is None else f"last success {success.run_id}"
    parts = [said]
    if failed:
        parts.append(f"{_counted(len(failed), 'failure')} since")
    if stale:
        parts.append(f"{stale} of {signatures} signatures without improvement")
    line = ", ".join(parts)
    return f"{line[0].upper()}{line[1:]}."


def _ended(run: RunFact | None) -> str | None:
    return None if run is None else (run.finished_at or run.started_at).isoformat()


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
