"""Older versions as one compressed file each: archived, listed, and restored.

    <signature>/archive/<version>.tar.gz

The archive is written beside the versions, read back and compared with the folder byte by
byte, and only then named; the folder goes last. Killed at any point, folder or archive is
whole, and the same command again completes what is missing.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

from ratchet.datasets.archive_file import (
    VERSION_FILES,
    archive_path,
    archived_names,
    hash_problems,
    pack,
    unpack,
)
from ratchet.datasets.folder import DatasetFolder
from ratchet.datasets.layout import (
    DRAFT_PREFIX,
    METADATA_FILE,
    latest_folder,
    signature_folder,
    version_folders,
)
from ratchet.datasets.publication import one_writer, write_version
from ratchet.datasets.reading import read_dataset, read_version
from ratchet.datasets.records import Dataset, DatasetVersion
from ratchet.datasets.verification import problems_of_content
from ratchet.errors import DatasetError

FILE_MODE = 0o444


@dataclass(frozen=True, kw_only=True)
class ArchivePlan:
    """Which versions of a signature are old enough, and which are not touched and why."""

    signature: str
    versions: tuple[str, ...] = ()
    kept: Mapping[str, str] = field(default_factory=dict)
    damaged: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class ArchivedVersion:
    """A version that is an archive now, and what that saved."""

    signature: str
    version: str
    path: Path
    folder_bytes: int
    archive_bytes: int


def plan_archiving(
    folder: DatasetFolder, signature: str, *, older_than_days: int, keep: int, now: datetime
) -> ArchivePlan:
    """The versions published before `older_than_days`, but for the newest `keep`.

    What `latest` shows is kept whatever its age, and so is a version that can not be read.

    Raises:
        DatasetError: the signature can not name a folder.
    """
    home = signature_folder(folder.root, signature)
    found = version_folders(home)
    newest = {path.name for path in found[-keep:]}
    before = now - timedelta(days=older_than_days)
    going, kept, damaged = [], {}, {}
    for path in found:
        try:
            created = read_version(path).created
        except DatasetError as error:
            damaged[path.name] = str(error)
            continue
        if path.name in newest or path == latest_folder(home):
            kept[path.name] = f"one of the newest {keep}"
        elif created > before:
            kept[path.name] = f"published {(now - created).days} days ago"
        else:
            going.append(path.name)
    return ArchivePlan(signature=signature, versions=tuple(going), kept=kept, damaged=damaged)


def archive_version(folder: DatasetFolder, signature: str, version: str) -> ArchivedVersion:
    """Turn the folder of a version into an archive, once it is proven to hold the same.

    An archive that a killed run left beside the folder is checked, and written anew when it
    does not hold what the folder holds.

    Raises:
        DatasetError: there is no such folder, it is damaged or holds strange files, or the
            archive can not be written; the folder is still there then.
    """
    home = signature_folder(folder.root, signature)
    with one_writer(home, timeout_seconds=folder.lock_timeout_seconds), _explained(home):
        source = home / version
        if source not in version_folders(home):
            raise DatasetError(f"{signature} has no folder {source} to archive.")
        files = _files_of(source)
        target = archive_path(home, version)
        if not _holds(target, files):
            _write_archive(home, target, files)
        size = sum(map(len, files.values()))
        _remove_folder(home, source)
    return ArchivedVersion(
        signature=signature,
        version=version,
        path=target,
        folder_bytes=size,
        archive_bytes=target.stat().st_size,
    )


def restore_version(folder: DatasetFolder, signature: str, version: str) -> DatasetVersion:
    """Make an archived version a folder again, byte by byte as it was published.

    The archive goes once the folder is proven to hold the same. A version that is a folder
    already is returned as it is.

    Raises:
        DatasetError: there is no such archive, it is damaged (nothing is written then), or
            the folder can not be written.
    """
    home = signature_folder(folder.root, signature)
    with one_writer(home, timeout_seconds=folder.lock_timeout_seconds), _explained(home):
        source, target = archive_path(home, version), home / version
        if version not in archived_names(home):
            if target in version_folders(home):
                return read_version(target)
            raise DatasetError(_no_archive(home, signature, version))
        files = unpack(source)
        _refuse_damaged(source, files)
        if not target.is_dir():
            write_version(home, [version], lambda _: files)
        if _files_of(target) != files:
            raise DatasetError(
                f"{target} does not hold what {source} holds; neither was changed. Compare the "
                "two (`ratchet dataset verify`) and remove the wrong one."
            )
        source.unlink()
        return read_version(target)


def archived_versions(folder: DatasetFolder, signature: str) -> list[DatasetVersion]:
    """The versions that are archives and no folders, the oldest first; `path` is the archive.

    Raises:
        DatasetError: an archive is damaged.
    """
    home = signature_folder(folder.root, signature)
    return [
        _version_in(archive_path(home, name))
        for name in archived_names(home)
        if not (home / name).is_dir()
    ]


def load_archived(folder: DatasetFolder, signature: str, version: str) -> Dataset:
    """Read an archived version with its examples and sides, without restoring it.

    Raises:
        DatasetError: there is no such archive, or it is damaged.
    """
    path = archive_path(signature_folder(folder.root, signature), version)
    with _unpacked(path, unpack(path)) as place:
        dataset = read_dataset(place)
    return replace(dataset, version=replace(dataset.version, path=path))


def verify_archived(folder: DatasetFolder, signature: str, version: str) -> list[str]:
    """List what is wrong with an archived version; empty when it is whole.

    Everything is computed from the content of the archive, as for a folder.
    """
    path = archive_path(signature_folder(folder.root, signature), version)
    try:
        with _unpacked(path, unpack(path)) as place:
            found = problems_of_content(place)
            return [problem.replace(str(place), str(path)) for problem in found]
    except DatasetError as error:
        return [str(error)]


def _version_in(path: Path) -> DatasetVersion:
    with _unpacked(path, unpack(path, only=METADATA_FILE)) as place:
        return replace(read_version(place), path=path)


@contextlib.contextmanager
def _unpacked(path: Path, files: Mapping[str, bytes]) -> Iterator[Path]:
    """The files in a folder named like the version, for as long as it is looked at."""
    with tempfile.TemporaryDirectory(prefix="ratchet-archive-") as scratch:
        place = Path(scratch) / path.parent.parent.name / path.name.removesuffix(".tar.gz")
        place.mkdir(parents=True)
        for name, content in files.items():
            (place / name).write_bytes(content)
        yield place


def _files_of(source: Path) -> dict[str, bytes]:
    """The bytes of a version's folder, proven whole."""
    if strange := sorted({path.name for path in source.iterdir()} - set(VERSION_FILES)):
        raise DatasetError(
            f"{source} holds {', '.join(strange)}, which no archive would keep; take it away first."
        )
    files = {name: (source / name).read_bytes() for name in VERSION_FILES}
    _refuse_damaged(source, files)
    return files


