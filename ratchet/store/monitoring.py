"""The facts that the checks of monitoring are made of: few queries, each over a whole table."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select, text

from ratchet.monitoring.slots import Slot
from ratchet.rollout.assignment import BASELINE, BUCKETS, CANDIDATE
from ratchet.rollout.sample_ratio import SampleRatio
from ratchet.store import schema
from ratchet.store.bulk import upsert
from ratchet.store.columns import refuse_naive
from ratchet.store.engine import Database
from ratchet.store.outcome_slots import Looked, look_at_slots, signatures_seen

SPLIT_WINDOW = 3_000
"""The newest requests of a rollout that its split is judged by; the check costs the same
whatever the traffic."""
EVALUATIONS = 12  # of each signature, the newest

_runs = schema.runs
_evaluations = schema.evaluations
_rollouts = schema.rollouts
_decisions = schema.rollout_decisions
_outcomes = schema.outcomes
_examples = schema.examples
_alerts = schema.alerts
_checks = schema.checks


@dataclass(frozen=True, kw_only=True)
class RunFact:
    """A run without its configuration and summary."""

    run_id: str
    status: str
    started_at: datetime
    finished_at: datetime | None
    error: str


@dataclass(frozen=True, kw_only=True)
class EvaluationFact:
    """A verdict on a candidate; `run_id` is None for one made by hand."""

    evaluation_id: str
    run_id: str | None
    signature: str
    verdict: str
    baseline_score: float | None
    candidate_score: float | None
    at: datetime


@dataclass(frozen=True, kw_only=True)
class DecisionFact:
    """A logged decision: who did what, why, and the candidate's share after it."""

    action: str
    rule: str
    actor: str
    reason: str
    percent: float
    at: datetime


@dataclass(frozen=True, kw_only=True)
class RolloutFact:
    """A rollout without its evidence; `decisions` is its log where it was asked for."""

    experiment_id: str
    signature: str
    status: str
    stage: int
    percent: float
    baseline_version: str | None
    candidate_version: str
    stages: tuple[float, ...]
    started_at: datetime
    ended_at: datetime | None
    end_reason: str
    ticked_at: datetime | None
    decisions: tuple[DecisionFact, ...] = ()


@dataclass(frozen=True, kw_only=True)
class SplitFact:
    """The distinct keys of the newest requests that were assigned under one share (0..1)."""

    experiment_id: str
    share: float
    candidate: int
    baseline: int

    @property
    def log_e_value(self) -> float:
        """Evidence that the keys do not fall as the share says."""
        ratio = SampleRatio(candidate=self.candidate, baseline=self.baseline)
        return ratio.log_e_value(self.share)


@dataclass(frozen=True, kw_only=True)
class PoolFact:
    """The examples of a signature in the store, by status."""

    signature: str
    status: str
    count: int
    mean_quality: float | None


@dataclass(frozen=True, kw_only=True)
class RunCost:
    """What a run cost by its summary; None where the language model has no price."""

    run_id: str
    started_at: datetime
    cost_usd: float | None
    lm_calls: int


