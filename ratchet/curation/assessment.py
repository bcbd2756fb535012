"""What validation would make of one example, before it is stored, and what is nearly like it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from ratchet.examples import Example, ExampleId, Status
from ratchet.signatures.spec import SignatureSpec

COMPARED = 5_000  # stored examples that one is compared with, so that the terminal stays quick
NEIGHBOURS = 3


@dataclass(frozen=True, kw_only=True)
class Assessment:
    """The example with the status and score that validation gives it, and why not a better one."""

    example: Example
    reasons: tuple[str, ...] = ()

    @property
    def is_sound(self) -> bool:
        """Whether it may train a program."""
        return self.example.status is Status.ACCEPTED


@dataclass(frozen=True, kw_only=True)
class Neighbour:
    """An example with nearly the same inputs; `ratio` is 0..1, 1 when they are the same."""

    example: Example
    ratio: float

    @property
    def example_id(self) -> ExampleId:
        """Its id."""
        return self.example.example_id


def assess(
    spec: SignatureSpec,
    example: Example,
    *,
    stored: Sequence[Example],
    reject_below: float,
    threshold: float,
    now: datetime,
) -> Assessment:
    """Validate one example like a batch of one: contract, category, quality, duplicates.

    Args:
        spec: The contract.
        example: The example, whatever its status.
        stored: What it is compared with.
        reject_below: Quality 0..100 below which an example is bad outright.
        threshold: Ratio 0..1 of the inputs from which two examples are duplicates.
        now: When this happens, aware.
    """
    from ratchet.quality.validation import validate

    report = validate(
        spec,
        [example.evolve(status=Status.CANDIDATE)],
        stored=stored,
        threshold=threshold,
        reject_below=reject_below,
        now=now,
    )
    if report.accepted:
        return Assessment(example=report.accepted[0])
    rejection = report.rejected[0]
    return Assessment(example=rejection.example, reasons=rejection.reasons)


def neighbours_of(
    spec: SignatureSpec, example: Example, others: Sequence[Example]
) -> tuple[Neighbour, ...]:
    """The examples among `others` with the most similar inputs, the nearest first."""
    from rapidfuzz.distance import Indel

    from ratchet.quality.deduplication import LINKED_FROM, compared_text

    text = compared_text(spec, example)
    found = []
    for other in others[:COMPARED]:
        if other.example_id == example.example_id:
            continue
        ratio = Indel.normalized_similarity(
            text, compared_text(spec, other), score_cutoff=LINKED_FROM
        )
        if ratio >= LINKED_FROM:
            found.append(Neighbour(example=other, ratio=ratio))
    return tuple(sorted(found, key=lambda n: (-n.ratio, n.example_id))[:NEIGHBOURS])
