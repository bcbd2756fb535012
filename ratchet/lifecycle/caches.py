"""Cached answers of language models: which belong to data and programs that are no more.

The key of a cache holds the hash of the dataset's content and of the programs, so a changed
dataset is never answered from an older optimisation; what is left of that one is garbage.
"""

from __future__ import annotations

import os
import time
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from ratchet.errors import StoreError
from ratchet.optimize.cached_work import CachedWork, work_of

MEGABYTE = 1_000_000
PARTS = ("-shm", "-wal", "")
DAMAGED = ".damaged"


@dataclass(frozen=True, kw_only=True)
class CachePolicy:
    """Ages since the last use, and the size of all caches together."""

    max_age_days: int
    max_megabytes: int
    grace_hours: float


@dataclass(frozen=True, kw_only=True)
class CurrentInputs:
    """What an optimisation of a signature would read now: hashes of content and programs."""

    contents: frozenset[str] = frozenset()
    programs: frozenset[str] = frozenset()


@dataclass(frozen=True, kw_only=True)
class CacheEntry:
    """One cache on disk with its parts; `work` is None for one that says nothing of itself."""

    key: str
    size_bytes: int
    used_at: datetime
    paths: tuple[Path, ...] = field(repr=False)
    work: CachedWork | None = None


@dataclass(frozen=True, kw_only=True)
class Eviction:
    """A cache that goes, and why."""

    entry: CacheEntry
    reason: str


@dataclass(frozen=True, kw_only=True)
class CachePlan:
    """Which caches go, and how many stay with how many bytes."""

    evictions: tuple[Eviction, ...]
    kept: int
    kept_bytes: int

    @property
    def freed_bytes(self) -> int:
        """What the evictions free."""
        return sum(eviction.entry.size_bytes for eviction in self.evictions)


def find_caches(calls: Path) -> tuple[CacheEntry, ...]:
    """The caches in a folder, the longest unused first."""
    if not calls.is_dir():
        return ()
    paths = {*calls.glob("*.sqlite"), *(p.with_suffix(".sqlite") for p in calls.glob("*.json"))}
    entries = [_entry(path) for path in paths]
    entries += [_entry(path) for path in calls.glob(f"*.sqlite{DAMAGED}")]
    return tuple(sorted(entries, key=lambda entry: (entry.used_at, entry.key)))


def plan_evictions(
    entries: Iterable[CacheEntry],
    current: Mapping[str, CurrentInputs],
    policy: CachePolicy,
    *,
    now: datetime,
) -> CachePlan:
    """Let go what no run can ask for again, then the old, then the longest unused over the size.

    Nothing that was used within the grace goes: a run under way may need it.
    """
    ordered = sorted(entries, key=lambda entry: (entry.used_at, entry.key))
    grace = now - timedelta(hours=policy.grace_hours)
    free = [entry for entry in ordered if entry.used_at <= grace]
    going = {entry.key: why for entry in free if (why := _outlived(entry, current, policy, now))}
    size = sum(entry.size_bytes for entry in ordered if entry.key not in going)
    for entry in free:
        if size > policy.max_megabytes * MEGABYTE and entry.key not in going:
            going[entry.key] = f"all caches together are above {policy.max_megabytes} MB"
            size -= entry.size_bytes
    return CachePlan(
        evictions=tuple(
            Eviction(entry=entry, reason=going[entry.key])
            for entry in ordered
            if entry.key in going
        ),
        kept=len(ordered) - len(going),
        kept_bytes=size,
    )


def caches_of_content(
    entries: Iterable[CacheEntry], contents: Collection[str]
) -> tuple[CacheEntry, ...]:
    """The caches made from one of these dataset contents."""
    return tuple(e for e in entries if e.work and e.work.content_sha256 in contents)


def evict(entries: Iterable[CacheEntry]) -> int:
    """Delete caches; the bytes that were freed. One that is gone already is no error.

    Raises:
        StoreError: a file can not be deleted.
    """
    freed = 0
    for entry in entries:
        try:
            for path in entry.paths:
                path.unlink(missing_ok=True)
        except OSError as error:
            raise StoreError(f"The cache {entry.key} can not be deleted: {error}.") from error
        freed += entry.size_bytes
    return freed


def _outlived(
    entry: CacheEntry, current: Mapping[str, CurrentInputs], policy: CachePolicy, now: datetime
) -> str | None:
    if entry.key.endswith(DAMAGED):
        return "it was set aside as damaged"
    if entry.work is not None:
        inputs = current.get(entry.work.signature, CurrentInputs())
        if entry.work.content_sha256 not in inputs.contents:
            return f"the data of {entry.work.signature} have changed since"
        if not set(entry.work.programs) & inputs.programs:
            return f"the program of {entry.work.signature} has changed since"
    days = (now - entry.used_at).days
    return f"not used for {days} days" if days >= policy.max_age_days else None


def _entry(path: Path) -> CacheEntry:
    # What it belongs to goes last: what is left of a killed eviction is found again.
    parts = [*(path.with_name(path.name + s) for s in PARTS), path.with_suffix(".json")]
    stats = [stat for part in parts if (stat := _stat(part)) is not None]
    used = max((stat.st_mtime for stat in stats), default=time.time())
    return CacheEntry(
        key=path.name.removesuffix(".sqlite"),
        size_bytes=sum(stat.st_size for stat in stats),
        used_at=datetime.fromtimestamp(used, UTC),
        paths=tuple(parts),
        work=work_of(path),
    )


def _stat(path: Path) -> os.stat_result | None:
    try:
        return path.stat()
    except FileNotFoundError:
        return None
