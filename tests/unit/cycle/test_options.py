"""The options of a run: what they refuse, and what they become."""

from __future__ import annotations

from typing import Any

import pytest

from ratchet import signatures
from ratchet.cycle.options import ImprovementOptions
from ratchet.errors import ConfigurationError


def test_without_a_choice_every_reviewer_signature_is_improved() -> None:
    """The defaults are those of the monthly cycle; problems are made when they are asked for."""
    options = ImprovementOptions()

    assert options.signature_names == signatures.default_names()
    assert set(signatures.names()) - set(options.signature_names) == {"generate_problem"}
    chosen = ImprovementOptions(signatures=("generate_problem",))
    assert chosen.signature_names == ("generate_problem",)
    assert (options.git_target, options.synthetic_target, options.trials) == (30, 20, 50)
    assert options.promotion().min_improvement == 0.05
    assert options.mining().since_days == 90


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"trials": 0}, "--trials"),
        ({"since_days": 0}, "--since-days"),
        ({"since_days": 10**6}, "--since-days"),
        ({"optimizer": "magic"}, "--optimizer"),
        ({"min_improvement": -0.1}, "--min-improvement"),
        ({"sead": 1}, "--sead"),
        ({"signatures": ("validate_intend",)}, "validate_intent"),
    ],
)
def test_a_wrong_value_is_refused_with_its_option(values: dict[str, Any], message: str) -> None:
    """The message names the option, or the nearest signature."""
    with pytest.raises(ConfigurationError, match=message):
        ImprovementOptions.of(**values)


def test_a_signature_given_twice_is_improved_once() -> None:
    """Two runs of one program side by side would only compete."""
    options = ImprovementOptions.of(signatures=("validate_intent", "validate_intent"))

    assert options.signature_names == ("validate_intent",)


def test_the_time_of_the_evaluation_comes_on_top_of_the_optimisation() -> None:
    """An optimisation that used up its time is still judged."""
    options = ImprovementOptions(max_seconds=100)

    assert options.optimizing(dataset_size=50).max_seconds == 100
    assert (options.budget().max_seconds or 0) > 100
