"""Novelty: the problems that are known already, and which of them a new one repeats."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from rapidfuzz import fuzz, process

from ratchet.quality.deduplication import weighted
from ratchet.signatures.generate_problem import SPEC


class KnownProblems:
    """The texts of the problems so far, compared as validation compares them.

    Case and spacing do not matter, and numbers matter more than words.
    """

    def __init__(self, texts: Iterable[str] = ()) -> None:
        self._texts: dict[int, list[str]] = defaultdict(list)
        self._said: dict[str, str] = {}
        for text in texts:
            self.add(text)

    def add(self, text: str) -> None:
        """Remember a problem."""
        plain = _plain(text)
        self._texts[len(plain)].append(plain)
        self._said[plain] = text

    def nearest(self, text: str, *, threshold: float) -> tuple[str, float] | None:
        """The known problem most like `text` and the ratio 0..1, if it reaches `threshold`.

        Texts of very different length can not reach it and are not compared.
        """
        plain = _plain(text)
        widest = 2 / threshold - 1  # the ratio of lengths at which the best ratio is threshold
        near = [
            known
            for length, texts in self._texts.items()
            if length <= len(plain) * widest and len(plain) <= length * widest
            for known in texts
        ]
        found = process.extractOne(plain, near, scorer=fuzz.ratio, score_cutoff=100 * threshold)
        return None if found is None else (self._said[found[0]], found[1] / 100)


def _plain(text: str) -> str:
    return weighted(" ".join(text.lower().split()), SPEC.digit_weight)
