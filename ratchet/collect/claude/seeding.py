"""Where seeds come from: the store's accepted examples, its last evaluation, and telemetry.

Nothing that is sealed for tests leads to training data: sealed examples are no parents, and
of those that a program got wrong only the kind is told.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from ratchet.canonical import canonical_json
from ratchet.collect.claude.seeds import EVALUATION, TELEMETRY, Failure
from ratchet.collect.claude.strategies import STRATEGIES
from ratchet.examples import Example, ExampleId
from ratchet.signatures.spec import SignatureSpec
from ratchet.splits import Side

if TYPE_CHECKING:
    from ratchet.collect.telemetry import CurationItem
    from ratchet.datasets import Dataset
    from ratchet.store import EvaluationRecord, Store

MOST_PARENTS = 500
MOST_FAILURES = 100
EVALUATIONS_LOOKED_AT = 20
WRONG_BELOW = 0.6  # score of an answer, 0..1; the same as for an agreement of labels
PROMOTED = "promote"


@dataclass(frozen=True, kw_only=True)
class Sealed:
    """The groups of examples whose text must not lead to training data."""

    group_ids: frozenset[str] = frozenset()

    @classmethod
    def of(cls, dataset: Dataset | None) -> Sealed:
        """The test side of a dataset version, with the groups that were on it before."""
        if dataset is None:
            return cls()
        sides: Mapping[str, Side] = {**dataset.version.retired_sides, **dataset.sides}
        return cls(group_ids=frozenset(g for g, side in sides.items() if side is Side.TEST))


def accepted_parents(store: Store, spec: SignatureSpec, sealed: Sealed) -> tuple[Example, ...]:
    """The best usable examples that are not sealed, and that no strategy wrote.

    A copy of a copy drifts; so parents are real, from templates or from a starter set.

    Raises:
        StoreError: the store can not be read.
    """
    from ratchet.store import USABLE
    from ratchet.store.examples import Order

    found = store.examples.find(
        spec.name, statuses=USABLE, order=Order.BEST, limit=MOST_PARENTS + len(sealed.group_ids)
    )
    usable = (
        e
        for e in found
        if e.group_id not in sealed.group_ids and e.provenance.get("strategy") not in STRATEGIES
    )
    return tuple(example for example, _ in zip(usable, range(MOST_PARENTS), strict=False))


def failures_of_evaluation(
    store: Store, spec: SignatureSpec, sealed: Sealed
) -> tuple[Failure, ...]:
    """What the current program got wrong in the newest evaluation that kept its scores.

    The current program is the candidate where it was promoted, the baseline elsewhere.

    Raises:
        StoreError: the store can not be read.
    """
    evaluations = store.evaluations.list(signature=spec.name, limit=EVALUATIONS_LOOKED_AT)
    scored = next((e for e in evaluations if e.details.get("scores")), None)
    if scored is None:
        return ()
    wrong = list(_wrong_ids(scored))
    return tuple(_failures(store, spec, scored, wrong, sealed.group_ids))


def failures_of_production(
    store: Store, spec: SignatureSpec, *, since_days: int, now: datetime
) -> tuple[Failure, ...]:
    """The open questions of telemetry, the most valuable first.

    Raises:
        StoreError: the store can not be read.
    """
    from ratchet.collect.telemetry import curation_queue

    queue = curation_queue(
        store.payloads, spec.name, since_days=since_days, now=now, limit=MOST_FAILURES
    )
    return tuple(_of_item(item) for item in queue.items)


def _wrong_ids(evaluation: EvaluationRecord) -> Iterator[ExampleId]:
    side = "candidate" if evaluation.verdict == PROMOTED else "baseline"
    scores: Mapping[str, Mapping[str, Any]] = evaluation.details["scores"]
    lowest_first = sorted(
        (both[side], name) for name, both in scores.items() if both.get(side) is not None
    )
    yield from (ExampleId(name) for score, name in lowest_first if score < WRONG_BELOW)


def _failures(
    store: Store,
    spec: SignatureSpec,
    evaluation: EvaluationRecord,
    wrong: list[ExampleId],
    sealed: Collection[str],
) -> Iterator[Failure]:
    for name in wrong[:MOST_FAILURES]:
        example = store.examples.get(name)
        if example is None:
            continue
        is_sealed = evaluation.split == Side.TEST.value or example.group_id in sealed
        positive = None if spec.decision is None else bool(example.outputs[spec.decision])
        yield Failure(
            origin=EVALUATION,
            reference=name,
            difficulty=example.difficulty,
            category=example.category,
            group_id="" if is_sealed else example.group_id,
            positive=positive,
            inputs=None if is_sealed else example.inputs,
            outputs=None if is_sealed else example.outputs,
        )


def _of_item(item: CurationItem) -> Failure:
    from ratchet.datasets.content import inputs_group
    from ratchet.quality.difficulty import assess_difficulty
    from ratchet.signatures.vocabulary import categorise

    return Failure(
        origin=TELEMETRY,
        reference=item.request_id,
        difficulty=assess_difficulty(item.inputs).difficulty,
        category=categorise(canonical_json(item.inputs)),
        group_id=inputs_group(item.inputs),
        inputs=item.inputs,
        answered=item.answered,
        why=item.error or item.detail or item.problem,
    )
