"""Which of several labels of a request counts: the latest, and of two at once the lower one."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select, Subquery, func, select

from ratchet.store import schema

_labels = schema.labels.c


def mean_qualities(requests: Subquery, *groups: str) -> Select[Any]:
    """The mean quality and the number of labelled requests, for each value of the groups.

    Args:
        requests: Rows with `request_id` and the columns that are grouped by.
        groups: Names of those columns.

    Returns:
        Rows of the groups, `quality` (0..1) and `labels`.
    """
    place = func.row_number().over(
        partition_by=_labels.request_id, order_by=(_labels.at.desc(), _labels.quality_score)
    )
    wanted = [requests.c[name] for name in groups]
    joined = select(*wanted, _labels.quality_score, place.label("place")).join(
        schema.labels, _labels.request_id == requests.c.request_id
    )
    latest = joined.where(_labels.quality_score.is_not(None)).subquery("latest").c
    keys = [latest[name] for name in groups]
    means = select(
        *keys,
        func.avg(latest.quality_score).label("quality"),
        func.count().label("labels"),
    )
    return means.where(latest.place == 1).group_by(*keys)
