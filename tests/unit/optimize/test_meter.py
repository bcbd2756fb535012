"""Every call is counted, and a budget that is used up stops whatever is under way."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import dspy
import pytest

from ratchet.errors import ConfigurationError
from ratchet.optimize.endpoint import Endpoint, Price
from ratchet.optimize.meter import Budget, BudgetExceeded, Meter, ModelRefused, RunStopped, Usage
from ratchet.optimize.metered import MeteredEngine, MeteredLM
from ratchet.optimize.offline import InContextEngine
from tests.model_builders import ScriptedEngine

PRICE = Price(input_usd=1.0, output_usd=5.0)


def spend(meter: Meter, *, calls: int = 1, cost_usd: float | None = 0.5) -> None:
    """Answered calls of one dollar a pair."""
    for _ in range(calls):
        meter.begin()
        meter.answered(input_tokens=10, output_tokens=2, cost_usd=cost_usd, seconds=0.25)


def scripted_lm(meter: Meter) -> tuple[MeteredLM, ScriptedEngine]:
    """A metered model that fills in whatever DSPy asks for, and its engine."""
    model = InContextEngine()
    engine = ScriptedEngine(lambda request: model.complete(request).text)
    endpoint = Endpoint(model="test/model", price=PRICE)
    return MeteredLM(MeteredEngine(engine, endpoint=endpoint, meter=meter)), engine


def test_a_meter_adds_up() -> None:
    """Calls, tokens, dollars and seconds add up; failed attempts and cached answers apart."""
    meter = Meter()

    spend(meter, calls=2)
    spend(meter, cost_usd=None)
    meter.begin()
    meter.failed(seconds=1.0)
    meter.cached()

    assert meter.snapshot() == Usage(
        calls=3,
        cached_calls=1,
        errors=1,
        input_tokens=30,
        output_tokens=6,
        cost_usd=1.0,
        unpriced_calls=1,
        seconds=1.75,
    )


def test_a_parent_counts_its_children() -> None:
    """What a stage spends counts for its signature and its run, and for no other stage."""
    run = Meter()
    signature = run.child("extract")

    spend(signature.child("trials"), calls=3)
    spend(signature.child("evaluation"))

    assert run.snapshot().calls == signature.snapshot().calls == 4
    assert signature.child("trials").snapshot().calls == 3
    assert list(signature.children()) == ["trials", "evaluation"]


def test_threads_lose_no_count() -> None:
    """Eight threads of 500 calls are 4,000 calls."""
    meter = Meter()
    threads = [
        threading.Thread(target=spend, args=(meter.child(str(n)),), kwargs={"calls": 500})
        for n in range(8)
    ]

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert meter.snapshot().calls == 4000
    assert meter.snapshot().cost_usd == 2000.0


def test_calls_under_way_count_against_the_budget() -> None:
    """A second thread does not get the leave that the first one has taken."""
    meter = Meter(budget=Budget(max_calls=1))
    meter.begin()

    with pytest.raises(BudgetExceeded, match="1 calls"):
        meter.begin()


def test_failed_attempts_count_against_the_calls() -> None:
    """A model that is down can not be asked for ever."""
    meter = Meter(budget=Budget(max_calls=2))
    for _ in range(2):
        meter.begin()
        meter.failed(seconds=0.0)

    with pytest.raises(BudgetExceeded):
        meter.begin()


def test_dollars_under_way_are_expected_at_the_mean_price() -> None:
    """With 2.00 of 2.50 dollars spent at 0.50 a call, one more call may begin and no second."""
    meter = Meter(budget=Budget(max_cost_usd=2.5))
    spend(meter, calls=4)
    meter.begin()

    with pytest.raises(BudgetExceeded, match=r"2\.5 USD"):
        meter.begin()


def test_time_runs_from_the_making_of_the_meter() -> None:
    """The limit in seconds is wall time, whether calls were made or not."""
    times = iter([100.0, 159.0, 160.0])
    meter = Meter(budget=Budget(max_seconds=60), clock=lambda: next(times))
    meter.begin()

    with pytest.raises(BudgetExceeded, match="60 seconds"):
        meter.begin()


def test_the_budget_above_holds_below() -> None:
    """A child without a budget stops with its run; its sibling's own budget is its own."""
    run = Meter(budget=Budget(max_calls=3))
    narrow = run.child("narrow", budget=Budget(max_calls=1))
    spend(narrow)

    with pytest.raises(BudgetExceeded, match="'narrow'"):
        narrow.begin()
    spend(run.child("wide"), calls=2)
    with pytest.raises(BudgetExceeded, match="'run'"):
        run.child("wide").begin()


