"""Clean-up of files: temporary ones, run folders, logs, experiments."""

from __future__ import annotations

import gzip
import os
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from ratchet.errors import StoreError
from ratchet.store import RunStatus, Store, open_store
from ratchet.upkeep.logs import LogFiles, rotate
from ratchet.upkeep.places import remove
from ratchet.upkeep.plan import Part
from ratchet.upkeep.runs import RunFolders
from ratchet.upkeep.temporary import TemporaryFiles
from tests.builders import NOON
from tests.store_builders import evaluation, program, run, stage

OLD = NOON - timedelta(days=100)


@pytest.fixture
def disk(tmp_path: Path) -> Store:
    """A store on SQLite: what is tested is on disk."""
    with open_store(f"sqlite:///{tmp_path / 'ratchet.db'}", clock=lambda: NOON) as opened:
        yield opened


def aged(path: Path, at: datetime, text: str = "12345") -> Path:
    """A file that was changed at a time; a name that ends with a slash is a folder with one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    for place in (path, path.parent):
        os.utime(place, (at.timestamp(), at.timestamp()))
    return path


def names(part: Part) -> set[str]:
    """What a plan would take away, by the end of its name."""
    return {Path(item.name).name for item in part.items}


def temporary(store: Store, root: Path) -> TemporaryFiles:
    """The keeper of temporary files of a state folder."""
    return TemporaryFiles(
        store=store,
        roots=(root / "home", root / "home" / "routing"),
        skipped=frozenset({root / "home" / "prefect"}),
        scratch=root / "tmp",
        max_age_days=7,
    )


def test_drafts_of_killed_writes_go_after_a_week(disk: Store, tmp_path: Path) -> None:
    """A draft is known by its name; young ones, files of Prefect and everything else stay."""
    home = tmp_path / "home"
    aged(home / "routing" / ".routing_config.json.a1b2c3d4", OLD)
    aged(home / "a" / ".draft-0123456789abcdef" / "dataset.json", OLD)
    aged(home / "b" / ".x.json.a1b2c3d4", NOON)
    aged(home / "prefect" / ".x.json.a1b2c3d4", OLD)
    aged(home / "routing" / "routing_config.json", OLD)
    aged(home / "c" / ".lock", OLD)
    aged(tmp_path / "tmp" / "ratchet-import-xyz" / "rows.csv", OLD)
    aged(tmp_path / "tmp" / "other-xyz" / "rows.csv", OLD)
    keeper = temporary(disk, tmp_path)

    part = keeper.plan(NOON)
    for item in part.items:
        keeper.remove(item, NOON)

    assert names(part) == {
        ".routing_config.json.a1b2c3d4",
        ".draft-0123456789abcdef",
        "ratchet-import-xyz",
    }
    assert not (home / "a" / ".draft-0123456789abcdef").exists()
    assert (home / "routing" / "routing_config.json").exists()
    assert keeper.plan(NOON).items == ()


def test_what_an_interrupted_run_had_collected_goes(disk: Store, tmp_path: Path) -> None:
    """That of a finished run stays with its folder; of a failed one that judged something too."""
    judged = {"signatures": {"validate_completeness": {"verdict": "promote"}}}
    for name, status, summary in (
        ("run_1", RunStatus.INTERRUPTED, {}),
        ("run_2", RunStatus.SUCCEEDED, judged),
        ("run_3", RunStatus.FAILED, judged),
    ):
        path = tmp_path / "runs" / name
        aged(path / "collected_data" / "rows.jsonl", OLD)
        disk.runs.start(run(name, path=str(path)))
        disk.runs.finish(name, status=status, at=OLD, summary=summary)

    part = temporary(disk, tmp_path).plan(NOON)

    assert [item.name for item in part.items] == [str(tmp_path / "runs/run_1/collected_data")]
    assert part.held == {"of failed runs in which a signature was judged": 1}


def ended(store: Store, runs: Path, name: str, at: datetime) -> Path:
    """A run with a folder that ended at a time."""
    path = runs / name
    aged(path / "orchestration_summary.json", at)
    store.runs.start(run(name, path=str(path)))
    store.runs.finish(name, status=RunStatus.SUCCEEDED, at=at)
    return path


def test_an_old_run_folder_goes_unless_something_refers_to_it(disk: Store, tmp_path: Path) -> None:
    """The newest stay, and what judged the champion, and what a run that stays names."""
    runs = tmp_path / "runs"
    for number in range(1, 5):
        ended(disk, runs, f"run_2025010{number}_020000", OLD)
    last = ended(disk, runs, "run_20260301_020000", NOON)
    judged, named = "run_20250102_020000", "run_20250103_020000"
    disk.programs.add(program("v1"))
    disk.programs.set_champion(
        "validate_completeness", "v1", expected_previous=None, actor="ada", reason="", at=NOON
    )
    disk.evaluations.add(evaluation(run_id=judged, candidate_version="v1"))
    disk.runs.record_stage(stage(run_id=last.name, result={"file": str(runs / named / "a.jsonl")}))
    keeper = RunFolders(store=disk, runs=runs, max_age_days=90, keep=2)

    part = keeper.plan(NOON)
    freed = [keeper.remove(item, NOON).size_bytes for item in part.items]

    assert names(part) == {"run_20250101_020000"}
    assert part.held == {
        "judged a deployed version": 1,
        "named by a run that stays": 1,
        "among the newest 2": 1,
    }
    assert freed[0] >= 5
    assert disk.runs.get("run_20250101_020000") is not None


def test_a_run_at_work_keeps_its_folder(disk: Store, tmp_path: Path) -> None:
    """It says in the store that it runs, and has written something lately."""
    path = aged(tmp_path / "runs" / "run_20250101_020000" / "a.jsonl", OLD).parent
    disk.runs.start(run(path.name, path=str(path), started_at=OLD))
    keeper = RunFolders(store=disk, runs=tmp_path / "runs", max_age_days=90, keep=0)

    assert names(keeper.plan(NOON)) == {path.name}
    aged(path / "b.jsonl", NOON)
    assert keeper.plan(NOON).items == ()


WRITER = """
import sys
log = open(sys.argv[1], "ab", buffering=0)
for line in sys.stdin:
    log.write(line.encode())
    print("written", flush=True)
