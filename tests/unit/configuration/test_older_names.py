"""Older names of settings: taken, hinted at, and never mixed with today's."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ratchet.configuration.older_names import translate
from ratchet.errors import ConfigurationError
from ratchet.settings import load_settings

OLDER = """
training_data:
  collection_mode: manual
  min_quality_score: 0.8
  min_examples_per_domain: 15
  max_examples_per_domain: 90
  storage:
    db_path: state/examples.db
    backup_enabled: true
    cleanup_after_days: 45
  bootstrap:
    target_examples_per_domain: 25
    max_attempts_per_example: 3
    difficulty_levels: [hard, easy]
  quality:
    auto_validation: true
    manual_review_threshold: 0.9
    reject_below_score: 0.4
  dspy_integration:
    auto_enable_threshold: 12
    reoptimize_on_new_data: false
    validation_split: 0.2
"""


def test_an_older_file_is_taken_as_it_is(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every key of the YAML that earlier pipelines were configured with has its place."""
    (workspace / "older.yaml").write_text(OLDER)
    monkeypatch.setenv("RATCHET_CONFIG", "older.yaml")

    settings = load_settings()

    assert settings.collection.mode == "manual"
    assert settings.collection.min_quality_score == 80
    assert settings.collection.min_examples_per_domain == 15
    assert settings.collection.max_examples_per_domain == 90
    assert settings.store_url == "sqlite:///state/examples.db"
    assert settings.life.refused_max_age_days == 45
    assert settings.bootstrap.target_examples_per_domain == 25
    assert settings.bootstrap.max_attempts_per_example == 3
    assert settings.bootstrap.difficulty_levels == ("easy", "hard")
    assert settings.quality.manual_review_threshold == 90
    assert settings.quality.reject_below == 40
    assert settings.optimisation.auto_enable_threshold == 12
    assert settings.optimisation.reoptimize_on_new_data is False
    assert settings.optimisation.validation_split == 0.2


def test_the_variable_of_cron_jobs_names_the_file(
    workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What cron sets, MONITORING_CONFIG, is heard too; JSON is read as well."""
    (workspace / "monitoring.json").write_text('{"collection": {"git_target": 7}}')
    monkeypatch.setenv("MONITORING_CONFIG", str(workspace / "monitoring.json"))

    assert load_settings().collection.git_target == 7


def test_a_file_that_a_variable_names_must_exist(
    workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A typing mistake in a path must not mean the defaults."""
    monkeypatch.setenv("RATCHET_CONFIG", "no_such.toml")

    with pytest.raises(ConfigurationError, match=r"RATCHET_CONFIG.*no_such\.toml"):
        load_settings()


@pytest.mark.parametrize(
    ("document", "hint"),
    [
        ({"optimization": {"trials": 9}}, "optimization.trials is now called optimisation.trials."),
        ({"email_smtp_port": 25}, "email_smtp_port is now called alerts.email_smtp_port."),
        ({"storage": {"backup_enabled": True}}, "storage.backup_enabled has no effect"),
        ({"storage": {"db_path": "x.db"}}, "storage.db_path is now called database_url."),
        ({"quality": {"auto_validation": True}}, "has no effect"),
    ],
)
def test_an_older_name_is_hinted_at(document: dict[str, Any], hint: str) -> None:
    """A team learns what to write from now on."""
    assert hint in " ".join(translate(document).hints)


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ({"optimization": {"trials": 9}, "optimisation": {"trials": 8}}, "both are given"),
        ({"training_data": {"quality": {"auto_validation": False}}}, "every example is validated"),
    ],
)
def test_an_older_name_that_contradicts_is_refused(document: dict[str, Any], message: str) -> None:
    """Two values for one setting, and a switch for what is always done, are no guesswork."""
    with pytest.raises(ConfigurationError, match=message):
        translate(document)


def test_names_of_today_stay_as_they_are() -> None:
    """Also those with dots in them, and the path that training_data is today."""
    document = {"training_data": "data", "signatures": {"a.b": "m:X"}, "quality": {}}

    assert translate(document).document == document
    assert translate(document).hints == ()
