"""Forecasts over time: kept, held against what came about, and counted."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from ratchet.increments.curve import Curve, Missing
from ratchet.increments.forecasting import (
    Outlook,
    calibration_of,
    held,
    read_outlook,
    record_of,
    resolve_forecasts,
)
from ratchet.store import Store
from tests.builders import NOON
from tests.store_builders import evaluation
from tests.unit.increments.history import SCORES, SIGNATURE, judge

SIZES = {f"v{size}": size for size in (*SCORES, 240, 300, 400)}
LATER = NOON + timedelta(days=60)


def outlook_of(store: Store, *, more: int = 100, plateau_points: float = 1.0) -> Outlook:
    """What the stored evaluations say."""
    return read_outlook(store, SIGNATURE, SIZES, more=more, plateau_points=plateau_points)


def test_stored_evaluations_make_the_curve(store: Store) -> None:
    """One point for each score of the newest model; void evaluations and others give none."""
    judge(store, SIZES, SCORES)
    store.evaluations.add(evaluation("void", candidate_score=None, dataset_version="v80"))
    store.evaluations.add(evaluation("other", model="openai/x", dataset_version="v80"))
    store.evaluations.add(evaluation("lost", dataset_version="v_unknown"))

    found = outlook_of(store)

    assert [(p.size, p.score) for p in found.points] == list(SCORES.items())
    assert isinstance(found.curve, Curve)
    assert found.forecast is not None
    assert (found.forecast.size_now, found.forecast.size_then) == (180, 280)
    assert found.forecast.gain > 0
    assert "examples" in found.advice


def test_without_enough_evaluations_the_advice_says_what_is_missing(store: Store) -> None:
    """No forecast is made from nothing."""
    judge(store, SIZES, {30: 0.5, 50: 0.6})

    found = outlook_of(store)

    assert isinstance(found.curve, Missing)
    assert record_of(found, now=NOON) is None
    assert "2 more are needed" in found.advice


@pytest.mark.parametrize(
    ("scores", "plateau_points", "word"),
    [
        (dict.fromkeys(SCORES, 0.7), 5.0, "plateau"),
        (SCORES, 0.01, "Collect more"),
        ({30: 0.70, 50: 0.66, 80: 0.72, 120: 0.69, 180: 0.71}, 0.5, "Open"),
    ],
)
def test_the_curve_becomes_advice(
    store: Store, scores: dict[int, float], plateau_points: float, word: str
) -> None:
    """More data, something else, or another evaluation."""
    judge(store, SIZES, scores, n=2000)

    found = outlook_of(store, plateau_points=plateau_points)

    assert word in found.advice
    assert found.is_plateau is (word == "plateau")


def test_a_forecast_is_kept_once_and_meets_its_evaluation(store: Store) -> None:
    """The first evaluation at half the promised examples or more tests it, at its own size."""
    judge(store, SIZES, SCORES)
    record = record_of(outlook_of(store), now=NOON + timedelta(days=10))
    assert record is not None
    again = record_of(outlook_of(store), now=NOON + timedelta(days=11))
    assert again is not None
    stored = (store.forecasts.add(record), store.forecasts.add(again))
    day = NOON + timedelta(days=20)
    for number, version in enumerate(("v180", "v240", "v300")):
        store.evaluations.add(
            evaluation(
                f"late{number}",
                dataset_version=version,
                candidate_score=0.77,
                created_at=day + timedelta(days=number),
                n=200,
                details={},
            )
        )

    resolved = resolve_forecasts(store, SIGNATURE, SIZES, now=LATER)
    twice = resolve_forecasts(store, SIGNATURE, SIZES, now=LATER)

    (kept,) = store.forecasts.list(SIGNATURE)
    assert (stored, len(resolved), twice) == ((True, False), 1, ())
    assert (kept.evaluation_id, kept.actual) == ("late1", 0.77)
    assert kept.details["came_about"]["size_then"] == 240
    assert held(kept)


def test_what_was_judged_before_tests_no_forecast(store: Store) -> None:
    """Nor does another model, or an evaluation of as much data as before."""
    judge(store, SIZES, SCORES)
    record = record_of(outlook_of(store), now=NOON + timedelta(days=10))
    assert record is not None
    store.forecasts.add(record)
    early, late = NOON + timedelta(days=9), NOON + timedelta(days=20)
    facts = {"candidate_score": 0.8, "details": {}}
    for name, version, at, model in (
        ("early", "v300", early, record.model),
        ("model", "v300", late, "openai/x"),
        ("same", "v180", late, record.model),
    ):
        store.evaluations.add(
            evaluation(name, dataset_version=version, created_at=at, model=model, **facts)
        )

    assert resolve_forecasts(store, SIGNATURE, SIZES, now=LATER) == ()
    assert calibration_of(store.forecasts.list()).open == 1


def test_past_forecasts_are_counted(store: Store) -> None:
    """How many held, and by how much and in which direction they were off."""
    judge(store, SIZES, SCORES)
    record = record_of(outlook_of(store), now=NOON)
    assert record is not None
    good = replace(record, forecast_id="a", resolved_at=LATER, actual=record.predicted)
    poor = replace(record, forecast_id="b", resolved_at=LATER, actual=record.predicted - 0.5)

    found = calibration_of([good, poor, record])

    assert (found.resolved, found.inside, found.open) == (2, 1, 1)
    assert found.bias == pytest.approx(-0.25)
    assert found.mean_error == pytest.approx(0.25)
    assert found.sentence == (
        "1 of 2 past forecasts held (90 % should); they were off by 25.0 points on average, "
        "and too high by 25.0."
    )
    assert "1 are waiting" in calibration_of([record]).sentence