def test_a_refused_leave_takes_nothing() -> None:
    """When a budget above says no, the calls under way below are as they were."""
    run = Meter(budget=Budget(max_calls=1))
    part = run.child("part", budget=Budget(max_calls=2))
    spend(part)

    for _ in range(3):
        with pytest.raises(BudgetExceeded, match="'run'"):
            part.begin()


def test_a_refusal_stops_what_is_below_it() -> None:
    """After `refuse` no call begins there or below; elsewhere it does."""
    run = Meter()
    run.child("a").refuse("no key")

    with pytest.raises(ModelRefused, match="no key"):
        run.child("a").child("deep").begin()
    spend(run.child("b"))


def test_a_negative_budget_is_refused() -> None:
    """A limit below zero is a mistake in the configuration."""
    with pytest.raises(ConfigurationError, match="max_calls is -1"):
        Budget(max_calls=-1)


def test_no_handler_of_exceptions_catches_the_stop() -> None:
    """RunStopped is outside Exception, which DSPy catches in many places."""
    assert not issubclass(RunStopped, Exception)


def evaluate(lm: dspy.LM, examples: list[dspy.Example]) -> None:
    """DSPy's evaluator in four threads."""
    program = dspy.Predict("question -> answer")
    with dspy.context(lm=lm):
        dspy.Evaluate(devset=examples, metric=lambda *_: 1.0, num_threads=4)(program)


def optimise(lm: dspy.LM, examples: list[dspy.Example]) -> None:
    """DSPy's MIPROv2 with trials in four threads."""
    optimizer = dspy.MIPROv2(
        metric=lambda *_: 1.0,
        prompt_model=lm,
        task_model=lm,
        auto=None,
        num_candidates=3,
        num_threads=4,
        max_errors=1_000_000,
    )
    optimizer.compile(
        dspy.Predict("question -> answer"),
        trainset=examples[:10],
        valset=examples[10:],
        num_trials=20,
        minibatch=False,
    )


@pytest.mark.parametrize("work", [evaluate, optimise])
@pytest.mark.parametrize("max_calls", [3, 25])
def test_dspy_stops_at_once(work: Callable[..., None], max_calls: int) -> None:
    """Evaluator and optimiser end with BudgetExceeded; the model saw the allowed calls only."""
    meter = Meter(budget=Budget(max_calls=max_calls))
    lm, engine = scripted_lm(meter)
    examples = [
        dspy.Example(question=f"q{n}", answer="yes").with_inputs("question") for n in range(60)
    ]

    with pytest.raises(BudgetExceeded) as stopped:
        work(lm, examples)

    assert len(engine.requests) == max_calls
    assert stopped.value.usage.calls <= max_calls


def test_every_thread_of_an_evaluation_is_counted() -> None:
    """DSPy's own usage tracking loses the calls of threads; the meter does not."""
    meter = Meter()
    lm, engine = scripted_lm(meter)

    evaluate(lm, [dspy.Example(question=f"q{n}").with_inputs("question") for n in range(40)])

    usage = meter.snapshot()
    assert usage.calls == len(engine.requests) == 40
    assert (usage.input_tokens, usage.output_tokens) == (40_000, 4_000)
    assert usage.cost_usd == pytest.approx(40 * 0.0015)


def test_the_same_model_counts_for_another_meter() -> None:
    """A stage of its own gets the same connection, counted by a child."""
    run = Meter()
    lm, _ = scripted_lm(run)
    copied: Any = lm.copy(temperature=1.0, rollout_id=3)

    lm.metered_by(run.child("stage"))("a")
    copied("b")

    assert run.child("stage").snapshot().calls == 1
    assert run.snapshot().calls == 2
