"""Readiness: whether there is data enough to optimise on, and what would make it better."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from ratchet.examples import Example

GOOD_QUALITY = 80.0
FEW_TOPICS = 3
SEARCH_FROM, ADVISED = 50, 200  # examples: MIPROv2 takes over; more still help


@dataclass(frozen=True, kw_only=True)
class Readiness:
    """How ready a signature or a domain is.

    `avg_quality` is 0..100 over the scored examples, 0 without any. `topic_coverage` counts
    examples by topic, the most first. Optimisation is enabled from `enabling_examples` on.
    """

    name: str
    ready: bool
    current_examples: int
    required_examples: int
    enabling_examples: int
    avg_quality: float
    topic_coverage: Mapping[str, int]
    difficulties: Mapping[str, int]
    recommendations: tuple[str, ...]

    @property
    def optimization_enabled(self) -> bool:
        """Whether an optimisation may start."""
        return self.current_examples >= self.enabling_examples

    def to_json(self) -> dict[str, Any]:
        """The record as JSON holds it."""
        return {**asdict(self), "optimization_enabled": self.optimization_enabled}


def assess(
    name: str, examples: Iterable[Example], *, required: int, enabling: int | None = None
) -> Readiness:
    """Assess usable examples against the number that is required.

    `enabling` is the number from which an optimisation may start; as `required` without it.

    The topic of an example is its input of that name, or else its category.
    """
    found = list(examples)
    scores = [e.quality_score for e in found if e.quality_score is not None]
    quality = sum(scores) / len(scores) if scores else 0.0
    topics = Counter(str(e.inputs.get("topic") or e.category).lower() for e in found)
    return Readiness(
        name=name,
        ready=len(found) >= required,
        current_examples=len(found),
        required_examples=required,
        enabling_examples=required if enabling is None else enabling,
        avg_quality=round(quality, 1),
        topic_coverage=dict(topics.most_common()),
        difficulties=dict(Counter(e.difficulty.value for e in found).most_common()),
        recommendations=tuple(_recommendations(len(found), required, quality, len(topics))),
    )


def _recommendations(count: int, required: int, quality: float, topics: int) -> Iterable[str]:
    if count < required:
        yield f"Generate {required - count} more examples; {required} enable optimisation."
    elif count < SEARCH_FROM:
        yield f"Generate {SEARCH_FROM - count} more examples; from {SEARCH_FROM} MIPROv2 searches."
    elif count < ADVISED:
        yield f"Generate {ADVISED - count} more examples; {ADVISED} give a firmer verdict."
    if count and quality < GOOD_QUALITY:
        yield f"Improve the quality: its mean is {quality:.1f}, {GOOD_QUALITY:.0f} is good."
    if topics < FEW_TOPICS:
        yield f"Add topics: the examples span {topics}, {FEW_TOPICS} are the least."
