"""The command line as a whole: exit codes, help, versions."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import ratchet as package
from tests.cli_builders import ratchet

COMMANDS = ("run", "import", "validate", "gate", "optimize", "evaluate")
GROUPS = ("collect", "dataset", "programs", "telemetry", "rollout")
HEAVY = ("dspy", "prefect", "pandera", "polars", "sqlalchemy", "anthropic", "pydantic")


def test_help_names_every_stage() -> None:
    """A new user finds all commands in one place."""
    left = ratchet("--help")

    assert left.exit_code == 0
    assert [name for name in (*COMMANDS, *GROUPS) if f"\n  {name} " not in left.out] == []


def test_help_loads_nothing_heavy() -> None:
    """The help is there at once: libraries are imported by the command that needs them."""
    code = (
        "import sys; from ratchet.cli.app import app; "
        f"print([m for m in {HEAVY!r} if m in sys.modules])"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"


def test_the_version_is_that_of_the_package() -> None:
    """`--version` answers bug reports."""
    assert ratchet("--version").out == f"ratchet {package.__version__}\n"


def test_an_unknown_command_is_wrong_use_with_the_nearest_one() -> None:
    """A typo is answered with what was meant."""
    left = ratchet("dataset", "shw")

    assert left.exit_code == 2
    assert "Did you mean 'show'?" in left.err


@pytest.mark.parametrize(
    "arguments",
    [
        ("gate", "--signature", "validate_completness"),
        ("collect", "git", "--signature", "validate_completness"),
        ("collect", "synthetic", "--signature", "validate_completness"),
        ("import", __file__, "--signature", "validate_completness"),
        ("validate", __file__, "--signature", "validate_completness"),
        ("dataset", "create", "--signature", "validate_completness"),
        ("dataset", "add", "--signature", "validate_completness"),
        ("dataset", "list", "--signature", "validate_completness"),
        ("dataset", "show", "validate_completness"),
        ("dataset", "diff", "validate_completness", "v1"),
        ("dataset", "verify", "validate_completness"),
        ("optimize", "--signature", "validate_completness"),
        ("evaluate", "--signature", "validate_completness"),
        ("programs", "list", "--signature", "validate_completness"),
        ("programs", "show", "validate_completness"),
        ("programs", "history", "validate_completness"),
        ("rollout", "start", "--candidate", "latest", "--signature", "validate_completness"),
        ("rollout", "status", "--signature", "validate_completness"),
        ("rollout", "list", "--signature", "validate_completness"),
        ("rollout", "pause", "--reason", "x", "--signature", "validate_completness"),
        ("rollout", "backtest", "--signature", "validate_completness"),
    ],
)
def test_an_unknown_signature_is_wrong_use_with_the_nearest_one(
    workspace: Path, arguments: tuple[str, ...]
) -> None:
    """Every command that takes a signature says which one was meant."""
    left = ratchet(*arguments)

    assert left.exit_code == 2
    assert "Did you mean validate_completeness?" in left.err


def test_a_wrong_setting_is_named(workspace: Path) -> None:
    """A typo in ratchet.toml is no riddle."""
    (workspace / "ratchet.toml").write_text('hom = "elsewhere"\n')

    left = ratchet("programs", "list")

    assert left.exit_code == 2
    assert "hom" in left.err
    assert "ratchet.toml" in left.err


def test_a_database_that_can_not_be_opened_is_explained(
    workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file that is no database is said to be none, without a traceback."""
    (workspace / "notes.db").write_text("Dear diary, " * 100)
    monkeypatch.setenv("RATCHET_DATABASE_URL", f"sqlite:///{workspace / 'notes.db'}")

    left = ratchet("programs", "list")

    assert left.exit_code == 2
    assert left.err.startswith("ratchet: The database")
    assert "Traceback" not in left.err
