"""What a stage leaves behind, and how a later run takes it over."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ratchet.cycle.run_folder import RunFolder
from ratchet.cycle.stage_file import StageFile, StageResult
from ratchet.errors import StoreError
from tests.builders import completeness_example

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


@dataclass(frozen=True, kw_only=True)
class Finished(StageResult):
    """A result with one file of examples."""

    file: StageFile


def finished(runs: Path) -> Finished:
    """A stage that has left a file and a report in a new run."""
    run = RunFolder.create(runs, now=NOW)
    file = StageFile.write(run.validated("s"), [completeness_example()])
    report = run.report("s", "validation")
    report.parent.mkdir()
    report.write_text("{}")
    return Finished(run_path=run.path, leaves=run.relative(file.path, report), file=file)


def test_examples_survive_the_file(tmp_path: Path) -> None:
    """The next stage reads what this one wrote."""
    examples = (completeness_example(), completeness_example(implementation="Other."))

    file = StageFile.write(tmp_path / "examples.jsonl", examples)

    assert file.read() == examples
    assert file.count == 2
    assert StageFile.of(file.path) == file


def test_a_file_changed_behind_our_back_is_refused(tmp_path: Path) -> None:
    """A stage never goes on with other examples than those that were checked."""
    file = StageFile.write(tmp_path / "examples.jsonl", [completeness_example()])
    file.path.write_text("{}\n")

    with pytest.raises(StoreError, match="changed"):
        file.read()


def test_a_later_run_takes_over_every_file(tmp_path: Path) -> None:
    """Its folder is complete, even when the older one is deleted afterwards."""
    old = finished(tmp_path)
    later = RunFolder.create(tmp_path, now=NOW)

    taken = old.taken_over_by(later)

    assert taken.is_whole
    assert taken.file.path == later.validated("s")
    assert taken.file.read() == old.file.read()
    assert later.report("s", "validation").read_text() == "{}"


def test_a_result_whose_files_are_gone_is_not_whole(tmp_path: Path) -> None:
    """It has to be made again."""
    result = finished(tmp_path)

    (result.run_path / result.leaves[1]).unlink()

    assert not result.is_whole


def test_two_runs_of_one_second_have_folders_of_their_own(tmp_path: Path) -> None:
    """No run writes into another one's folder."""
    names = [RunFolder.create(tmp_path, now=NOW).run_id for _ in range(3)]

    assert names == ["run_20260301_120000", "run_20260301_120000_2", "run_20260301_120000_3"]


def test_a_folder_that_can_not_hold_runs_is_explained(tmp_path: Path) -> None:
    """The message names the option to change."""
    (tmp_path / "file").write_text("in the way")

    with pytest.raises(StoreError, match="--output-dir"):
        RunFolder.create(tmp_path / "file", now=NOW)
