"""The bounds are necessary conditions, and the exact search finds what brute force finds."""

from __future__ import annotations

import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rapidfuzz.distance import Indel

from ratchet.quality.duplicates import find_duplicates
from ratchet.quality.duplicates.profiles import profile
from ratchet.quality.duplicates.scan import Candidates, scan_between, scan_within

THRESHOLDS = st.sampled_from([0.3, 0.5, 0.75, 0.8, 0.85, 0.9, 0.95, 0.99])
ALPHABETS = ("ab", "abcdefgh ", "aé漢😀\0\ud800")


@st.composite
def related_texts(draw: st.DrawFn) -> list[str]:
    """A few texts, many of them edits of one another, from a small alphabet or any characters."""
    letters = st.sampled_from(draw(st.sampled_from(ALPHABETS)))
    characters = draw(st.sampled_from([letters, st.characters()]))
    texts = [draw(st.text(characters, max_size=draw(st.sampled_from([3, 30, 120]))))]
    for _ in range(draw(st.integers(1, 7))):
        base = list(draw(st.sampled_from(texts)))
        for _ in range(draw(st.integers(0, 12))):
            place = draw(st.integers(0, len(base)))
            base[place : place + draw(st.integers(0, 2))] = draw(st.text(characters, max_size=2))
        texts.append("".join(base))
    return texts


def brute_force(texts: list[str], against: list[str], threshold: float) -> set[tuple[int, int]]:
    """All pairs of distinct texts, numbered through against and batch, by rapidfuzz alone."""
    everything = [*against, *texts]
    return {
        (i, j)
        for j in range(len(against), len(everything))
        for i in range(j)
        if everything[i] not in everything[:i]
        and (everything[i] == everything[j] or everything[j] not in everything[:j])
        and Indel.normalized_similarity(everything[i], everything[j]) >= threshold
    }


@settings(max_examples=300, deadline=None)
@given(texts=related_texts(), stored=st.integers(0, 3), threshold=THRESHOLDS)
def test_the_exact_search_finds_what_brute_force_finds(
    texts: list[str], stored: int, threshold: float
) -> None:
    """Any texts, any split between stored and new, any threshold: the same pairs and ratios."""
    against, batch = texts[:stored], texts[stored:]

    report = find_duplicates(batch, threshold=threshold, exact=True, against=against)

    found = set(zip(report.pairs.earlier.tolist(), report.pairs.later.tolist(), strict=True))
    assert found == brute_force(batch, against, threshold)
    for pair in report.pairs:
        other = (against if pair.stored else batch)[pair.earlier]
        assert pair.ratio == Indel.normalized_similarity(other, batch[pair.index])


@settings(max_examples=300, deadline=None)
@given(texts=related_texts(), threshold=THRESHOLDS)
def test_no_bound_drops_a_pair_that_reaches_the_threshold(
    texts: list[str], threshold: float
) -> None:
    """A pair at the threshold passes the split bound in either order."""
    first, second = (index.ravel() for index in np.indices((len(texts), len(texts))))

    may_reach = profile(texts).may_reach(first, second, threshold)

    for i, j, passes in zip(first, second, may_reach, strict=True):
        assert passes or Indel.normalized_similarity(texts[i], texts[j]) < threshold


@pytest.mark.parametrize("length", [40, 500, 3000, 9000])
def test_the_bounds_hold_at_the_very_threshold(length: int) -> None:
    """Random insertions, deletions and moves of texts long and short, judged at their own ratio."""
    rng = random.Random(length)
    text = "".join(rng.choices("etaoin shrdlu", k=length))
    others = [_cut_and_paste(rng, text) for _ in range(40)]
    profiles = profile([text, *others])

    for place, other in enumerate(others, start=1):
        ratio = Indel.normalized_similarity(text, other)
        assert profiles.may_reach(np.array([0]), np.array([place]), ratio).all()


@pytest.mark.parametrize("repeated", [2_000, 4_500, 20_000])
def test_one_character_thousands_of_times_does_not_break_the_bounds(repeated: int) -> None:
    """Counts are kept in 16 bits; texts that reach beyond are let through, not misjudged."""
    text = "a" * repeated + "c" * 3000 + "a" * repeated
    other = "a" * 500 + text
    ratio = Indel.normalized_similarity(text, other)

    assert profile([text, other]).may_reach(np.array([0]), np.array([1]), ratio).all()


@pytest.mark.parametrize(
    "other",
    ["a" * 200 + "b" * 160, "a" * 200 + "c" * 200, "b" * 200 + "a" * 200],
    ids=["length", "characters", "order"],
)
def test_each_bound_drops_what_it_is_for(other: str) -> None:
    """Bounds that passed everything would be true and useless."""
    profiles = profile(["a" * 200 + "b" * 200, other])

    assert not profiles.may_reach(np.array([0]), np.array([1]), 0.95).any()


def test_a_scan_meets_every_pair_once() -> None:
    """At a threshold that all texts reach, the tiles cover all pairs, none of them twice."""
    texts = ["a" * (1 + place % 7) for place in range(1500)]
    profiles, numbers = profile(texts), np.arange(1500)

    within = Candidates.joined(list(scan_within(profiles, numbers, threshold=0.2)))
    between = Candidates.joined(
        list(scan_between(profiles, numbers[:200], numbers[200:], threshold=0.2))
    )

    assert len(within.first) == len(within.each_once().first) == 1500 * 1499 // 2
    assert len(between.first) == len(between.each_once().first) == 200 * 1300
    assert not (within.first == within.second).any()


def _cut_and_paste(rng: random.Random, text: str) -> str:
    for _ in range(rng.randint(1, 4)):
        start = rng.randrange(len(text))
        stop = start + rng.randint(0, len(text) // 10)
        piece, text = text[start:stop], text[:start] + text[stop:]
        if rng.random() < 0.5:
            place = rng.randrange(len(text))
            text = text[:place] + piece + text[place:]
    return text
