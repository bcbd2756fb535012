"""Chooses the wanted number of examples so that shares come out, and says what is lacking."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from ratchet.collect.apportion import apportion
from ratchet.examples import Difficulty, Example
from ratchet.signatures import SignatureSpec

Cell = tuple[Difficulty, str]

LONGER_HISTORY = "a longer history (--since-days), more repositories (--repo)"
DATES = ("committed_at", "recorded_at")  # the time in the provenance, of whatever source


@dataclass(frozen=True, kw_only=True)
class Selection:
    """The chosen examples, newest first, and a sentence for everything that is short."""

    examples: tuple[Example, ...]
    shortfalls: tuple[str, ...]


def select(
    spec: SignatureSpec,
    examples: Sequence[Example],
    target: int,
    *,
    remedy: str = LONGER_HISTORY,
) -> Selection:
    """Choose `target` examples with the shares of difficulty and labels that the policy wants.

    Each difficulty and label gets its share of the target; what one can not give, the others
    fill up, as long as there is anything. Within a share categories take turns, the newest
    first, and a group gives its second example only after every group gave one. The same
    examples give the same selection. `remedy` is what brings more examples.
    """
    queues = _queues(spec, examples)
    wanted = _wanted(spec, queues, target)
    chosen: list[Example] = []
    for cell, count in wanted.items():
        chosen.extend(queues.get(cell, [])[:count])
    taken = {example.example_id for example in chosen}
    cells = _by_need(spec, wanted, queues)
    rest = [e for cell in cells for e in queues[cell] if e.example_id not in taken]
    chosen.extend(rest[: max(0, target - len(chosen))])
    chosen.sort(key=_newest_first)
    return Selection(
        examples=tuple(chosen), shortfalls=tuple(_shortfalls(spec, chosen, target, remedy))
    )


def _share_out(shares: Mapping[str, float], total: int) -> dict[str, int]:
    return dict(zip(shares, apportion(total, list(shares.values())), strict=True))


def _queues(spec: SignatureSpec, examples: Sequence[Example]) -> dict[Cell, list[Example]]:
    cells: dict[Cell, list[Example]] = {}
    for example in sorted(examples, key=_newest_first):
        cells.setdefault((example.difficulty, spec.label(example.outputs)), []).append(example)
    return {cell: _in_turns(found) for cell, found in cells.items()}


def _in_turns(examples: Sequence[Example]) -> list[Example]:
    """Groups first give one each; within a round categories take turns."""
    seen_groups: Counter[str] = Counter()
    seen_categories: Counter[tuple[int, str]] = Counter()
    ranked: list[tuple[int, int, int, Example]] = []
    for place, example in enumerate(examples):
        number = seen_groups[example.group_id]
        turn = seen_categories[number, example.category]
        seen_groups[example.group_id] += 1
        seen_categories[number, example.category] += 1
        ranked.append((number, turn, place, example))
    return [example for *_, example in sorted(ranked, key=lambda row: row[:3])]


def _wanted(
    spec: SignatureSpec, queues: Mapping[Cell, Sequence[Example]], target: int
) -> dict[Cell, int]:
    labels = _label_shares(spec, queues)
    by_difficulty = _share_out(
        {d.value: share for d, share in spec.policy.difficulty_shares.items()}, target
    )
    wanted: dict[Cell, int] = {}
    for difficulty, count in by_difficulty.items():
        for label, share in _share_out(labels, count).items():
            wanted[Difficulty(difficulty), label] = share
    return _moved_within_difficulty(wanted, queues)


def _moved_within_difficulty(
    wanted: dict[Cell, int], queues: Mapping[Cell, Sequence[Example]]
) -> dict[Cell, int]:
    """What one label lacks, the other labels of the same difficulty give, if they can."""
    spare = {cell: len(queues.get(cell, ())) - count for cell, count in wanted.items()}
    for cell in wanted:
        for other in wanted:
            if other[0] == cell[0] and spare[cell] < 0 < spare[other]:
                moved = min(-spare[cell], spare[other])
                for place, change in ((cell, -moved), (other, moved)):
                    wanted[place] += change
                    spare[place] -= change
    return wanted


def _label_shares(
    spec: SignatureSpec, queues: Mapping[Cell, Sequence[Example]]
) -> dict[str, float]:
    """The policy's shares; even ones for a decision; those of the pool for anything else."""
    if spec.policy.label_shares:
        return dict(spec.policy.label_shares)
    pool: Counter[str] = Counter()
    for (_, label), found in sorted(queues.items()):
        pool[label] += len(found)
    if spec.decision is not None:
        return dict.fromkeys(sorted(pool), 1.0)
    return {label: float(count) for label, count in sorted(pool.items())}


def _by_need(
    spec: SignatureSpec, wanted: Mapping[Cell, int], queues: Mapping[Cell, Sequence[Example]]
) -> list[Cell]:
    """Cells in the order in which they may fill up: the largest wanted shares first."""
    shares = _label_shares(spec, queues)
    return sorted(queues, key=lambda c: (-wanted.get(c, 0), -shares.get(c[1], 0.0), c))


def _shortfalls(
    spec: SignatureSpec, chosen: Sequence[Example], target: int, remedy: str
) -> list[str]:
    if len(chosen) < target:
        found = f"{spec.name}: collected: {len(chosen)} examples, target: {target}"
        return [f"{found}; remedy: {remedy}"]
    return [
        *_share_shortfalls(
            spec,
            Counter(example.difficulty.value for example in chosen),
            {d.value: share for d, share in spec.policy.difficulty_shares.items()},
            target,
            remedy,
        ),
        *_share_shortfalls(
            spec,
            Counter(spec.label(example.outputs) for example in chosen),
            spec.policy.label_shares,
            target,
            remedy,
        ),
    ]


def _share_shortfalls(
    spec: SignatureSpec,
    counts: Counter[str],
    shares: Mapping[str, float],
    target: int,
    remedy: str,
) -> list[str]:
    tolerance = spec.policy.share_tolerance * target
    return [
        f"{spec.name}: collected: {counts[name]} {name} examples, target: {wanted}; "
        f"remedy: {remedy}"
        for name, wanted in _share_out(shares, target).items()
        if counts[name] < wanted - tolerance
    ]


def _newest_first(example: Example) -> tuple[float, str]:
    dated = next(example.provenance[name] for name in DATES if name in example.provenance)
    return (-datetime.fromisoformat(dated).timestamp(), example.example_id)
