"""`ratchet optimize`, `ratchet evaluate` and `ratchet programs`, on the offline model."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from ratchet.programs import list_programs, read_state
from ratchet.settings import load_settings
from ratchet.store import open_store
from tests.builders import NOON
from tests.cli_builders import COMPLETENESS, Left, good_examples, ratchet, write_rows

OF = ("--signature", COMPLETENESS)
pytestmark = pytest.mark.xdist_group("cli")  # one worker makes the project that all tests share


@pytest.fixture(scope="module")
def optimized(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Left]:
    """A project, made the working directory, with a dataset and one optimisation of it."""
    project, before = tmp_path_factory.mktemp("project"), Path.cwd()
    os.chdir(project)
    path = write_rows(project / "found.jsonl", good_examples(30))
    assert ratchet("dataset", "create", *OF, path).exit_code == 0
    yield ratchet("optimize", *OF, "--seed", 3)
    os.chdir(before)


@pytest.fixture
def a_copy(optimized: Left, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Left:
    """The same project, a copy to be changed, made the working directory."""
    shutil.copytree(Path.cwd(), tmp_path / "copy", symlinks=True)
    monkeypatch.chdir(tmp_path / "copy")
    return optimized


def programs() -> dict[str, str]:
    """What made each version in the working directory, the versions by name."""
    found = list_programs(load_settings().programs_folder, COMPLETENESS)
    return {program.version: program.optimizer for program in found}


def candidate_of(left: Left) -> str:
    """The version that an optimisation printed."""
    return left.out.split("Candidate: ")[1].split()[0]


def test_an_optimisation_gives_a_candidate(optimized: Left) -> None:
    """The candidate is a program version, and the next command is named."""
    assert optimized.exit_code == 0
    assert programs()[candidate_of(optimized)] == "bootstrap"
    assert f"Next: ratchet evaluate --signature {COMPLETENESS}" in optimized.out


def test_the_price_is_said_before_the_first_call(optimized: Left) -> None:
    """Calls, tokens and dollars at most, and what is optimised with which model."""
    before, _, _ = optimized.out.partition("Candidate")

    assert "bootstrap will ask at most" in before
    assert "0.00 USD" in before
    assert "Model: offline/in-context." in before


def test_the_run_folder_has_the_reports(optimized: Left) -> None:
    """A person can look at the audit of the metric and at the trials."""
    run = Path(optimized.out.split("Run folder: ")[1].split("\n")[0])

    assert {p.name for p in (run / "optimization_results").iterdir()} == {
        f"{COMPLETENESS}.metric_audit.json",
        f"{COMPLETENESS}.optimization.json",
    }


def test_an_optimisation_that_is_repeated_pays_for_nothing(optimized: Left) -> None:
    """The same optimisation finds every answer of the first."""
    again = ratchet("optimize", *OF, "--seed", 3, "--json").document

    assert again["lm_calls"] == 0
    assert again["candidate"] is not None


def test_an_evaluation_prints_verdict_interval_and_reasons(optimized: Left) -> None:
    """Scores of both, the gain with its interval, the verdict; it is in the store."""
    left = ratchet("evaluate", *OF, "--candidate", candidate_of(optimized))

    with open_store(load_settings().store_url) as store:
        newest = store.evaluations.list(signature=COMPLETENESS)[0]
    assert left.exit_code == 0
    assert f"Verdict: {newest.verdict}" in left.out
    assert "95 % interval" in left.out
    assert all(reason in left.out for reason in newest.reasons)
    assert newest.candidate_version == candidate_of(optimized)


def test_every_evaluation_asks_afresh_and_counts_as_a_look(optimized: Left) -> None:
    """The second evaluation calls the model as often as the first, and is the next look."""
    arguments = ("evaluate", *OF, "--candidate", candidate_of(optimized), "--json")

    first, second = ratchet(*arguments).document, ratchet(*arguments).document

    assert first["lm_calls"] == second["lm_calls"] == 2 * first["test_examples"] > 0
    assert second["test_uses"] == first["test_uses"] + 1


def test_a_program_is_not_compared_with_itself(optimized: Left) -> None:
    """Wrong use, with the version."""
    version = candidate_of(optimized)

    left = ratchet("evaluate", *OF, "--candidate", version, "--baseline", version)

    assert left.exit_code == 2
    assert f"{version} is both the candidate and the baseline" in left.err


@pytest.mark.parametrize("option", ["--candidate", "--baseline"])
def test_an_unknown_program_is_answered_with_those_there_are(optimized: Left, option: str) -> None:
    """The message has the versions to choose from."""
    left = ratchet("evaluate", *OF, option, "v1")

    assert left.exit_code == 2
    assert "no program 'v1'" in left.err
    assert candidate_of(optimized) in left.err


@pytest.mark.parametrize("command", ["optimize", "evaluate"])
def test_an_unknown_dataset_is_answered_with_those_there_are(optimized: Left, command: str) -> None:
    """A typo in the version of the dataset starts nothing."""
    left = ratchet(command, *OF, "--dataset", "v1")

    assert left.exit_code == 2
    assert f"{COMPLETENESS} has no version 'v1'" in left.err


@pytest.mark.parametrize(
    ("model", "message"),
    [
        ("nope", "write it as provider/model"),
        ("offline/other", "did you mean offline/in-context?"),
        ("openai/gpt-4o", "set OPENAI_API_KEY"),
    ],
)
def test_a_model_that_can_not_answer_is_explained(
    optimized: Left, monkeypatch: pytest.MonkeyPatch, model: str, message: str
) -> None:
    """Wrong names and missing keys are said before anything is done; no run folder stays."""
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    runs = load_settings().runs_folder
    before = list(runs.iterdir())

    left = ratchet("optimize", *OF, "--lm", model)

    assert left.exit_code == 2
    assert message in left.err
    assert list(runs.iterdir()) == before


def test_numbers_out_of_range_are_wrong_use() -> None:
    """No trial is no optimisation."""
    left = ratchet("optimize", *OF, "--trials", 0)

    assert left.exit_code == 2
    assert "--trials" in left.err


def test_too_few_examples_are_refused(workspace: Path, optimized: Left) -> None:
    """Under ten examples there is no candidate, and the exit code says so."""
    path = write_rows(workspace / "found.jsonl", good_examples(8))
    ratchet("dataset", "create", *OF, path)

    left = ratchet("optimize", *OF)

    assert left.exit_code == 1
    assert "No candidate" in left.out
    assert "10" in left.out


@pytest.mark.parametrize("command", ["optimize", "evaluate"])
def test_without_a_dataset_the_way_to_one_is_said(workspace: Path, command: str) -> None:
    """The message has the command that makes one."""
    left = ratchet(command, *OF)

    assert left.exit_code == 2
    assert f"`ratchet dataset create --signature {COMPLETENESS} FILE...`" in left.err


def test_without_a_candidate_the_way_to_one_is_said(workspace: Path) -> None:
    """There is a dataset and nothing to judge."""
    path = write_rows(workspace / "found.jsonl", good_examples(12))
    ratchet("dataset", "create", *OF, path)

    left = ratchet("evaluate", *OF)

    assert left.exit_code == 2
    assert f"`ratchet optimize --signature {COMPLETENESS}`" in left.err


def test_too_few_sealed_examples_carry_no_verdict(workspace: Path) -> None:
    """An evaluation on a handful is refused and leaves with 1."""
    path = write_rows(workspace / "found.jsonl", good_examples(12))
    ratchet("dataset", "create", *OF, path)
    ratchet("optimize", *OF)

    left = ratchet("evaluate", *OF)

    assert left.exit_code == 1
    assert "a verdict needs at least" in left.out


def test_programs_are_listed_with_their_verdicts(optimized: Left) -> None:
    """Version, kind, what made it, how it was judged; the newest first."""
    version = candidate_of(optimized)
    judged = ratchet("evaluate", *OF, "--candidate", version, "--json").document

    listed = ratchet("programs", "list")
    document = ratchet("programs", "list", *OF, "--json").document

    (line,) = [line for line in listed.out.splitlines() if line.startswith(version)]
    assert judged["verdict"] in line
    assert "candidate" in line
    assert {row["version"] for row in document} == set(programs())
    assert {row["kind"] for row in document} == {"candidate", "baseline"}


def test_the_champion_is_marked_and_shown_by_that_word(a_copy: Left) -> None:
    """The program in production is found without knowing its version."""
    version = candidate_of(a_copy)
    with open_store(load_settings().store_url) as store:
        store.programs.set_champion(
            COMPLETENESS, version, expected_previous=None, actor="test", reason="", at=NOON
        )

    document = ratchet("programs", "list", "--json").document
    shown = ratchet("programs", "show", COMPLETENESS, "champion", "--json").document

    assert [row["version"] for row in document if row["kind"] == "champion"] == [version]
    assert shown["version"] == version


def test_a_program_is_shown_in_readable_words(optimized: Left) -> None:
    """Instructions, demonstrations, where it comes from and where its file is."""
    version = candidate_of(optimized)

    left = ratchet("programs", "show", COMPLETENESS, version)

    assert "Instructions\n" in left.out
    assert "Demonstration 1 of" in left.out
    assert f"{COMPLETENESS} {version}" in left.out
    assert str(load_settings().programs_folder / COMPLETENESS / version) in left.out


def test_json_of_a_program_has_the_state_that_dspy_loads(optimized: Left) -> None:
    """The very state on disk, with the metadata and evaluations beside it."""
    version = candidate_of(optimized)
    root = load_settings().programs_folder
    (program,) = [p for p in list_programs(root, COMPLETENESS) if p.version == version]

    document = ratchet("programs", "show", COMPLETENESS, version, "--json").document

    assert document["state"] == read_state(root, program)
    assert document["sha256"] == program.sha256


def test_a_changed_program_is_refused(a_copy: Left) -> None:
    """A state that was edited by hand is not shown as if it were the published one."""
    baseline = next(name for name, maker in programs().items() if maker == "baseline")
    path = load_settings().programs_folder / COMPLETENESS / baseline / "program.json"
    path.chmod(0o644)
    path.write_text(path.read_text().replace("requirement", "wish", 1))

    left = ratchet("programs", "show", COMPLETENESS, baseline)

    assert left.exit_code == 2
    assert "was changed after it was published" in left.err


def test_no_programs_yet_is_a_sentence(workspace: Path) -> None:
    """And an empty list for programs that read it."""
    assert "There are no programs yet." in ratchet("programs", "list").out
    assert ratchet("programs", "list", "--json").document == []


def test_a_champion_that_is_not_there_is_said(workspace: Path) -> None:
    """Before the first promotion nothing is in production."""
    left = ratchet("programs", "show", COMPLETENESS, "champion")

    assert left.exit_code == 2
    assert f"{COMPLETENESS} has no champion yet" in left.err


def test_a_locked_database_is_said_to_be_locked(
    workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another program holds the file: the message says so, and no traceback."""
    ratchet("programs", "list")
    path = workspace / ".ratchet" / "ratchet.db"
    monkeypatch.setenv("RATCHET_DATABASE_URL", f"sqlite:///{path}?timeout=0.1")
    rows = write_rows(workspace / "found.jsonl", good_examples(1))
    with sqlite3.connect(path) as holder:
        holder.execute("BEGIN IMMEDIATE")

        left = ratchet("import", rows)

    assert left.exit_code == 2
    assert "locked" in left.err
