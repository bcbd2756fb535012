"""Taking a backup's files out of it, each checked on the way against the manifest."""

from __future__ import annotations

import contextlib
import fcntl
import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from ratchet.backup.archive import unpack
from ratchet.backup.disk import copy_file, hash_file, remove_tree
from ratchet.backup.folder import Backup
from ratchet.backup.manifest import MANIFEST_FILE, BackupFile, Manifest, damaged
from ratchet.backup.places import Part
from ratchet.datasets.layout import LATEST, version_folders
from ratchet.errors import StoreError

SCRATCH_PREFIX = "ratchet-backup-"
HELD = ".held"
FOLDER_MODE, VERSION_MODE = 0o755, 0o555

Placed = Callable[[int, int, str], None]
"""Takes the files placed, all files, and the part."""


@contextlib.contextmanager
def opened(backup: Backup) -> Iterator[Path]:
    """The folder with the files of a backup; an archive is unpacked aside for the block.

    Raises:
        StoreError: the archive is damaged, or there is no room for it.
        InputError: it names a file that could lead out of its folder.
    """
    if not backup.is_archive:
        yield backup.path
        return
    with scratch_folder() as folder:
        contents = folder / "contents"
        contents.mkdir()
        unpack(backup.path, contents)
        yield contents


def place_part(
    contents: Path, manifest: Manifest, part: Part, root: Path, *, placed: Placed
) -> None:
    """Copy the files of a part under the folder `root`, with the links of dataset versions.

    Raises:
        StoreError: a file is missing, or is not what was backed up.
    """
    files = manifest.of_part(part)
    for number, file in enumerate(files, 1):
        _place(contents, file, root / file.place, where=manifest.name)
        placed(number, len(files), part.value)
    if part is Part.DATASETS:
        _link_versions(root, manifest)


def problems_of_files(contents: Path, manifest: Manifest) -> list[str]:
    """What is wrong with the files of a backup folder, in sentences: each hash is recomputed."""
    awaited = {file.name: file for file in manifest.files}
    found = []
    for folder, names, files in os.walk(contents):
        for name in (*names, *files):
            path = Path(folder, name)
            inside = path.relative_to(contents).as_posix()
            if path.is_symlink():
                found.append(f"{inside} is a link, and a backup has none.")
            elif name in files and inside not in awaited and inside != MANIFEST_FILE:
                found.append(f"{inside} is not in the manifest.")
    return found + [
        problem for file in manifest.files if (problem := _problem(contents / file.name, file))
    ]


@contextlib.contextmanager
def scratch_folder() -> Iterator[Path]:
    """A private folder for temporary files, removed afterwards; those of the killed go too."""
    _sweep_scratch(Path(tempfile.gettempdir()))
    folder = Path(tempfile.mkdtemp(prefix=SCRATCH_PREFIX))
    handle = os.open(folder / HELD, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield folder
    finally:
        remove_tree(folder)
        os.close(handle)


def _place(contents: Path, file: BackupFile, target: Path, *, where: str) -> None:
    source = contents / file.name
    if any(parent.is_symlink() for parent in source.parents if parent.is_relative_to(contents)):
        raise damaged(where, f"{file.name!r} lies behind a link")
    try:
        copied = copy_file(source, target, mode=file.mode)
    except FileNotFoundError as error:
        raise damaged(where, f"{file.name!r} is missing") from error
    if (copied.size_bytes, copied.sha256) != (file.size_bytes, file.sha256):
        raise damaged(
            where,
            f"{file.name!r} has {copied.size_bytes:,} bytes and the hash {copied.sha256[:12]}, not "
            f"{file.size_bytes:,} and {file.sha256[:12]}",
        )


def _problem(path: Path, file: BackupFile) -> str:
    try:
        held = hash_file(path)
    except OSError as error:
        return f"{file.name} can not be read: {error.strerror or error}."
    if held.size_bytes != file.size_bytes:
        return f"{file.name} has {held.size_bytes:,} bytes, not {file.size_bytes:,}."
    if held.sha256 != file.sha256:
        return f"{file.name} has the hash {held.sha256[:12]}, not {file.sha256[:12]}."
    return ""


def _link_versions(root: Path, manifest: Manifest) -> None:
    """Make the `latest` links, and the versions what they were: never to be changed."""
    for signature, version in manifest.latest.items():
        target = root / signature / version
        if target.parent.parent != root or not target.is_dir():
            raise damaged(manifest.name, f"the latest version of {signature!r} is not in it")
        (root / signature / LATEST).symlink_to(version, target_is_directory=True)
    for signature in {fact.signature for fact in manifest.datasets}:
        for folder in version_folders(root / signature):
            folder.chmod(VERSION_MODE)


def _sweep_scratch(temporary: Path) -> None:
    """Remove the scratch folders whose holder is dead: the system has freed their locks."""
    for folder in temporary.glob(f"{SCRATCH_PREFIX}*"):
        with contextlib.suppress(OSError, StoreError):
            handle = os.open(folder / HELD, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                remove_tree(folder)
            finally:
                os.close(handle)
