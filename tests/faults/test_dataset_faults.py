"""Publishing under kill -9, full disks, read-only folders and several writers at once."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pytest

from ratchet.datasets import DatasetFolder
from ratchet.datasets.publication import one_writer
from ratchet.errors import DatasetError
from ratchet.signatures import get
from tests.builders import NOON
from tests.dataset_builders import example_set, tree_of
from tests.faults.kill_publishers import publish_second

SPEC = get("validate_completeness")
NOBODY = 65534
REPOSITORY = Path(__file__).parents[2]


def run_python(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run an interpreter of its own in the repository."""
    return subprocess.run(
        [sys.executable, *arguments], capture_output=True, text=True, cwd=REPOSITORY, check=True
    )


def test_a_kill_at_any_call_leaves_the_old_latest_or_the_new_one(tmp_path: Path) -> None:
    """After every kill `latest` is whole, and publishing again ends with two whole versions."""
    count = int(run_python("-m", "tests.faults.kill_publishers", str(tmp_path)).stdout)

    assert count > 15  # the calls of one publication; fewer means that nothing was killed
    for call in range(1, count + 1):
        folder = DatasetFolder(tmp_path / str(call))
        latest = folder.latest(SPEC.name)
        assert latest is not None, f"killed at call {call}"
        assert latest.example_count in {4, 8}
        for version in folder.versions(SPEC.name):
            assert folder.verify(SPEC.name, version.version) == [], f"killed at call {call}"

        publish_second(folder.root)

        assert [v.example_count for v in folder.versions(SPEC.name)] == [4, 8]
        assert folder.load(SPEC.name).version.example_count == 8
        assert folder.verify(SPEC.name) == []
        names = {path.name for path in (folder.root / SPEC.name).iterdir()}
        assert names == {".lock", "latest", "v20260301_120000", "v20260301_130000"}


FULL_DISK = """
import resource, sys
from pathlib import Path
from ratchet.errors import DatasetError
from tests.faults.kill_publishers import publish_second
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), int(sys.argv[2])))
try:
    publish_second(Path(sys.argv[1]))
except DatasetError as error:
    print(error)
"""


@pytest.mark.parametrize("limit", ["0", "1000", "4500"])
def test_a_disk_that_takes_no_more_leaves_nothing_half_done(tmp_path: Path, limit: str) -> None:
    """A write that fails in any file is a clear error; the folder is as it was before."""
    DatasetFolder(tmp_path).publish(SPEC, example_set(4), now=NOON)
    before = tree_of(tmp_path)

    said = run_python("-c", FULL_DISK, str(tmp_path), limit).stdout

    assert "No version was published in" in said
    assert "File too large" in said
    assert "free space" in said
    assert tree_of(tmp_path) == before
    assert not list((tmp_path / SPEC.name).glob(".draft-*"))


@contextlib.contextmanager
def as_somebody_without_rights() -> Iterator[None]:
    """Give up the rights of root for a while; another user has none to give up."""
    is_root = os.geteuid() == 0
    if is_root:
        os.seteuid(NOBODY)
    try:
        yield
    finally:
        if is_root:
            os.seteuid(0)


def test_a_read_only_folder_gives_a_clear_error() -> None:
    """Without the right to write nothing changes, and the message says what to check."""
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        DatasetFolder(root).publish(SPEC, example_set(4), now=NOON)
        before = tree_of(root)
        for path in (root, root / SPEC.name):
            path.chmod(0o555)

        with (
            as_somebody_without_rights(),
            pytest.raises(DatasetError, match=r"published in .*Permission denied"),
        ):
            publish_second(root)

        for path in (root, root / SPEC.name):
            path.chmod(0o755)
        assert tree_of(root) == before


def test_a_folder_that_is_a_file_gives_a_clear_error(tmp_path: Path) -> None:
    """The root may be anything a user typed."""
    (tmp_path / "data").write_text("not a folder")

    with pytest.raises(DatasetError, match="No version was published in"):
        publish_second(tmp_path / "data")


def add_one(root: Path, number: int) -> str:
    """Add one example to the set; what one of many writers does."""
    return DatasetFolder(root).add(SPEC, example_set(1, start=number), now=NOON).version


def test_threads_that_add_at_once_lose_nothing(tmp_path: Path) -> None:
    """Eight writers give eight versions, the last of which holds everything."""
    with ThreadPoolExecutor(8) as pool:
        names = list(pool.map(lambda number: add_one(tmp_path, number), range(8)))

    assert len(set(names)) == 8
    assert_all_there(tmp_path, 8)


def test_processes_that_add_at_once_lose_nothing(tmp_path: Path) -> None:
    """The same holds between processes."""
    with ProcessPoolExecutor(3, mp_context=get_context("spawn")) as pool:
        names = list(pool.map(add_one, [tmp_path] * 6, range(6)))

    assert len(set(names)) == 6
    assert_all_there(tmp_path, 6)


def assert_all_there(root: Path, count: int) -> None:
    """The versions form one line of growth, all whole."""
    folder = DatasetFolder(root)
    versions = folder.versions(SPEC.name)
    assert [v.example_count for v in versions] == [*range(1, count + 1)]
    assert [v.parent_version for v in versions] == [None, *(v.version for v in versions[:-1])]
    assert folder.latest(SPEC.name) == versions[-1]
    assert [folder.verify(SPEC.name, v.version) for v in versions] == [[]] * count


def test_a_writer_that_does_not_finish_is_named(tmp_path: Path) -> None:
    """Who waits too long gets a clear error, and publishes once the other is done."""
    folder = DatasetFolder(tmp_path, lock_timeout_seconds=0.0)

    with (
        one_writer(tmp_path / SPEC.name, timeout_seconds=1),
        pytest.raises(DatasetError, match="Another process is publishing"),
    ):
        folder.publish(SPEC, example_set(2), now=NOON)

    assert folder.publish(SPEC, example_set(2), now=NOON).is_new


def test_leftovers_of_a_killed_writer_are_swept(tmp_path: Path) -> None:
    """Half a draft, read-only as it may be, goes with the next publication."""
    draft = tmp_path / SPEC.name / ".draft-0123"
    draft.mkdir(parents=True)
    (draft / "dataset.json").write_text("[")
    draft.chmod(0o555)
    (tmp_path / SPEC.name / ".draft-4567").symlink_to("v20260301_120000")

    DatasetFolder(tmp_path).publish(SPEC, example_set(2), now=NOON)

    assert not list((tmp_path / SPEC.name).glob(".draft-*"))
