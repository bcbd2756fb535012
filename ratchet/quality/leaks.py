"""Label leaks: can the label be guessed from difficulty or length, without understanding?

For each such feature the best rule "at or below this value means yes" (or no) is looked for
and judged by balanced accuracy, so that a rare label does not flatter it. The best of many
thresholds looks good on any small set, so it is compared with the best on shuffled labels.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ratchet.examples import Example
from ratchet.quality.difficulty import ORDER
from ratchet.signatures.spec import SignatureSpec

MIN_ACCURACY = 0.65  # balanced; 0.5 is guessing
MAX_P_VALUE = 0.01  # share of shuffles that do as well
SHUFFLES = 199  # the smallest number that can show a p-value of 0.005
MIN_EXAMPLES, MIN_PER_LABEL = 20, 5  # fewer say nothing either way
SEED = 20_260_301  # the shuffles are the same each time: a report must not flap

Numbers = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class LabelLeak:
    """A feature that predicts the decision, with the balanced accuracy of its best rule."""

    feature: str
    rule: str
    accuracy: float
    p_value: float

    @property
    def message(self) -> str:
        """The leak in the shape of a gate's message."""
        return (
            f"label_leak: {self.feature} predicts the label with balanced accuracy "
            f"{self.accuracy:.2f} ({self.rule})"
        )


def find_label_leaks(spec: SignatureSpec, examples: Sequence[Example]) -> tuple[LabelLeak, ...]:
    """Look for shallow features that predict the decision; the strongest comes first.

    Only signatures with a yes-or-no decision can leak it: for the others the label counts
    outputs, and longer inputs rightly have more of them.

    Args:
        spec: The signature; its `decision` is what must not be guessable.
        examples: The whole set. Under 20, or with under 5 of a label, nothing is claimed.
    """
    if spec.decision is None:
        return ()
    answers = np.array([bool(example.outputs[spec.decision]) for example in examples])
    if len(answers) < MIN_EXAMPLES or min(answers.sum(), (~answers).sum()) < MIN_PER_LABEL:
        return ()
    leaks = [
        leak
        for name, values in _features(spec, examples)
        if (leak := _leak(spec.decision, name, values, answers))
    ]
    return tuple(sorted(leaks, key=lambda leak: -leak.accuracy))


def _features(spec: SignatureSpec, examples: Sequence[Example]) -> Iterator[tuple[str, Numbers]]:
    yield "difficulty", _numbers(ORDER.index(example.difficulty) for example in examples)
    for field in spec.inputs:
        if field.type is str:
            lengths = (len(example.inputs[field.name]) for example in examples)
            yield f"the length of {field.name}", _numbers(lengths)
        elif field.type is not int and not field.choices and field.type is not bool:
            counts = (len(example.inputs[field.name]) for example in examples)
            yield f"the number of {field.name}", _numbers(counts)


def _numbers(values: Iterator[int]) -> Numbers:
    return np.fromiter(values, dtype=np.float64)


def _leak(
    decision: str, name: str, values: Numbers, answers: NDArray[np.bool_]
) -> LabelLeak | None:
    order = np.argsort(values, kind="stable")
    values, sorted_answers = values[order], answers[order]
    ends = np.flatnonzero(np.diff(values))  # a threshold lies between different values only
    if not ends.size:
        return None
    advantages = _advantages(sorted_answers, ends)
    best = int(np.abs(advantages).argmax())
    accuracy = 0.5 + abs(float(advantages[best])) / 2
    if accuracy < MIN_ACCURACY:
        return None
    p_value = _p_value(sorted_answers, ends, abs(float(advantages[best])))
    if p_value > MAX_P_VALUE:
        return None
    rule = f"{decision} is {advantages[best] > 0} at {values[ends[best]]:g} or less"
    if name == "difficulty":
        rule = f"{decision} is {advantages[best] > 0} up to {ORDER[int(values[ends[best]])]}"
    return LabelLeak(feature=name, rule=rule, accuracy=round(accuracy, 4), p_value=p_value)


def _advantages(answers: NDArray[np.bool_], ends: NDArray[np.intp]) -> Numbers:
    """Share of the yes minus share of the no at or below each threshold, -1..1.

    Half of its size plus one half is the balanced accuracy (Youden's J).
    """
    yes = np.cumsum(answers)[ends] / answers.sum()
    no = np.cumsum(~answers)[ends] / (~answers).sum()
    return np.asarray(yes - no, dtype=np.float64)


def _p_value(answers: NDArray[np.bool_], ends: NDArray[np.intp], observed: float) -> float:
    """The share of shuffled labels, this one included, whose best rule does as well."""
    random = np.random.default_rng(SEED)
    as_good = sum(
        bool(np.abs(_advantages(random.permutation(answers), ends)).max() >= observed - 1e-12)
        for _ in range(SHUFFLES)
    )
    return (as_good + 1) / (SHUFFLES + 1)
