"""Settings: where they come from, which wins, what a mistake says."""

from __future__ import annotations

from pathlib import Path

import pytest

from ratchet import signatures
from ratchet.errors import ConfigurationError
from ratchet.settings import load_settings


@pytest.fixture(autouse=True)
def _empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder and an environment without settings."""
    monkeypatch.chdir(tmp_path)
    for name in ("HOME", "DATABASE_URL", "RUNS", "MODEL"):
        monkeypatch.delenv(f"RATCHET_{name}", raising=False)


def test_the_defaults_keep_everything_under_one_folder(tmp_path: Path) -> None:
    """Without a setting, state lives in .ratchet of the working directory."""
    settings = load_settings()

    assert settings.store_url == f"sqlite:///{tmp_path}/.ratchet/ratchet.db"
    assert settings.runs_folder == tmp_path / ".ratchet" / "runs"
    assert settings.datasets_folder == tmp_path / "training_data"


def test_the_environment_wins_over_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is set for one process overrides what a team agreed on."""
    Path("ratchet.toml").write_text('model = "openai/a"\nhome = "state"\n')
    monkeypatch.setenv("RATCHET_MODEL", "openai/b")

    settings = load_settings()

    assert settings.model == "openai/b"
    assert settings.home == Path("state")


@pytest.mark.parametrize(
    ("text", "message"),
    [("modell = 'x'", "modell"), ("home = 3", "home"), ("home = ", "ratchet.toml")],
)
def test_a_mistake_in_the_file_is_named(text: str, message: str) -> None:
    """An unknown key, a wrong type and broken TOML each say where."""
    Path("ratchet.toml").write_text(text)

    with pytest.raises(ConfigurationError, match=message):
        load_settings()


def test_a_signature_of_ones_own_is_registered_by_location(monkeypatch: pytest.MonkeyPatch) -> None:
    """`module:ATTRIBUTE` in the file is enough."""
    Path("team_signatures.py").write_text(
        "from dataclasses import replace\n"
        "from ratchet.signatures.validate_intent import SPEC\n"
        "MINE = replace(SPEC, name='check_intent')\n"
    )
    Path("ratchet.toml").write_text('[signatures]\ncheck_intent = "team_signatures:MINE"\n')
    monkeypatch.syspath_prepend(str(Path.cwd()))

    load_settings()

    assert signatures.get("check_intent").decision == "intent_satisfied"


def test_a_dspy_class_becomes_a_signature_with_its_metric(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a team has for DSPy already is enough; its fields keep their types."""
    Path("team_programs.py").write_text(
        "import dspy\n"
        "class Triage(dspy.Signature):\n"
        "    'Decide whether the ticket is urgent.'\n"
        "    ticket: str = dspy.InputField()\n"
        "    urgent: bool = dspy.OutputField()\n"
        "def same(example, prediction, trace=None):\n"
        "    return example.urgent == prediction.urgent\n"
    )
    Path("ratchet.toml").write_text(
        "[signatures.triage]\n"
        'spec = "team_programs:Triage"\n'
        'metric = "team_programs:same"\n'
        'decision = "urgent"\n'
    )
    monkeypatch.syspath_prepend(str(Path.cwd()))

    load_settings()

    spec = signatures.get("triage")
    assert spec.problems({"ticket": "x"}, {"urgent": "yes"}) != []
    assert spec.metric({"ticket": "x"}, {"urgent": True}, {"urgent": True}).value == 1.0
    assert spec.label({"urgent": True}) != spec.label({"urgent": False})


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ('broken = "no_colon"', "module:ATTRIBUTE"),
        ('absent = "no_such_module:SPEC"', "no_such_module"),
        ('number = "math:pi"', "SignatureSpec"),
        ('bare = "fractions:Fraction"', "metric"),
    ],
)
def test_a_signature_that_can_not_be_loaded_says_why(table: str, message: str) -> None:
    """Form, module, kind and a forgotten metric are told apart."""
    Path("ratchet.toml").write_text(f"[signatures]\n{table}\n")

    name, _, _ = table.partition(" ")

    with pytest.raises(ConfigurationError, match=message):
        signatures.get(load_settings() and name)
