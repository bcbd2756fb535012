"""Builders of texts for the search for duplicates."""

from __future__ import annotations

import random

LETTERS = "etaoinshrdlucmfwypvbgkjqxz"


def distinct_texts(count: int, *, seed: int) -> list[str]:
    """Texts of 300-400 characters out of words of their own, no two near each other."""
    rng = random.Random(seed)
    words = ["".join(rng.choices(LETTERS, k=rng.randint(2, 9))) for _ in range(5000)]
    return [" ".join(rng.choices(words, k=60))[: rng.randint(300, 400)] for _ in range(count)]


def template_texts(count: int) -> list[str]:
    """Texts that differ in a number alone, all of them more than 0.9 alike."""
    return [
        f"Report {number:06d}: {'nothing to tell about the night. ' * 4}" for number in range(count)
    ]


def edited(text: str, *, share: float, seed: int) -> str:
    """`text` with a share of its characters substituted, at a ratio of about 1 - share."""
    rng, characters = random.Random(seed), list(text)
    for place in rng.sample(range(len(text)), int(share * len(text))):
        characters[place] = rng.choice(LETTERS)
    return "".join(characters)
