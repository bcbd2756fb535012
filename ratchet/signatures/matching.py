"""Comparison of lists and orders, the parts that the metrics are built from.

Every function returns 0..1, 1 for equal arguments.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations

from rapidfuzz import fuzz, process, utils

MIN_SIMILARITY = 0.60  # two items below it speak of different things
SUBSET_WEIGHT = 0.90  # an item that repeats the other with a reason added is nearly a match


@dataclass(frozen=True, kw_only=True)
class ListMatch:
    """The best one-to-one matching of two lists of texts.

    `pairs` holds (index in gold, index in predicted, similarity); `f1` weighs each pair by
    its similarity.
    """

    pairs: tuple[tuple[int, int, float], ...]
    f1: float
    unmatched_gold: tuple[int, ...]
    unmatched_predicted: tuple[int, ...]


def text_similarity(left: str, right: str, **_: object) -> float:
    """Similarity of two short texts, whatever the order of their words and their case.

    >>> text_similarity("Add rate limiting", "add rate-limiting")
    1.0
    >>> text_similarity("Add rate limiting", "Write the docs") < MIN_SIMILARITY
    True
    """
    if left == right:  # as a rule, when a finding names a requirement
        return 1.0
    left, right = utils.default_process(left), utils.default_process(right)
    if left == right:
        return 1.0
    if not left or not right:
        return 0.0
    in_order = fuzz.token_sort_ratio(left, right) / 100
    shorter, longer = sorted((len(left), len(right)))
    subset = (
        SUBSET_WEIGHT * min(1.0, 2 * shorter / longer) * fuzz.token_set_ratio(left, right) / 100
    )
    return float(max(in_order, subset))


def match_lists(gold: Sequence[str], predicted: Sequence[str]) -> ListMatch:
    """Match two lists of texts one to one, the most similar pairs first.

    F1 is 2*sum(similarity)/(len(gold)+len(predicted)); two empty lists agree fully.

    >>> match_lists(["retry on timeout"], ["retry on timeout", "add docs"]).f1
    0.6666666666666666
    """
    if not gold and not predicted:
        return ListMatch(pairs=(), f1=1.0, unmatched_gold=(), unmatched_predicted=())
    scores = process.cdist(gold, predicted, scorer=text_similarity)
    candidates = sorted(
        (
            (float(scores[g][p]), g, p)
            for g in range(len(gold))
            for p in range(len(predicted))
            if scores[g][p] >= MIN_SIMILARITY
        ),
        key=lambda item: (-item[0], item[1], item[2]),
    )
    pairs: list[tuple[int, int, float]] = []
    free_gold, free_predicted = set(range(len(gold))), set(range(len(predicted)))
    for similarity, g, p in candidates:
        if g in free_gold and p in free_predicted:
            free_gold.discard(g)
            free_predicted.discard(p)
            pairs.append((g, p, similarity))
    f1 = 2 * sum(similarity for *_, similarity in pairs) / (len(gold) + len(predicted))
    return ListMatch(
        pairs=tuple(pairs),
        f1=min(1.0, f1),
        unmatched_gold=tuple(sorted(free_gold)),
        unmatched_predicted=tuple(sorted(free_predicted)),
    )


def order_agreement(gold: Sequence[float], predicted: Sequence[float]) -> float:
    """Share of pairs that both sequences order alike (Kendall's concordance, ties included).

    Sequences of different length do not agree at all; of fewer than two items, fully.

    >>> order_agreement([1, 2, 3], [1, 3, 2])
    0.6666666666666666
    """
    if len(gold) != len(predicted):
        return 0.0
    pairs = list(combinations(range(len(gold)), 2))
    if not pairs:
        return 1.0
    alike = sum(_sign(gold[i] - gold[j]) == _sign(predicted[i] - predicted[j]) for i, j in pairs)
    return alike / len(pairs)


def quoted(items: Sequence[str], *, render: Callable[[str], str] = repr) -> str:
    """Up to three items in words, for feedback; the rest is counted."""
    shown = ", ".join(render(item[:80]) for item in items[:3])
    return shown + (f" and {len(items) - 3} more" if len(items) > 3 else "")


def _sign(value: float) -> int:
    return (value > 0) - (value < 0)
