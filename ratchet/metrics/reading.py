"""Reads every figure once: a snapshot of samples, or why there is none."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import ratchet
from ratchet.errors import RatchetError
from ratchet.metrics import stock, system, traffic, work
from ratchet.metrics.metric import Sample
from ratchet.metrics.sources import Look, Sources
from ratchet.store import open_store
from ratchet.store.schema import SCHEMA_REVISION

READERS = (
    work.run_samples,
    stock.example_samples,
    stock.dataset_samples,
    stock.program_samples,
    work.rollout_samples,
    traffic.traffic_samples,
    system.alert_samples,
    system.spool_samples,
    system.backup_samples,
    system.disk_samples,
)

logger = logging.getLogger(__name__)


def utc_now() -> datetime:
    """The time, in UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True, kw_only=True)
class Snapshot:
    """All samples of a moment; `problem` says why the figures are not among them."""

    at: datetime
    samples: tuple[Sample, ...]
    problem: str = ""


def read_snapshot(
    sources: Sources,
    *,
    clock: Callable[[], datetime] = utc_now,
    timer: Callable[[], float] = time.perf_counter,
) -> Snapshot:
    """Read all figures; a store that can not be read gives a snapshot that says so."""
    started, now = timer(), clock()
    try:
        figures, problem = tuple(_figures(sources, now)), ""
    except RatchetError as error:
        logger.warning("The metrics could not be read: %s", error)
        figures, problem = (), str(error)
    about = _about(sources, now=now, seconds=timer() - started, is_success=not problem)
    return Snapshot(at=now, samples=(*about, *figures), problem=problem)


def _figures(sources: Sources, now: datetime) -> Iterator[Sample]:
    with open_store(sources.store_url) as store:
        look = Look(store=store, sources=sources, now=now)
        for read in READERS:
            yield from read(look)


def _about(
    sources: Sources, *, now: datetime, seconds: float, is_success: bool
) -> Iterator[Sample]:
    build = {"version": ratchet.__version__, "schema": SCHEMA_REVISION}
    yield Sample(name="ratchet_build_info", value=1, labels=build)
    yield Sample(name="ratchet_collection_success", value=is_success)
    yield Sample(name="ratchet_collection_timestamp_seconds", value=now.timestamp())
    yield Sample(name="ratchet_collection_duration_seconds", value=seconds)
    window, cost_window = sources.window.total_seconds(), sources.cost_window.total_seconds()
    yield Sample(name="ratchet_window_seconds", value=window)
    yield Sample(name="ratchet_cost_window_seconds", value=cost_window)
