"""Forecasts are kept, resolved once, and found again."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from ratchet.errors import InputError
from ratchet.store import Store
from ratchet.store.forecasts import ForecastRecord
from tests.builders import NOON


def a_forecast(forecast_id: str = "f1", **changes: Any) -> ForecastRecord:
    """A forecast of validate_completeness from 260 to 460 examples."""
    fields: dict[str, Any] = {
        "forecast_id": forecast_id,
        "signature": "validate_completeness",
        "made_at": NOON,
        "model": "offline/in-context",
        "dataset_version": "v1",
        "examples_now": 260,
        "examples_then": 460,
        "predicted": 0.8,
        "lower": 0.75,
        "upper": 0.85,
        "details": {"points": [{"size": 260}]},
    }
    return ForecastRecord(**{**fields, **changes})


def test_a_forecast_is_stored_once(store: Store) -> None:
    """The same id changes nothing, and comes back as it was."""
    assert store.forecasts.add(a_forecast())
    assert not store.forecasts.add(a_forecast(predicted=0.79))

    assert store.forecasts.list() == (a_forecast(),)


def test_a_forecast_is_resolved_once(store: Store) -> None:
    """The first evaluation that tests it has the word; it is open no more."""
    store.forecasts.add(a_forecast("old"))
    store.forecasts.add(a_forecast("new", made_at=NOON + timedelta(days=1)))
    later = NOON + timedelta(days=2)

    first = store.forecasts.resolve(
        "old", evaluation_id="e1", actual=0.81, at=later, details={"a": 1}
    )
    second = store.forecasts.resolve("old", evaluation_id="e2", actual=0.1, at=later, details={})

    (resolved,) = store.forecasts.list("validate_completeness", is_open=False)
    assert (first, second) == (True, False)
    assert (resolved.actual, resolved.evaluation_id, resolved.details) == (0.81, "e1", {"a": 1})
    assert [record.forecast_id for record in store.forecasts.list(is_open=True)] == ["new"]
    assert [record.forecast_id for record in store.forecasts.list()] == ["new", "old"]
    assert store.forecasts.list("validate_intent") == ()


@pytest.mark.parametrize(
    "changes", [{"lower": 0.81}, {"upper": 0.79}, {"made_at": NOON.replace(tzinfo=None)}]
)
def test_an_impossible_forecast_is_refused(changes: dict[str, Any]) -> None:
    """Bounds hold their forecast, and times know where they are."""
    with pytest.raises(InputError):
        a_forecast(**changes)
