"""Sizes, ages and removals on disk, as every kind of clean-up needs them."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from ratchet.errors import StoreError

OWN_FOLDER = 0o700


def size_of(path: Path) -> int:
    """The bytes of a file, or of all files in a folder; links count as themselves."""
    return sum(stat.st_size for stat in _stats(path))


def changed_at(path: Path) -> datetime:
    """When a file, or anything in a folder, was changed last."""
    newest = max((stat.st_mtime for stat in _stats(path)), default=0.0)
    return datetime.fromtimestamp(newest, UTC)


def remove(path: Path) -> int:
    """Remove a file or folder, a read-only one too; the bytes that were freed.

    What is gone already is no error.

    Raises:
        StoreError: it can not be removed.
    """
    size = size_of(path)
    try:
        if path.is_symlink() or path.is_file():
            path.unlink(missing_ok=True)
        elif path.is_dir():
            _make_writable(path)
            shutil.rmtree(path)
    except FileNotFoundError:  # somebody else was faster
        pass
    except OSError as error:
        place = error.filename or path
        raise StoreError(
            f"{place} can not be removed: {error.strerror or error}. Check that this user owns it."
        ) from error
    return size


def _make_writable(folder: Path) -> None:
    for place, _, _ in os.walk(folder):
        Path(place).chmod(OWN_FOLDER)


def _stats(path: Path) -> Iterator[os.stat_result]:
    with contextlib.suppress(FileNotFoundError):
        yield path.lstat()
    if path.is_dir() and not path.is_symlink():
        for place, folders, files in os.walk(path):
            for name in (*folders, *files):
                with contextlib.suppress(FileNotFoundError):
                    yield Path(place, name).lstat()
