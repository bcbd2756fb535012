"""Picks list items out of the input: which candidates belong, learned from demonstrations."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ratchet.optimize.offline.prompt import Demonstration, Values
from ratchet.optimize.offline.wording import (
    Stems,
    clauses,
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
PRIOR_STRENGTH = 0.7  # how many demonstrated items weigh as much as the rule of thumb
NEWTON_STEPS = 8
CUTTERS = {"lines": lines, "clauses": clauses}

# Rules of thumb before any demonstration, as weights of the features of `_features`:
# constant, evidence in the best line, in the whole text, defect words, bullet, position,
# length, likeness to demonstrated items.
UNCOVERED = np.array([3.0, -4.0, -2.0, 2.0, 0.0, 0.0, 0.0, 1.0])
STATED = np.array([0.7, 0.0, 0.0, -0.3, 2.5, -0.5, 0.5, 3.0])
DEFECTS = np.array([-2.5, 0.0, 0.0, 4.0, 0.0, 0.0, 0.0, 3.0])


@dataclass(frozen=True, kw_only=True)
class Source:
    """Where candidates come from: the list input `name`, or the texts cut by `name`."""

    name: str
    is_list: bool
    prior: Vector

    def candidates(self, inputs: Values) -> tuple[str, ...]:
        """What may be answered, without repetition."""
        if self.is_list:
            return tuple(str(item) for item in inputs.get(self.name) or ())
        cut = CUTTERS[self.name]
        found = {stems(part): part for text in reversed(_texts(inputs)) for part in cut(text)[::-1]}
        return tuple(reversed(found.values()))


class Picker:
    """Tells by a logistic rule which candidates belong into the answer."""

    def __init__(self, source: Source, field: str, demos: Sequence[Demonstration]) -> None:
        self.source = source
        self._known: list[tuple[int, Stems, bool]] = []
        shown = [(number, demo, demo.outputs[field]) for number, demo in enumerate(demos)]
        for number, demo, items in shown:
            for part in source.candidates(demo.inputs):
                self._known.append((number, stems(part), _is_among(part, items)))
        rows = [self._features(demo.inputs, number) for number, demo, _ in shown]
        self.weights = _fit(source.prior, [row for row in rows if len(row)], self._known)
        self._openings = _openings(source, field, demos)

    def pick(self, inputs: Values, *, noise: float, rng: random.Random) -> list[str]:
        """The candidates that belong, in their order."""
        parts = self.source.candidates(inputs)
        if not parts:
            return []
        logits = self._features(inputs, None) @ self.weights
        logits = logits + np.array([rng.gauss(0.0, noise) for _ in parts])
        return [self._worded(part) for part, logit in zip(parts, logits, strict=True) if logit > 0]

    def _worded(self, part: str) -> str:
        if self.source.is_list:
            return part
        part = without_bullet(part)
        for opening in self._openings:
            if part.lower().startswith(opening + " "):
                part = part[len(opening) + 1 :]
                return part[:1].upper() + part[1:]
        return part

    def _features(self, inputs: Values, number: int | None) -> Vector:
        """One row a candidate; `number` is the demonstration that must not know itself."""
        parts = self.source.candidates(inputs)
        evidence = [(line, stems(line)) for text in _texts(inputs) for line in lines(text)]
        whole: Stems = frozenset().union(*(words for _, words in evidence))
        bulleted = any(is_bullet(part) for part in parts)
        rows = []
        for position, part in enumerate(parts):
            words = stems(part)
            best, line = _best_line(words, evidence) if self.source.is_list else (0.0, part)
            rows.append(
                (
                    1.0,
                    best,
                    share_of(words, whole) if self.source.is_list else 0.0,
                    min(1.0, defect_words(line) / 2),
                    (1.0 if is_bullet(part) else -1.0) if bulleted else 0.0,
                    position / len(parts),
                    min(1.0, len(words) / 12),
                    self._kinship(words, number),
                )
            )
        return np.array(rows).reshape(len(rows), len(self.source.prior))

    def _kinship(self, words: Stems, number: int | None) -> float:
        """How much nearer the demonstrated items are than the candidates left out."""
        best = {True: 0.0, False: 0.0}
        for other, known, belongs in self._known:
            if other != number:
                best[belongs] = max(best[belongs], likeness(words, known))
        return best[True] - best[False]


def best_source(
    sources: Sequence[Source], default: Source | None, field: str, demos: Sequence[Demonstration]
) -> Source | None:
    """The source that can give most of what the demonstrations answer, or None.

    Without demonstrated items the answer is `default`.
    """
    items = [(demo, demo.outputs[field]) for demo in demos if demo.outputs[field]]
    if not items:
        return default
    oracle = {source.name: _oracle(source, items) for source in sources}
    best = max(sources, key=lambda source: oracle[source.name], default=None)
    return best if best is not None and oracle[best.name] >= MIN_ORACLE else None


def same_item(item: str, candidate: str) -> float:
    """How surely an answered item is a candidate, 0..1; a reason may follow it."""
    said, words = stems(item), stems(candidate)
    prefix = share_of(words, said) if item.lower().startswith(candidate[:20].lower()) else 0.0
    return max(likeness(said, words), prefix)


def _oracle(source: Source, items: Sequence[tuple[Demonstration, Any]]) -> float:
    scores = []
    for demo, answered in items:
        parts = source.candidates(demo.inputs)
        found = [max((same_item(str(a), part) for part in parts), default=0.0) for a in answered]
        scores.append(sum(score for score in found if score >= SAME_ITEM) / len(found))
    return float(np.mean(scores))


def _is_among(part: str, items: Sequence[Any]) -> bool:
    return any(same_item(str(item), part) >= SAME_ITEM for item in items)


def _best_line(words: Stems, evidence: Sequence[tuple[str, Stems]]) -> tuple[float, str]:
    return max(((share_of(words, said), line) for line, said in evidence), default=(0.0, ""))


def _openings(source: Source, field: str, demos: Sequence[Demonstration]) -> list[str]:
    """The words that demonstrations leave away at the start of a sentence, longest first."""
    found = set()
    for demo in demos if not source.is_list else ():
        ends = [str(item).lower().rstrip(".") for item in demo.outputs[field]]
        for part in source.candidates(demo.inputs):
            said = without_bullet(part).lower()
            found |= {said[: -len(end)].strip() for end in ends if end and said.endswith(end)}
    return sorted((opening for opening in found if opening), key=len, reverse=True)


def _fit(prior: Vector, rows: Sequence[Vector], known: Sequence[tuple[int, Stems, bool]]) -> Vector:
    """Logistic regression drawn to `prior`: maximum a posteriori by Newton's method."""
    if not known:
        return prior
    inputs = np.concatenate(rows)
    labels = np.array([float(belongs) for *_, belongs in known])
    weights, pull = prior.copy(), PRIOR_STRENGTH * np.eye(len(prior))
    for _ in range(NEWTON_STEPS):
        chance = 1 / (1 + np.exp(-np.clip(inputs @ weights, -30, 30)))
        slope = inputs.T @ (labels - chance) - pull @ (weights - prior)
        curve = (inputs * (chance * (1 - chance))[:, None]).T @ inputs + pull
        weights = weights + np.linalg.solve(curve, slope)
    return weights


def _texts(inputs: Values) -> list[str]:
    return [value for value in inputs.values() if isinstance(value, str)]
