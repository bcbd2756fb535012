"""What the three validators have in common: a boolean, the list that justifies it, a metric."""

from __future__ import annotations

from collections.abc import Iterator

from ratchet.signatures.matching import match_lists, quoted
from ratchet.signatures.spec import Invariant, Metric, Score, Values


def agrees_with_list(decision: str, findings: str) -> Invariant:
    """The invariant of a validator: `decision` is true exactly when `findings` is empty."""

    def check(_: Values, outputs: Values) -> Iterator[str]:
        count = len(outputs[findings])
        if outputs[decision] and count:
            yield f"{decision} is true, yet {findings} lists {count}"
        if not outputs[decision] and not count:
            yield f"{decision} is false, yet {findings} is empty"

    return check


def judgement_metric(decision: str, findings: str) -> Metric:
    """The metric of a validator: half the boolean, half the F1 of the list."""

    def metric(_: Values, gold: Values, predicted: Values) -> Score:
        agrees = predicted[decision] == gold[decision]
        match = match_lists(gold[findings], predicted[findings])
        feedback = [f"{decision} is {'right' if agrees else f'wrong, it is {gold[decision]}'}."]
        if match.unmatched_gold:
            missed = [gold[findings][i] for i in match.unmatched_gold]
            feedback.append(f"{findings} misses {quoted(missed)}.")
        if match.unmatched_predicted:
            extra = [predicted[findings][i] for i in match.unmatched_predicted]
            feedback.append(f"{findings} wrongly has {quoted(extra)}.")
        return Score(value=0.5 * agrees + 0.5 * match.f1, feedback=" ".join(feedback))

    return metric