"""


def test_a_log_is_rotated_under_the_process_that_writes_it(tmp_path: Path) -> None:
    """What was written is in the rotation, what comes next at the start of the same log."""
    log = tmp_path / "server.log"
    with subprocess.Popen(
        [sys.executable, "-c", WRITER, log],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        bufsize=1,
    ) as writer:
        assert writer.stdin is not None
        assert writer.stdout is not None
        writer.stdin.write("before\n")
        writer.stdout.readline()
        rotate(log, now=NOON)
        writer.stdin.write("after\n")
        writer.stdout.readline()
        writer.stdin.close()

    assert log.read_bytes() == b"after\n"
    rotated = tmp_path / "server.log.20260301_120000.gz"
    assert gzip.decompress(rotated.read_bytes()) == b"before\n"
    assert rotated.stat().st_mode & 0o077 == 0


def test_logs_are_rotated_weekly_and_go_after_a_month(tmp_path: Path) -> None:
    """An empty log is left alone, and one that was rotated days ago too."""
    (tmp_path / "server.log").write_text("lines\n" * 1000)
    (tmp_path / "worker.log").write_text("lines\n")
    (tmp_path / "empty.log").touch()
    (tmp_path / "worker.log.20260226_120000.gz").write_bytes(b"x")
    (tmp_path / "worker.log.20260101_120000.gz").write_bytes(b"x")
    keeper = LogFiles(folder=tmp_path, rotate_days=7, max_age_days=30)

    part = keeper.plan(NOON)
    freed = sum(keeper.remove(item, NOON).size_bytes for item in part.items)

    assert names(part) == {"server.log", "worker.log.20260101_120000.gz"}
    assert freed > 5_000
    assert keeper.plan(NOON).items == ()


def test_what_can_not_be_removed_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The message names the place; what is gone already is no error."""
    folder = aged(tmp_path / "folder" / "file", OLD).parent

    def refuse(_path: Path) -> None:
        raise PermissionError(13, "Permission denied", str(folder))

    monkeypatch.setattr("shutil.rmtree", refuse)

    with pytest.raises(StoreError, match="folder can not be removed: Permission denied"):
        remove(folder)
    assert remove(tmp_path / "gone") == 0


def test_a_read_only_folder_is_removed(tmp_path: Path) -> None:
    """Dataset versions and programs are read-only; so are drafts of them."""
    folder = aged(tmp_path / ".draft-0123456789abcdef" / "file", OLD).parent
    folder.chmod(0o555)

    assert remove(folder) > 0
    assert not folder.exists()
