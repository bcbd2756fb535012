"""The review queue: what is worth a person's minute first, and why.

Each example is asked six questions; each answer is a strength 0..1, times the weight of the
question. The weights say what an answer is worth in finding a wrong or missing label:

    wrong in the last evaluation   4   the programs and the label disagree: one is wrong
    contradicts another example    4   one of two labels is wrong, and only a person can tell
    low blind-label agreement      3   a second look at the input gave partly another answer
    quality near a threshold       2   a point more or less decides, and the score is no judge
    rare in its coverage cell      2   one approval here is worth several elsewhere
    corrected by a user            2   the answer of somebody with a problem, nobody checked it

They are settings (`[curation]`): a team that trusts its users more lowers the last.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ratchet.curation.evidence import Evidence, cells_in_need
from ratchet.examples import Example, Status

if TYPE_CHECKING:
    from ratchet.configuration.curation import CurationSettings
    from ratchet.signatures.spec import SignatureSpec

FULL_DISAGREEMENT = 0.5  # an agreement this far below 1 says as much as one of 0


@dataclass(frozen=True, kw_only=True)
class Signal:
    """One reason to look: its question, how much it is worth, and the answer in a sentence."""

    name: str
    value: float
    reason: str


@dataclass(frozen=True, kw_only=True)
class QueueItem:
    """An example in the queue; `signals` are why, the strongest first."""

    example: Example
    signals: tuple[Signal, ...]
    is_skipped: bool = False

    @property
    def value(self) -> float:
        """What a look at it is worth: the sum of its signals."""
        return round(sum(signal.value for signal in self.signals), 3)

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why it is here, in sentences."""
        found = tuple(signal.reason for signal in self.signals)
        return found or (f"it is {self.example.status} and nobody looked at it yet",)

    def to_json(self) -> dict[str, Any]:
        """The item for programs."""
        return {
            "example_id": self.example.example_id,
            "value": self.value,
            "is_skipped": self.is_skipped,
            "signals": [
                {"name": s.name, "value": round(s.value, 3), "reason": s.reason}
                for s in self.signals
            ],
            "example": self.example.to_json(),
        }


def build_queue(
    spec: SignatureSpec,
    examples: Sequence[Example],
    evidence: Evidence,
    settings: CurationSettings,
) -> tuple[QueueItem, ...]:
    """Order examples by what a look at each is worth.

    What this curator skipped comes last. Ties go to the older one, then to the id, so that
    the order is the same every time.
    """
    items = [
        QueueItem(
            example=example,
            signals=_signals(spec, example, evidence, settings),
            is_skipped=example.example_id in evidence.skipped,
        )
        for example in examples
    ]
    return tuple(sorted(items, key=_order))


def needs_review(
    item: QueueItem,
    *,
    quality: float | None,
    manual_review_threshold: float,
    everything: bool = False,
) -> bool:
    """Whether an open example is for the queue at all.

    One that is accepted with a `quality` of at least `manual_review_threshold` (0..100) skips
    review, unless evidence other than its score speaks against it, or `everything` is to be
    approved by a person.
    """
    example = item.example
    is_good = (
        example.status is Status.ACCEPTED
        and quality is not None
        and quality >= manual_review_threshold
    )
    return everything or not is_good or any(s.name in OVERRULING for s in item.signals)


def _order(item: QueueItem) -> tuple[Any, ...]:
    example = item.example
    return (item.is_skipped, -item.value, example.created_at, example.example_id)


def _signals(
    spec: SignatureSpec, example: Example, evidence: Evidence, settings: CurationSettings
) -> tuple[Signal, ...]:
    found = (
        *_missed(example, evidence, settings.wrong_weight),
        *_contradicting(example, settings.contradiction_weight),
        *_disagreement(example, settings.disagreement_weight),
        *_near_threshold(example, evidence, settings),
        *_rare(spec, example, evidence, settings.coverage_weight),
        *_corrected(example, settings.correction_weight),
    )
    strong = (signal for signal in found if signal.value > 0)
    return tuple(sorted(strong, key=lambda signal: -signal.value))


def _missed(example: Example, evidence: Evidence, weight: float) -> Iterator[Signal]:
    if miss := evidence.misses.get(example.example_id):
        reason = f"the programs scored {miss.score:.2f} on it in evaluation {miss.evaluation_id}"
        yield Signal(name="wrong", value=weight * (1 - miss.score), reason=reason)


def _contradicting(example: Example, weight: float) -> Iterator[Signal]:
    if example.status is Status.QUARANTINED:
        reason = "it contradicts an example with nearly the same inputs"
        yield Signal(name="contradiction", value=weight, reason=reason)


def _disagreement(example: Example, weight: float) -> Iterator[Signal]:
    agreement = example.provenance.get("agreement")
    if isinstance(agreement, int | float) and 0 <= agreement < 1:
        strength = min(1.0, (1 - agreement) / FULL_DISAGREEMENT)
        reason = f"a blind second label agrees by {agreement:.2f} only"
        yield Signal(name="disagreement", value=weight * strength, reason=reason)


def _near_threshold(
    example: Example, evidence: Evidence, settings: CurationSettings
) -> Iterator[Signal]:
    """Only the nearest threshold counts; the reason says which quality is meant."""
    own = example.quality_score
    if own is None:
        return
    kind = "calibrated" if example.example_id in evidence.calibrated else "raw"
    banded = evidence.calibrated.get(example.example_id, own)
    distances = [
        *((abs(banded - at), name, at, kind, banded) for name, at in evidence.thresholds.items()),
        *((abs(own - at), name, at, "raw", own) for name, at in evidence.raw_thresholds.items()),
    ]
    if not distances:
        return
    distance, name, at, kind, quality = min(distances, key=lambda one: one[0])
    strength = 1 - distance / settings.near_points
    if strength > 0:
        reason = f"{kind} quality {quality:.1f} is near {name} ({at:g})"
        yield Signal(name="threshold", value=settings.threshold_weight * strength, reason=reason)


def _rare(
    spec: SignatureSpec, example: Example, evidence: Evidence, weight: float
) -> Iterator[Signal]:
    """The emptiest of its cells counts."""
    needed = cells_in_need(spec, example, evidence.coverage)
    if needed:
        words, have, want = min(needed, key=lambda cell: cell[1] / cell[2])
        reason = f"the set has {have} of {want} examples {words!r}"
        yield Signal(name="coverage", value=weight * (1 - have / want), reason=reason)


def _corrected(example: Example, weight: float) -> Iterator[Signal]:
    if example.provenance.get("corrected") is True:
        reason = "a user of production corrected the answer"
        yield Signal(name="correction", value=weight, reason=reason)


OVERRULING = frozenset({"wrong", "contradiction", "disagreement", "correction"})
"""The signals that bring even a well scored example before a person."""
