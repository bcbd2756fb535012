"""The spool folder, by a clock that the test turns."""

from __future__ import annotations

import os
import re
import resource
from pathlib import Path

import pytest

from ratchet.errors import StoreError
from ratchet.serving.spool import SpoolWriter, spool_files
from tests.serving_builders import Clock, lines

LINE = b'{"a":1}\n'


def writer(folder: Path, clock: Clock, *, max_bytes: int = 1_000) -> SpoolWriter:
    """A writer whose files grow for ten minutes."""
    return SpoolWriter(folder, max_bytes=max_bytes, max_seconds=600, now=clock)


def finished(folder: Path) -> list[bool]:
    """Which files of the spool are finished, in order."""
    return [file.is_finished for file in spool_files(folder)]


def test_a_file_is_named_by_its_start_and_its_process(tmp_path: Path) -> None:
    """Processes never share a file, and names sort by time."""
    spool = writer(tmp_path, Clock(1_772_366_400.0))

    spool.append(LINE)

    (path,) = tmp_path.iterdir()
    assert re.fullmatch(rf"20260301T120000000000Z-{os.getpid()}-00001\.jsonl", path.name)
    assert path.stat().st_mode & 0o777 == 0o600


def test_nothing_is_made_before_the_first_line(tmp_path: Path) -> None:
    """An app that records nothing leaves no files."""
    spool = writer(tmp_path / "spool", Clock())

    spool.finish_if_due()
    spool.finish()

    assert not (tmp_path / "spool").exists()


def test_a_file_is_finished_by_size(tmp_path: Path) -> None:
    """No file is longer than the limit, unless a single batch is."""
    spool = writer(tmp_path, Clock(), max_bytes=3 * len(LINE))

    for _ in range(7):
        spool.append(LINE)
    spool.append(LINE * 10)

    assert [path.stat().st_size // len(LINE) for path in sorted(tmp_path.iterdir())] == [
        3,
        3,
        1,
        10,
    ]
    assert finished(tmp_path) == [True, True, True, False]


def test_a_file_is_finished_by_age(tmp_path: Path) -> None:
    """Records of a quiet app do not lie in a growing file for ever."""
    clock = Clock()
    spool = writer(tmp_path, clock)
    spool.append(LINE)

    clock.seconds += 599
    spool.finish_if_due()
    young, left = finished(tmp_path), spool.seconds_left()
    clock.seconds += 1
    spool.finish_if_due()

    assert (young, left, finished(tmp_path)) == ([False], 1.0, [True])


def test_a_finished_file_is_never_appended_to(tmp_path: Path) -> None:
    """A reader may take it away."""
    spool = writer(tmp_path, Clock())
    spool.append(LINE)
    spool.finish()

    spool.append(LINE)

    assert finished(tmp_path) == [True, False]
    assert len(lines(tmp_path)) == 2


def test_a_full_disk_leaves_no_half_line(tmp_path: Path) -> None:
    """After the disk has room again, lines go on where they were whole."""
    spool = writer(tmp_path, Clock(), max_bytes=100_000)
    spool.append(LINE)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)

    resource.setrlimit(resource.RLIMIT_FSIZE, (3 * len(LINE) + 3, limits[1]))
    try:
        with pytest.raises(StoreError, match=r"full|large"):
            spool.append(LINE * 5)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    spool.append(LINE)

    assert lines(tmp_path) == ['{"a":1}', '{"a":1}']


def test_a_folder_that_can_not_be_made_is_said(tmp_path: Path) -> None:
    """Something else has the folder's name."""
    (tmp_path / "spool").write_text("")

    with pytest.raises(StoreError, match="spool can not be written"):
        writer(tmp_path / "spool", Clock()).append(LINE)


def test_a_file_that_is_being_made_is_not_seen(tmp_path: Path) -> None:
    """A reader never takes a file that its writer has not locked yet."""
    (tmp_path / ".20260301T120000000000Z-1-00001.jsonl").write_bytes(b"")

    assert list(spool_files(tmp_path)) == []
