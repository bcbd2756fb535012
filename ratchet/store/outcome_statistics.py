"""Statistics of production outcomes: per stage and variant, and how much traffic there is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    Subquery,
    and_,
    case,
    distinct,
    func,
    or_,
    select,
)

from ratchet.rollout.assignment import buckets_below
from ratchet.store import schema
from ratchet.store.columns import refuse_naive
from ratchet.store.engine import Database
from ratchet.store.latest_labels import mean_qualities

PERCENTILES = (50, 95, 99)
RECENT = (timedelta(days=1), timedelta(days=7))  # the first of these with traffic is the recent one
_NOT_COMPARABLE, _OUTSIDE = -2, -1

_outcomes = schema.outcomes
_labels = schema.labels
_Group = tuple[int, str]  # stage or one of the two above, variant


class Placement(StrEnum):
    """Where a request belongs in its experiment."""

    STAGE = "stage"  # assigned under a share of a stage
    OUTSIDE = "outside"  # no candidate ran beside it, as in a person's pause
    NOT_COMPARABLE = "not_comparable"  # not served by the variant it was assigned


@dataclass(frozen=True, kw_only=True)
class OutcomeStatistics:
    """The outcomes of one variant in one stage, or outside the stages.

    `stage` counts from 0 and is None where `placement` is not `stage`. Latencies are in
    milliseconds, as they were reported; percentiles are by nearest rank, and None without a
    latency. `mean_quality` is that of `labels` requests, the latest label of each.
    """

    placement: Placement
    stage: int | None
    variant: str
    requests: int
    errors: int
    mean_latency_ms: float | None
    p50_latency_ms: float | None
    p95_latency_ms: float | None
    p99_latency_ms: float | None
    input_tokens: int
    output_tokens: int
    cost_usd: float
    mean_quality: float | None
    labels: int

    @property
    def error_rate(self) -> float:
        """Errors a request, 0..1."""
        return self.errors / self.requests


@dataclass(frozen=True, kw_only=True)
class RecentTraffic:
    """The traffic of a signature over the last `hours`.

    `labelled` requests have a quality; `keys` counts the distinct ones that were recorded.
    """

    requests: int
    hours: float
    labelled: int
    keys: int

    @property
    def requests_per_hour(self) -> float:
        return self.requests / self.hours

    @property
    def label_share(self) -> float:
        """The part of the requests that got a label, 0..1."""
        return self.labelled / self.requests

    @property
    def users(self) -> int | None:
        """The keys, where each sends many requests; None where nearly each request has its own."""
        return self.keys if 0 < 2 * self.keys <= self.requests else None


class OutcomeStore:
    """Asks the outcomes for figures; every one is computed by the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def statistics(
        self, experiment_id: str, stages: Sequence[float]
    ) -> tuple[OutcomeStatistics, ...]:
        """The statistics of an experiment, by stage and variant; groups without requests lack.

        Args:
            experiment_id: The experiment.
            stages: Its stages in percent, growing, as its policy has them. A request belongs
                to the first that reaches its candidate's share.

        Returns:
            The stages in their order, then what is outside and what is not comparable.
        """
        staged = _staged(experiment_id, stages)
        with self._database.reading() as connection:
            totals = connection.execute(_totals(staged)).all()
            places = {_group(row): row.latencies for row in totals}
            percentiles = _percentiles(connection, staged, places)
            qualities = {
                _group(row): (row.quality, row.labels)
                for row in connection.execute(mean_qualities(staged, "stage", "variant"))
            }
        found = [_statistics(row, percentiles, qualities) for row in totals]
        return tuple(sorted(found, key=_order))

    def recent_traffic(self, signature: str, *, now: datetime) -> RecentTraffic | None:
        """How much traffic a signature has had of late; None when there was none for a week."""
        refuse_naive(now=now)
        with self._database.reading() as connection:
            for span in RECENT:
                row = connection.execute(_recent(signature, now - span, now)).one()
                if row.requests:
                    lasted = (now - row.first).total_seconds() / 3600
                    return RecentTraffic(
                        requests=row.requests,
                        hours=max(lasted, 1.0),  # a burst of minutes is not yet a rate
                        labelled=row.labelled,
                        keys=row.keys,
                    )
        return None


