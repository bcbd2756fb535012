"""Picks list items out of the input: which candidates belong, learned from demonstrations."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ratchet.optimize.offline.prompt import Demonstration, Values
from ratchet.optimize.offline.wording import (
    Stems,
    defect_words,
    is_bullet,
    likeness,
    lines,
    share_of,
    stems,
    without_bullet,
)

Vector = NDArray[np.float64]

SAME_ITEM = 0.7  # likeness from which an answer repeats a candidate
MIN_ORACLE = 0.45  # share of the demonstrated items that candidates must be able to give
LONGEST_FRAME = 3.0  # a sentence may be so many times as long as the item that it states
PRIOR_STRENGTH = 3.0  # demonstrated items that weigh as much as the rule of thumb
NEWTON_STEPS = 8

# Rules of thumb before any demonstration, as weights of the features in `_features`:
# constant, evidence in the best line, in the whole text, defect words, bullet, length,
# likeness to demonstrated items.
UNCOVERED = np.array([3.0, -4.0, -2.0, 2.0, 0.0, 0.0, 0.0])
STATED = np.array([0.7, 0.0, 0.0, -0.3, 2.5, 0.5, 3.0])
DEFECTS = np.array([-2.5, 0.0, 0.0, 4.0, 0.0, 0.0, 3.0])


@dataclass(frozen=True, kw_only=True)
class Source:
    """Where candidates come from: the list input `name`, or the lines of the texts if None."""

    name: str | None
    prior: Vector

    def candidates(self, inputs: Values) -> tuple[str, ...]:
        """What may be answered, in the order of the input."""
        if self.name is not None:
            return tuple(str(item) for item in inputs.get(self.name) or ())
        return tuple(dict.fromkeys(line for text in texts_of(inputs) for line in lines(text)))


class Picker:
    """Tells by a logistic rule which candidates belong into the answer, and orders them."""

    def __init__(self, source: Source, field: str, demos: Sequence[Demonstration]) -> None:
        self.source = source
        self._known: list[tuple[int, Stems, bool]] = []
        self._frames: set[tuple[str, str]] = set()
        self._ranks: dict[str, list[float]] = {}
        for number, demo in enumerate(demos):
            for part in source.candidates(demo.inputs):
                self._study(number, part, demo.outputs[field])
        rows = [self._features(demo.inputs, number) for number, demo in enumerate(demos)]
        self._weights = _fit(source.prior, rows, [belongs for *_, belongs in self._known])

    def pick(self, inputs: Values, *, noise: float, rng: random.Random) -> list[str]:
        """The candidates that belong; statements are freed of what frames them."""
        parts = self.source.candidates(inputs)
        logits = self._features(inputs, None) @ self._weights
        picked = [
            part for part, x in zip(parts, logits, strict=True) if x + rng.gauss(0, noise) > 0
        ]
        if self.source.name is not None:
            return picked
        return [self._unframed(part) for part in sorted(picked, key=self._rank)]

    def _study(self, number: int, part: str, items: Sequence[Any]) -> None:
        """Remember whether a candidate was answered, where, and without which words."""
        places = [i for i, item in enumerate(items) if same_item(str(item), part) >= SAME_ITEM]
        self._known.append((number, stems(part), bool(places)))
        for place in places:
            item, said = str(items[place]).rstrip("."), without_bullet(part)
            for word in stems(part) - stems(item):
                self._ranks.setdefault(word, []).append(place / len(items))
            before, found, after = said.lower().partition(item.lower())
            if found and before + after:
                self._frames.add((before, after))

    def _rank(self, part: str) -> float:
        """Where demonstrations put statements that are framed by the same words, 0..1."""
        ranks = [fmean(self._ranks[word]) for word in stems(part) if word in self._ranks]
        return fmean(ranks) if ranks else 0.5

    def _unframed(self, part: str) -> str:
        said = without_bullet(part)
        for before, after in sorted(self._frames, key=lambda f: -len("".join(f))):
            if said.lower().startswith(before) and said.lower().endswith(after):
                said = said[len(before) : len(said) - len(after)]
                break
        return said[:1].upper() + said[1:]

    def _features(self, inputs: Values, number: int | None) -> Vector:
        """One row a candidate; `number` is the demonstration that must not know itself."""
        parts = self.source.candidates(inputs)
        listed = self.source.name is not None
        evidence = [(stems(line), line) for text in texts_of(inputs) for line in lines(text)]
        whole: Stems = frozenset().union(*(said for said, _ in evidence))
        bulleted = any(is_bullet(part) for part in parts)
        rows = []
        for part in parts:
            words = stems(part)
            covered, line = max(
                ((share_of(words, s), text) for s, text in evidence), default=(0, "")
            )
            rows.append(
                (
                    1.0,
                    covered * listed,
                    share_of(words, whole) * listed,
                    min(1.0, defect_words(line if listed else part) / 2),
                    bulleted * (1.0 if is_bullet(part) else -1.0),
                    min(1.0, len(words) / 12),
                    0.0 if listed else self._kinship(words, number),
                )
            )
        return np.array(rows).reshape(len(rows), len(self.source.prior))

    def _kinship(self, words: Stems, number: int | None) -> float:
        """How much nearer the answered candidates of demonstrations are than the others."""
        best = {True: 0.0, False: 0.0}
        for other, known, belongs in self._known:
            if other != number:
                best[belongs] = max(best[belongs], likeness(words, known))
        return best[True] - best[False]


def best_source(
    sources: Sequence[Source], default: Source, field: str, demos: Sequence[Demonstration]
) -> Source | None:
    """The source that can give most of what the demonstrations answer, or None.

    Without demonstrated items the answer is `default`.
    """
    shown = [demo for demo in demos if demo.outputs[field]]
    if not shown:
        return default

    def oracle(source: Source) -> float:
        return fmean(_given(source.candidates(d.inputs), d.outputs[field]) for d in shown)

    best = max(sources, key=oracle)
    return best if oracle(best) >= MIN_ORACLE else None


def same_item(item: str, candidate: str) -> float:
    """How surely an answered item is a candidate, 0..1.

    A reason may follow the item, and words may frame the candidate.

    >>> same_item("Add a cache", "- Please add a cache."), same_item("Add a cache", "Go home")
    (1.0, 0.0)
    """
    said, words = stems(item), stems(candidate)
    longer = max(len(said), len(words)) / max(1, min(len(said), len(words)))
    if longer > LONGEST_FRAME:
        return 0.0
    return max(likeness(said, words), share_of(said, words), share_of(words, said))


def texts_of(inputs: Values) -> list[str]:
    """The input values that are text."""
    return [value for value in inputs.values() if isinstance(value, str)]


def _given(parts: Sequence[str], items: Sequence[Any]) -> float:
    best = [max((same_item(str(item), part) for part in parts), default=0.0) for item in items]
    return sum(score for score in best if score >= SAME_ITEM) / len(best)


def _fit(prior: Vector, rows: Sequence[Vector], belongs: Sequence[bool]) -> Vector:
    """Logistic regression drawn to `prior`: maximum a posteriori by Newton's method."""
    weights, pull = prior, PRIOR_STRENGTH * np.eye(len(prior))
    if not belongs:
        return weights
    inputs, labels = np.concatenate(rows), np.array(belongs, dtype=float)
    for _ in range(NEWTON_STEPS):
        chance = 1 / (1 + np.exp(-np.clip(inputs @ weights, -30, 30)))
        slope = inputs.T @ (labels - chance) - pull @ (weights - prior)
        curve = (inputs * (chance * (1 - chance))[:, None]).T @ inputs + pull
        weights = weights + np.linalg.solve(curve, slope)
    return weights
