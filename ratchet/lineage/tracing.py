"""Where selected examples are: in the store, in dataset versions, and among the gone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from ratchet.datasets import DatasetFolder
from ratchet.datasets.content import FACT_PREFIX, LINE_FIELDS, OLDER_LINE_FIELDS
from ratchet.datasets.holdings import Holding, holding_signatures, holdings, load_version
from ratchet.examples import Example, ExampleId
from ratchet.lineage.selector import ExampleFacts, Selector, SelectorField
from ratchet.splits import Side
from ratchet.store import Store
from ratchet.store.tombstones import Tombstone, TombstoneKind, inputs_sha256

_COMMON = frozenset({*LINE_FIELDS, *OLDER_LINE_FIELDS})


class Whereabouts(StrEnum):
    """Where the content of an example is."""

    STORED = "stored"
    DATASET = "in dataset versions only"
    CLEANED = "cleaned"
    FORGOTTEN = "forgotten"


@dataclass(frozen=True, kw_only=True)
class TracedExample:
    """A selected example; `inputs_sha256` finds it in prompts, "" when nothing is known of it.

    `derived_from` is the selected example that it was made from, when only that one matched.
    """

    facts: ExampleFacts
    signature: str
    whereabouts: Whereabouts
    inputs_sha256: str = ""
    status: str | None = None
    derived_from: ExampleId | None = None
    content: Example | None = field(default=None, repr=False)

    @property
    def example_id(self) -> ExampleId:
        """The id of its content."""
        return self.facts.example_id


@dataclass(frozen=True, kw_only=True)
class TracedVersion:
    """A dataset version that holds selected examples, and on which sides how many."""

    signature: str
    version: str
    path: Path
    is_archived: bool
    content_sha256: str
    example_ids: frozenset[ExampleId]
    sides: Mapping[str, int]

    @property
    def is_learnt_from(self) -> bool:
        """Whether a program made from it could learn from one of them."""
        return any(self.sides.get(side.value) for side in (Side.TRAIN, Side.VALIDATION))


@dataclass(frozen=True, kw_only=True)
class Trace:
    """Everything selected, and the dataset versions that hold any of it."""

    selector: Selector
    examples: tuple[TracedExample, ...]
    versions: tuple[TracedVersion, ...]

    @property
    def signatures(self) -> tuple[str, ...]:
        """The signatures that are touched, sorted."""
        return tuple(sorted({example.signature for example in self.examples}))


def trace(
    store: Store, folder: DatasetFolder, selector: Selector, *, signature: str | None = None
) -> Trace:
    """Find what a selector means, of one signature or of all.

    What was made from a selected example (an edit, a harder variant) belongs to it.

    Raises:
        DatasetError: a dataset version can not be read.
        StoreError: the store can not be read.
    """
    names = {*store.examples.signatures(), *holding_signatures(folder)}
    names |= {stone.signature for stone in store.removals.tombstones(limit=ALL)}
    found: dict[ExampleId, TracedExample] = {}
    versions: list[TracedVersion] = []
    for name in sorted(names if signature is None else {signature}):
        traced = _of_signature(store, folder, selector, name)
        found.update(traced)
        versions += _versions(holdings(folder, name), frozenset(traced))
    ordered = sorted(found.values(), key=lambda example: (example.signature, example.example_id))
    return Trace(selector=selector, examples=tuple(ordered), versions=tuple(versions))


ALL = 10_000_000  # tombstones


def _of_signature(
    store: Store, folder: DatasetFolder, selector: Selector, name: str
) -> dict[ExampleId, TracedExample]:
    """First by the selector, then whatever was made from what was found."""
    everything = _Everything.of(store, folder, selector, name)
    chosen: dict[ExampleId, ExampleId | None] = dict.fromkeys(everything.matching(selector))
    parents = everything.parents()
    waiting = list(chosen)
    while waiting:
        parent = waiting.pop()
        for child in parents.get(parent, ()):
            if child not in chosen:
                chosen[child] = parent
                waiting.append(child)
    return {found.example_id: found for found in everything.traced(store, folder, name, chosen)}


@dataclass(frozen=True, kw_only=True)
class _Everything:
    """The facts of every example of a signature, wherever they are kept."""

    facts: Mapping[ExampleId, ExampleFacts]
    stored: frozenset[ExampleId]
    stones: Mapping[ExampleId, Tombstone]
    holders: Mapping[ExampleId, Holding]
    of_dataset: frozenset[ExampleId]

    @classmethod
    def of(cls, store: Store, folder: DatasetFolder, selector: Selector, name: str) -> _Everything:
        facts: dict[ExampleId, ExampleFacts] = {}
        holders: dict[ExampleId, Holding] = {}
        of_dataset: set[ExampleId] = set()
        stones = {s.example_id: s for s in store.removals.tombstones(signature=name, limit=ALL)}
        facts.update((i, _facts_of_stone(stone)) for i, stone in stones.items())
        for holding in holdings(folder, name):
            holders.update(dict.fromkeys(holding.lines, holding))
            facts.update((i, _facts_of_line(i, line)) for i, line in holding.lines.items())
            if selector.field is SelectorField.DATASET and selector.value in {
                holding.version,
                f"{name}/{holding.version}",
            }:
                of_dataset |= set(holding.lines)
        stored = {e.example_id: _facts_of_example(e) for e in store.examples.find(name)}
        return cls(
            facts={**facts, **stored},
            stored=frozenset(stored),
            stones=stones,
            holders=holders,
            of_dataset=frozenset(of_dataset),
        )

    def matching(self, selector: Selector) -> Iterator[ExampleId]:
        """The ids that the selector itself means."""
        for example_id, facts in self.facts.items():
            if example_id in self.of_dataset or selector.matches(facts):
                yield example_id

    def parents(self) -> dict[ExampleId, list[ExampleId]]:
        """The children of every example that has any."""
        children: dict[ExampleId, list[ExampleId]] = {}
        for example_id, facts in self.facts.items():
            parent = facts.facts.get("parent")
            if isinstance(parent, str) and parent in self.facts and parent != example_id:
                children.setdefault(ExampleId(parent), []).append(example_id)
        return children

    def traced(
        self,
        store: Store,
        folder: DatasetFolder,
        name: str,
        chosen: Mapping[ExampleId, ExampleId | None],
    ) -> Iterator[TracedExample]:
        """The chosen ones with their content, where there is any."""
        elsewhere = _contents(folder, self.holders, (i for i in chosen if i not in self.stored))
        for example_id, parent in chosen.items():
            stone = self.stones.get(example_id)
            content = store.examples.get(example_id) or elsewhere.get(example_id)
            yield TracedExample(
                facts=self.facts[example_id],
                signature=name,
                whereabouts=self._whereabouts(example_id),
                inputs_sha256=inputs_sha256(name, content.inputs)
                if content
                else str(stone.details.get("inputs_sha256", "") if stone else ""),
                status=content.status.value if content and example_id in self.stored else None,
                derived_from=parent,
                content=content,
            )

    def _whereabouts(self, example_id: ExampleId) -> Whereabouts:
        stone = self.stones.get(example_id)
        if example_id in self.stored:
            return Whereabouts.STORED
        if stone is not None and stone.kind is TombstoneKind.FORGOTTEN:
            return Whereabouts.FORGOTTEN
        if example_id in self.holders:
            return Whereabouts.DATASET
        return Whereabouts.CLEANED


def _contents(
    folder: DatasetFolder, holders: Mapping[ExampleId, Holding], wanted: Iterable[ExampleId]
) -> dict[ExampleId, Example]:
    """The content of examples that only dataset versions still hold; each is read once."""
    by_version: dict[str, set[ExampleId]] = {}
    for example_id in wanted:
        if example_id in holders:
            by_version.setdefault(holders[example_id].version, set()).add(example_id)
    found: dict[ExampleId, Example] = {}
    for ids in by_version.values():
        dataset = load_version(folder, holders[next(iter(ids))])
        found.update((e.example_id, e) for e in dataset.examples if e.example_id in ids)
    return found


def _versions(found: Iterable[Holding], wanted: frozenset[ExampleId]) -> Iterator[TracedVersion]:
    for holding in found:
        held = wanted & holding.lines.keys()
        if held:
            sides: dict[str, int] = {}
            for example_id in held:
                side = holding.side(example_id)
                name = side.value if side else "no side"
                sides[name] = sides.get(name, 0) + 1
            yield TracedVersion(
                signature=holding.signature,
                version=holding.version,
                path=holding.path,
                is_archived=holding.is_archived,
                content_sha256=holding.content_sha256,
                example_ids=frozenset(held),
                sides=dict(sorted(sides.items())),
            )


def _facts_of_example(example: Example) -> ExampleFacts:
    return ExampleFacts(
        example_id=example.example_id,
        source=example.source.value,
        group_id=example.group_id,
        facts=example.provenance,
    )


def _facts_of_line(example_id: ExampleId, line: Mapping[str, Any]) -> ExampleFacts:
    return ExampleFacts(
        example_id=example_id,
        source=str(line.get("source", "")),
        group_id=str(line.get("group_id", "")),
        facts={
            name.removeprefix(FACT_PREFIX): value
            for name, value in line.items()
            if name not in _COMMON
        },
    )


def _facts_of_stone(stone: Tombstone) -> ExampleFacts:
    return ExampleFacts(
        example_id=stone.example_id,
        source=stone.source,
        group_id=str(stone.details.get("group_id", "")),
        facts=stone.details.get("provenance") or {},
    )