def _staged(experiment_id: str, stages: Sequence[float]) -> Subquery:
    """Every outcome of the experiment with the stage in which it was assigned."""
    buckets = _outcomes.c.candidate_buckets
    tops = [(buckets <= buckets_below(percent), number) for number, percent in enumerate(stages)]
    stage = case((buckets.is_(None), _NOT_COMPARABLE), (buckets <= 0, _OUTSIDE), *tops)
    columns = (
        _outcomes.c[name]
        for name in (
            *("request_id", "variant", "success", "latency_ms"),
            *("input_tokens", "output_tokens", "cost_usd"),
        )
    )
    query = select(func.coalesce(stage, _NOT_COMPARABLE).label("stage"), *columns)
    return query.where(_outcomes.c.experiment_id == experiment_id).subquery("staged")


def _totals(staged: Subquery) -> Select[Any]:
    c = staged.c
    return select(
        c.stage,
        c.variant,
        func.count().label("requests"),
        func.sum(case((c.success, 0), else_=1)).label("errors"),
        func.count(c.latency_ms).label("latencies"),
        func.avg(c.latency_ms).label("mean_latency_ms"),
        func.coalesce(func.sum(c.input_tokens), 0).label("input_tokens"),
        func.coalesce(func.sum(c.output_tokens), 0).label("output_tokens"),
        func.coalesce(func.sum(c.cost_usd), 0.0).label("cost_usd"),
    ).group_by(c.stage, c.variant)


def _percentiles(
    connection: Connection, staged: Subquery, counts: Mapping[_Group, int]
) -> dict[tuple[_Group, int], float]:
    """Latencies by group and rank, for the ranks that a percentile asks for."""
    wanted = {group: _ranks(count) for group, count in counts.items() if count}
    if not wanted:
        return {}
    c = staged.c
    place = func.row_number().over(partition_by=(c.stage, c.variant), order_by=c.latency_ms)
    ranked = select(c.stage, c.variant, c.latency_ms, place.label("place"))
    numbered = ranked.where(c.latency_ms.is_not(None)).subquery("ranked")
    r = numbered.c
    asked: list[ColumnElement[bool]] = [
        and_(r.stage == stage, r.variant == variant, r.place.in_(ranks))
        for (stage, variant), ranks in wanted.items()
    ]
    rows = connection.execute(select(numbered).where(or_(*asked)))
    return {(_group(row), row.place): row.latency_ms for row in rows}


def _ranks(count: int) -> list[int]:
    return [_rank(percentile, count) for percentile in PERCENTILES]


def _rank(percentile: int, count: int) -> int:
    """The nearest rank: the smallest value that at least so many percent do not exceed.

    >>> _rank(50, 4), _rank(95, 20), _rank(99, 20)
    (2, 19, 20)
    """
    return -(-percentile * count // 100)


def _recent(signature: str, since: datetime, until: datetime) -> Select[Any]:
    c = _outcomes.c
    has_label = (
        select(_labels.c.label_id)
        .where(_labels.c.request_id == c.request_id, _labels.c.quality_score.is_not(None))
        .exists()
    )
    return select(
        func.count().label("requests"),
        func.min(c.at).label("first"),
        func.coalesce(func.sum(case((has_label, 1), else_=0)), 0).label("labelled"),
        func.count(distinct(c.key)).label("keys"),
    ).where(c.signature == signature, c.at > since, c.at <= until)


def _group(row: Row[Any]) -> _Group:
    return row.stage, row.variant


def _statistics(
    row: Row[Any],
    percentiles: Mapping[tuple[_Group, int], float],
    qualities: Mapping[_Group, tuple[float, int]],
) -> OutcomeStatistics:
    group = _group(row)
    p50, p95, p99 = (percentiles.get((group, rank)) for rank in _ranks(row.latencies))
    quality, labels = qualities.get(group, (None, 0))
    placements = {_NOT_COMPARABLE: Placement.NOT_COMPARABLE, _OUTSIDE: Placement.OUTSIDE}
    return OutcomeStatistics(
        placement=placements.get(row.stage, Placement.STAGE),
        stage=row.stage if row.stage >= 0 else None,
        variant=row.variant,
        requests=row.requests,
        errors=int(row.errors),
        mean_latency_ms=row.mean_latency_ms,
        p50_latency_ms=p50,
        p95_latency_ms=p95,
        p99_latency_ms=p99,
        input_tokens=int(row.input_tokens),
        output_tokens=int(row.output_tokens),
        cost_usd=float(row.cost_usd),
        mean_quality=quality,
        labels=labels,
    )


def _order(found: OutcomeStatistics) -> tuple[int, int, str]:
    return list(Placement).index(found.placement), found.stage or 0, found.variant
