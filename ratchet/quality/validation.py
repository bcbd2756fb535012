"""Validation of a batch: contract, category, quality, duplicates; each with its reasons.

An example is rejected when it breaks the contract, has an unknown category, scores below
`reject_below` (bad outright), or duplicates another one; it is quarantined when it
contradicts one. Quality between that and the target of the policy is passed on: the gates
decide what a set needs.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType

from ratchet.canonical import sha256_of_text
from ratchet.examples import Example, ExampleId, Status
from ratchet.quality.contract import holds_contract
from ratchet.quality.deduplication import Collision, Deduplication, deduplicate
from ratchet.quality.difficulty import Assessment, differs_grossly
from ratchet.quality.diversity import NO_BUCKETS
from ratchet.quality.kept_examples import KeptExamples
from ratchet.quality.schema import find_problems
from ratchet.quality.score import (
    NOTHING_KNOWN,
    Alone,
    QualityScore,
    score_examples,
)
from ratchet.quality.validation_report import (
    DuplicateGroup,
    ExampleWarning,
    Rejection,
    ValidationReport,
)
from ratchet.quality.vectors import Buckets
from ratchet.signatures.nearest import nearest_name
from ratchet.signatures.spec import SignatureSpec

REJECT_BELOW = 50.0
THRESHOLD = 0.90
NOTHING_SETTLED: Mapping[ExampleId, str] = MappingProxyType({})
FINAL = (Status.APPROVED,)  # what a person approved stays approved

_log = logging.getLogger(__name__)


@dataclass
class _Batch:
    """The examples by place, and what is known of each so far."""

    examples: Sequence[Example]
    reasons: dict[int, tuple[str, ...]] = field(default_factory=dict)
    scores: dict[int, QualityScore] = field(default_factory=dict)

    @property
    def sound(self) -> list[int]:
        """The places without a reason against them."""
        return [index for index in range(len(self.examples)) if index not in self.reasons]


def validate(
    spec: SignatureSpec,
    examples: Sequence[Example],
    *,
    stored: Sequence[Example] = (),
    threshold: float = THRESHOLD,
    reject_below: float = REJECT_BELOW,
    settled: Mapping[ExampleId, str] = NOTHING_SETTLED,
    now: datetime,
    kept: KeptExamples | None = None,
    own: Mapping[ExampleId, Alone] = NOTHING_KNOWN,
) -> ValidationReport:
    """Validate a batch of one signature.

    Args:
        spec: The contract.
        examples: The batch, from any source.
        stored: What is accepted already; duplicates of it are rejected.
        threshold: Ratio 0..1 of the inputs from which two examples are duplicates.
        reject_below: Quality 0..100 below which an example is bad outright.
        settled: What people closed already, with the reason; it is rejected for that.
        now: When this happens, aware; it dates the report.
        kept: The memory of a long run of batches, in the place of `stored`. It is asked for
            what is near and takes in what is accepted; nothing is linked.
        own: What some of the examples are by themselves, when it is known already.

    Raises:
        ConfigurationError: the threshold is not above 0 and at most 1.
    """
    batch = _Batch(examples)
    if settled:
        ids = ((index, _id_of(example)) for index, example in enumerate(examples))
        batch.reasons.update({index: (settled[i],) for index, i in ids if i in settled})
    _check_contract(spec, batch)
    _check_categories(spec, batch)
    near = kept.near([batch.examples[index] for index in batch.sound]) if kept is not None else None
    if near is None:
        stored = [e for e in stored if holds_contract(spec, e.inputs, e.outputs)]
    known = stored if near is None else near.stored
    buckets = near.buckets if near else NO_BUCKETS
    _check_quality(spec, batch, known, own, buckets, reject_below=reject_below)
    sound = batch.sound
    candidates = [_scored(batch, index) for index in sound]
    outcome = deduplicate(spec, candidates, stored=known, threshold=threshold, near=near)
    report = _report(spec, batch, sound, outcome, threshold=threshold, now=now)
    if kept is not None:
        kept.add(report.accepted, buckets={i: alone.buckets for i, alone in own.items()})
    _log.info(
        "%s: %d of %d examples accepted, rejection rate %.1f %%",
        spec.name,
        len(report.accepted),
        len(examples),
        100 * report.rejection_rate,
    )
    return report


def _check_contract(spec: SignatureSpec, batch: _Batch) -> None:
    for index, example in enumerate(batch.examples):
        if example.signature != spec.name and index not in batch.reasons:
            reason = f"signature is {example.signature}, not {spec.name}"
            batch.reasons[index] = (reason,)
    places = batch.sound
    rows = [(batch.examples[index].inputs, batch.examples[index].outputs) for index in places]
    for row, reasons in find_problems(spec, rows).items():
        batch.reasons[places[row]] = reasons


def _check_categories(spec: SignatureSpec, batch: _Batch) -> None:
    for index in batch.sound if spec.categories else ():
        category = batch.examples[index].category
        if category not in spec.categories:
            nearest = nearest_name(category, spec.categories)
            hint = f"; did you mean {nearest}?" if nearest else ""
            batch.reasons[index] = (f"category {category!r} is unknown{hint}",)


def _check_quality(
    spec: SignatureSpec,
    batch: _Batch,
    stored: Sequence[Example],
    own: Mapping[ExampleId, Alone],
    buckets: Mapping[ExampleId, Buckets],
    *,
    reject_below: float,
) -> None:
    places = batch.sound
    examples = [batch.examples[index] for index in places]
    scores = score_examples(spec, examples, stored=stored, own=own, buckets=buckets)
    for index, score in zip(places, scores, strict=True):
        batch.scores[index] = score
        if score.value < reject_below:
            batch.reasons[index] = (f"{score.reason} ({score.value:.1f} < {reject_below:.1f})",)


def _scored(batch: _Batch, index: int) -> Example:
    return batch.examples[index].evolve(quality_score=batch.scores[index].value)


def _report(
    spec: SignatureSpec,
    batch: _Batch,
    sound: Sequence[int],
    outcome: Deduplication,
    *,
    threshold: float,
    now: datetime,
) -> ValidationReport:
    accepted = tuple(_accepted(_scored(batch, sound[place])) for place in outcome.kept)
    collisions = {sound[place]: hit for place, hit in outcome.duplicates.items()}
    conflicts = {sound[place]: hit for place, hit in outcome.conflicts.items()}
    refused = sorted([*batch.reasons, *collisions, *conflicts])
    return ValidationReport(
        signature=spec.name,
        created_at=now,
        threshold=threshold,
        accepted=accepted,
        rejected=tuple(_rejection(batch, index, collisions, conflicts) for index in refused),
        duplicate_groups=_groups(outcome.duplicates.values()),
        linked=outcome.links,
        warnings=tuple(
            warning
            for place, example in zip(outcome.kept, accepted, strict=True)
            if (warning := _difficulty_warning(example, batch.scores[sound[place]].assessment))
        ),
    )


def _accepted(example: Example) -> Example:
    return example if example.status in FINAL else example.evolve(status=Status.ACCEPTED)


def _rejection(
    batch: _Batch,
    index: int,
    duplicates: Mapping[int, Collision],
    conflicts: Mapping[int, Collision],
) -> Rejection:
    collision = duplicates.get(index) or conflicts.get(index)
    score = batch.scores.get(index)
    return Rejection(
        example_id=_id_of(batch.examples[index]),
        example=batch.examples[index].evolve(
            quality_score=score.value if score else None,
            status=Status.QUARANTINED if index in conflicts else Status.REJECTED,
        ),
        reasons=(collision.reason,) if collision else batch.reasons[index],
        duplicate_of=duplicates[index].other_id if index in duplicates else None,
        contradicts=conflicts[index].other_id if index in conflicts else None,
    )


def _id_of(example: Example) -> ExampleId:
    """The content id, or one from the printed form for content that JSON can not hold."""
    try:
        return example.example_id
    except (TypeError, ValueError):
        return ExampleId("unhashable-" + sha256_of_text(repr(example.inputs))[:21])


def _groups(collisions: Iterable[Collision]) -> tuple[DuplicateGroup, ...]:
    members: dict[ExampleId, list[ExampleId]] = {}
    for collision in collisions:
        members.setdefault(collision.other_id, []).append(collision.example_id)
    return tuple(
        DuplicateGroup(kept_id=kept, duplicate_ids=tuple(sorted(others)))
        for kept, others in sorted(members.items())
    )


def _difficulty_warning(example: Example, assessment: Assessment) -> ExampleWarning | None:
    if not differs_grossly(example.difficulty, assessment.difficulty):
        return None
    return ExampleWarning(
        example_id=example.example_id,
        message=f"difficulty is {example.difficulty}, but the inputs look "
        f"{assessment.difficulty}: {assessment.reason}",
    )
