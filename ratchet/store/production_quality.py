"""The quality that production was given in a span of time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from ratchet.store import schema
from ratchet.store.columns import refuse_naive
from ratchet.store.engine import Database

_outcomes = schema.outcomes
_labels = schema.labels


@dataclass(frozen=True, kw_only=True)
class MeanQuality:
    """The mean quality (0..1) of so many judged requests; None without any."""

    mean: float | None
    requests: int


def production_quality(
    database: Database, signature: str, *, since: datetime, until: datetime
) -> MeanQuality:
    """The mean of the newest quality of each request from `since` up to `until`.

    Raises:
        InputError: a time has no time zone.
    """
    refuse_naive(since=since, until=until)
    o, label = _outcomes.c, _labels.c
    place = func.row_number().over(
        partition_by=label.request_id, order_by=(label.at.desc(), label.quality_score)
    )
    ranked = (
        select(label.quality_score, place.label("place"))
        .join(_outcomes, o.request_id == label.request_id)
        .where(o.signature == signature, o.at >= since, o.at < until)
        .where(label.quality_score.is_not(None))
        .subquery("ranked")
        .c
    )
    query = select(func.avg(ranked.quality_score), func.count()).where(ranked.place == 1)
    with database.reading() as connection:
        mean, count = connection.execute(query).one()
    return MeanQuality(mean=None if mean is None else float(mean), requests=int(count))
