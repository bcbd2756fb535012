"""Forecasts over time: made from the curve, held against what came about, and how they did."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from ratchet.canonical import sha256_of
from ratchet.increments.curve import CONFIDENCE, Curve, Forecast, Missing, fit, forecast
from ratchet.increments.points import CurvePoint, model_of, points_of
from ratchet.store import EvaluationRecord, Store
from ratchet.store.forecasts import ForecastRecord

HALF_WAY = 0.5
"""A forecast is resolved by an evaluation that has at least this share of the examples that it
was made for; nearer ones hardly test it."""
EVALUATIONS = 1000  # the newest ones make the curve


@dataclass(frozen=True, kw_only=True)
class Outlook:
    """The learning curve of a signature, or what it lacks, with a forecast and advice.

    `advice` is a sentence; `is_plateau` says that more data is not worth while.
    """

    signature: str
    model: str
    points: tuple[CurvePoint, ...]
    curve: Curve | Missing
    forecast: Forecast | None
    is_plateau: bool
    advice: str


@dataclass(frozen=True, kw_only=True)
class Calibration:
    """How past forecasts did: `inside` of `resolved` fell within their bounds.

    `bias` is the mean of actual minus predicted score; `mean_error` that of its size.
    """

    resolved: int
    inside: int
    open: int
    bias: float | None
    mean_error: float | None

    @property
    def sentence(self) -> str:
        """In words, with what is to be expected of honest bounds."""
        if not self.resolved:
            return f"No forecast has met its evaluation yet; {self.open} are waiting."
        return (
            f"{self.inside} of {self.resolved} past forecasts held ({CONFIDENCE:.0%} should); "
            f"they were off by {100 * (self.mean_error or 0.0):.1f} points on average, and "
            f"{'too high' if (self.bias or 0.0) < 0 else 'too low'} by "
            f"{100 * abs(self.bias or 0.0):.1f}."
        ).replace("%", " %")


def read_outlook(
    store: Store,
    signature: str,
    sizes: Mapping[str, int],
    *,
    more: int,
    plateau_points: float,
    model: str = "",
) -> Outlook:
    """Fit the curve of a signature from the stored evaluations and look ahead.

    `sizes` are the examples of each dataset version; below `plateau_points` (hundredths of
    the score) of possible gain it is a plateau.

    Raises:
        StoreError: the store can not be read.
    """
    evaluations = store.evaluations.list(signature=signature, limit=EVALUATIONS)
    model = model or model_of(evaluations)
    points = points_of(evaluations, sizes, model=model)
    curve = fit(points)
    ahead = None if isinstance(curve, Missing) else forecast(curve, more=more)
    is_plateau = ahead is not None and ahead.gain_upper * 100 < plateau_points
    return Outlook(
        signature=signature,
        model=model,
        points=points,
        curve=curve,
        forecast=ahead,
        is_plateau=is_plateau,
        advice=_advice(curve, ahead, plateau_points, is_plateau=is_plateau),
    )


def record_of(outlook: Outlook, *, now: datetime) -> ForecastRecord | None:
    """The forecast of an outlook as the store keeps it; None without one.

    The same points and the same size make the same forecast, which is stored once.
    """
    ahead = outlook.forecast
    if ahead is None:
        return None
    newest = max(outlook.points, key=lambda point: point.at)
    points = [_to_json(point) for point in outlook.points]
    identity = {
        "signature": outlook.signature,
        "model": outlook.model,
        "points": points,
        "size_then": ahead.size_then,
    }
    return ForecastRecord(
        forecast_id=sha256_of(identity)[:32],
        signature=outlook.signature,
        made_at=now,
        model=outlook.model,
        dataset_version=newest.dataset_version,
        examples_now=ahead.size_now,
        examples_then=ahead.size_then,
        predicted=ahead.score,
        lower=min(ahead.score_lower, ahead.score),
        upper=max(ahead.score_upper, ahead.score),
        details={"points": points, "forecast": asdict(ahead)},
    )


def resolve_forecasts(
    store: Store, signature: str, sizes: Mapping[str, int], *, now: datetime
) -> tuple[ForecastRecord, ...]:
    """Hold every open forecast against the first evaluation that tests it.

    The forecast is made anew from the points it had, for the size that came about and the
    error of that evaluation, so that it is judged by what it would have said.

    Returns:
        The forecasts that were resolved now.

    Raises:
        StoreError: the store can not be read or written.
    """
    evaluations = store.evaluations.list(signature=signature, limit=EVALUATIONS)
    resolved = []
    for record in store.forecasts.list(signature, is_open=True):
        point = _tested_by(record, evaluations, sizes)
        if point is None:
            continue
        details = {**record.details, "came_about": _came_about(record, point)}
        if store.forecasts.resolve(
            record.forecast_id,
            evaluation_id=point.evaluation_id,
            actual=point.score,
            at=now,
            details=details,
        ):
            resolved.append(record)
    return tuple(resolved)


def calibration_of(records: Sequence[ForecastRecord]) -> Calibration:
    """How the forecasts did that have met their evaluation."""
    resolved = [record for record in records if record.actual is not None]
    misses = [_actual(record) - _said(record)["score"] for record in resolved]
    return Calibration(
        resolved=len(resolved),
        inside=sum(held(record) for record in resolved),
        open=len(records) - len(resolved),
        bias=math.fsum(misses) / len(misses) if misses else None,
        mean_error=math.fsum(map(abs, misses)) / len(misses) if misses else None,
    )


def held(record: ForecastRecord) -> bool:
    """Whether what was measured fell within the bounds, for the size that came about."""
    said = _said(record)
    return bool(said["score_lower"] <= _actual(record) <= said["score_upper"])


def _tested_by(
    record: ForecastRecord, evaluations: Sequence[EvaluationRecord], sizes: Mapping[str, int]
) -> CurvePoint | None:
    """The first evaluation after the forecast that has enough of the examples."""
    least = record.examples_now + HALF_WAY * (record.examples_then - record.examples_now)
    known = {point["evaluation_id"] for point in record.details.get("points", ())}
    for point in points_of(evaluations, sizes, model=record.model):
        is_new = point.at > record.made_at and point.evaluation_id not in known
        if is_new and point.size >= least:
            return point
    return None


def _came_about(record: ForecastRecord, point: CurvePoint) -> dict[str, Any]:
    curve = fit([_from_json(given) for given in record.details.get("points", ())])
    if isinstance(curve, Missing):  # made by another version of the rules
        return {}
    more = max(1, point.size - curve.largest)
    return asdict(forecast(curve, more=more, test_error=point.standard_error))


def _said(record: ForecastRecord) -> Mapping[str, float]:
    """What the forecast said of the size that came about."""
    came_about: Mapping[str, float] = record.details.get("came_about") or {}
    return came_about or {
        "score": record.predicted,
        "score_lower": record.lower,
        "score_upper": record.upper,
    }


def _actual(record: ForecastRecord) -> float:
    return float(record.actual or 0.0)


def _advice(
    curve: Curve | Missing, ahead: Forecast | None, plateau_points: float, *, is_plateau: bool
) -> str:
    if isinstance(curve, Missing) or ahead is None:
        reason = curve.reason if isinstance(curve, Missing) else ""
        return f"No forecast yet. {reason} Every improvement run on more data adds one."
    more = ahead.size_then - ahead.size_now
    if is_plateau:
        return (
            f"A plateau: {more} more examples bring at most {ahead.gain_upper * 100:.1f} points. "
            "Better examples, another metric or model will do more than further ones."
        )
    if ahead.gain_lower * 100 >= plateau_points:
        return f"Collect more: {more} further examples are worth their while."
    return (
        f"Open: {more} more examples may bring {ahead.gain_lower * 100:.1f} to "
        f"{ahead.gain_upper * 100:.1f} points. An evaluation at another size narrows it."
    )


def _to_json(point: CurvePoint) -> dict[str, Any]:
    return {**asdict(point), "at": point.at.isoformat()}


def _from_json(given: Mapping[str, Any]) -> CurvePoint:
    return CurvePoint(**{**given, "at": datetime.fromisoformat(given["at"])})
