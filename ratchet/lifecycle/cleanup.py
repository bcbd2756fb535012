"""The plan of a clean-up: who leaves, for which reason, and who stays although it would."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from math import floor

from ratchet.errors import InputError
from ratchet.examples import ExampleId, Status
from ratchet.lifecycle.references import References
from ratchet.store.removals import ShelvedExample

REFUSED = frozenset({Status.REJECTED, Status.QUARANTINED})
APPROVED = "a person approved it"
LAST_OF_ITS_KIND = "among the last of its category and difficulty"
LEAVING_FIRST = (
    Status.REJECTED,
    Status.QUARANTINED,
    Status.ARCHIVED,
    Status.CANDIDATE,
    Status.ACCEPTED,
)

Cell = tuple[str, str]
"""Category and difficulty."""


class Cause(StrEnum):
    """Which rule lets an example leave."""

    REFUSED = "refused long ago"
    OUTDATED = "outdated"
    LOW_QUALITY = "low quality"
    CAP = "over the cap"


@dataclass(frozen=True, kw_only=True)
class CleanupPolicy:
    """Ages in days since an example was added, qualities 0..100, shares 0..1.

    `min_examples_per_cell` of the best of each category and difficulty stay whatever their
    age and quality. When the cap lets examples leave, a category and difficulty may fall
    below its share of what is left by `balance_tolerance` of it.

    Raises:
        InputError: a value that can not be.
    """

    max_age_days: int
    refused_max_age_days: int
    min_quality: float
    settling_days: int
    max_examples_per_signature: int
    min_examples_per_cell: int
    balance_tolerance: float

    def __post_init__(self) -> None:
        if not 0 <= self.min_quality <= 100:
            raise InputError(f"min_quality is {self.min_quality}; it must be 0..100.")
        if not 0 <= self.balance_tolerance <= 1:
            raise InputError(f"balance_tolerance is {self.balance_tolerance}; it must be 0..1.")
        if self.max_examples_per_signature < 0:
            raise InputError("max_examples_per_signature can not be negative.")


@dataclass(frozen=True, kw_only=True)
class Removal:
    """An example that is to leave, with the rule and the sentence that say why."""

    example_id: ExampleId
    cause: Cause
    reason: str


@dataclass(frozen=True, kw_only=True)
class Balance:
    """Shares, 0..1, of the examples that are not refused."""

    difficulties: Mapping[str, float] = field(default_factory=dict)
    categories: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class CleanupPlan:
    """What a clean-up of one signature would do.

    `held` counts those that a rule would let leave, by the reason why they stay.
    `over_cap` is how many are above the cap all the same, because they may not leave.
    """

    removals: tuple[Removal, ...]
    held: Mapping[str, int]
    before: int
    after: int
    over_cap: int
    balance_before: Balance
    balance_after: Balance

    @property
    def causes(self) -> Mapping[str, int]:
        """How many leave by each rule."""
        return Counter(removal.cause.value for removal in self.removals)


def plan_cleanup(
    examples: Iterable[ShelvedExample],
    references: References,
    policy: CleanupPolicy,
    now: datetime,
) -> CleanupPlan:
    """Decide which examples of one signature leave.

    First by age and quality; then, above the cap, the worst first: the refused, then the
    candidates, then the accepted; of each the unscored, then the lower score, then the
    older first. A category and
    difficulty gives no more than its share as long as others can give. What is approved or
    referred to never leaves.
    """
    everyone = sorted(examples, key=_worst_first)
    held: Counter[str] = Counter()
    by_rule = _by_rule(everyone, references, policy, now=now, held=held)
    gone = {removal.example_id for removal in by_rule}
    left = [example for example in everyone if example.example_id not in gone]
    by_cap = _by_cap(left, references, policy)
    gone |= {removal.example_id for removal in by_cap}
    stay = [example for example in everyone if example.example_id not in gone]
    return CleanupPlan(
        removals=(*by_rule, *by_cap),
        held=dict(held),
        before=len(everyone),
        after=len(stay),
        over_cap=max(0, len(stay) - policy.max_examples_per_signature),
        balance_before=balance_of(everyone),
        balance_after=balance_of(stay),
    )


def balance_of(examples: Iterable[ShelvedExample]) -> Balance:
    """The shares of difficulties and categories, the largest first."""
    usable = [example for example in examples if example.status not in REFUSED]
    return Balance(
        difficulties=_shares(example.difficulty.value for example in usable),
        categories=_shares(example.category for example in usable),
    )


def _by_rule(
    everyone: Sequence[ShelvedExample],
    references: References,
    policy: CleanupPolicy,
    *,
    now: datetime,
    held: Counter[str],
) -> list[Removal]:
    """Who leaves by age or quality, the worst first, so that the best of a cell stand last."""
    standing = Counter(_cell(example) for example in everyone if example.status not in REFUSED)
    removals = []
    for example in everyone:
        removal = _broken_rule(example, policy, now=now)
        if removal is None:
            continue
        if (reason := _protection(example, references)) is not None:
            held[reason] += 1
        elif example.status in REFUSED:
            removals.append(removal)
        elif standing[_cell(example)] <= policy.min_examples_per_cell:
            held[LAST_OF_ITS_KIND] += 1
        else:
            standing[_cell(example)] -= 1
            removals.append(removal)
    return removals


def _broken_rule(
    example: ShelvedExample, policy: CleanupPolicy, *, now: datetime
) -> Removal | None:
    days = (now - example.added_at) / timedelta(days=1)
    score = example.quality_score
    if example.status in REFUSED and days > policy.refused_max_age_days:
        cause = Cause.REFUSED
        reason = f"{example.status}, and that for {days:.0f} days"
    elif days > policy.max_age_days:
        cause, reason = Cause.OUTDATED, f"added {days:.0f} days ago"
    elif score is not None and score < policy.min_quality and days > policy.settling_days:
        cause = Cause.LOW_QUALITY
        reason = f"quality {score:.1f} is below {policy.min_quality:g}"
    else:
        return None
    return Removal(example_id=example.example_id, cause=cause, reason=reason)


def _by_cap(
    left: Sequence[ShelvedExample], references: References, policy: CleanupPolicy
) -> list[Removal]:
    """Two passes over the worst: one that keeps the balance, and one that keeps the cap."""
    cap = policy.max_examples_per_signature
    surplus = len(left) - cap
    if surplus <= 0:
        return []
    free = [example for example in left if _protection(example, references) is None]
    standing = Counter(_cell(example) for example in left if example.status not in REFUSED)
    floors = _floors(standing, policy)
    leaving: dict[ExampleId, ShelvedExample] = {}
    for keeps_balance in (True, False):
        for example in free:
            if len(leaving) == surplus:
                break
            cell, is_refused = _cell(example), example.status in REFUSED
            at_floor = not is_refused and standing[cell] <= floors[cell]
            if example.example_id in leaving or (keeps_balance and at_floor):
                continue
            leaving[example.example_id] = example
            standing[cell] -= not is_refused
    return [_over_cap(example, cap) for example in leaving.values()]


def _floors(standing: Mapping[Cell, int], policy: CleanupPolicy) -> dict[Cell, int]:
    """How many of each cell stay as long as others can give."""
    total = sum(standing.values())
    if not total:
        return {}
    share = min(1.0, policy.max_examples_per_signature / total) * (1 - policy.balance_tolerance)
    return {
        cell: min(count, max(policy.min_examples_per_cell, floor(count * share)))
        for cell, count in standing.items()
    }


def _over_cap(example: ShelvedExample, cap: int) -> Removal:
    score = (
        "not scored" if example.quality_score is None else f"quality {example.quality_score:.1f}"
    )
    return Removal(
        example_id=example.example_id,
        cause=Cause.CAP,
        reason=f"among the worst above the cap of {cap}: {example.status}, {score}",
    )


def _protection(example: ShelvedExample, references: References) -> str | None:
    if example.status is Status.APPROVED:
        return APPROVED
    reference = references.found.get(example.example_id)
    return None if reference is None else f"{reference.by} refers to it"


def _worst_first(example: ShelvedExample) -> tuple[int, float, datetime, str]:
    rank = LEAVING_FIRST.index(example.status) if example.status in LEAVING_FIRST else len(Status)
    score = -1.0 if example.quality_score is None else example.quality_score
    return rank, score, example.added_at, example.example_id


def _cell(example: ShelvedExample) -> Cell:
    return example.category, example.difficulty.value


def _shares(words: Iterable[str]) -> dict[str, float]:
    counts = Counter(words)
    total = counts.total()
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return {word: round(count / total, 4) for word, count in ordered}
