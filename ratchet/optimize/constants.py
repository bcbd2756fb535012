"""Constant predictors: what a program that never looks at its input would score.

They cost no language model call. A candidate that does not beat the best of them has
learned nothing, whatever it gained on its baseline.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any, TypeVar, get_origin

from ratchet.canonical import canonical_json
from ratchet.examples import Example
from ratchet.signatures.spec import Field, SignatureSpec, Values

T = TypeVar("T")

MAX_CANDIDATES = 30  # distinct answers tried as the medoid
MAX_COMPARED = 40  # examples that each of them is scored on: at most 1,200 metric calls


@dataclass(frozen=True, kw_only=True)
class ConstantPredictor:
    """One answer, given whatever was asked; `name` says which in words."""

    name: str
    outputs: Values


@dataclass(frozen=True, kw_only=True)
class ConstantScore:
    """What a constant predictor scores: `scores` holds 0..1, one an example."""

    name: str
    scores: tuple[float, ...]
    balanced_accuracy: float | None = None

    @property
    def mean(self) -> float:
        """The mean score, 0..1."""
        return fmean(self.scores)


def constant_predictors(
    spec: SignatureSpec, training: Sequence[Example]
) -> tuple[ConstantPredictor, ...]:
    """Build the constant predictors of a signature from its training part alone.

    A signature with a decision has two: always true with empty lists, always false with
    the list that suits the false examples best. Any other has the most common outputs and
    the medoid: the outputs with the highest mean metric against the training part.
    """
    if not training:
        return ()
    if spec.decision is not None:
        return tuple(_deciding(spec, spec.decision, training, value) for value in (True, False))
    common = ConstantPredictor(name="the most common outputs", outputs=_most_common(training))
    medoid = ConstantPredictor(name="the most typical outputs", outputs=_medoid(spec, training))
    same = canonical_json(common.outputs) == canonical_json(medoid.outputs)
    return (medoid,) if same else (common, medoid)


def score_constants(
    spec: SignatureSpec, predictors: Sequence[ConstantPredictor], examples: Sequence[Example]
) -> tuple[ConstantScore, ...]:
    """Score each predictor on `examples`; empty when there are none."""
    if not examples:
        return ()
    return tuple(
        ConstantScore(
            name=predictor.name,
            scores=tuple(
                spec.metric(e.inputs, e.outputs, predictor.outputs).value for e in examples
            ),
            balanced_accuracy=_accuracy_of(spec, predictor, examples),
        )
        for predictor in predictors
    )


def balanced_accuracy(gold: Sequence[bool], predicted: Sequence[bool]) -> float | None:
    """The mean of the hit rates of both classes, 0..1; a constant answer gets 0.5.

    None when `gold` holds one class only: then there is nothing to balance.

    >>> balanced_accuracy([True, True, True, False], [True, True, True, True])
    0.5
    >>> balanced_accuracy([True, True], [True, True]) is None
    True
    """
    rates = []
    for value in (True, False):
        hits = [p == value for g, p in zip(gold, predicted, strict=True) if g == value]
        if not hits:
            return None
        rates.append(fmean(hits))
    return fmean(rates)


def empty_outputs(spec: SignatureSpec) -> dict[str, Any]:
    """The outputs of a program that says nothing: "", [], {}, 0, False or the first choice."""
    return {field.name: _empty_value(field) for field in spec.outputs}


def _deciding(
    spec: SignatureSpec, decision: str, training: Sequence[Example], value: bool
) -> ConstantPredictor:
    alike = [e for e in training if e.outputs[decision] is value]
    outputs = dict(_medoid(spec, alike)) if alike else empty_outputs(spec)
    if value:
        outputs.update({f.name: [] for f in spec.outputs if isinstance(_empty_value(f), list)})
    outputs[decision] = value
    return ConstantPredictor(name=f"always {decision}={value}", outputs=outputs)


def _accuracy_of(
    spec: SignatureSpec, predictor: ConstantPredictor, examples: Sequence[Example]
) -> float | None:
    if spec.decision is None:
        return None
    gold = [bool(e.outputs[spec.decision]) for e in examples]
    return balanced_accuracy(gold, [bool(predictor.outputs[spec.decision])] * len(gold))


def _most_common(examples: Sequence[Example]) -> Values:
    counts = Counter(canonical_json(e.outputs) for e in examples)
    return max(examples, key=lambda e: counts[canonical_json(e.outputs)]).outputs


def _medoid(spec: SignatureSpec, examples: Sequence[Example]) -> Values:
    distinct = list({canonical_json(e.outputs): e.outputs for e in examples}.values())
    compared = _spread(examples, MAX_COMPARED)

    def mean_score(outputs: Values) -> float:
        return fmean(spec.metric(e.inputs, e.outputs, outputs).value for e in compared)

    return max(_spread(distinct, MAX_CANDIDATES), key=mean_score)


def _spread(items: Sequence[T], count: int) -> list[T]:
    """At most `count` of `items`, evenly spaced, so that no end of the list is favoured."""
    step = max(1.0, len(items) / count)
    return [items[int(i * step)] for i in range(min(count, len(items)))]


def _empty_value(field: Field) -> Any:
    if field.choices:
        return field.choices[0]
    kind: Any = get_origin(field.type) or field.type
    return kind()
