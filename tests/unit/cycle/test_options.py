"""The options of a run: what they refuse, and what they become."""

from __future__ import annotations

from typing import Any

import pytest

from ratchet import signatures
from ratchet.cycle.options import ImprovementOptions
from ratchet.cycle.runs import config_of
from ratchet.errors import ConfigurationError
from ratchet.settings import SettingsOfFile


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


def test_what_nobody_has_chosen_is_as_the_settings_say() -> None:
    """A parameter of a flow or of the command line wins over the settings, even at its default."""
    settings = SettingsOfFile(
        collection={
            "git_target": 7,
            "since_days": 14,
            "stored_target": 5,
            "repositories": ["../shop", "https://git.example/shop.git"],
        },
        optimisation={"trials": 9, "timeout_hours": 0.5, "max_cost_usd": 3},
    )

    options = ImprovementOptions.of(trials=50, synthetic_target=4).completed_by(settings)

    assert (options.trials, options.synthetic_target) == (50, 4)
    assert (options.git_target, options.since_days, options.stored_target) == (7, 14, 5)
    assert options.repositories == ("../shop", "https://git.example/shop.git")
    assert (options.max_seconds, options.max_cost_usd) == (1800, 3)
    assert options.completed_by(SettingsOfFile()) == options


def test_the_defaults_of_options_and_settings_are_the_same() -> None:
    """Nothing changes for a team that has no settings file."""
    chosen = ImprovementOptions().completed_by(SettingsOfFile())

    assert chosen == ImprovementOptions(batch=False)


@pytest.mark.parametrize(
    ("setting", "chosen", "is_scheduled", "expected"),
    [
        ("scheduled", None, True, True),
        ("scheduled", None, False, False),
        ("never", None, True, False),
        ("always", None, False, True),
        ("never", True, False, True),
        ("always", False, True, False),
        (True, None, False, True),
        ("false", None, True, False),
    ],
)
def test_who_starts_a_run_decides_on_batches_unless_somebody_chose(
    setting: object, chosen: bool | None, is_scheduled: bool, expected: bool
) -> None:
    """Half the price is for what is not urgent: by the usual setting, runs of a schedule."""
    settings = SettingsOfFile.model_validate({"synthetic": {"batch": setting}})
    options = ImprovementOptions.of(batch=chosen)

    assert options.completed_by(settings, is_scheduled=is_scheduled).batch is expected


def test_a_run_keeps_the_whole_configuration_without_secrets() -> None:
    """Its options and the tree of settings, so that a run can be understood years later."""
    settings = SettingsOfFile(database_url="postgresql://ann:hunter2@db/ratchet")
    options = ImprovementOptions(repositories=("https://ghp_token@git.example/a",))

    config = config_of(options, settings)

    assert config["trials"] == 50
    assert config["settings"]["optimisation"]["trials"] == 50
    assert config["settings"]["database_url"] == "postgresql://ann:***@db/ratchet"
    assert "ghp_token" not in str(config)
