"""Archiving and restoring under kill -9."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from ratchet.datasets import DatasetFolder
from ratchet.datasets.archiving import archive_version, load_archived, restore_version
from ratchet.datasets.layout import signature_folder, version_folders
from ratchet.errors import DatasetError
from tests.faults.kill_archivers import SPEC, VERSION

REPOSITORY = Path(__file__).parents[2]


@pytest.mark.parametrize("work", ["archive", "restore"])
def test_a_kill_at_any_call_leaves_folder_or_archive_whole(tmp_path: Path, work: str) -> None:
    """After every kill the version can be read, and the same command completes the work."""
    said = subprocess.run(
        [sys.executable, "-m", "tests.faults.kill_archivers", str(tmp_path), work],
        capture_output=True,
        text=True,
        cwd=REPOSITORY,
        check=True,
    )
    count = int(said.stdout)

    assert count > 15  # the calls of one archiving; fewer means that nothing was killed
    for call in range(1, count + 1):
        folder = DatasetFolder(tmp_path / str(call))
        assert is_whole(folder), f"killed at call {call}"

        complete(folder, work)

        assert is_whole(folder)
        assert folder.verify(SPEC.name) == []
        names = {path.name for path in (folder.root / SPEC.name).iterdir()}
        expected = {".lock", "latest", "v20260301_130000", "archive"}
        if work == "restore":
            expected |= {VERSION}
        assert names == expected, f"killed at call {call}"


def is_whole(folder: DatasetFolder) -> bool:
    """Whether the version can be read with its four examples, from the folder or the archive."""
    if (folder.root / SPEC.name / VERSION).is_dir():
        return folder.verify(SPEC.name, VERSION) == []
    return len(load_archived(folder, SPEC.name, VERSION).examples) == 4


def complete(folder: DatasetFolder, work: str) -> None:
    """Run the command again, as a person does who saw it die."""
    home = signature_folder(folder.root, SPEC.name)
    if work == "restore":
        restore_version(folder, SPEC.name, VERSION)
    elif home / VERSION in version_folders(home):
        archive_version(folder, SPEC.name, VERSION)
    else:
        folder.publish(
            SPEC, folder.load(SPEC.name).examples, now=folder.load(SPEC.name).version.created
        )
        with pytest.raises(DatasetError, match="no folder"):
            archive_version(folder, SPEC.name, VERSION)
