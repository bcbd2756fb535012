"""The audit of a metric: can it tell right outputs from wrong ones, on these examples?

An optimiser turns any flaw of its metric into a gain. So before a trial is paid for, the
metric scores answers whose worth is known, and a metric that can not see it stops the run.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, pstdev
from typing import Any

from ratchet.canonical import canonical_json
from ratchet.examples import Example
from ratchet.optimize.constants import (
    ConstantScore,
    constant_predictors,
    empty_outputs,
    score_constants,
)
from ratchet.signatures.spec import Field, SignatureSpec, Values

MAX_AUDITED = 200  # examples; more change no finding and cost seconds
GOLD_TOLERANCE = 1e-6
WRONG_MARGIN = 0.20  # empty and foreign outputs must score this much less than 1, on average
PERTURBED_MARGIN = 0.05  # a small error must cost at least this
CONSTANT_CEILING = 0.95  # from which a constant answer leaves nothing to learn
FOREIGN_TEXT = "an unrelated remark about the weather"


@dataclass(frozen=True, kw_only=True)
class AuditFigures:
    """Mean scores, 0..1, of outputs of known worth.

    `spread` is the standard deviation over examples of the scores of foreign outputs.
    `field_costs` holds for each output field what an error in that field alone costs; 0
    means that the metric does not look at it.
    """

    examples: int
    gold: float
    gold_min: float
    empty: float
    shuffled: float
    perturbed: float
    spread: float
    field_costs: Mapping[str, float]
    constants: tuple[ConstantScore, ...]


@dataclass(frozen=True, kw_only=True)
class MetricAudit:
    """Whether the metric may guide an optimisation; `findings` are sentences, empty if so."""

    signature: str
    passed: bool
    findings: tuple[str, ...]
    figures: AuditFigures | None = None


def audit_metric(spec: SignatureSpec, examples: Sequence[Example], *, seed: int) -> MetricAudit:
    """Score right, empty, foreign and slightly wrong outputs of `examples` with the metric.

    A failed audit is data, not an exception: the caller stops with the findings.
    """
    if len(examples) < 2:
        found = f"{len(examples)} examples are too few to audit the metric of {spec.name}."
        return MetricAudit(signature=spec.name, passed=False, findings=(found,))
    rng = random.Random(seed)
    sample = _sample(examples, rng)
    try:
        figures = _measure(spec, sample, rng)
    except Exception as error:  # noqa: BLE001 - a metric is user code; any failure is a finding
        found = f"The metric of {spec.name} fails on a well-formed output: {error!r}."
        return MetricAudit(signature=spec.name, passed=False, findings=(found,))
    findings = _findings(spec, sample, figures)
    return MetricAudit(
        signature=spec.name, passed=not findings, findings=tuple(findings), figures=figures
    )


def perturb(spec: SignatureSpec, outputs: Values, *, only: str | None = None) -> dict[str, Any]:
    """A copy of `outputs` with a small error in every field, or in the field `only`."""
    return {
        field.name: _perturbed(field, outputs[field.name])
        if only in (None, field.name)
        else outputs[field.name]
        for field in spec.outputs
    }


def _measure(spec: SignatureSpec, sample: Sequence[Example], rng: random.Random) -> AuditFigures:
    def scores(answer: Callable[[Example], Values]) -> list[float]:
        return [spec.metric(e.inputs, e.outputs, answer(e)).value for e in sample]

    gold = scores(lambda e: e.outputs)
    nothing = empty_outputs(spec)
    foreign = _foreign_outputs(sample, rng)
    shuffled = [
        spec.metric(e.inputs, e.outputs, other).value
        for e, other in zip(sample, foreign, strict=True)
    ]
    constants = score_constants(spec, constant_predictors(spec, sample), sample)
    costs = {
        field.name: fmean(gold) - fmean(scores(lambda e, f=field.name: _one(spec, e, f)))  # type: ignore[misc]  # mypy does not infer a lambda with a default
        for field in spec.outputs
    }
    return AuditFigures(
        examples=len(sample),
        gold=fmean(gold),
        gold_min=min(gold),
        empty=fmean(scores(lambda _: nothing)),
        shuffled=fmean(shuffled),
        perturbed=fmean(scores(lambda e: perturb(spec, e.outputs))),
        spread=pstdev([*shuffled, *(s for c in constants for s in c.scores)]),
        field_costs=costs,
        constants=constants,
    )


def _findings(spec: SignatureSpec, sample: Sequence[Example], figures: AuditFigures) -> list[str]:
    found = []
    if figures.gold_min < 1 - GOLD_TOLERANCE:
        found.append(f"The labelled outputs score {figures.gold_min:.2f} at worst; they must be 1.")
    if len({canonical_json(e.outputs) for e in sample}) == 1:
        found.append("All examples have the same outputs, so there is nothing to tell apart.")
    for name, mean in (("Empty", figures.empty), ("Foreign", figures.shuffled)):
        if mean > figures.gold - WRONG_MARGIN:
            found.append(
                f"{name} outputs score {mean:.2f} and the labelled ones {figures.gold:.2f}; "
                f"the metric must tell them apart by {WRONG_MARGIN:.2f}."
            )
    if figures.perturbed > figures.gold - PERTURBED_MARGIN:
        found.append(
            f"Outputs with an error in every field score {figures.perturbed:.2f}; "
            f"an error must cost at least {PERTURBED_MARGIN:.2f}."
        )
    if figures.spread == 0 and figures.shuffled > 0:
        found.append("Every wrong output scores the same: the metric does not see the example.")
    if spec.decision and figures.field_costs[spec.decision] <= 0:
        found.append(f"A wrong {spec.decision} costs nothing.")
    best = max(figures.constants, key=lambda c: c.mean)
    if best.mean >= CONSTANT_CEILING:
        found.append(f"A constant answer ({best.name}) already scores {best.mean:.2f}.")
    return found


def _sample(examples: Sequence[Example], rng: random.Random) -> Sequence[Example]:
    return examples if len(examples) <= MAX_AUDITED else rng.sample(examples, MAX_AUDITED)


def _foreign_outputs(sample: Sequence[Example], rng: random.Random) -> list[Values]:
    """For each example the outputs of another one, of different content where there is one."""
    keys = [canonical_json(e.outputs) for e in sample]
    chosen = []
    for key in keys:
        others = [i for i, other in enumerate(keys) if other != key] or range(len(keys))
        chosen.append(sample[rng.choice(others)].outputs)
    return chosen


def _one(spec: SignatureSpec, example: Example, field: str) -> Values:
    return perturb(spec, example.outputs, only=field)


def _perturbed(field: Field, value: Any) -> Any:
    if field.choices:
        return next(word for word in (*field.choices[::-1], value) if word != value)
    match value:
        case bool():
            return not value
        case int():
            return value + 1
        case str():
            words = value.split()
            return " ".join(words[: len(words) // 2])
        case dict():
            return dict(list(value.items())[:-1]) if value else {"0": FOREIGN_TEXT}
    return _perturbed_list(field, value)


def _perturbed_list(field: Field, value: list[Any]) -> list[Any]:
    if field.type == list[int]:
        turned = value[::-1]
        return turned if turned != value else [*value, 1]
    return value[:-1] if value else [FOREIGN_TEXT]
