"""Drawing the largest set that reaches the shares of a gate policy out of a pool.

Examples of equal difficulty and label are interchangeable for the shares, so the pool is
counted in cells (difficulty, label) and the number to take from each is a flow: from the
difficulties, each between its lowest and highest share, to the labels, likewise. Feasibility
is settled exactly by `ratchet.quality.allocation` for each total, from large to small.
Inside a cell the groups come in order of quality, so that a group is seldom torn.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from ratchet.canonical import sha256_of_text
from ratchet.examples import Difficulty, Example, ExampleId, Source
from ratchet.quality.allocation import Cell, Demands, allocate
from ratchet.quality.shares import Band, bands
from ratchet.signatures.spec import SignatureSpec

Ranks = dict[ExampleId, tuple[bool, float, str, str]]
"""A sort key for each example, the preferred ones first."""


@dataclass(frozen=True, kw_only=True)
class Selection:
    """A set drawn from a pool, in the order of the pool.

    `reached` says whether the shares are within tolerance. If not, `examples` has the right
    difficulties and labels whatever the sources, or is everything good enough if not even
    that can be had; the gate report on it names the shortfall. `left_out` counts by
    reason what was not taken.
    """

    examples: tuple[Example, ...]
    reached: bool
    left_out: Mapping[str, int]


def select_for_gate(
    spec: SignatureSpec, examples: Sequence[Example], *, limit: int | None = None, seed: int = 0
) -> Selection:
    """Draw the largest set whose difficulty, label and source shares hold the policy.

    Examples below the quality of the policy, or unscored, are left out first. The same pool
    and seed give the same set, whatever the order of the pool.

    Args:
        spec: The signature with its policy.
        examples: The pool, scored.
        limit: At most so many, or None for as many as possible.
        seed: Breaks ties between groups of equal quality.
    """
    unique = {example.example_id: example for example in examples}
    floor = spec.policy.min_quality
    good = [e for e in unique.values() if (e.quality_score or 0.0) >= floor]
    ranks = _rank(spec, good, seed=seed)
    most = len(good) if limit is None else min(limit, len(good))
    chosen = _largest(spec, good, ranks, at_most=most)
    kept = chosen or _second_best(spec, good, ranks, at_most=most)
    left_out = {
        "repeated": len(examples) - len(unique),
        "below the minimal quality": len(unique) - len(good),
        "over a share or the limit": len(good) - len(kept),
    }
    return Selection(
        examples=tuple(e for e in good if e.example_id in kept),
        reached=chosen is not None,
        left_out={reason: count for reason, count in left_out.items() if count},
    )


def _second_best(
    spec: SignatureSpec, examples: Sequence[Example], ranks: Ranks, *, at_most: int
) -> set[ExampleId]:
    """The largest set with the right difficulties and labels from any source; else all."""
    any_source = replace(spec, policy=replace(spec.policy, max_source_share=1.0))
    found = _largest(any_source, examples, ranks, at_most=at_most)
    return found or set(sorted(ranks, key=lambda key: ranks[key])[:at_most])


def _rank(spec: SignatureSpec, examples: Sequence[Example], *, seed: int) -> Ranks:
    """A sort key by id: one example of each common category first, then groups by quality."""
    scores = defaultdict(list)
    for example in examples:
        scores[example.group_id].append(example.quality_score or 0.0)
    keys: Ranks = {}
    for example in examples:
        members = scores[example.group_id]
        group_hash = sha256_of_text(f"{seed}:{example.group_id}")
        mean = sum(members) / len(members)
        keys[example.example_id] = (True, -mean, group_hash, example.example_id)
    for champion in _champions(examples, keys, spec.policy.min_categories):
        keys[champion] = (False, *keys[champion][1:])
    return keys


def _champions(
    examples: Sequence[Example],
    keys: Ranks,
    categories: int,
) -> list[ExampleId]:
    """The best example of each of the most common categories."""
    counts = Counter(example.category for example in examples)
    common = sorted(counts, key=lambda category: (-counts[category], category))[:categories]
    return [
        min((e.example_id for e in examples if e.category == category), key=keys.__getitem__)
        for category in common
    ]


def _largest(
    spec: SignatureSpec,
    examples: Sequence[Example],
    ranks: Ranks,
    *,
    at_most: int,
) -> set[ExampleId] | None:
    """The ids of the largest feasible set; None when none has the examples that are needed."""
    policy = spec.policy
    cells: dict[tuple[str, str], list[Example]] = defaultdict(list)
    for example in sorted(examples, key=lambda example: ranks[example.example_id]):
        cells[example.difficulty.value, _column(spec, example)].append(example)
    sources = Counter(example.source.value for example in examples)
    for dominant in sorted(sources, key=lambda source: (-sources[source], source)):
        numbers = allocate(
            tuple(_cell(pair, members, dominant) for pair, members in cells.items()),
            _demands(spec, {column for _, column in cells}),
            at_most=at_most,
            at_least=min(policy.min_examples, max(1, at_most)),
        )
        if numbers is None:
            return None
        chosen = _fill(cells, numbers, policy.max_source_share)
        if _is_mixed(chosen, policy.max_source_share):
            return {example.example_id for example in chosen}
    return None


def _column(spec: SignatureSpec, example: Example) -> str:
    """The label where the policy balances labels; else all examples share one column."""
    return spec.label(example.outputs) if spec.policy.label_shares else ""


def _cell(pair: tuple[str, str], members: Sequence[Example], dominant: str) -> Cell:
    others = sum(example.source.value != dominant for example in members)
    return Cell(row=pair[0], column=pair[1], size=len(members), others=others)


def _demands(spec: SignatureSpec, columns: set[str]) -> Demands:
    policy = spec.policy
    anything = Band(low=0.0, high=1.0)
    difficulties = {key.value: share for key, share in policy.difficulty_shares.items()}
    rows = bands(difficulties, policy.share_tolerance)
    labels = bands(policy.label_shares, policy.share_tolerance)
    return Demands(
        rows={key.value: rows.get(key.value, anything) for key in Difficulty},
        columns={key: labels.get(key, anything) for key in sorted({*columns, *labels})},
        dominant_share=policy.max_source_share,
    )


def _fill(
    cells: Mapping[tuple[str, str], Sequence[Example]],
    numbers: Mapping[tuple[str, str], int],
    highest: float,
) -> list[Example]:
    """The best of each cell; then, while a source has too much, its weakest are exchanged."""
    chosen = {pair: list(members[: numbers[pair]]) for pair, members in cells.items()}
    spare = {pair: list(members[numbers[pair] :]) for pair, members in cells.items()}
    total = sum(map(len, chosen.values()))
    counts = Counter(e.source for members in chosen.values() for e in members)
    for source, count in counts.items():
        excess = count - Band(low=0.0, high=highest).most(total)
        for pair in cells:
            excess -= _exchange(chosen[pair], spare[pair], source, excess)
    return [example for members in chosen.values() for example in members]


def _exchange(chosen: list[Example], spare: list[Example], source: Source, excess: int) -> int:
    """Put the best spare examples of other sources in the place of the weakest of `source`."""
    leaving = [index for index in reversed(range(len(chosen))) if chosen[index].source is source]
    coming = [index for index in range(len(spare)) if spare[index].source is not source]
    exchanges = list(zip(leaving, coming, strict=False))[: max(0, excess)]
    for out, into in exchanges:
        chosen[out], spare[into] = spare[into], chosen[out]
    return len(exchanges)


def _is_mixed(examples: Sequence[Example], highest: float) -> bool:
    counts = Counter(example.source for example in examples)
    return max(counts.values()) <= Band(low=0.0, high=highest).most(len(examples))
