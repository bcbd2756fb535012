"""Publishing a folder in one atomic step: one writer at a time, nothing half-done at any point.

A draft is written beside the versions and synced to disk, renamed to its version name, and
only then does `latest` change, by an atomic replacement of the link. A writer killed at any
point leaves the old `latest` and a hidden draft, which the next writer sweeps.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import json
import os
import secrets
import shutil
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from ratchet.datasets.layout import DRAFT_PREFIX, LATEST, LOCK_FILE
from ratchet.errors import DatasetError

FILE_MODE, FOLDER_MODE = 0o444, 0o555  # never changed after
LOCK_POLL_SECONDS = 0.02
TAKEN = {errno.EEXIST, errno.ENOTEMPTY}


@contextlib.contextmanager
def one_writer(folder: Path, *, timeout_seconds: float) -> Iterator[Path]:
    """Hold the lock of `folder`, which the system frees when its holder dies.

    What killed writers left is swept first. Gives the folder.

    Raises:
        DatasetError: another writer held it all the time, or the folder can not be written.
    """
    with explained(folder):
        folder.mkdir(parents=True, exist_ok=True)
        handle = os.open(folder / LOCK_FILE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        _acquire(handle, folder, deadline=time.monotonic() + timeout_seconds)
        with explained(folder):
            _sweep(folder)
        yield folder
    finally:
        os.close(handle)


def write_version(
    folder: Path, names: Iterable[str], files: Callable[[str], Mapping[str, bytes]]
) -> Path:
    """Write a new version under the first free of `names`; `latest` stays.

    `files` gives the files of a version of that name. Call it as the one writer.

    Raises:
        DatasetError: the folder can not be written or the disk is full; nothing is left.
    """
    for name in names:
        if (folder / name).exists():
            continue
        draft = folder / f"{DRAFT_PREFIX}{secrets.token_hex(8)}"
        with explained(folder):
            try:
                _write_draft(draft, files(name))
                draft.rename(folder / name)
                _sync(folder)
                return folder / name
            except BaseException as error:
                _remove(draft)
                if isinstance(error, OSError) and error.errno in TAKEN:
                    continue  # only where the file system knows no locks
                raise
    raise DatasetError(f"No version name is free in {folder}.")


def point_latest(folder: Path, version: Path) -> None:
    """Make `latest` show `version`, in one atomic step.

    Raises:
        DatasetError: the link can not be made.
    """
    link = folder / f"{DRAFT_PREFIX}{secrets.token_hex(8)}"
    with explained(folder):
        try:
            link.symlink_to(version.name, target_is_directory=True)
            link.replace(folder / LATEST)
            _sync(folder)
        finally:
            link.unlink(missing_ok=True)


@contextlib.contextmanager
def explained(folder: Path) -> Iterator[None]:
    """Turn an error of the system into one that says what to do."""
    try:
        yield
    except OSError as error:
        raise DatasetError(
            f"No version was published in {folder}: {error.strerror or error}. "
            "What was there is unchanged. Check the free space and that the folder can be "
            "written, or choose another one."
        ) from error


def json_bytes(value: Any) -> bytes:
    """Indented JSON in UTF-8; a lone surrogate becomes its JSON escape."""
    text = json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False)
    return f"{text}\n".encode("utf-8", "backslashreplace")


def jsonl_bytes(values: Iterable[Any]) -> bytes:
    """One JSON value a line in UTF-8; a lone surrogate becomes its JSON escape."""
    lines = [json.dumps(value, ensure_ascii=False, allow_nan=False) + "\n" for value in values]
    return "".join(lines).encode("utf-8", "backslashreplace")


def _acquire(handle: int, folder: Path, *, deadline: float) -> None:
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                raise DatasetError(
                    f"Another process is publishing in {folder} and does not finish. "
                    "Nothing was published; try again when it is done."
                ) from None
            time.sleep(LOCK_POLL_SECONDS)
        except OSError as error:
            raise DatasetError(f"{folder / LOCK_FILE} can not be locked: {error}.") from error
        else:
            return


def _sweep(folder: Path) -> None:
    """Remove what killed writers left; no other can be at work, for the lock is ours."""
    for leftover in folder.glob(f"{DRAFT_PREFIX}*"):
        _remove(leftover)


def _write_draft(draft: Path, files: Mapping[str, bytes]) -> None:
    draft.mkdir()
    for name, content in files.items():
        with (draft / name).open("xb") as stream:
            stream.write(content)
            stream.flush()
            os.fchmod(stream.fileno(), FILE_MODE)
            os.fsync(stream.fileno())
    draft.chmod(FOLDER_MODE)
    _sync(draft)


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _remove(draft: Path) -> None:
    with contextlib.suppress(OSError):
        if draft.is_symlink():
            draft.unlink()
        elif draft.exists():
            draft.chmod(0o755)
            shutil.rmtree(draft, ignore_errors=True)
