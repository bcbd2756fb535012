"""The folder of the backups: order, names, and how old ones leave."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ratchet.backup.folder import find_backup, list_backups, newest_backup, prune, read_backup
from ratchet.errors import InputError
from tests.backup_builders import back_up, places, write


def backups(folder: Path, count: int) -> list[str]:
    """So many small backups, a minute apart."""
    where = places(folder / "a")
    write(where.runs / "run_1" / "orchestration_summary.json", "{}")
    return [back_up(where, folder / "b", minutes=minute).name for minute in range(count)]


def test_the_newest_stay_and_the_others_go(tmp_path: Path) -> None:
    """A dry run says the same and removes nothing."""
    names = backups(tmp_path, 4)

    would = prune(tmp_path / "b", keep=2, dry_run=True)
    assert [backup.name for backup in would] == names[:2]
    assert [backup.name for backup in list_backups(tmp_path / "b")] == names

    assert prune(tmp_path / "b", keep=2, dry_run=False) == would
    assert [backup.name for backup in list_backups(tmp_path / "b")] == names[2:]
    assert prune(tmp_path / "b", keep=2, dry_run=False) == ()


def test_a_damaged_backup_counts_as_none_and_is_left(tmp_path: Path) -> None:
    """Else the last whole ones would go because of broken younger ones."""
    names = backups(tmp_path, 3)
    manifest = tmp_path / "b" / names[2] / "manifest.json"
    manifest.chmod(0o644)
    manifest.write_text("{}")

    gone = prune(tmp_path / "b", keep=1, dry_run=False)

    assert [backup.name for backup in gone] == names[:1]
    left = list_backups(tmp_path / "b")
    assert [backup.name for backup in left] == names[1:]
    assert "damaged" in left[1].problem


def test_a_backup_is_found_by_name_and_by_path(tmp_path: Path) -> None:
    """An unknown one is answered with the nearest name, and with those there are."""
    names = backups(tmp_path, 2)
    folder = tmp_path / "b"

    assert find_backup(folder, names[0]).name == names[0]
    assert find_backup(tmp_path, str(folder / names[1])).name == names[1]
    assert newest_backup(folder).name == names[1]
    with pytest.raises(InputError, match=f"Did you mean {names[1]}"):
        find_backup(folder, f"{names[1]}x")
    with pytest.raises(InputError, match="ratchet backup create"):
        newest_backup(tmp_path / "none")


def test_leftovers_of_killed_commands_are_swept_by_the_next(tmp_path: Path) -> None:
    """Half a draft and a half-removed backup are no backups, and go."""
    folder = tmp_path / "b"
    write(folder / ".draft-0123" / "database" / "ratchet.db", "half").chmod(0o400)
    (folder / ".draft-0123" / "database").chmod(0o500)
    write(folder / ".draft-4567.tar.gz", "half")
    assert list_backups(folder) == ()

    names = backups(tmp_path, 1)

    assert sorted(os.listdir(folder)) == [".lock", *names]  # noqa: PTH208 - hidden names count


def test_something_else_in_the_folder_is_called_damaged(tmp_path: Path) -> None:
    """A file that only looks like a backup is no reason to fail."""
    assert "damaged" in read_backup(write(tmp_path / "backup_x.tar.gz", "hello")).problem
    assert "damaged" in read_backup(write(tmp_path / "backup_y" / "z", "hello").parent).problem
