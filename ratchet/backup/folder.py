"""The folder of the backups: one writer at a time, what killed ones left is swept, old ones go."""

from __future__ import annotations

import contextlib
import fcntl
import os
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

from ratchet.backup.archive import ARCHIVE_SUFFIX, read_first
from ratchet.backup.disk import explained, remove_tree, sync_folder
from ratchet.backup.manifest import MANIFEST_FILE, Manifest, damaged, parse_manifest
from ratchet.errors import InputError, StoreError
from ratchet.signatures.nearest import nearest_name

PREFIX = "backup_"
DRAFT = ".draft-"
LOCK = ".lock"


@dataclass(frozen=True, kw_only=True)
class Backup:
    """A backup on disk: a folder, or a `.tar.gz` file; `problem` says why it can not be used."""

    name: str
    path: Path
    manifest: Manifest | None = None
    problem: str = ""

    @property
    def is_archive(self) -> bool:
        return self.path.name.endswith(ARCHIVE_SUFFIX)

    @property
    def contents(self) -> Manifest:
        """The manifest.

        Raises:
            StoreError: it can not be used.
        """
        if self.manifest is None:
            raise StoreError(self.problem)
        return self.manifest


def list_backups(folder: Path) -> tuple[Backup, ...]:
    """The backups in a folder, the oldest first; damaged ones are among them."""
    if not folder.is_dir():
        return ()
    found = (read_backup(path) for path in folder.iterdir() if path.name.startswith(PREFIX))
    return tuple(sorted(found, key=lambda backup: _order(backup.name)))


def find_backup(folder: Path, name: str) -> Backup:
    """The backup of that name in `folder`, or the one at that path.

    Raises:
        InputError: there is none; the message says which there are.
    """
    for path in (folder / name, folder / f"{name}{ARCHIVE_SUFFIX}", Path(name)):
        if (path.is_dir() or path.is_file()) and path != folder:
            return read_backup(path.absolute())
    names = [backup.name for backup in list_backups(folder)]
    best = nearest_name(name, names)
    hint = f" Did you mean {best}?" if best else ""
    known = ", ".join(names) or "none"
    raise InputError(
        f"There is no backup {name!r} in {folder}.{hint} There is: {known}. "
        "A path to a backup elsewhere works too."
    )


def newest_backup(folder: Path) -> Backup:
    """The newest backup in `folder`.

    Raises:
        InputError: there is none.
    """
    backups = list_backups(folder)
    if not backups:
        raise InputError(f"There is no backup in {folder}. Make one with `ratchet backup create`.")
    return backups[-1]


def read_backup(path: Path) -> Backup:
    """Read the manifest of a backup; what is wrong with it travels in the record."""
    name = path.name.removesuffix(ARCHIVE_SUFFIX)
    try:
        content = read_first(path) if path.is_file() else (path / MANIFEST_FILE).read_bytes()
        return Backup(name=name, path=path, manifest=parse_manifest(content, where=str(path)))
    except OSError as error:
        reason = str(damaged(str(path), f"{MANIFEST_FILE}: {error.strerror or error}"))
        return Backup(name=name, path=path, problem=reason)
    except (StoreError, InputError) as error:
        return Backup(name=name, path=path, problem=str(error))


def prune(folder: Path, *, keep: int, dry_run: bool) -> tuple[Backup, ...]:
    """Remove all but the newest `keep` backups; those that were, or would be, removed.

    A damaged backup counts as none and is left where it is: somebody has to look at it.

    Raises:
        StoreError: the folder can not be written.
    """
    if dry_run:
        return _superfluous(folder, keep)
    with one_writer(folder):
        gone = _superfluous(folder, keep)
        for backup in gone:
            with explained(f"{backup.name} could not be removed", folder=folder):
                aside = folder / f"{DRAFT}{secrets.token_hex(8)}"
                backup.path.rename(aside)
                sync_folder(folder)
            remove_tree(aside)
    return gone


def free_name(folder: Path, now: datetime) -> str:
    """The name of a backup made at `now` that no other has."""
    stem = f"{PREFIX}{now.astimezone(UTC):%Y%m%d_%H%M%S}"
    for number in count():
        name = f"{stem}_{number}" if number else stem
        if not any((folder / f"{name}{end}").exists() for end in ("", ARCHIVE_SUFFIX)):
            return name
    raise AssertionError("count() ends never")


@contextlib.contextmanager
def one_writer(folder: Path) -> Iterator[None]:
    """Hold the lock of the backups, which the system frees when its holder dies.

    What killed writers left is swept first.

    Raises:
        StoreError: another process is at work, or the folder can not be written.
    """
    with explained("No backup was made", folder=folder):
        folder.mkdir(parents=True, exist_ok=True)
        handle = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise StoreError(
                f"Another process is at work on the backups in {folder}. Nothing was changed; "
                "run the same command again when it is done."
            ) from None
        for leftover in folder.glob(f"{DRAFT}*"):
            remove_tree(leftover)
        yield
    finally:
        os.close(handle)


def _superfluous(folder: Path, keep: int) -> tuple[Backup, ...]:
    usable = [backup for backup in list_backups(folder) if backup.manifest is not None]
    return tuple(usable[: max(0, len(usable) - keep)])


def _order(name: str) -> tuple[str, int]:
    """Sorts _10 after _9.

    >>> _order("backup_20260301_120000_9") < _order("backup_20260301_120000_10")
    True
    """
    pieces = name.split("_")
    number = int(pieces[3]) if len(pieces) > 3 and pieces[3].isdecimal() else 0
    return "_".join(pieces[:3]), number
