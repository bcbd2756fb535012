"""What has changed since the last optimisation, read from the store and the dataset folder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from ratchet.datasets import DatasetFolder, DatasetVersion
from ratchet.examples import Example
from ratchet.increments.triggers import Increment, Production
from ratchet.store import USABLE, ProgramKind, RunStatus, Store
from ratchet.store.production_quality import production_quality


@dataclass(frozen=True, kw_only=True)
class Look:
    """When one looks: `now`, and how far.

    Production of `before_days` counts as before; a run that never said how it ended is taken
    to be at work for `stale_run_hours`.
    """

    now: datetime
    before_days: float = 30.0
    stale_run_hours: float = 24.0


def read_increment(store: Store, folder: DatasetFolder, signature: str, *, look: Look) -> Increment:
    """Count what is new for a signature.

    Raises:
        StoreError: the store can not be read.
        DatasetError: a dataset version is damaged.
    """
    versions = {version.version: version for version in folder.versions(signature)}
    optimised = _last_optimised(store, signature, versions)
    usable = tuple(store.examples.find(signature, statuses=USABLE))
    latest = folder.latest(signature)
    return Increment(
        signature=signature,
        usable_examples=len(usable),
        new_examples=_count_new(usable, folder, optimised),
        optimised_version=None if optimised is None else optimised.version.version,
        optimised_examples=0 if optimised is None else optimised.version.example_count,
        optimised_at=None if optimised is None else optimised.at,
        optimised_quality=None if optimised is None else _quality(optimised.version),
        latest_version=None if latest is None else latest.version,
        latest_quality=None if latest is None else _quality(latest),
        production=_production(store, signature, optimised, look),
        running=running_run(store, signature, look=look),
    )


def sizes_of(folder: DatasetFolder, signature: str) -> dict[str, int]:
    """How many examples each version has, those in the archive too."""
    return {version.version: version.example_count for version in folder.versions(signature)}


def running_run(store: Store, signature: str, *, look: Look) -> str:
    """The id of the run that is at work on the signature; "" when none is.

    One that began long ago and never ended was killed, and is in nobody's way.
    """
    began = look.now - timedelta(hours=look.stale_run_hours)
    for run in store.runs.list(status=RunStatus.RUNNING):
        named = run.config.get("signatures") or ()
        if run.started_at > began and (not named or signature in named):
            return run.run_id
    return ""


@dataclass(frozen=True, kw_only=True)
class _Optimised:
    version: DatasetVersion
    at: datetime


def _last_optimised(
    store: Store, signature: str, versions: Mapping[str, DatasetVersion]
) -> _Optimised | None:
    """The version of the newest candidate or evaluation, whichever is later."""
    made = [
        (program.created_at, program.dataset_version)
        for program in store.programs.list(signature)
        if program.kind is ProgramKind.CANDIDATE
    ]
    judged = [
        (evaluation.created_at, evaluation.dataset_version)
        for evaluation in store.evaluations.list(signature=signature, limit=1)
    ]
    known = [(at, name) for at, name in (*made, *judged) if name in versions]
    if not known:
        return None
    at, name = max(known, key=lambda pair: pair[0])
    return _Optimised(version=versions[str(name)], at=at)


def _count_new(
    usable: Sequence[Example], folder: DatasetFolder, optimised: _Optimised | None
) -> int:
    """The examples that the optimised version lacks; of one in the archive, the younger ones."""
    if optimised is None:
        return len(usable)
    version = optimised.version
    if version.is_archived:
        return sum(example.created_at > version.created for example in usable)
    held = {e.example_id for e in folder.load(version.signature, version.version).examples}
    return sum(example.example_id not in held for example in usable)


def _quality(version: DatasetVersion) -> float | None:
    return version.statistics.quality_scores.mean


def _production(
    store: Store, signature: str, optimised: _Optimised | None, look: Look
) -> Production:
    if optimised is None:
        return Production()
    start = optimised.at - timedelta(days=look.before_days)
    before = production_quality(store.database, signature, since=start, until=optimised.at)
    since = production_quality(store.database, signature, since=optimised.at, until=look.now)
    return Production(
        before=before.mean,
        before_requests=before.requests,
        since=since.mean,
        since_requests=since.requests,
    )
