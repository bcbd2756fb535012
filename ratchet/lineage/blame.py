"""Which examples are in a program's prompts, and where each of them came from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from ratchet.canonical import canonical_json
from ratchet.datasets import DatasetFolder
from ratchet.datasets.holdings import Holding, holdings, load_version
from ratchet.examples import Example, ExampleId
from ratchet.lineage.demonstrations import Demonstration, demonstrations_of
from ratchet.lineage.traffic import live_shares
from ratchet.programs import ProgramVersion, find_program, read_state
from ratchet.signatures.spec import SignatureSpec
from ratchet.store import Store
from ratchet.store.tombstones import Tombstone, TombstoneKind, inputs_sha256

SHOWN_CHARS = 100
ALL = 10_000_000  # tombstones
FACTS = ("repository", "sha", "author", "committed_at", "pull_request", "file", "row", "origin")
FACTS_TOO = ("request_id", "program_version", "strategy", "model", "seed", "parent", "curator")


class Match(StrEnum):
    """How a demonstration was known again."""

    LABEL = "the example with its label"
    INPUTS = "the inputs of the example; the program answered them itself"
    FORGOTTEN = "an example that was forgotten"
    CLEANED = "an example that was cleaned up"
    UNKNOWN = "no example that is known here"


@dataclass(frozen=True, kw_only=True)
class Origin:
    """Where an example came from; `facts` are those of its source.

    `dataset_version` is one that holds it, preferably the one the program was made from.
    `status` is None for an example that the store does not hold.
    """

    example_id: ExampleId
    source: str
    created_at: datetime | None = None
    group_id: str = ""
    status: str | None = None
    dataset_version: str | None = None
    facts: Mapping[str, Any]

    @property
    def sentence(self) -> str:
        """The source with the facts that lead back to it.

        >>> Origin(example_id=ExampleId("a"), source="import", facts={"row": 3}).sentence
        'import: row 3'
        """
        told = [
            f"{name} {self.facts[name]}"
            for name in (*FACTS, *FACTS_TOO)
            if self.facts.get(name) not in {None, ""}
        ]
        return f"{self.source}: {', '.join(told)}" if told else self.source


@dataclass(frozen=True, kw_only=True)
class BlamedDemonstration:
    """A demonstration with the examples that it shows; several when inputs are the same."""

    predictor: str
    number: int
    is_augmented: bool
    match: Match
    beginning: str
    origins: tuple[Origin, ...]


@dataclass(frozen=True, kw_only=True)
class Blame:
    """A program, demonstration by demonstration."""

    program: ProgramVersion
    live_percent: float
    demonstrations: tuple[BlamedDemonstration, ...]

    @property
    def sources(self) -> Mapping[str, int]:
        """How many demonstrations each source gave."""
        counts: dict[str, int] = {}
        for demo in self.demonstrations:
            source = demo.origins[0].source if demo.origins else "unknown"
            counts[source] = counts.get(source, 0) + 1
        return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def blame(
    store: Store, folder: DatasetFolder, programs: Path, spec: SignatureSpec, version: str
) -> Blame:
    """Trace every demonstration of a program back to the example it shows.

    A labelled demonstration is the example itself. An augmented one has the inputs of a
    training example and the program's own answer; it is traced by its inputs. The dataset
    version of the program is asked first, then its ancestors and all others, then the store,
    then the tombstones.

    Raises:
        InputError: there is no such program.
        DatasetError: a dataset version can not be read.
        StoreError: the program or the store can not be read.
    """
    program = find_program(programs, spec.name, version)
    demos = demonstrations_of(read_state(programs, program))
    wanted = {demo.inputs_sha256(spec) for demo in demos}
    known = _known(store, folder, spec, wanted, first=program.dataset_version)
    stones = store.removals.tombstones(signature=spec.name, limit=ALL) if wanted else ()
    share = {s.version: s.percent for s in live_shares(store, spec.name)}
    return Blame(
        program=program,
        live_percent=share.get(program.version, 0.0),
        demonstrations=tuple(_blamed(spec, demo, known, stones) for demo in demos),
    )


def _known(
    store: Store,
    folder: DatasetFolder,
    spec: SignatureSpec,
    wanted: set[str],
    *,
    first: str | None,
) -> dict[str, dict[ExampleId, Origin]]:
    """By the hash of the inputs, the origins of the examples that have them."""
    known: dict[str, dict[ExampleId, Origin]] = {}

    def take(examples: Iterable[Example], dataset_version: str | None) -> None:
        for example in examples:
            digest = inputs_sha256(spec.name, example.inputs)
            if digest in wanted:
                origin = _origin(example, dataset_version)
                known.setdefault(digest, {}).setdefault(example.example_id, origin)

    for holding in _asked(folder, spec.name, first) if wanted else ():
        if holding.version == first or wanted - known.keys():
            take(load_version(folder, holding).examples, holding.version)
    if wanted:
        take(store.examples.find(spec.name), None)
        _add_status(store, known)
    return known


def _asked(folder: DatasetFolder, signature: str, first: str | None) -> Iterator[Holding]:
    """The versions, the program's own first and then the newest."""
    found = list(holdings(folder, signature))
    yield from (holding for holding in found if holding.version == first)
    yield from (holding for holding in reversed(found) if holding.version != first)


def _add_status(store: Store, known: dict[str, dict[ExampleId, Origin]]) -> None:
    statuses = store.examples.statuses(i for origins in known.values() for i in origins)
    for origins in known.values():
        for example_id, status in statuses.items():
            if example_id in origins:
                origins[example_id] = replace(origins[example_id], status=status.value)


def _blamed(
    spec: SignatureSpec,
    demo: Demonstration,
    known: Mapping[str, Mapping[ExampleId, Origin]],
    stones: Iterable[Tombstone],
) -> BlamedDemonstration:
    digest, label = demo.inputs_sha256(spec), demo.example_id(spec)
    origins = known.get(digest, {})
    gone = [s for s in stones if label == s.example_id or s.details.get("inputs_sha256") == digest]
    if label in origins:
        match, found = Match.LABEL, [origins[label]]
    elif any(stone.kind is TombstoneKind.FORGOTTEN for stone in gone):
        match, found = Match.FORGOTTEN, [_of_stone(s) for s in gone]
    elif origins:
        match, found = Match.INPUTS, list(origins.values())
    elif gone:
        match, found = Match.CLEANED, [_of_stone(s) for s in gone]
    else:
        match, found = Match.UNKNOWN, []
    return BlamedDemonstration(
        predictor=demo.predictor,
        number=demo.number,
        is_augmented=demo.is_augmented,
        match=match,
        beginning=_beginning(demo.inputs(spec)),
        origins=tuple(sorted(found, key=lambda origin: origin.example_id)),
    )


def _origin(example: Example, dataset_version: str | None) -> Origin:
    return Origin(
        example_id=example.example_id,
        source=example.source.value,
        created_at=example.created_at,
        group_id=example.group_id,
        dataset_version=dataset_version,
        facts=example.provenance,
    )


def _of_stone(stone: Tombstone) -> Origin:
    return Origin(
        example_id=stone.example_id,
        source=stone.source,
        status=stone.kind.value,
        facts=stone.details.get("provenance") or {},
    )


def _beginning(inputs: Mapping[str, Any]) -> str:
    text = next((v for v in inputs.values() if isinstance(v, str)), canonical_json(inputs))
    line = " ".join(text.split())
    return line if len(line) <= SHOWN_CHARS else f"{line[: SHOWN_CHARS - 3]}..."
