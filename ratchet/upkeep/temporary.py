"""Temporary files: drafts of killed writes, scratch folders, what unfinished runs collected."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from ratchet.store import RunRecord, RunStatus, Store
from ratchet.upkeep.places import changed_at, remove, size_of
from ratchet.upkeep.plan import Freed, Held, Item, Kind, Part

DRAFT = re.compile(r"\.draft-[0-9a-f]{16}|\.[^/]+\.[a-z0-9_]{8}")
"""How folders under construction are named, and files that `ratchet.files` has not renamed yet."""

SCRATCH = "ratchet-*"  # in the temporary folder of the system
COLLECTED = "collected_data"
UNFINISHED = (RunStatus.INTERRUPTED, RunStatus.FAILED, RunStatus.RUNNING)
MANY_RUNS = 100_000


@dataclass(frozen=True, kw_only=True)
class TemporaryFiles:
    """Everything of `max_age_days` that a finished command would have taken away itself.

    `roots` are the folders in which Ratchet writes; `skipped` are those below that are not
    ours. `scratch` is the temporary folder of the system.
    """

    store: Store
    roots: tuple[Path, ...]
    skipped: frozenset[Path]
    scratch: Path
    max_age_days: int
    kind: Kind = Kind.TEMPORARY

    def plan(self, now: datetime) -> Part:
        """Drafts, scratch folders, and what unfinished runs had collected."""
        before, held = now - timedelta(days=self.max_age_days), Held()
        items = [
            Item(kind=self.kind, name=str(path), reason=why, size_bytes=size_of(path))
            for path, why in (*self._drafts(), *self._scratch(), *self._collected(held))
            if changed_at(path) < before
        ]
        return Part(kind=self.kind, items=tuple(items), held=dict(held))

    def remove(self, item: Item, now: datetime) -> Freed:  # noqa: ARG002 - a keeper's signature
        """Delete the file or folder."""
        return Freed(size_bytes=remove(Path(item.name)))

    def _drafts(self) -> Iterator[tuple[Path, str]]:
        seen: set[Path] = set()
        for root in self.roots:
            for place, folders, files in os.walk(root):
                here = Path(place)
                folders[:] = [name for name in folders if here / name not in self.skipped]
                for name in (*folders, *files):
                    path = here / name
                    if DRAFT.fullmatch(name) and path not in seen:
                        seen.add(path)
                        yield path, "left by a write that was killed"
                folders[:] = [name for name in folders if not DRAFT.fullmatch(name)]

    def _scratch(self) -> Iterator[tuple[Path, str]]:
        for path in self.scratch.glob(SCRATCH):
            if path.is_dir() and not path.is_symlink() and path.lstat().st_uid == os.getuid():
                yield path, "scratch folder of a command that was killed"

    def _collected(self, held: Held) -> Iterator[tuple[Path, str]]:
        """A run that is started again collects again, or takes it from the caches."""
        for run in self.store.runs.list(limit=MANY_RUNS):
            path = Path(run.path) / COLLECTED
            if not run.path or run.status not in UNFINISHED or not path.is_dir():
                continue
            if run.status is RunStatus.FAILED and _has_verdicts(run):
                held["of failed runs in which a signature was judged"] += 1
                continue
            yield path, f"collected by {run.run_id}, which was left {run.status}"


def _has_verdicts(run: RunRecord) -> bool:
    signatures = run.summary.get("signatures") or {}
    return any(found.get("verdict") for found in signatures.values())
