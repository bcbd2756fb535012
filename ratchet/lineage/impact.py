"""What selected examples have reached: programs by their prompts and data, and live traffic."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from ratchet import signatures
from ratchet.datasets import DatasetFolder
from ratchet.errors import ConfigurationError, InputError, StoreError
from ratchet.lineage.demonstrations import demonstrations_of
from ratchet.lineage.selector import Selector
from ratchet.lineage.tracing import Trace, TracedVersion, trace
from ratchet.lineage.traffic import live_shares
from ratchet.programs import find_program, read_state
from ratchet.store import ProgramRecord, Store


class Reach(StrEnum):
    """How an example has reached a program, the nearest first."""

    SHOWN = "shows it in a prompt"
    LEARNT = "was made from a dataset that holds it"
    DESCENDED = "was made from a program that it reached"
    JUDGED = "was judged on it"


@dataclass(frozen=True, kw_only=True)
class ReachedProgram:
    """A program and how it was reached; `live_percent` is its share of the traffic, 0..100.

    `demonstrations` counts those of its prompts that show a selected example. `problem` says
    why its prompts could not be read.
    """

    signature: str
    version: str
    reach: Reach
    demonstrations: int
    dataset_version: str | None
    parent_version: str | None
    live_percent: float
    live_why: str
    problem: str = ""

    @property
    def is_tainted(self) -> bool:
        """Whether it has learnt from one of them, and a program without them is another one."""
        return self.reach is not Reach.JUDGED


@dataclass(frozen=True, kw_only=True)
class Impact:
    """Everything that selected examples have reached.

    `live_percent` is, by signature, the share of the traffic (0..100) served by programs that
    have learnt from one of them.
    """

    trace: Trace
    programs: tuple[ReachedProgram, ...]
    live_percent: Mapping[str, float]

    @property
    def to_reoptimise(self) -> tuple[ReachedProgram, ...]:
        """The programs that have learnt from them and serve traffic."""
        return tuple(p for p in self.programs if p.is_tainted and p.live_percent > 0)


def measure_impact(
    store: Store,
    folder: DatasetFolder,
    programs: Path,
    selector: Selector,
    *,
    signature: str | None = None,
) -> Impact:
    """Find what a selector means and follow it to programs and traffic.

    Raises:
        DatasetError: a dataset version can not be read.
        StoreError: the store can not be read.
    """
    traced = trace(store, folder, selector, signature=signature)
    reached = [
        program for name in traced.signatures for program in _reached(store, programs, traced, name)
    ]
    live: dict[str, float] = dict.fromkeys(traced.signatures, 0.0)
    for program in reached:
        live[program.signature] += program.live_percent if program.is_tainted else 0.0
    return Impact(trace=traced, programs=tuple(reached), live_percent=live)


def _reached(
    store: Store, programs: Path, traced: Trace, signature: str
) -> Iterator[ReachedProgram]:
    """The programs of a signature, the oldest first, so that parents come before children."""
    hashes = {e.inputs_sha256 for e in traced.examples if e.signature == signature}
    versions = {v.version: v for v in traced.versions if v.signature == signature}
    live = {share.version: share for share in live_shares(store, signature)}
    tainted: set[str] = set()
    for record in sorted(store.programs.list(signature), key=lambda r: (r.created_at, r.version)):
        shown, problem = _shown(programs, record, hashes - {""})
        reach = _reach(record, shown, versions, tainted)
        if reach is None:
            continue
        if reach is not Reach.JUDGED:
            tainted.add(record.version)
        share = live.get(record.version)
        yield ReachedProgram(
            signature=signature,
            version=record.version,
            reach=reach,
            demonstrations=shown,
            dataset_version=record.dataset_version,
            parent_version=record.parent_version,
            live_percent=share.percent if share else 0.0,
            live_why=share.why if share else "",
            problem=problem,
        )


def _reach(
    record: ProgramRecord,
    shown: int,
    versions: Mapping[str, TracedVersion],
    tainted: Collection[str],
) -> Reach | None:
    version = versions.get(record.dataset_version or "")
    if shown:
        return Reach.SHOWN
    if version is not None and version.is_learnt_from:
        return Reach.LEARNT
    if record.parent_version in tainted:
        return Reach.DESCENDED
    return Reach.JUDGED if version is not None else None


def _shown(programs: Path, record: ProgramRecord, hashes: Collection[str]) -> tuple[int, str]:
    """How many demonstrations show one of the inputs, and why that could not be told."""
    try:
        spec = signatures.get(record.signature)
        state = read_state(programs, find_program(programs, record.signature, record.version))
    except (ConfigurationError, InputError, StoreError) as error:
        return 0, str(error)
    return sum(demo.inputs_sha256(spec) in hashes for demo in demonstrations_of(state)), ""
