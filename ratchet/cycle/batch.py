"""A batch of examples held against the store: what becomes of each is written down there."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from ratchet.examples import Example, ExampleId, Status
from ratchet.quality.validation import REJECT_BELOW, validate
from ratchet.quality.validation_report import ValidationReport
from ratchet.signatures.spec import SignatureSpec
from ratchet.store import USABLE, Judgement, open_store

ACTOR = "validation"


def validate_with_store(
    spec: SignatureSpec,
    examples: Sequence[Example],
    *,
    store_url: str,
    threshold: float,
    now: datetime,
    reject_below: float = REJECT_BELOW,
    keep: bool = True,
) -> ValidationReport:
    """Validate `examples` against the contract, each other and the store.

    With `keep` every example is stored with what became of it. One that a person has
    approved is taken as approved, and one that a person rejected or replaced stays so.

    Raises:
        StoreError: the store can not be read or written.
    """
    batch = {example.example_id: example for example in examples}
    with open_store(store_url) as store:
        known = {e.example_id: e for e in store.examples.find(spec.name, statuses=USABLE)}
        approved = {i: e for i, e in known.items() if e.status is Status.APPROVED}
        batch.update({i: approved[i] for i in batch if i in approved})
        stored = [example for example_id, example in known.items() if example_id not in batch]
        settled = store.reviews.settled(batch)
        report = validate(
            spec,
            list(batch.values()),
            stored=stored,
            threshold=threshold,
            reject_below=reject_below,
            settled=settled,
            now=now,
        )
        if keep:
            store.examples.add(examples)
            store.examples.judge(judgements_of(report, but=settled), actor=ACTOR, at=now)
    return report


def judgements_of(report: ValidationReport, *, but: Collection[ExampleId] = ()) -> list[Judgement]:
    """What a report makes of each example, as the store keeps it; nothing for `but`."""
    accepted = [
        Judgement(
            example_id=example.example_id,
            status=example.status,
            quality_score=example.quality_score,
        )
        for example in report.accepted
    ]
    refused = [
        Judgement(
            example_id=rejection.example_id,
            status=rejection.example.status,
            quality_score=rejection.example.quality_score,
            reason="; ".join(rejection.reasons),
        )
        for rejection in report.rejected
    ]
    return [each for each in accepted + refused if each.example_id not in but]
