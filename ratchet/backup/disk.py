"""Copies that are on disk when they are reported, and errors that say what the disk lacks."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ratchet.errors import StoreError

PIECE_BYTES = 1024 * 1024
FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
SPARE_BYTES = 1024 * 1024  # folders and the manifest take some too
PRIVATE, OWN_FOLDER = 0o600, 0o700


@dataclass(frozen=True, kw_only=True)
class Copied:
    """What a copy holds."""

    size_bytes: int
    sha256: str


def copy_file(
    source: Path, target: Path, *, mode: int = PRIVATE, at_most: int | None = None
) -> Copied:
    """Copy a file, or its first `at_most` bytes, and put the copy on disk.

    A link is not followed: whoever could place one could have any file copied.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    reader = os.open(source, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    digest, left, size = hashlib.sha256(), at_most, 0
    with os.fdopen(reader, "rb") as incoming, target.open("xb") as outgoing:
        while piece := incoming.read(PIECE_BYTES if left is None else min(left, PIECE_BYTES)):
            outgoing.write(piece)
            digest.update(piece)
            size += len(piece)
            left = None if left is None else left - len(piece)
        outgoing.flush()
        os.fchmod(outgoing.fileno(), mode)
        os.fsync(outgoing.fileno())
    return Copied(size_bytes=size, sha256=digest.hexdigest())


def write_durably(path: Path, content: bytes, *, mode: int = PRIVATE) -> None:
    """Write a new file and put it on disk."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("xb") as stream:
        stream.write(content)
        stream.flush()
        os.fchmod(stream.fileno(), mode)
        os.fsync(stream.fileno())


def hash_file(path: Path) -> Copied:
    """The size and hash of a file on disk; a link is an error."""
    with os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC), "rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
        return Copied(size_bytes=stream.tell(), sha256=digest)


def put_on_disk(path: Path) -> None:
    """Put a file that somebody else wrote on disk."""
    with path.open("rb") as stream:
        os.fsync(stream.fileno())


def sync_folder(folder: Path) -> None:
    """Put the names in a folder on disk."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sync_tree(root: Path) -> None:
    """Put the names in a folder and in all below it on disk."""
    for folder, _, _ in os.walk(root, topdown=False):
        sync_folder(Path(folder))


def remove_tree(path: Path) -> None:
    """Remove a file or a folder, read-only ones too; what resists is left."""
    with contextlib.suppress(OSError):
        if path.is_symlink() or path.is_file():
            path.unlink()
            return
        for folder, _, _ in os.walk(path):
            Path(folder).chmod(OWN_FOLDER)
        shutil.rmtree(path, ignore_errors=True)


def refuse_too_little_space(folder: Path, needed_bytes: int, *, doing: str) -> None:
    """Check that `folder`, or where it will be, has room for so much.

    Raises:
        StoreError: it has not; the message says how much is missing.
    """
    existing = next(place for place in (folder, *folder.parents) if place.exists())
    free = shutil.disk_usage(existing).free
    if free < needed_bytes + SPARE_BYTES:
        raise StoreError(
            f"The disk of {folder} has {free:,} bytes free and {doing} needs {needed_bytes:,}. "
            "Nothing was changed. Free some space or choose another disk."
        )


@contextlib.contextmanager
def explained(what: str, *, folder: Path) -> Iterator[None]:
    """Turn an error of the system into one that says what was not done and why."""
    try:
        yield
    except OSError as error:
        place = error.filename or folder
        reason = "the disk is full" if error.errno in FULL else error.strerror or str(error)
        raise StoreError(
            f"{what}: {place}: {reason}. Nothing half done is left. "
            f"Check the free space of {folder} and that this user may read and write there."
        ) from error
