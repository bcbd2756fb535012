"""Where the versions of a signature lie: folder names, their order, and the `latest` link."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

from ratchet.errors import DatasetError

LATEST = "latest"
DATASET_FILE, METADATA_FILE, PROVENANCE_FILE = "dataset.json", "metadata.json", "provenance.jsonl"
DRAFT_PREFIX = ".draft-"
LOCK_FILE = ".lock"

_VERSION = re.compile(r"v?(\d{8}_\d{6})(?:_(\d+))?")
_SIGNATURE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def signature_folder(root: Path, signature: str) -> Path:
    """The folder of a signature's versions.

    Raises:
        DatasetError: the name could lead out of `root`.
    """
    if not _SIGNATURE.fullmatch(signature):
        raise DatasetError(
            f"{signature!r} can not name a folder of versions; use letters, digits and _."
        )
    return root / signature


def version_names(now: datetime) -> Iterator[str]:
    """The names that a version published at `now` may take, the first free one wins.

    >>> names = version_names(datetime(2026, 3, 1, 12, 0, tzinfo=UTC))
    >>> next(names), next(names)
    ('v20260301_120000', 'v20260301_120000_1')
    """
    stem = now.astimezone(UTC).strftime("v%Y%m%d_%H%M%S")
    yield stem
    for number in count(1):
        yield f"{stem}_{number}"


def version_order(name: str) -> tuple[str, int]:
    """What versions are sorted by, so that _10 comes after _9.

    >>> sorted(["v20260301_120000_10", "v20260301_120000_9"], key=version_order)[0]
    'v20260301_120000_9'
    """
    found = _VERSION.fullmatch(name)
    return (found[1], int(found[2] or 0)) if found else (name, 0)


def version_folders(folder: Path) -> list[Path]:
    """The folders of all versions, the oldest first; drafts and strangers are no versions."""
    if not folder.is_dir():
        return []
    found = [p for p in folder.iterdir() if _VERSION.fullmatch(p.name) and p.is_dir()]
    return sorted(found, key=lambda path: version_order(path.name))


def latest_folder(folder: Path) -> Path | None:
    """What the `latest` link shows; None when there is no link or it shows nothing."""
    link = folder / LATEST
    if not link.is_symlink():
        return None
    target = folder / link.readlink().name
    return target if target.is_dir() else None
