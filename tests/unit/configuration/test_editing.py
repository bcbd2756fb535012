"""Changes to the settings file: whole or not at all, and nothing else is touched."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from ratchet.configuration.editing import removal, setting
from ratchet.errors import ConfigurationError
from ratchet.settings import SettingsOfFile

WITH_COMMENTS = """\
# Agreed on 3 March.
model = "openai/a"  # the cheap one

[collection]
# more than that is noise
git_target = 30
since_days = 60
"""


def change(file: Path, path: str, value: str) -> str:
    """The text of the file once `path` is set."""
    edit = setting(file, path, value, model=SettingsOfFile)
    edit.write()
    return file.read_text()


def test_comments_and_order_stay(tmp_path: Path) -> None:
    """Only the value is another one."""
    file = tmp_path / "ratchet.toml"
    file.write_text(WITH_COMMENTS)

    text = change(file, "collection.git_target", "45")

    assert text == WITH_COMMENTS.replace("= 30", "= 45")


@pytest.mark.parametrize(
    ("path", "value", "kept"),
    [
        ("collection.mode", "manual", "manual"),
        ("collection.min_quality_score", "0.8", 0.8),
        ("optimisation.reoptimize_on_new_data", "false", False),
        ("bootstrap.difficulty_levels", "easy, hard", ["easy", "hard"]),
        ("bootstrap.difficulty_levels", '["hard"]', ["hard"]),
        ("bootstrap.domains.mathematics.target_examples", "60", 60),
        ("model", "7b", "7b"),
        ("optimization.trials", "20", 20),
    ],
)
def test_a_value_is_written_as_its_type(
    tmp_path: Path, path: str, value: str, kept: object
) -> None:
    """Numbers, switches, lists and texts are typed without thinking of TOML."""
    file = tmp_path / "ratchet.toml"

    found = tomllib.loads(change(file, path, value))

    for name in path.replace("optimization", "optimisation").split("."):
        found = found[name]
    assert found == kept


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("optimisation.trials", "5000", r"1\.\.1000"),
        ("optimisation.trials", "many", "given: 'many'"),
        ("collection.max_examples_per_domain", "15", "optimisation|bootstrap"),
        ("collection.gti_target", "1", "Did you mean collection.git_target"),
    ],
)
def test_a_wrong_value_leaves_the_file_as_it_is(
    tmp_path: Path, path: str, value: str, message: str
) -> None:
    """The whole is validated before anything is written, combinations too."""
    file = tmp_path / "ratchet.toml"
    file.write_text(WITH_COMMENTS)

    with pytest.raises(ConfigurationError, match=message):
        setting(file, path, value, model=SettingsOfFile)

    assert file.read_text() == WITH_COMMENTS


def test_what_is_taken_out_leaves_no_empty_table(tmp_path: Path) -> None:
    """Setting and taking out again is as if nothing had been, comments included."""
    file = tmp_path / "ratchet.toml"
    file.write_text(WITH_COMMENTS)
    change(file, "bootstrap.domains.mathematics.target_examples", "60")

    edit = removal(file, "bootstrap.domains.mathematics.target_examples", model=SettingsOfFile)
    edit.write()

    assert (edit.before, edit.after) == (60, None)
    assert file.read_text().rstrip() == WITH_COMMENTS.rstrip()
    with pytest.raises(ConfigurationError, match="nothing to take out"):
        removal(file, "collection.mode", model=SettingsOfFile)


def test_an_older_name_in_the_file_can_be_taken_out(tmp_path: Path) -> None:
    """It is found under the name it has there."""
    file = tmp_path / "ratchet.toml"
    file.write_text("[optimization]\ntrials = 7\n")

    edit = removal(file, "optimization.trials", model=SettingsOfFile)

    assert (edit.before, edit.text.strip()) == (7, "")


def test_the_environment_does_not_make_a_wrong_file_right(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file is checked alone: the next process may not have the variable."""
    monkeypatch.setenv("RATCHET_COLLECTION__MAX_EXAMPLES_PER_DOMAIN", "1000")

    with pytest.raises(ConfigurationError, match="allowed is a minimum"):
        setting(
            tmp_path / "ratchet.toml",
            "collection.min_examples_per_domain",
            "500",
            model=SettingsOfFile,
        )
