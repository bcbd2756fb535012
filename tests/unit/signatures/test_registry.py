"""The registry: a team's own signature is found where its settings are."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from ratchet import signatures
from ratchet.errors import ConfigurationError
from ratchet.settings import load_settings

MODULE = """
from dataclasses import replace
from ratchet.signatures.validate_intent import SPEC as INTENT
SPEC = replace(INTENT, name="triage_of_a_test")
"""


def test_a_module_beside_the_settings_is_found(
    workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The installed command has its own folder on the path; the project's is added."""
    (workspace / "team_of_a_test.py").write_text(MODULE)
    (workspace / "ratchet.toml").write_text(
        '[signatures]\ntriage_of_a_test = "team_of_a_test:SPEC"\n'
    )
    monkeypatch.setattr(sys, "path", list(sys.path))  # what is added goes with the test

    load_settings()

    assert signatures.get("triage_of_a_test").decision == "intent_satisfied"


def test_a_module_that_is_nowhere_is_named(workspace: Path) -> None:
    """The message has the signature and the place that was given."""
    (workspace / "ratchet.toml").write_text('[signatures]\nlost = "nowhere_at_all:SPEC"\n')
    load_settings()

    with pytest.raises(ConfigurationError, match="'lost' at 'nowhere_at_all:SPEC'"):
        signatures.get("lost")
