"""Collecting: for each question of production the answer that somebody vouches for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from ratchet import signatures
from ratchet.canonical import canonical_json
from ratchet.collect.collection import Collection
from ratchet.collect.selection import select
from ratchet.collect.telemetry.feedback import MIN_QUALITY
from ratchet.collect.telemetry.questions import Answer, Question, Reading, read_questions
from ratchet.datasets.content import inputs_group
from ratchet.examples import Example, Source
from ratchet.quality.difficulty import assess_difficulty
from ratchet.signatures.spec import SignatureSpec
from ratchet.signatures.vocabulary import categorise
from ratchet.store.payloads import PayloadStore

REPEATED = "repeated inputs"
MORE_FEEDBACK = "more feedback (router.feedback), a larger sample, a longer time (--since-days)"
NAMED = 3  # requests that a note names
MANY = 10  # examples from which one key with most of them is worth a note


def collect_telemetry(
    payloads: PayloadStore,
    signature: str,
    *,
    since_days: int,
    now: datetime,
    min_quality: float = MIN_QUALITY,
    target: int | None = None,
) -> Collection:
    """Make examples of requests whose answer feedback corrected or confirmed.

    What production answered is never taken for truth by itself: an answer counts when its
    newest label gives it `min_quality` (0..1) or better. A correction wins over it. The same
    inputs give one example, by the newest label; contradicting feedback is said in the notes.
    With a `target` at most so many come, chosen for balance.

    Raises:
        ConfigurationError: the signature is unknown.
        InputError: `now` has no time zone.
        StoreError: the database can not be read.
    """
    spec, since = signatures.get(signature), now - timedelta(days=since_days)
    reading = read_questions(
        spec, payloads.labelled(signature, since=since), min_quality=min_quality
    )
    answered = [question for question in reading.questions.values() if question.best]
    examples = [to_example(spec, best, now=now) for q in answered if (best := q.best)]
    unsampled = payloads.count_without_payload(signature, since=since)
    notes = [
        *_empty_notes(spec, reading, unsampled, since_days=since_days),
        *_conflict_notes(spec, answered),
    ]
    if target is not None and examples:
        selection = select(spec, examples, target, remedy=MORE_FEEDBACK)
        examples = list(selection.examples)
        notes.extend(selection.shortfalls)
    notes.extend(_key_notes(spec, examples))
    return Collection(
        examples=tuple(examples), skipped=_skipped(reading, answered), notes=tuple(notes)
    )


def to_example(spec: SignatureSpec, answer: Answer, *, now: datetime) -> Example:
    """The candidate: difficulty and category are read from the inputs."""
    request = answer.feedback.request
    key = request.outcome.key
    return Example(
        signature=spec.name,
        inputs=request.inputs,
        outputs=answer.outputs,
        source=Source.TELEMETRY,
        difficulty=assess_difficulty(request.inputs).difficulty,
        category=categorise(canonical_json(request.inputs)),
        group_id=f"telemetry:{key}" if key else inputs_group(request.inputs),
        created_at=now,
        notes=_evidence(answer),
        provenance=_provenance(answer),
    )


def _evidence(answer: Answer) -> str:
    """What makes the label true, in a sentence."""
    quality = answer.feedback.quality
    said = "" if quality is None else f"; the quality of production's answer was {quality:.2f}"
    day = f"{answer.label.at:%Y-%m-%d}"
    if answer.is_corrected:
        return f"Feedback of {day} corrected the answer{said}."
    return f"Feedback of {day} confirmed the answer with a quality of {quality:.2f}."


def _provenance(answer: Answer) -> dict[str, Any]:
    outcome = answer.feedback.request.outcome
    return {
        "request_id": outcome.request_id,
        "program_version": outcome.program_version,
        "experiment_id": outcome.experiment_id,
        "variant": outcome.variant,
        "model": outcome.model,
        "recorded_at": outcome.at.isoformat(),
        "labelled_at": answer.label.at.isoformat(),
        "quality": answer.feedback.quality,
        "corrected": answer.is_corrected,
    }


def _skipped(reading: Reading, answered: Sequence[Question]) -> dict[str, int]:
    repeated = Counter({REPEATED: reading.vouched - len(answered)})
    return dict(reading.unusable + reading.unanswered + repeated)


def _empty_notes(
    spec: SignatureSpec, reading: Reading, unsampled: int, *, since_days: int
) -> Iterator[str]:
    if not reading.questions and not reading.unusable:
        yield (
            f"{spec.name}: no request of the last {since_days} days with kept inputs has "
            "feedback; give it with router.feedback(), or look further back with --since-days."
        )
    if unsampled:
        yield f"{spec.name}: {unsampled} labelled requests were not sampled; only metrics are kept."


def _conflict_notes(spec: SignatureSpec, answered: Sequence[Question]) -> Iterator[str]:
    conflicts = [q.best for q in answered if q.contradicts_itself(spec)]
    if conflicts:
        ids = sorted(a.feedback.request.outcome.request_id for a in conflicts if a)
        more = f" and {len(ids) - NAMED} more" if len(ids) > NAMED else ""
        yield (
            f"{spec.name}: feedback contradicts itself on {len(ids)} inputs; the latest "
            f"correction was taken, else the latest rating: {', '.join(ids[:NAMED])}{more}."
        )


def _key_notes(spec: SignatureSpec, examples: Sequence[Example]) -> Iterator[str]:
    """A split can not tear what one key asked."""
    groups = Counter(example.group_id for example in examples)
    most = max(groups.values(), default=0)
    if len(examples) >= MANY and 2 * most > len(examples):
        yield (
            f"{spec.name}: {most} of {len(examples)} examples are of one key and stay on one "
            "side of a split; give the router the key of a user or session."
        )
