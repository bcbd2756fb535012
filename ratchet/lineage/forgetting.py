"""Forgetting on request: out of the store and out of every later version, and what is left."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from ratchet.datasets import DatasetFolder
from ratchet.lifecycle.caches import CacheEntry, caches_of_content, evict, find_caches
from ratchet.lineage.impact import Impact, measure_impact
from ratchet.lineage.selector import Selector, SelectorField
from ratchet.lineage.tracing import Trace, TracedExample, Whereabouts
from ratchet.optimize.cached_work import FOLDER
from ratchet.store import Store
from ratchet.store.removals import Forgotten


@dataclass(frozen=True, kw_only=True)
class Places:
    """Where copies of an example may be: datasets, programs, caches and runs."""

    datasets: DatasetFolder
    programs: Path
    cache: Path
    runs: Path


@dataclass(frozen=True, kw_only=True)
class ForgetPlan:
    """What forgetting would do.

    `request_ids` are the requests whose payloads go. `run_files` are files of runs that hold
    a copy; they and the dataset versions are immutable and stay until somebody deletes them.
    """

    impact: Impact
    request_ids: tuple[str, ...]
    run_files: tuple[Path, ...]
    cache_bytes: int

    @property
    def examples(self) -> tuple[TracedExample, ...]:
        """Those that are not forgotten yet."""
        return tuple(
            example
            for example in self.impact.trace.examples
            if example.whereabouts is not Whereabouts.FORGOTTEN
        )


def plan_forgetting(
    store: Store, places: Places, selector: Selector, *, signature: str | None = None
) -> ForgetPlan:
    """Say what a selector means and everything that would have to go with it.

    Raises:
        DatasetError: a dataset version can not be read.
        StoreError: the store or a run can not be read.
    """
    impact = measure_impact(store, places.datasets, places.programs, selector, signature=signature)
    ids = [example.example_id for example in impact.trace.examples]
    return ForgetPlan(
        impact=impact,
        request_ids=tuple(sorted(_request_ids(impact.trace))),
        run_files=tuple(_files_with(places.runs, ids)),
        cache_bytes=sum(cache.size_bytes for cache in _caches(places, impact.trace)),
    )


def forget(
    store: Store, places: Places, plan: ForgetPlan, *, reason: str, actor: str, now: datetime
) -> Forgotten:
    """Take what was planned out of the store, and the answers computed from it out of the cache.

    Safe to repeat: whatever a killed run has not done, the next does.

    Raises:
        StoreError: the store or the cache can not be written.
    """
    traced = plan.impact.trace
    done = store.removals.forget(
        [example.content for example in traced.examples if example.content is not None],
        cleaned=[e.example_id for e in traced.examples if e.whereabouts is Whereabouts.CLEANED],
        request_ids=plan.request_ids,
        subject=str(traced.selector),
        actor=actor,
        reason=reason,
        at=now,
    )
    evict(_caches(places, traced))
    return done


def _request_ids(traced: Trace) -> Iterator[str]:
    if traced.selector.field is SelectorField.REQUEST:
        yield traced.selector.value
    for example in traced.examples:
        request_id = example.facts.facts.get("request_id")
        if isinstance(request_id, str) and request_id:
            yield request_id


def _caches(places: Places, traced: Trace) -> Sequence[CacheEntry]:
    contents = {version.content_sha256 for version in traced.versions} - {""}
    return caches_of_content(find_caches(places.cache / FOLDER), contents)


def _files_with(runs: Path, example_ids: Iterable[str]) -> Iterator[Path]:
    """The files of runs that name one of these examples, for each of them carries its id."""
    needles = [example_id.encode() for example_id in example_ids]
    if not needles or not runs.is_dir():
        return
    for path in sorted(runs.glob("run_*/*/*.jsonl")):
        with path.open("rb") as lines:
            if any(needle in line for line in lines for needle in needles):
                yield path
