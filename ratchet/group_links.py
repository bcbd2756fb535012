"""Groups joined by near-duplicates, and the examples that no side can take because of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from ratchet.examples import Example, ExampleId


@dataclass(frozen=True, kw_only=True)
class Conflict:
    """An example left out of a split, because it would leak from one side to another."""

    example_id: ExampleId
    linked_to: ExampleId | None
    reason: str


@dataclass(frozen=True, kw_only=True)
class GroupLinks:
    """The examples that may be placed, and which of their groups go together.

    `joined` gives for each group all groups joined with it, sorted, itself among them.
    `sides` is the side every group is bound to; an unbound group is not in it.
    """

    examples: tuple[Example, ...]
    joined: Mapping[str, tuple[str, ...]]
    sides: Mapping[str, str]
    conflicts: tuple[Conflict, ...]


def link_groups(
    examples: Sequence[Example],
    *,
    linked: Iterable[tuple[str, str]],
    sides: Mapping[str, str],
    excluded: Iterable[str] = (),
) -> GroupLinks:
    """Join the groups of linked examples, unless both are bound to different sides already.

    In that case the newer example of the pair is left out: first one whose group has no side
    yet, then the one created later, then the one with the higher id. Links to unknown
    examples are nothing.
    """
    known = {example.example_id: example for example in examples}
    forest = _Forest(sides=dict(sides))
    out = {
        known[ExampleId(i)].example_id: _left_out_before(i)
        for i in sorted(set(excluded) & {*known})
    }
    for one, other in sorted({(min(pair), max(pair)) for pair in linked}):
        if one not in known or other not in known or one in out or other in out:
            continue
        pair = (known[ExampleId(one)], known[ExampleId(other)])
        if not forest.join(pair[0].group_id, pair[1].group_id):
            conflict = _conflict(pair, sides)
            out[conflict.example_id] = conflict
    kept = tuple(example for example in examples if example.example_id not in out)
    group_ids = sorted({example.group_id for example in kept})
    return GroupLinks(
        examples=kept,
        joined=forest.joined(group_ids),
        sides={g: side for g in group_ids if (side := forest.side(g)) is not None},
        conflicts=tuple(out[i] for i in sorted(out)),
    )


@dataclass(kw_only=True)
class _Forest:
    """Sets of groups; the root of a set knows its side."""

    sides: dict[str, str]
    parents: dict[str, str] = field(default_factory=dict)

    def root(self, group_id: str) -> str:
        while (parent := self.parents.get(group_id, group_id)) != group_id:
            self.parents[group_id] = self.parents.get(parent, parent)
            group_id = parent
        return group_id

    def side(self, group_id: str) -> str | None:
        return self.sides.get(self.root(group_id))

    def join(self, one: str, other: str) -> bool:
        """Make two sets one; False, and no change, when they are bound to different sides."""
        low, high = sorted((self.root(one), self.root(other)))
        low_side, high_side = self.sides.get(low), self.sides.get(high)
        if low_side is not None and high_side is not None and low_side != high_side:
            return False
        if low != high:
            self.parents[high] = low
            if low_side is None and high_side is not None:
                self.sides[low] = high_side
        return True

    def joined(self, group_ids: Iterable[str]) -> dict[str, tuple[str, ...]]:
        members: dict[str, list[str]] = {}
        for group_id in group_ids:
            members.setdefault(self.root(group_id), []).append(group_id)
        return {g: tuple(found) for found in members.values() for g in found}


def _left_out_before(example_id: str) -> Conflict:
    return Conflict(
        example_id=ExampleId(example_id),
        linked_to=None,
        reason="left out of the split of an earlier version",
    )


def _conflict(pair: tuple[Example, Example], sides: Mapping[str, str]) -> Conflict:
    older, newer = sorted(pair, key=lambda e: (e.group_id not in sides, e.created_at, e.example_id))
    return Conflict(
        example_id=newer.example_id,
        linked_to=older.example_id,
        reason=(
            f"a near-duplicate of {older.example_id}, whose group {older.group_id!r} is on "
            "another side"
        ),
    )
