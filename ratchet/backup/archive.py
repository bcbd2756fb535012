"""A backup as one `.tar.gz` file: the manifest first, then the files in its order.

Reading trusts nothing: a member that the manifest does not name, a link, a name that leads
out, a wrong size or hash each end it, before anything is restored.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import os
import tarfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, BinaryIO

from ratchet.backup.disk import PIECE_BYTES, PRIVATE, refuse_too_little_space
from ratchet.backup.manifest import (
    MANIFEST_FILE,
    PERMISSIONS,
    BackupFile,
    Manifest,
    damaged,
    parse_manifest,
)

ARCHIVE_SUFFIX = ".tar.gz"
LEVEL = 6
MOST_MANIFEST_BYTES = 256 * 1024 * 1024  # a million files and more
BROKEN = (tarfile.TarError, gzip.BadGzipFile, EOFError, zlib.error, ValueError)


def pack(folder: Path, manifest: Manifest, target: Path) -> None:
    """Write the backup in `folder` as one file, on disk when this returns."""
    with target.open("xb") as raw:
        with (
            gzip.GzipFile(filename="", mode="wb", fileobj=raw, compresslevel=LEVEL) as zipped,
            tarfile.open(fileobj=zipped, mode="w|", format=tarfile.PAX_FORMAT) as tar,
        ):
            content = manifest.to_bytes()
            tar.addfile(_member(MANIFEST_FILE, len(content), PRIVATE), io.BytesIO(content))
            for file in manifest.files:
                with (folder / file.name).open("rb") as stream:
                    tar.addfile(_member(file.name, file.size_bytes, file.mode), stream)
        raw.flush()
        os.fchmod(raw.fileno(), PRIVATE)
        os.fsync(raw.fileno())


def read_first(path: Path) -> bytes:
    """The content of the manifest at the head of an archive.

    Raises:
        StoreError: the file is no archive of Ratchet's, or is damaged.
    """
    with _opened(path) as tar:
        return _manifest_of(tar, path)


def unpack(path: Path, folder: Path) -> Manifest:
    """Write the files of an archive into the empty `folder`, each checked against the manifest.

    Raises:
        StoreError: the archive is damaged, or the disk has no room for it.
        InputError: it names a file that could lead out of `folder`.
    """
    where = str(path)
    with _opened(path) as tar:
        manifest = parse_manifest(_manifest_of(tar, path), where=where)
        refuse_too_little_space(folder, manifest.size_bytes, doing="unpacking the backup")
        awaited = {file.name: file for file in manifest.files}
        while (member := tar.next()) is not None:
            file = awaited.pop(member.name, None)
            if file is None:
                raise damaged(where, f"it holds {member.name!r}, which its manifest does not name")
            stream = tar.extractfile(member) if member.isreg() else None
            if stream is None:
                raise damaged(where, f"{member.name!r} is no regular file")
            _write_member(stream, folder / file.name, file, where)
    if awaited:
        raise damaged(where, f"{next(iter(awaited))!r} and {len(awaited) - 1} more are missing")
    return manifest


def _write_member(stream: IO[bytes], target: Path, file: BackupFile, where: str) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    digest, left = hashlib.sha256(), file.size_bytes
    with target.open("xb") as outgoing:
        while piece := stream.read(min(PIECE_BYTES, left + 1)):
            left -= len(piece)
            if left < 0:
                break
            digest.update(piece)
            outgoing.write(piece)
        os.fchmod(outgoing.fileno(), file.mode & PERMISSIONS)
    if left or digest.hexdigest() != file.sha256:
        raise damaged(where, f"{file.name!r} is not what was backed up")


def _manifest_of(tar: tarfile.TarFile, path: Path) -> bytes:
    member = tar.next()
    is_ours = member is not None and member.name == MANIFEST_FILE and member.isreg()
    if member is None or not is_ours or member.size > MOST_MANIFEST_BYTES:
        raise damaged(str(path), f"it does not begin with {MANIFEST_FILE}")
    stream = tar.extractfile(member)
    return stream.read() if stream else b""


@contextmanager
def _opened(path: Path) -> Iterator[tarfile.TarFile]:
    try:
        with _zipped(path) as zipped, tarfile.open(fileobj=zipped, mode="r|") as tar:
            yield tar
    except BROKEN as error:
        raise damaged(str(path), f"it is truncated or no archive ({error})") from error


def _zipped(path: Path) -> BinaryIO:
    return gzip.open(path, "rb")  # type: ignore[return-value]  # it reads like one


def _member(name: str, size: int, mode: int) -> tarfile.TarInfo:
    """A member without owner and time: they say more about a machine than a backup should."""
    info = tarfile.TarInfo(name)
    info.size, info.mode = size, mode
    return info
