"""Which examples train, which validate and which test: by group, stratified, and for ever."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from ratchet.canonical import sha256_of_text
from ratchet.errors import ConfigurationError
from ratchet.examples import Example, ExampleId, Source
from ratchet.group_links import Conflict, GroupLinks, link_groups
from ratchet.signatures.spec import SignatureSpec


class Side(StrEnum):
    """What the examples of a group are for."""

    TRAIN = "train"
    VALIDATION = "validation"
    TEST = "test"


DEFAULT_SHARES: Mapping[Side, float] = {
    Side.TRAIN: 0.35,
    Side.VALIDATION: 0.25,
    Side.TEST: 0.40,
}
"""Test is the largest: the power of the verdict depends on its size, and the optimisers learn
little more from a longer train side, of which they put a handful into the prompt."""

DEFAULT_SALT = "ratchet"
FILLED_FIRST = (Side.TRAIN, Side.TEST, Side.VALIDATION)  # when there are fewer groups than sides

GroupId = str
Cell = tuple[str, ...]
"""() is the whole set, (label,) a label, (label, difficulty) a stratum."""


@dataclass(frozen=True, kw_only=True)
class KeptTogether:
    """Examples that may not be torn apart, on which side they are, and why."""

    group_ids: tuple[GroupId, ...]
    size: int
    side: Side
    reason: str


@dataclass(frozen=True, kw_only=True)
class SplitReport:
    """What a person wants to know of a split.

    `counts` is examples by side and stratum ("incomplete/hard"). Shares are 0..1 of the
    examples placed. `shortfall` is how many examples a side is below its target.
    """

    counts: Mapping[Side, Mapping[str, int]]
    target_shares: Mapping[Side, float]
    actual_shares: Mapping[Side, float]
    shortfall: Mapping[Side, float]
    kept_together: tuple[KeptTogether, ...] = ()
    excluded: tuple[Conflict, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Split:
    """Three sides that share no group, each ordered by example id.

    `sides` holds the side of every group in the split; `report.excluded` names the examples
    that are on none.
    """

    train: tuple[Example, ...]
    validation: tuple[Example, ...]
    test: tuple[Example, ...]
    sides: Mapping[GroupId, Side]
    report: SplitReport

    def side(self, side: Side) -> tuple[Example, ...]:
        """The examples on `side`."""
        return {Side.TRAIN: self.train, Side.VALIDATION: self.validation, Side.TEST: self.test}[
            side
        ]


@dataclass(frozen=True, kw_only=True)
class _Block:
    """Groups that must be on one side: one group, or several joined by near-duplicates."""

    group_ids: tuple[GroupId, ...]
    examples: tuple[Example, ...]
    cells: Mapping[Cell, int]
    rank: str

    @property
    def size(self) -> int:
        return len(self.examples)

    @property
    def labels(self) -> set[str]:
        return {cell[0] for cell in self.cells if len(cell) == 1}


@dataclass(kw_only=True)
class _Placement:
    """The sides given so far, and how full every cell of every side is."""

    shares: Mapping[Side, float]
    side_of: dict[str, Side] = field(default_factory=dict)  # by the rank of a block
    placed: dict[Cell, Counter[Side]] = field(default_factory=lambda: defaultdict(Counter))

    def put(self, block: _Block, side: Side) -> None:
        self.side_of[block.rank] = side
        for cell, count in block.cells.items():
            self.placed[cell][side] += count

    def count(self, side: Side, cell: Cell = ()) -> int:
        return self.placed[cell][side]

    def shortfall(self, block: _Block, side: Side) -> float:
        """How far `side` is below its share of the block's cells, once the block is counted.

        The side with the largest value is the one that leaves the least sum of squared
        deviations from the targets, over the strata, the labels and the whole set.
        """
        total = 0.0
        for cell, count in block.cells.items():
            target = self.shares[side] * (self.placed[cell].total() + count)
            total += count * (target - self.placed[cell][side])
        return total


def split_examples(
    spec: SignatureSpec,
    examples: Iterable[Example],
    *,
    previous: Mapping[GroupId, Side] | None = None,
    shares: Mapping[Side, float] = DEFAULT_SHARES,
    salt: str = DEFAULT_SALT,
    linked: Iterable[tuple[str, str]] = (),
    excluded: Iterable[str] = (),
) -> Split:
    """Split by group, stratified by label and difficulty; the order of `examples` is nothing.

    A group in `previous` keeps its side for ever. The others are taken in the order of
    sha256(salt + group id), each to the side that is furthest below its share of the group's
    stratum, label and whole set. When there are groups enough no side is empty, and the test
    side holds both classes of a decision.

    `linked` are pairs of near-duplicates by example id: their groups go to one side. Where
    the two groups already are on different sides, the newer example is left out of the split
    and named in the report. `excluded` are the ids that an earlier split left out.

    Raises:
        ConfigurationError: the shares are not three numbers above 0 that sum to 1.
    """
    _check_shares(shares)
    earlier = dict(previous or {})
    kept = _without_repeats(examples)
    links = link_groups(kept, linked=linked, sides=earlier, excluded=excluded)
    blocks = _blocks(spec, links, salt=salt)
    placement = _place(spec, blocks, links=links, shares=shares)
    return _split(spec, blocks, placement, links=links)


def _check_shares(shares: Mapping[Side, float]) -> None:
    values = [shares.get(side, 0.0) for side in Side]
    if set(shares) - set(Side) or min(values) <= 0 or abs(sum(values) - 1) > 1e-6:
        shown = ", ".join(f"{name}={value}" for name, value in shares.items())
        raise ConfigurationError(
            f"The shares of a split are {shown}; give train, validation and test, "
            "each above 0, with a sum of 1."
        )


def _without_repeats(examples: Iterable[Example]) -> tuple[Example, ...]:
    """Each id once, ordered by id; of two with one content, that of the lower group id stays."""
    found: dict[ExampleId, Example] = {}
    for example in sorted(examples, key=lambda e: (e.example_id, e.group_id, e.created_at)):
        found.setdefault(example.example_id, example)
    return tuple(found.values())


def _blocks(spec: SignatureSpec, links: GroupLinks, *, salt: str) -> list[_Block]:
    """The blocks in hash order."""
    members: dict[tuple[GroupId, ...], list[Example]] = defaultdict(list)
    for example in links.examples:
        members[links.joined[example.group_id]].append(example)
    blocks = [
        _Block(
            group_ids=group_ids,
            examples=tuple(found),
            cells=_cells(spec, found),
            rank=sha256_of_text(f"{salt}\0{group_ids[0]}"),
        )
        for group_ids, found in members.items()
    ]
    return sorted(blocks, key=lambda block: (block.rank, block.group_ids))


def _cells(spec: SignatureSpec, examples: Iterable[Example]) -> Mapping[Cell, int]:
    cells: Counter[Cell] = Counter()
    for example in examples:
        label = spec.label(example.outputs)
        cells.update([(), (label,), (label, example.difficulty.value)])
    return dict(sorted(cells.items()))


def _place(
    spec: SignatureSpec,
    blocks: Sequence[_Block],
    *,
    links: GroupLinks,
    shares: Mapping[Side, float],
) -> _Placement:
    placement = _Placement(shares=shares)
    fresh = []
    for block in blocks:
        side = links.sides.get(block.group_ids[0])
        if side is None:
            fresh.append(block)
        else:
            placement.put(block, Side(side))
    _seed(spec, fresh, placement)
    for block in fresh:
        if block.rank not in placement.side_of:
            placement.put(block, _neediest(block, placement))
    return placement


def _neediest(block: _Block, placement: _Placement) -> Side:
    """The side with the largest shortfall; sides that tie are ordered by hash."""

    def need(side: Side) -> tuple[float, str]:
        return round(placement.shortfall(block, side), 9), sha256_of_text(block.rank + side)

    return max(Side, key=need)


def _seed(spec: SignatureSpec, fresh: Sequence[_Block], placement: _Placement) -> None:
    """Give every empty side a group, and the test side both classes, before the rest is dealt.

    The smallest groups are taken, so that the choice weighs little.
    """
    free = sorted(fresh, key=lambda block: (block.size, block.rank))
    empty = [side for side in FILLED_FIRST if not placement.count(side)][: len(free)]
    others = [side for side in (Side.VALIDATION, Side.TRAIN) if side in empty]
    if Side.TEST in empty:
        placement.put(free.pop(0), Side.TEST)
    if spec.decision is not None:
        _seed_classes(free, placement, spare=len(free) - len(others))
    free = [block for block in free if block.rank not in placement.side_of]
    for side, block in zip(others, free, strict=False):
        placement.put(block, side)


def _seed_classes(free: Sequence[_Block], placement: _Placement, *, spare: int) -> None:
    """Give the test side a group of each label it lacks, as long as `spare` groups last."""
    for label in sorted({label for block in free for label in block.labels}):
        if spare > 0 and not placement.count(Side.TEST, (label,)):
            placement.put(next(block for block in free if label in block.labels), Side.TEST)
            spare -= 1


def _split(
    spec: SignatureSpec, blocks: Sequence[_Block], placement: _Placement, *, links: GroupLinks
) -> Split:
    sides: dict[GroupId, Side] = {}
    examples: dict[Side, list[Example]] = {side: [] for side in Side}
    for block in blocks:
        side = placement.side_of[block.rank]
        sides.update(dict.fromkeys(block.group_ids, side))
        examples[side].extend(block.examples)
    ordered = {s: tuple(sorted(found, key=lambda e: e.example_id)) for s, found in examples.items()}
    return Split(
        train=ordered[Side.TRAIN],
        validation=ordered[Side.VALIDATION],
        test=ordered[Side.TEST],
        sides=dict(sorted(sides.items())),
        report=_report(spec, blocks, placement, links=links),
    )


def _report(
    spec: SignatureSpec, blocks: Sequence[_Block], placement: _Placement, *, links: GroupLinks
) -> SplitReport:
    total = placement.placed[()].total()
    sizes = {side: placement.count(side) for side in Side}
    return SplitReport(
        counts={side: _counts(placement, side) for side in Side},
        target_shares=dict(placement.shares),
        actual_shares={side: size / total if total else 0.0 for side, size in sizes.items()},
        shortfall={
            side: round(max(0.0, placement.shares[side] * total - size), 2)
            for side, size in sizes.items()
        },
        kept_together=tuple(
            _kept_together(block, placement.side_of[block.rank])
            for block in blocks
            if block.size > 1 or len(block.group_ids) > 1
        ),
        excluded=links.conflicts,
        notes=tuple(_notes(spec, placement)),
    )


def _counts(placement: _Placement, side: Side) -> Mapping[str, int]:
    return {
        "/".join(cell): counts[side]
        for cell, counts in sorted(placement.placed.items())
        if len(cell) == 2 and counts[side]
    }


GROUP_REASONS: Mapping[Source, str] = {
    Source.GIT: "one commit or pull request",
    Source.SYNTHETIC: "one synthetic parent",
    Source.TELEMETRY: "one session or request",
    Source.PIPELINE: "one generated problem",
    Source.IMPORT: "one group of the imported file",
    Source.MANUAL: "one hand-made group",
}


def _kept_together(block: _Block, side: Side) -> KeptTogether:
    sources = sorted({example.source for example in block.examples})
    reasons = [GROUP_REASONS[source] for source in sources]
    if len(block.group_ids) > 1:
        reasons.insert(0, "near-duplicates")
    return KeptTogether(
        group_ids=block.group_ids, size=block.size, side=side, reason=" and ".join(reasons)
    )


def _notes(spec: SignatureSpec, placement: _Placement) -> Iterable[str]:
    labels = [cell[0] for cell in sorted(placement.placed) if len(cell) == 1]
    for side in Side:
        if not placement.count(side):
            yield f"The {side} side is empty: there are too few new groups to fill it."
        elif spec.decision is not None:
            for label in labels:
                if not placement.count(side, (label,)):
                    yield f"The {side} side has no example labelled {label}."
