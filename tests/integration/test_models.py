"""Models over HTTP: what a server says, refuses, breaks off or keeps waiting is handled."""

from __future__ import annotations

import asyncio
from collections import deque
from pathlib import Path
from typing import Any

import dspy
import pytest
from dspy.utils.exceptions import LMRateLimitError, LMTransportError

from ratchet.errors import ModelError
from ratchet.optimize.call_cache import CallCache
from ratchet.optimize.endpoint import Price
from ratchet.optimize.meter import Budget, BudgetExceeded, Meter, ModelRefused
from ratchet.optimize.metered import MeteredLM
from ratchet.optimize.models import connect
from tests.openai_server import CUT_OFF, MALFORMED, ModelServer, model_server

CLAUDE = "anthropic/claude-sonnet-5-5"
LOCAL = "openai/local"
NAMES = [CLAUDE, LOCAL]
YES = "[[ ## answer ## ]]\nyes\n\n[[ ## completed ## ]]"


def client(server: ModelServer, name: str = LOCAL, **settings: Any) -> MeteredLM:
    """A model at the server; OpenAI's clients put the version into the base address."""
    address = server.address if name == CLAUDE else server.openai_address
    return connect(name, api_base=address, environ={}, **settings)


@pytest.mark.parametrize("name", NAMES)
def test_an_answer_is_counted_and_priced(name: str) -> None:
    """Tokens are the server's; dollars follow DSPy's table, or the price that was given."""
    meter = Meter()
    price = None if name == CLAUDE else Price(input_usd=2.0, output_usd=10.0)
    with model_server() as server:
        answer = client(server, name, meter=meter, price=price)("hi")

    usage = meter.snapshot()
    assert answer == ["hello"]
    assert (usage.input_tokens, usage.output_tokens) == (100, 10)
    assert usage.cost_usd == pytest.approx(0.0003)
    assert server.requests[0]["model"] == name.partition("/")[2]


@pytest.mark.parametrize("name", NAMES)
def test_the_key_is_sent(name: str) -> None:
    """A key that is given reaches the endpoint."""
    with model_server() as server:
        client(server, name, api_key="s3cret")("hi")

    assert server.keys == ["s3cret"]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("fault", [429, 500, 503, 529])
def test_a_passing_fault_is_tried_again(name: str, fault: int) -> None:
    """The answer comes at the third attempt; the two before are counted as errors."""
    meter = Meter()
    with model_server(faults=deque([fault, fault])) as server:
        answer = client(server, name, meter=meter)("hi")

    assert answer == ["hello"]
    assert (meter.snapshot().calls, meter.snapshot().errors) == (1, 2)


def test_an_answer_that_breaks_off_is_fetched_again() -> None:
    """A connection that ends in the middle of an answer is a failed attempt."""
    meter = Meter()
    with model_server(faults=deque([CUT_OFF])) as server:
        answer = client(server, meter=meter)("hi")

    assert answer == ["hello"]
    assert meter.snapshot().errors == 1


def test_a_fault_that_does_not_pass_is_an_error() -> None:
    """After the last attempt DSPy's error reaches the caller; there is no made-up answer."""
    meter = Meter()
    with model_server(faults=deque([429] * 3)) as server, pytest.raises(LMRateLimitError):
        client(server, meter=meter, num_retries=2)("hi")

    assert (meter.snapshot().calls, meter.snapshot().errors) == (0, 3)


def test_a_slow_server_times_out() -> None:
    """The wait ends at the limit, long before the server would answer."""
    meter = Meter()
    with (
        model_server(latency_seconds=60.0) as server,
        pytest.raises(LMTransportError, match="timed out"),
    ):
        client(server, meter=meter, timeout_seconds=0.2, num_retries=0)("hi")

    assert meter.snapshot().errors == 1
    assert meter.snapshot().seconds < 30


@pytest.mark.parametrize(
    ("name", "variable"), [(CLAUDE, "ANTHROPIC_API_KEY"), (LOCAL, "OPENAI_API_KEY")]
)
def test_a_refused_key_is_an_error_that_names_its_variable(name: str, variable: str) -> None:
    """A 401 is not tried again; the first call says so, and later ones do not leave."""
    with model_server(faults=deque([401])) as server:
        lm = client(server, name, api_key="wrong")
        with pytest.raises(ModelError, match=variable):
            lm("hi")
        with pytest.raises(ModelRefused, match=variable):
            lm("hi")

    assert len(server.requests) == 1


def test_a_refused_key_ends_an_evaluation() -> None:
    """DSPy's evaluator would score every example 0; the second call ends it instead."""
    examples = [dspy.Example(question=f"q{n}").with_inputs("question") for n in range(50)]
    evaluate = dspy.Evaluate(
        devset=examples, metric=lambda *_: 1.0, num_threads=2, max_errors=1_000
    )
    with (
        model_server(faults=deque([401] * 50)) as server,
        dspy.context(lm=client(server)),
        pytest.raises(ModelRefused),
    ):
        evaluate(dspy.Predict("question -> answer"))

    assert len(server.requests) <= 2  # what two threads had sent before the first refusal


def test_the_budget_in_dollars_ends_an_evaluation() -> None:
    """With a cent for calls of 0.0015 dollars, no more than seven are made."""
    examples = [dspy.Example(question=f"q{n}").with_inputs("question") for n in range(50)]
    evaluate = dspy.Evaluate(devset=examples, metric=lambda *_: 1.0, num_threads=1)
    meter = Meter(budget=Budget(max_cost_usd=0.01))
    price = Price(input_usd=10.0, output_usd=50.0)
    with (
        model_server(answer=lambda _: YES) as server,
        dspy.context(lm=client(server, meter=meter, price=price)),
        pytest.raises(BudgetExceeded),
    ):
        evaluate(dspy.Predict("question -> answer"))

    assert len(server.requests) == 7
    assert meter.snapshot().cost_usd == pytest.approx(0.0105)


def test_a_malformed_answer_is_not_remembered(tmp_path: Path) -> None:
    """A body that holds no answer is worth nothing to a later run; a good one is."""
    with (
        CallCache(tmp_path / "calls.sqlite") as cache,
        model_server(faults=deque([MALFORMED])) as server,
    ):
        said = [client(server, cache=cache)("hi") for _ in range(3)]

    assert said == [[""], ["hello"], ["hello"]]
    assert len(server.requests) == 2


def test_an_asynchronous_call_is_counted_too() -> None:
    """`acall` passes the same meter."""
    meter = Meter()
    with model_server() as server:
        lm = client(server, meter=meter)

        async def both() -> list[Any]:
            return await asyncio.gather(lm.acall("a"), lm.acall("b"))

        assert asyncio.run(both()) == [["hello"], ["hello"]]

    assert meter.snapshot().calls == 2


def test_the_same_question_of_two_threads_is_sent_once(tmp_path: Path) -> None:
    """While the first waits for the server, the second waits for the first."""
    examples = [dspy.Example(question="the same").with_inputs("question") for _ in range(4)]
    evaluate = dspy.Evaluate(devset=examples, metric=lambda *_: 1.0, num_threads=4)
    with (
        CallCache(tmp_path / "calls.sqlite") as cache,
        model_server(answer=lambda _: YES, latency_seconds=0.2) as server,
        dspy.context(lm=client(server, cache=cache)),
    ):
        evaluate(dspy.Predict("question -> answer"))

    assert len(server.requests) == 1
