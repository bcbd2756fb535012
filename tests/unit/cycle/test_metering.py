"""The meters of a run, and the way to stop it."""

from __future__ import annotations

import pytest

from ratchet.cycle.metering import run_meter, signature_meter, stop_run
from ratchet.cycle.run_folder import RunId
from ratchet.errors import ModelError
from ratchet.optimize.meter import Budget


def test_a_run_counts_what_its_signatures_spend() -> None:
    """The same run has the same meter, whoever asks."""
    run = RunId("run_counting")
    with signature_meter(run, "s", Budget()) as meter:
        meter.begin()
        meter.answered(input_tokens=10, output_tokens=2, cost_usd=0.5, seconds=1.0)

    assert run_meter(run).snapshot().cost_usd == 0.5
    assert run_meter(run).child("s").snapshot().calls == 1


def ask(run: RunId, *, calls: int, budget: Budget, then_stop: bool = False) -> None:
    """Make `calls` calls of a signature; stop the run before the last one if asked to."""
    with signature_meter(run, "s", budget) as meter:
        for number in range(calls):
            if then_stop and number == calls - 1:
                stop_run(run)
            meter.begin()
            meter.answered(input_tokens=1, output_tokens=1, cost_usd=None, seconds=0.1)


def test_a_stopped_run_begins_no_further_call() -> None:
    """What was under way ends as an error of the signature."""
    run = RunId("run_stopped")

    with pytest.raises(ModelError, match="stopped"):
        ask(run, calls=2, budget=Budget(), then_stop=True)

    assert run_meter(run).snapshot().calls == 1


def test_a_budget_that_is_used_up_is_an_error_with_what_to_do() -> None:
    """The message names the limit and says that answers are not paid twice."""
    with pytest.raises(ModelError, match=r"1 calls.*not paid twice"):
        ask(RunId("run_poor"), calls=2, budget=Budget(max_calls=1))
