"""git that is missing, broken or killed while its output is read."""

from __future__ import annotations

import os
import shutil
import signal
from pathlib import Path

import psutil
import pytest

from ratchet.collect.git_history import MiningOptions, mine
from ratchet.collect.git_history.log import LogRequest, read_log
from ratchet.collect.git_history.repository import open_repository
from ratchet.errors import InputError
from tests.repositories import BuiltRepository, Planned, build_repository


@pytest.fixture
def large(tmp_path: Path) -> BuiltRepository:
    """A history whose log is larger than what a pipe holds."""
    numbers = range(4_000)
    return build_repository(
        tmp_path / "large.git",
        [
            Planned(
                message=f"Change number {n}",
                files={f"f{n}.py": "".join(f"v_{i} = compute({i * n})\n" for i in numbers)},
                day=float(n),
            )
            for n in range(40)
        ],
    )


def git_children() -> list[psutil.Process]:
    """The git processes that this process started."""
    return [child for child in psutil.Process().children() if child.name() == "git"]


def test_git_killed_midway_is_an_error_that_says_so(large: BuiltRepository) -> None:
    """What was read before is not taken for the whole history."""
    commits = read_log(open_repository(large.path), LogRequest(max_commits=1_000))
    next(commits)
    (child,) = git_children()
    os.kill(child.pid, signal.SIGKILL)

    with pytest.raises(InputError, match="ended by signal 9"):
        list(commits)


def test_a_reader_that_stops_early_leaves_no_process(large: BuiltRepository) -> None:
    """Closing the log ends git."""
    commits = read_log(open_repository(large.path), LogRequest(max_commits=1_000))
    next(commits)

    commits.close()  # type: ignore[attr-defined] # a generator

    assert git_children() == []


def test_git_missing_from_path_is_said(
    large: BuiltRepository, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The message names the remedy."""
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(InputError, match="Install git"):
        mine(large.path, MiningOptions(), now=large.now)


def test_a_lost_object_is_said_with_git_s_own_words(large: BuiltRepository) -> None:
    """A damaged repository is an error, never a shorter history."""
    for pack in (large.path / "objects" / "pack").glob("*.pack"):
        damaged = bytearray(pack.read_bytes())
        damaged[len(damaged) // 2 : len(damaged) // 2 + 400] = b"\0" * 400
        pack.chmod(0o644)
        pack.write_bytes(damaged)

    with pytest.raises(InputError, match="git fsck"):
        mine(large.path, MiningOptions(since_days=365), now=large.now)


def test_a_head_that_points_nowhere_is_an_empty_repository(large: BuiltRepository) -> None:
    """It is the state before the first commit, and no crash."""
    (large.path / "HEAD").write_text("ref: refs/heads/unborn\n")

    assert "has no commits yet" in mine(large.path, MiningOptions(), now=large.now).notes[0]


def test_a_repository_without_its_objects_is_refused(large: BuiltRepository) -> None:
    """A folder that only looks like a repository is said to be none."""
    shutil.rmtree(large.path / "objects")

    with pytest.raises(InputError):
        mine(large.path, MiningOptions(), now=large.now)


def test_many_complaints_do_not_stop_the_reading(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Git may complain more than a pipe holds; both of its outputs are drained."""
    built = build_repository(
        tmp_path / "r", [Planned(message="Add the number x", files={"x.py": "x = 1\n"})]
    )
    fake = tmp_path / "bin" / "git"
    fake.parent.mkdir()
    real = shutil.which("git")
    fake.write_text(
        "#!/bin/sh\nfor i in 1 2 3 4 5 6 7 8; do head -c 50000 /dev/zero | tr '\\0' 'w' >&2; done\n"
        f'exec {real} "$@"\n'
    )
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", str(fake.parent), prepend=os.pathsep)

    found = mine(built.path, MiningOptions(), now=built.now)

    assert found.notes == ()