class MonitoringStore:
    """Asks for the facts of the checks, and keeps what the checks found."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def runs(self, *, limit: int) -> tuple[RunFact, ...]:
        """The newest runs first."""
        c = _runs.c
        query = select(c.run_id, c.status, c.started_at, c.finished_at, c.error)
        query = query.order_by(c.started_at.desc(), c.run_id.desc()).limit(limit)
        with self._database.reading() as connection:
            return tuple(RunFact(**row) for row in connection.execute(query).mappings())

    def last_success(self) -> RunFact | None:
        """The newest run that succeeded, however long ago."""
        c = _runs.c
        query = select(c.run_id, c.status, c.started_at, c.finished_at, c.error)
        query = query.where(c.status == "succeeded").order_by(c.started_at.desc()).limit(1)
        with self._database.reading() as connection:
            row = connection.execute(query).mappings().first()
        return None if row is None else RunFact(**row)

    def run_costs(self, *, since: datetime) -> tuple[RunCost, ...]:
        """What the runs cost that began from `since` on, the newest first."""
        refuse_naive(since=since)
        c = _runs.c
        query = select(c.run_id, c.started_at, c.summary).where(c.started_at >= since)
        with self._database.reading() as connection:
            rows = connection.execute(query.order_by(c.started_at.desc())).all()
        return tuple(_cost(row.run_id, row.started_at, row.summary) for row in rows)

    def evaluations(self) -> tuple[EvaluationFact, ...]:
        """The newest evaluations of each signature, the newest first."""
        c = _evaluations.c
        place = func.row_number().over(
            partition_by=c.signature, order_by=(c.created_at.desc(), c.evaluation_id.desc())
        )
        columns = (c.evaluation_id, c.run_id, c.signature, c.verdict)
        scores = (c.baseline_score, c.candidate_score, c.created_at.label("at"))
        ranked = select(*columns, *scores, place.label("place")).subquery("ranked")
        query = select(*(ranked.c[name] for name in EvaluationFact.__dataclass_fields__))
        query = query.where(ranked.c.place <= EVALUATIONS)
        query = query.order_by(ranked.c.at.desc(), ranked.c.evaluation_id.desc())
        with self._database.reading() as connection:
            return tuple(EvaluationFact(**row) for row in connection.execute(query).mappings())

    def last_promotions(self) -> dict[str, datetime]:
        """When a candidate of each signature was last found worth promoting."""
        return self._times("promote")

    def first_evaluations(self) -> dict[str, datetime]:
        """When each signature was evaluated for the first time."""
        return self._times(None)

    def rollouts(self, *, log_since: datetime) -> tuple[RolloutFact, ...]:
        """All rollouts, the newest first; with the log of those that go on or ended since."""
        refuse_naive(log_since=log_since)
        c = _rollouts.c
        names = [name for name in RolloutFact.__dataclass_fields__ if name in c]
        query = select(*(c[name] for name in names), c.policy)
        query = query.order_by(c.started_at.desc(), c.experiment_id.desc())
        with self._database.reading() as connection:
            rows = connection.execute(query).mappings().all()
            wanted = [
                row["experiment_id"]
                for row in rows
                if row["ended_at"] is None or row["ended_at"] >= log_since
            ]
            logs = _logs(connection, wanted)
        return tuple(_rollout(dict(row), names, logs.get(row["experiment_id"], ())) for row in rows)

    def splits(self, experiments: Collection[str]) -> tuple[SplitFact, ...]:
        """The sides of the keys in the newest requests of each rollout, by share."""
        found: list[SplitFact] = []
        with self._database.reading() as connection:
            for name in experiments:  # one for each signature at most
                found.extend(_splits(connection, name))
        return tuple(found)

    def pool(self) -> tuple[PoolFact, ...]:
        """The examples by signature and status; the index has all of it."""
        c = _examples.c
        query = select(
            c.signature,
            c.status,
            func.count().label("count"),
            func.avg(c.quality_score).label("mean_quality"),
        ).group_by(c.signature, c.status)
        with self._database.reading() as connection:
            return tuple(PoolFact(**row) for row in connection.execute(query).mappings())

    def newest_outcomes(self) -> dict[str, datetime]:
        """The time of the newest outcome of every signature."""
        return signatures_seen(self._database)

    def slots(self, slots: Sequence[Slot], *, now: datetime) -> Looked:
        """The traffic of each slot of time that has any.

        Raises:
            StoreError: the database can not be read or written.
        """
        return look_at_slots(self._database, slots, now=now)

    def database_bytes(self) -> int:
        """How large the database is."""
        statement = (
            "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()"
            if self._database.is_sqlite
            else "SELECT pg_database_size(current_database())"
        )
        with self._database.reading() as connection:
            return int(connection.execute(text(statement)).scalar_one())

    def recent_alerts(self, *, since: datetime, limit: int) -> tuple[dict[str, Any], ...]:
        """The newest alerts as their documents: level, title, message, timestamp, details."""
        refuse_naive(since=since)
        c = _alerts.c
        query = select(c.level, c.title, c.message, c.last_at, c.details)
        query = query.where(c.last_at >= since).order_by(c.last_at.desc()).limit(limit)
        with self._database.reading() as connection:
            rows = connection.execute(query).all()
        return tuple(
            {
                "level": row.level,
                "title": row.title,
                "message": row.message,
                "timestamp": row.last_at.isoformat(),
                "details": row.details,
            }
            for row in rows
        )

    def told_since(self, fingerprints: Sequence[str]) -> dict[str, datetime]:
        """When alerts with these fingerprints were last recorded; the others are left out."""
        c = _alerts.c
        query = select(c.fingerprint, func.max(c.last_at, type_=c.last_at.type))
        query = query.where(c.fingerprint.in_(fingerprints)).group_by(c.fingerprint)
        with self._database.reading() as connection:
            return {row[0]: row[1] for row in connection.execute(query)}

    def checked(self, names: Sequence[str]) -> dict[str, tuple[datetime, Mapping[str, Any]]]:
        """When each check last looked, and what it saw."""
        c = _checks.c
        query = select(c.name, c.at, c.document).where(c.name.in_(names))
        with self._database.reading() as connection:
            return {row.name: (row.at, row.document) for row in connection.execute(query)}

    def record_checks(self, documents: Mapping[str, Mapping[str, Any]], *, at: datetime) -> None:
        """Write down what the checks saw.

        Raises:
            StoreError: the database can not be written.
        """
        refuse_naive(at=at)
        with self._database.writing() as connection:
            for name, document in documents.items():
                upsert(connection, _checks, {"name": name, "at": at, "document": dict(document)})

    def _times(self, verdict: str | None) -> dict[str, datetime]:
        c = _evaluations.c
        pick = func.min if verdict is None else func.max
        query = select(c.signature, pick(c.created_at, type_=c.created_at.type))
        if verdict is not None:
            query = query.where(c.verdict == verdict)
        with self._database.reading() as connection:
            rows = connection.execute(query.group_by(c.signature))
            return {row[0]: row[1] for row in rows}


def _cost(run_id: str, started_at: datetime, summary: Any) -> RunCost:
    signatures = summary.get("signatures") if isinstance(summary, dict) else None
    parts = list(signatures.values()) if isinstance(signatures, dict) else []
    costs = [part.get("cost_usd") for part in parts if isinstance(part, dict)]
    known = [float(cost) for cost in costs if isinstance(cost, int | float)]
    calls = [part.get("lm_calls") or 0 for part in parts if isinstance(part, dict)]
    return RunCost(
        run_id=run_id,
        started_at=started_at,
        cost_usd=sum(known) if known else None,
        lm_calls=sum(calls),
    )


def _logs(
    connection: Connection, experiments: Sequence[str]
) -> dict[str, tuple[DecisionFact, ...]]:
    c = _decisions.c
    names = list(DecisionFact.__dataclass_fields__)
    query = select(c.experiment_id, *(c[name] for name in names))
    query = query.where(c.experiment_id.in_(experiments)).order_by(c.experiment_id, c.number)
    logs: dict[str, tuple[DecisionFact, ...]] = {}
    for row in connection.execute(query).mappings():
        fact = DecisionFact(**{name: row[name] for name in names})
        logs[row["experiment_id"]] = (*logs.get(row["experiment_id"], ()), fact)
    return logs


def _rollout(
    row: Mapping[str, Any], names: Sequence[str], decisions: tuple[DecisionFact, ...]
) -> RolloutFact:
    policy = row["policy"] if isinstance(row["policy"], dict) else {}
    stages = tuple(float(percent) for percent in policy.get("stages") or ())
    return RolloutFact(**{name: row[name] for name in names}, stages=stages, decisions=decisions)


def _splits(connection: Connection, experiment_id: str) -> tuple[SplitFact, ...]:
    c = _outcomes.c
    newest = (
        select(c.candidate_buckets, c.variant, func.coalesce(c.key, c.request_id).label("unit"))
        .where(c.experiment_id == experiment_id)
        .order_by(c.arrival.desc())
        .limit(SPLIT_WINDOW)
        .subquery("newest")
        .c
    )
    query = (
        select(newest.candidate_buckets, newest.variant, func.count(newest.unit.distinct()))
        .where(newest.candidate_buckets > 0)
        .group_by(newest.candidate_buckets, newest.variant)
    )
    sides: dict[int, dict[str, int]] = {}
    for buckets, variant, units in connection.execute(query):
        sides.setdefault(buckets, {})[variant] = units
    return tuple(
        SplitFact(
            experiment_id=experiment_id,
            share=buckets / BUCKETS,
            candidate=found.get(CANDIDATE, 0),
            baseline=found.get(BASELINE, 0),
        )
        for buckets, found in sorted(sides.items())
    )
