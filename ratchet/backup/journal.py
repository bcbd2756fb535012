"""The journal of a restore: what is moved where, so that a killed restore can be completed.

While the phase is `staging` nothing but hidden folders was made, and a later restore starts
afresh. From `switching` on every step can be repeated, and the same command completes it.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path

from ratchet.backup.disk import sync_folder
from ratchet.backup.places import Part
from ratchet.errors import InputError, StoreError
from ratchet.files import read_json, write_text

JOURNAL, LOCK = ".restore.json", ".restore.lock"
SCHEMA_VERSION = 1


class Phase(StrEnum):
    """How far a restore has come."""

    STAGING = "staging"
    SWITCHING = "switching"


@dataclass(frozen=True, kw_only=True)
class Move:
    """A switch of one file or folder: `target` goes to `aside`, then `staged` to `target`.

    Without `staged`, what is at `target` only goes aside. Doing it twice changes nothing.
    """

    target: Path
    aside: Path
    staged: Path | None = None

    def carry_out(self) -> None:
        """Do what is left to do of it."""
        if self.staged is not None and not os.path.lexists(self.staged):
            return  # done before a kill
        if os.path.lexists(self.target):
            self.aside.parent.mkdir(parents=True, exist_ok=True)
            self._put_aside()
            sync_folder(self.aside.parent)
        if self.staged is not None:
            self.target.parent.mkdir(parents=True, exist_ok=True)
            self.staged.replace(self.target)
        sync_folder(self.target.parent)

    def _put_aside(self) -> None:
        """Give what is at `target` its name aside; a file keeps its own until it is replaced."""
        if self.staged is not None and self.target.is_file() and not self.target.is_symlink():
            if self.aside.exists() and self.aside.samefile(self.target):
                return  # linked before a kill
            with contextlib.suppress(OSError):  # a file system without hard links
                os.link(self.target, _free(self.aside))
                return
        self.target.rename(_free(self.aside))


@dataclass(frozen=True, kw_only=True)
class Journal:
    """One restore of the backup at `place`.

    `aside` names the folder, and the PostgreSQL schema, of the old state.
    """

    restore_id: str
    backup: str
    place: str
    parts: tuple[Part, ...]
    phase: Phase
    aside: str
    staging: tuple[Path, ...]
    moves: tuple[Move, ...] = ()
    notes: tuple[str, ...] = ()

    def write(self, home: Path) -> None:
        """Put the journal on disk, in one atomic step."""
        document = {"schema_version": SCHEMA_VERSION, **asdict(self)}
        write_text(home / JOURNAL, json.dumps(document, indent=1, default=str) + "\n")
        sync_folder(home)

    @property
    def command(self) -> str:
        """The command that completes it."""
        everything = {*Part} - {Part.CONFIGURATION}
        only = [] if {*self.parts} == everything else [f"--only {part}" for part in self.parts]
        return " ".join(("ratchet backup restore", self.place, *only))

    @property
    def asides(self) -> tuple[Path, ...]:
        """What of the old state was moved, as it is on disk now."""
        there = {move.aside for move in self.moves if os.path.lexists(move.aside)}
        return tuple(sorted(there))


def read_journal(home: Path) -> Journal | None:
    """The journal of a restore that has not ended; None when there is none.

    Raises:
        StoreError: it can not be read.
    """
    path = home / JOURNAL
    if not path.exists():
        return None
    try:
        document = read_json(path)
        return Journal(
            restore_id=document["restore_id"],
            backup=document["backup"],
            place=document["place"],
            parts=tuple(Part(part) for part in document["parts"]),
            phase=Phase(document["phase"]),
            aside=document["aside"],
            staging=tuple(Path(folder) for folder in document["staging"]),
            moves=tuple(_move(move) for move in document["moves"]),
            notes=tuple(document["notes"]),
        )
    except (InputError, KeyError, TypeError, ValueError) as error:
        raise StoreError(
            f"{path}, the journal of a restore that has not ended, can not be read: {error}. Look "
            "at the folders .restoring_* and .before_restore_* beside it, then remove it."
        ) from error


def refuse_half_restored(home: Path) -> None:
    """Check that no restore was killed while it put things in place, or is at it right now.

    Raises:
        StoreError: one was; what is here is half old and half new. The message says what
            completes it.
    """
    if not (home / JOURNAL).exists():  # all that it costs when there is none
        return
    journal = read_journal(home)
    if journal is not None and journal.phase is Phase.SWITCHING:
        raise StoreError(
            f"A restore of {journal.backup} has begun to put things in place in {home} and has "
            f"not ended, so that nothing here can be relied on. Finish it with: {journal.command}"
        )


def forget_journal(home: Path) -> None:
    """The restore has ended."""
    (home / JOURNAL).unlink(missing_ok=True)
    sync_folder(home)


@contextmanager
def only_restore(home: Path) -> Iterator[None]:
    """Let one restore of an installation run at a time.

    Raises:
        StoreError: another is running.
    """
    home.mkdir(parents=True, exist_ok=True)
    handle = os.open(home / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise StoreError(
                f"Another restore is running in {home}. Nothing was changed; wait for it."
            ) from None
        yield
    finally:
        os.close(handle)


def _move(document: dict[str, str | None]) -> Move:
    staged = document["staged"]
    return Move(
        target=Path(str(document["target"])),
        aside=Path(str(document["aside"])),
        staged=Path(staged) if staged else None,
    )


def _free(path: Path) -> Path:
    """`path`, or the first of it with a number that is free."""
    number, free = 1, path
    while os.path.lexists(free):
        number += 1
        free = path.with_name(f"{path.name}_{number}")
    return free
