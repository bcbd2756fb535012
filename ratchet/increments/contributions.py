"""Which examples and sources carry the score: what evaluations and programs say of each."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any

from ratchet.examples import Example
from ratchet.store import EvaluationRecord

OFTEN = 2  # evaluations in which an example was missed by every program, before it is suspected


@dataclass(frozen=True, kw_only=True)
class SourceScore:
    """How the newest candidate does on the sealed examples of one source, 0..1, and on the rest.

    `in_prompts` counts the examples of the source that the program shows as demonstrations.
    """

    source: str
    examples: int
    evaluated: int
    score: float | None
    score_elsewhere: float | None
    in_prompts: int


@dataclass(frozen=True, kw_only=True)
class Suspect:
    """An example that may be wrong or worthless, and why."""

    example_id: str
    source: str
    reason: str


def scores_by_source(
    examples: Sequence[Example], evaluation: EvaluationRecord | None, demonstrated: Iterable[str]
) -> tuple[SourceScore, ...]:
    """What each source brings, the one with most examples first.

    `demonstrated` are the ids of the examples in the prompts of the program. Scores are None
    where the evaluation has kept none of single examples.
    """
    scores = {} if evaluation is None else candidate_scores(evaluation)
    shown = set(demonstrated)
    groups: dict[str, list[Example]] = defaultdict(list)
    for example in examples:
        groups[example.source.value].append(example)
    found = []
    for source, members in groups.items():
        own = {e.example_id for e in members}
        here = [score for example_id, score in scores.items() if example_id in own]
        rest = [score for example_id, score in scores.items() if example_id not in own]
        found.append(
            SourceScore(
                source=source,
                examples=len(members),
                evaluated=len(here),
                score=fmean(here) if here else None,
                score_elsewhere=fmean(rest) if rest else None,
                in_prompts=len(own & shown),
            )
        )
    return tuple(sorted(found, key=lambda each: (-each.examples, each.source)))


def suspects(
    examples: Sequence[Example], evaluations: Sequence[EvaluationRecord], *, below: float = 0.5
) -> tuple[Suspect, ...]:
    """Examples that baseline and candidate both missed in every evaluation, two at least.

    When different programs keep missing the same example, its label is wrong more often than
    all of them are; a person should look at it.
    """
    looked: Counter[str] = Counter()
    missed: Counter[str] = Counter()
    for evaluation in evaluations:
        for example_id, pair in kept_scores(evaluation).items():
            scores = [score for score in pair.values() if score is not None]
            if scores:
                looked[example_id] += 1
                missed[example_id] += max(scores) < below
    return tuple(
        Suspect(
            example_id=example.example_id,
            source=example.source.value,
            reason=f"missed by baseline and candidate in all of {count} evaluations",
        )
        for example in examples
        if (count := looked[example.example_id]) >= OFTEN and missed[example.example_id] == count
    )


def kept_scores(evaluation: EvaluationRecord) -> Mapping[str, Mapping[str, Any]]:
    """The scores of single examples by id, where the evaluation has kept them."""
    kept: Any = evaluation.details.get("scores", {})
    if not isinstance(kept, Mapping):
        return {}
    return {str(name): pair for name, pair in kept.items() if isinstance(pair, Mapping)}


def candidate_scores(evaluation: EvaluationRecord) -> dict[str, float]:
    """The candidate's score of each example, by id."""
    return {
        example_id: float(pair["candidate"])
        for example_id, pair in kept_scores(evaluation).items()
        if pair.get("candidate") is not None
    }
