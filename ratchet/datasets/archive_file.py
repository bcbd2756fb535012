"""The file of an archived version: its bytes, and what they say, without unpacking it to disk."""

from __future__ import annotations

import gzip
import io
import json
import tarfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ratchet.datasets.content import content_sha256, provenance_sha256
from ratchet.datasets.layout import (
    DATASET_FILE,
    METADATA_FILE,
    PROVENANCE_FILE,
    version_order,
)
from ratchet.errors import DatasetError

ARCHIVE = "archive"
SUFFIX = ".tar.gz"
VERSION_FILES = (METADATA_FILE, PROVENANCE_FILE, DATASET_FILE)
"""In the order of the archive: what is asked for most comes first."""


def archive_path(folder: Path, version: str) -> Path:
    """Where a version of the signature in `folder` lies when it is archived."""
    return folder / ARCHIVE / f"{version}{SUFFIX}"


def archived_names(folder: Path) -> list[str]:
    """The archived versions of the signature in `folder`, the oldest first."""
    found = (path.name.removesuffix(SUFFIX) for path in (folder / ARCHIVE).glob(f"v*{SUFFIX}"))
    return sorted(found, key=version_order)


def pack(files: Mapping[str, bytes]) -> bytes:
    """The archive of these files; the same files give the same bytes."""
    packed = io.BytesIO()
    with (
        gzip.GzipFile(fileobj=packed, mode="wb", filename="", mtime=0) as squeezed,
        tarfile.open(fileobj=squeezed, mode="w", format=tarfile.PAX_FORMAT) as archive,
    ):
        for name in VERSION_FILES:
            member = tarfile.TarInfo(name)
            member.size, member.mode = len(files[name]), 0o444
            archive.addfile(member, io.BytesIO(files[name]))
    return packed.getvalue()


def unpack(path: Path, *, only: str | None = None) -> dict[str, bytes]:
    """The files in an archive, or `only` one of them.

    What an archive of ours does not hold (a link, a folder, another name) is an error, not
    something to write to a disk.

    Raises:
        DatasetError: the archive is damaged, or no archive of a version.
    """
    found: dict[str, bytes] = {}
    try:
        with _opened(path, whole=only is None) as archive:
            for member in archive:
                content = archive.extractfile(member) if member.isreg() else None
                if content is None or member.name not in VERSION_FILES or member.name in found:
                    raise DatasetError(
                        f"{path} holds {member.name!r}: it is no archive of a version."
                    )
                if only in {None, member.name}:
                    found[member.name] = content.read()
                if member.name == only:
                    return found
    except (OSError, EOFError, tarfile.TarError, ValueError, zlib.error) as error:
        raise DatasetError(
            f"{path} can not be read: {error}. Restore it from a backup, or remove it."
        ) from error
    wanted = VERSION_FILES if only is None else (only,)
    if missing := [name for name in wanted if name not in found]:
        raise DatasetError(f"{path} lacks {', '.join(missing)}: it is no archive of a version.")
    return found


def _opened(path: Path, *, whole: bool) -> tarfile.TarFile:
    """The archive; read to its very end, its checksum proven, when all of it is wanted."""
    if whole:
        return tarfile.open(fileobj=io.BytesIO(gzip.decompress(path.read_bytes())), mode="r:")
    return tarfile.open(path, mode="r:gz")


def hash_problems(files: Mapping[str, bytes]) -> list[str]:
    """What is wrong with the content by its own hashes; empty when it is whole.

    A version of the older form recorded no hash; it is whole when it can be parsed.
    """
    try:
        metadata = json.loads(files[METADATA_FILE])
        items = json.loads(files[DATASET_FILE])
        lines = [json.loads(line) for line in files[PROVENANCE_FILE].splitlines() if line.strip()]
        actual = {"content_sha256": content_sha256, "provenance_sha256": provenance_sha256}
        rows: Mapping[str, Any] = {"content_sha256": items, "provenance_sha256": lines}
        return [
            f"{name} is {found}, but metadata.json says {metadata[name]}"
            for name, hash_of in actual.items()
            if metadata.get(name) and (found := hash_of(rows[name])) != metadata[name]
        ]
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        return [f"its files can not be parsed: {error!r}"]
