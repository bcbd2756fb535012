"""Values that can never work together are refused, with what is allowed."""

from __future__ import annotations

import pytest

from ratchet import signatures
from ratchet.errors import ConfigurationError
from ratchet.settings import Settings, SettingsOfFile, load_settings

TOO_FEW = {"git_target": 3, "synthetic_target": 3, "telemetry_target": 3}


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (
            {"collection": {"min_examples_per_domain": 50, "max_examples_per_domain": 40}},
            r"allowed is a minimum of 10\.\.40",
        ),
        ({"collection": {"max_examples_per_domain": 9}}, r"allowed: 10\.\.1000000"),
        ({"collection": {"min_examples_per_domain": 9}}, r"allowed: 10\.\.100000"),
        ({"collection": TOO_FEW}, "a sum of at least 10"),
        (
            {"optimisation": {"auto_enable_threshold": 101}},
            r"never be enabled. Allowed: 10\.\.100",
        ),
        ({"optimisation": {"validation_split": 0.5, "test_split": 0.45}}, "at most 0.9"),
        ({"bootstrap": {"target_examples_per_domain": 5}}, r"is 5; allowed: 10\.\.100"),
        (
            {"bootstrap": {"domains": {"mathematics": {"target_examples": 500}}}},
            r"bootstrap\.domains\.mathematics\.target_examples is 500; allowed: 10\.\.100",
        ),
        ({"bootstrap": {"difficulty_levels": ["extreme"]}}, "easy | medium | hard"),
        ({"quality": {"reject_below": 95}}, "must be at most that"),
    ],
)
def test_an_impossible_combination_is_refused(values: dict[str, object], message: str) -> None:
    """The message names the values and the allowed range."""
    with pytest.raises(ConfigurationError, match=message):
        load_settings(**values)


@pytest.mark.parametrize(("given", "percent"), [(0.7, 70), (1, 100), ("0.55", 55), (85, 85)])
def test_a_quality_up_to_one_is_a_share(given: object, percent: float) -> None:
    """Elsewhere qualities are 0..1; at the edge they become 0..100."""
    settings = SettingsOfFile(collection={"min_quality_score": given})

    assert settings.collection.min_quality_score == percent


def test_the_least_quality_holds_for_every_signature() -> None:
    """A policy that asks for less is raised to it; one that asks for more stays."""
    before = {name: signatures.get(name).policy.min_quality for name in signatures.names()}

    load_settings(collection={"min_quality_score": 77, "min_examples_per_domain": 30})

    after = {name: signatures.get(name).policy for name in before}
    assert {name: policy.min_quality for name, policy in after.items()} == {
        name: max(77, least) for name, least in before.items()
    }
    assert {policy.min_examples for policy in after.values()} == {30}
    load_settings()
    assert {n: signatures.get(n).policy.min_quality for n in before} == before


def test_the_defaults_agree() -> None:
    """What Ratchet comes with is right, and changes no policy."""
    assert Settings().collection.min_quality_score <= min(
        signatures.get(name).policy.min_quality for name in signatures.names()
    )
