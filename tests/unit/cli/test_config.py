"""`ratchet config`: what it prints, how it leaves, what it writes."""

from __future__ import annotations

from pathlib import Path

import pytest

from ratchet.settings import load_settings
from tests.cli_builders import ratchet


def test_a_setting_that_was_written_holds_for_the_next_session(workspace: Path) -> None:
    """Saved configuration applies from then on; a dry run writes nothing."""
    planned = ratchet("config", "set", "collection.git_target", "45", "--dry-run")
    before = load_settings().collection.git_target
    done = ratchet("config", "set", "collection.git_target", "45")

    assert (planned.exit_code, before) == (0, 30)
    assert "Would change" in planned.out
    assert "not set -> 45" in done.out
    assert load_settings().collection.git_target == 45
    assert ratchet("config", "unset", "collection.git_target").exit_code == 0
    assert load_settings().collection.git_target == 30


def test_a_variable_that_hides_the_change_is_named(
    workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Otherwise a person would wonder why nothing happens."""
    monkeypatch.setenv("RATCHET_COLLECTION__GIT_TARGET", "5")

    left = ratchet("config", "set", "collection.git_target", "45")

    assert "RATCHET_COLLECTION__GIT_TARGET is set and wins" in left.out


def test_check_names_every_mistake_and_leaves_with_1(
    workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of the file and of the environment, in one go; once mended it leaves with 0."""
    file = workspace / "ratchet.toml"
    file.write_text('[colection]\nx = 1\n[signatures]\nmine = "no_such_module:SPEC"\n')
    monkeypatch.setenv("RATCHET_MODLE", "x")

    wrong = ratchet("config", "check")
    file.write_text('[signatures]\nmine = "no_such_module:SPEC"\n')
    unloadable = ratchet("config", "check", "--json")
    file.write_text("[optimization]\ntrials = 7\n")
    monkeypatch.delenv("RATCHET_MODLE")
    right = ratchet("config", "check", "--json")

    assert wrong.exit_code == unloadable.exit_code == 1
    assert "[collection]" in wrong.out
    assert "RATCHET_MODEL" in wrong.out
    assert "no_such_module" in str(unloadable.document["mistakes"])
    assert (right.exit_code, right.document["mistakes"]) == (0, [])
    assert "optimisation.trials" in right.document["hints"][0]


def test_a_broken_file_is_a_finding_of_check(workspace: Path) -> None:
    """It says where, like for any other mistake."""
    (workspace / "ratchet.toml").write_text("home = ")

    left = ratchet("config", "check")

    assert left.exit_code == 1
    assert "ratchet.toml" in left.out
    assert "at end of document" in left.out


def test_explain_says_all_there_is_to_know(workspace: Path) -> None:
    """Meaning, value, default, unit, range, variable."""
    shown = ratchet("config", "explain", "optimisation.timeout_hours")
    found = ratchet("config", "explain", "optimisation.timeout_hours", "--json").document

    for part in ("Hours after which", "2.0 (default)", "above 0, at most 168", "TIMEOUT_HOURS"):
        assert part in shown.out
    assert (found["value"], found["unit"], found["origin"]) == (2.0, "hours", "default")


def test_show_lists_a_table_or_everything(workspace: Path) -> None:
    """An unknown table says which there are."""
    everything = ratchet("config", "show", "--json", "--origin").document
    table = ratchet("config", "show", "collection").out
    unknown = ratchet("config", "show", "collektion")

    assert everything["collection.mode"]["origin"] == "default"
    assert "collection.mode" in table
    assert "optimisation" not in table
    assert unknown.exit_code == 2
    assert "collection" in unknown.err
