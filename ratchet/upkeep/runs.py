"""Folders of runs: old ones go, except those that something still refers to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from ratchet.lineage.traffic import deployed_versions
from ratchet.store import RunRecord, RunStatus, Store
from ratchet.upkeep.places import changed_at, remove, size_of
from ratchet.upkeep.plan import Freed, Held, Item, Kind, Part
from ratchet.upkeep.temporary import MANY_RUNS

AT_WORK_HOURS = 48  # a run that wrote something since is taken to be at work
FOLDERS = "run_*"
MANY_EVALUATIONS = 1_000_000


@dataclass(frozen=True, kw_only=True)
class RunFolders:
    """Run folders of `max_age_days`; the newest `keep` stay. What SQL knows of a run stays too."""

    store: Store
    runs: Path
    max_age_days: int
    keep: int
    kind: Kind = Kind.RUNS

    def plan(self, now: datetime) -> Part:
        """The old folders, oldest first.

        A folder stays while its run is at work, while a version that it judged is deployed,
        and while a run that stays names it.
        """
        known = {run.run_id: run for run in self.store.runs.list(limit=MANY_RUNS)}
        folders = sorted(path for path in self.runs.glob(FOLDERS) if path.is_dir())
        old = [
            path for path in folders if _age(path, known, now) > timedelta(days=self.max_age_days)
        ]
        newest = set(folders[len(folders) - self.keep :])
        referred = self._referred({p.name for p in folders if p not in old or p in newest}, known)
        held, items = Held(), []
        for path in old:
            why = self._protection(path, known.get(path.name), newest, referred, now)
            if why is None:
                items.append(self._item(path, known, now))
            else:
                held[why] += 1
        return Part(kind=self.kind, items=tuple(items), held=dict(held))

    def remove(self, item: Item, now: datetime) -> Freed:  # noqa: ARG002 - a keeper's signature
        """Delete the folder."""
        return Freed(size_bytes=remove(self.runs / item.name))

    def _item(self, path: Path, known: Mapping[str, RunRecord], now: datetime) -> Item:
        days = _age(path, known, now).days
        return Item(
            kind=self.kind, name=path.name, reason=f"{days} days old", size_bytes=size_of(path)
        )

    def _protection(
        self,
        path: Path,
        run: RunRecord | None,
        newest: set[Path],
        referred: Mapping[str, str],
        now: datetime,
    ) -> str | None:
        is_running = run is not None and run.status is RunStatus.RUNNING
        if is_running and now - changed_at(path) < timedelta(hours=AT_WORK_HOURS):
            return "at work"
        if path in newest:
            return f"among the newest {self.keep}"
        return referred.get(path.name)

    def _referred(self, staying: set[str], known: Mapping[str, RunRecord]) -> dict[str, str]:
        """Why a run must stay, by its id."""
        found = dict.fromkeys(self._judged_deployed(), "judged a deployed version")
        for name in staying:
            for stage in self.store.runs.stages(name) if name in known else ():
                for path in _paths(stage.result):
                    other = _run_of(path, self.runs)
                    if other and other != name:
                        found.setdefault(other, "named by a run that stays")
        return found

    def _judged_deployed(self) -> Iterator[str]:
        everything = self.store.evaluations.list(limit=MANY_EVALUATIONS)
        signatures = sorted({one.signature for one in everything})
        deployed = {name: deployed_versions(self.store, name) for name in signatures}
        for evaluation in everything:
            if evaluation.run_id and evaluation.candidate_version in deployed[evaluation.signature]:
                yield evaluation.run_id


def _age(path: Path, known: Mapping[str, RunRecord], now: datetime) -> timedelta:
    """Since the run ended, or since its folder was changed when nobody wrote that down."""
    run = known.get(path.name)
    return now - (run.finished_at if run and run.finished_at else changed_at(path))


def _paths(value: Any) -> Iterator[Path]:
    """Every absolute path in a JSON document."""
    if isinstance(value, str) and value.startswith("/"):
        yield Path(value)
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from _paths(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _paths(inner)


def _run_of(path: Path, runs: Path) -> str | None:
    """The run whose folder a path is in."""
    return path.relative_to(runs).parts[0] if path != runs and path.is_relative_to(runs) else None