def _refuse_damaged(place: Path, files: Mapping[str, bytes]) -> None:
    if problems := hash_problems(files):
        raise DatasetError(
            f"{place} is damaged: {'; '.join(problems)}. It stays as it is; restore it from a "
            "backup (`ratchet backup list`)."
        )


def _holds(archive: Path, files: Mapping[str, bytes]) -> bool:
    if not archive.is_file():
        return False
    try:
        return unpack(archive) == files
    except DatasetError:
        return False


def _write_archive(home: Path, target: Path, files: Mapping[str, bytes]) -> None:
    """Under its name only when it was read back and holds the same."""
    scratch = home / f"{DRAFT_PREFIX}{secrets.token_hex(8)}"  # a folder: those are swept
    draft = scratch / target.name
    try:
        scratch.mkdir()
        with draft.open("xb") as stream:
            stream.write(pack(files))
            stream.flush()
            os.fchmod(stream.fileno(), FILE_MODE)
            os.fsync(stream.fileno())
        if not _holds(draft, files):
            raise DatasetError(f"{draft} was not written as it should be; check the disk.")
        target.parent.mkdir(exist_ok=True)
        draft.replace(target)
        _sync(target.parent)
        _sync(home)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _remove_folder(home: Path, source: Path) -> None:
    """First out of the list of versions, in one step; what is left then is swept if need be."""
    doomed = home / f"{DRAFT_PREFIX}{secrets.token_hex(8)}"
    source.rename(doomed)
    _sync(home)
    doomed.chmod(0o755)
    shutil.rmtree(doomed)


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _no_archive(home: Path, signature: str, version: str) -> str:
    known = ", ".join(archived_names(home)) or "none"
    return f"{signature} has no archived version {version!r}; archived are: {known}."


@contextlib.contextmanager
def _explained(home: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise DatasetError(
            f"The versions in {home} could not be archived or restored: "
            f"{error.strerror or error}. Folder or archive is whole. Check the free space and "
            "that the folder can be written, and run the same command again."
        ) from error
