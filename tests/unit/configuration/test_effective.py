"""The settings in effect: where each comes from, and what nobody may see."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ratchet.configuration.effective import (
    Origin,
    effective_value,
    effective_values,
    settings_tree,
    unknown_variables,
)
from ratchet.configuration.masking import MASK, is_secret, masked
from ratchet.errors import ConfigurationError
from ratchet.settings import Settings, load_settings

PASSWORD = "hunter2-planted"


def test_each_value_says_where_it_comes_from(
    workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Default, file or environment, and which file or variable."""
    (workspace / "ratchet.toml").write_text(
        "[optimization]\ntrials = 20\n[bootstrap.domains.mathematics]\ntarget_examples = 60\n"
    )
    monkeypatch.setenv("RATCHET_COLLECTION__MODE", "manual")
    settings = load_settings()

    found = {each.path: (each.origin, each.place) for each in effective_values(settings)}

    assert found["optimisation.trials"] == (Origin.FILE, "ratchet.toml")
    assert found["bootstrap.domains.mathematics.target_examples"][0] is Origin.FILE
    assert found["collection.mode"] == (Origin.ENVIRONMENT, "RATCHET_COLLECTION__MODE")
    assert found["collection.since_days"] == (Origin.DEFAULT, "")
    assert effective_value(settings, "optimization.trials").value == 20


def test_no_password_is_shown(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not in the values, not in the tree that a run keeps, not in a refusal."""
    monkeypatch.setenv("RATCHET_DATABASE_URL", f"postgresql://ratchet:{PASSWORD}@db/ratchet")
    settings = load_settings()

    shown = json.dumps([each.value for each in effective_values(settings)])
    kept = json.dumps(settings_tree(settings))

    assert PASSWORD not in shown + kept
    assert f"postgresql://ratchet:{MASK}@db/ratchet" in shown
    with pytest.raises(ConfigurationError) as refusal:
        load_settings(modell=f"http://a:{PASSWORD}@b", runs=[f"http://a:{PASSWORD}@b"])
    assert PASSWORD not in str(refusal.value)


@given(st.text(alphabet="abcXYZ019!$%&*()-_=+.,;", min_size=1))
def test_a_password_in_an_address_is_masked(password: str) -> None:
    """Whatever it is made of, and wherever in a text the address stands."""
    shown = masked("notes", f"see postgresql://ann:{password}@db.example/x for more")

    assert shown == f"see postgresql://ann:{MASK}@db.example/x for more"


@pytest.mark.parametrize(
    ("path", "secret"),
    [
        ("alerts.email_password", True),
        ("alerts.slack_webhook_url", True),
        ("alerts.bot_token", True),
        ("alerts.webhook_url", True),
        ("alerts.webhook_enabled", False),
        ("api_key", True),
        ("api_base", False),
        ("collection.min_quality_score", False),
        ("optimisation.max_tokens", False),
    ],
)
def test_a_secret_is_known_by_its_name(path: str, secret: bool) -> None:
    """Passwords, tokens, webhooks and keys; not what only sounds like one."""
    assert is_secret(path) is secret


def test_a_variable_that_sets_nothing_is_named() -> None:
    """With the nearest that does; variables of other programs are none of our business."""
    environ = {"RATCHET_MODLE": "x", "RATCHET_CONFIG": "y", "PATH": "z", "RATCHET_HOME": "h"}

    (found,) = unknown_variables(Settings, environ)

    assert "RATCHET_MODLE" in found
    assert "RATCHET_MODEL" in found
