"""A name leads to a model, or to an error that says what to set."""

from __future__ import annotations

import copy
import json
from pathlib import Path

import dspy
import pytest

from ratchet import signatures
from ratchet.errors import ConfigurationError
from ratchet.optimize.endpoint import Price
from ratchet.optimize.meter import Budget, Meter
from ratchet.optimize.models import OFFLINE_MODEL, connect, default_model
from ratchet.signatures.dspy_class import build
from tests.model_builders import completeness_task

NOTHING: dict[str, str] = {}


def test_a_key_that_is_empty_is_no_key() -> None:
    """An exported but empty variable does not select Claude."""
    assert default_model({"ANTHROPIC_API_KEY": " "}) == OFFLINE_MODEL


@pytest.mark.parametrize(
    ("name", "variable"),
    [
        (default_model({"ANTHROPIC_API_KEY": "k"}), "ANTHROPIC_API_KEY"),
        ("openai/gpt-4o", "OPENAI_API_KEY"),
        ("groq/llama", "GROQ_API_KEY"),
    ],
)
def test_a_missing_key_names_its_variable(name: str, variable: str) -> None:
    """Nothing is started without the key, and the message says which one is meant."""
    with pytest.raises(ConfigurationError, match=f"set {variable}"):
        connect(name, environ=NOTHING)


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("claude", "provider/model"),
        ("anthropic/", "provider/model"),
        ("offline/other", "offline/in-context"),
        ("antropic/claude", "anthropic"),
    ],
)
def test_an_unknown_name_is_refused_with_a_hint(name: str, hint: str) -> None:
    """A wrong name is found before the first call, and the right form is shown."""
    with pytest.raises(ConfigurationError, match=hint):
        connect(name, environ=NOTHING)


def test_an_endpoint_of_ones_own_needs_no_key() -> None:
    """A server at an address of one's own is asked without a key in the environment."""
    lm = connect("openai/local", api_base="http://127.0.0.1:9/v1", environ=NOTHING)

    assert lm.model == "openai/local"


def test_dollars_can_not_be_limited_without_a_price() -> None:
    """A limit that could never be reached is refused; a price given mends it."""
    meter = Meter(budget=Budget(max_cost_usd=1)).child("part")
    address = "http://127.0.0.1:9/v1"

    with pytest.raises(ConfigurationError, match="no price is known for openai/local"):
        connect("openai/local", api_base=address, meter=meter, environ=NOTHING)
    connect(
        "openai/local",
        api_base=address,
        meter=meter,
        price=Price(input_usd=0.1, output_usd=0.2),
        environ=NOTHING,
    )


def test_the_default_claude_has_a_known_price() -> None:
    """Its dollars can be limited without further settings."""
    environ = {"ANTHROPIC_API_KEY": "k"}
    meter = Meter(budget=Budget(max_cost_usd=1))

    lm = connect(default_model(environ), meter=meter, environ=environ)

    assert lm.meter is meter
    assert lm.meter.limits_cost


def test_the_offline_model_answers_programs_for_nothing() -> None:
    """It is counted like any other, at no cost, also where dollars are limited."""
    meter = Meter(budget=Budget(max_cost_usd=0.01))
    lm = connect(OFFLINE_MODEL, meter=meter)
    (example,) = completeness_task(1, seed=1)

    with dspy.context(lm=lm):
        answer = dspy.Predict(build(signatures.get("validate_completeness")))(**example.inputs)

    usage = meter.snapshot()
    assert isinstance(answer.is_complete, bool)
    assert (usage.calls, usage.cost_usd, usage.unpriced_calls) == (1, 0.0, 0)
    assert usage.input_tokens > 0


def test_rollouts_reach_the_offline_model() -> None:
    """DSPy hides the rollout id from engines; at temperature 1 it has to change answers."""
    lm = connect(OFFLINE_MODEL)
    (example,) = completeness_task(1, seed=2)
    program = dspy.Predict(build(signatures.get("validate_completeness")))

    def answer(rollout_id: int) -> str:
        with dspy.context(lm=lm.copy(rollout_id=rollout_id, temperature=1.0)):
            return str(program(**example.inputs))

    assert len({answer(n) for n in range(8)}) > 1
    assert answer(3) == answer(3)


def test_dspys_own_cache_is_never_used() -> None:
    """Two equal calls are two calls: what DSPy holds in memory or at home is not asked."""
    lm = connect(OFFLINE_MODEL)

    lm("hi")
    lm("hi")

    assert lm.meter.snapshot().calls == 2


def test_a_program_is_saved_with_a_plain_model(tmp_path: Path) -> None:
    """The state names a dspy.LM that any DSPy process can load, and holds no key."""
    program = dspy.Predict("question -> answer")
    program.set_lm(connect("openai/local", api_base="http://127.0.0.1:9/v1", api_key="s3cret"))

    program.save(tmp_path / "program.json")
    loaded = dspy.Predict("question -> answer")
    loaded.load(tmp_path / "program.json")

    assert type(loaded.lm) is dspy.LM
    assert loaded.lm.model == "openai/local"
    assert "s3cret" not in json.dumps(json.loads((tmp_path / "program.json").read_text()))


def test_a_copied_program_keeps_its_meter() -> None:
    """Optimisers deep-copy programs; the copies call through the same meter."""
    program = dspy.Predict("question -> answer")
    program.set_lm(connect(OFFLINE_MODEL))

    for copied in (program.deepcopy(), copy.deepcopy(program)):
        copied(question="why?")

    assert program.lm.meter.snapshot().calls == 2
