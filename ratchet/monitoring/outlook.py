"""The forecast of what the next optimisation will bring, and how good past forecasts were."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ratchet.monitoring.check import Check
from ratchet.store.forecasts import ForecastRecord

NAME = "forecasts"


def check_forecasts(records: Sequence[ForecastRecord]) -> Check:
    """Say what the newest forecast of each signature is; it never alerts.

    Forecasts are made after each run, from the learning curve (`ratchet.increments`).
    """
    from ratchet.increments.forecasting import calibration_of

    by_signature: dict[str, list[ForecastRecord]] = {}
    for record in records:
        by_signature.setdefault(record.signature, []).append(record)
    figures = {
        name: _figures(max(found, key=lambda record: record.made_at), found)
        for name, found in sorted(by_signature.items())
    }
    return Check(
        name=NAME,
        headline=calibration_of(records).sentence
        if records
        else "No forecast yet; evaluations at four sizes of the data make a learning curve.",
        figures=figures,
    )


def _figures(newest: ForecastRecord, records: Sequence[ForecastRecord]) -> dict[str, Any]:
    from ratchet.increments.forecasting import calibration_of

    said = newest.details.get("forecast") or {}
    calibration = calibration_of(records)
    return {
        "made_at": newest.made_at.isoformat(),
        "more_examples": newest.examples_then - newest.examples_now,
        "gain": said.get("gain"),
        "gain_lower": said.get("gain_lower"),
        "gain_upper": said.get("gain_upper"),
        "score": newest.predicted,
        "score_lower": newest.lower,
        "score_upper": newest.upper,
        "past_forecasts": calibration.resolved,
        "past_forecasts_inside": calibration.inside,
        "past_bias": calibration.bias,
    }
