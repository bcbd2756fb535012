"""The quick ways to words and names find exactly what the plain expressions find."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from ratchet.quality.difficulty import assess_difficulty
from ratchet.quality.words import LONGEST_TEXT, specifics, words

WORD = re.compile(r"[^\W\d_]+")
CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
SPECIFIC = re.compile(
    r"`[^`]+`|[\w-]+(?:[/.][\w-]+)+|\w+\(\)|\b[a-z]+(?:_[a-z0-9]+)+\b|\b[a-z]+[A-Z]\w+\b"
    r"|\b\d+(?:\.\d+)?(?:\s?(?:%|ms|s|kb|mb|gb)\b)?|\b[A-Z]{2,}[0-9]*\b"
)
PLACE = re.compile(r"[\w-]+(?:[/.][\w-]+)+|\w+\(\)|[a-z]+(?:_[a-z0-9]+)+|[a-z]+(?:[A-Z][a-z0-9]+)+")
PIECES = (
    "foo", "Bar", "fooBar", "HTTPServer", "a_b", "5", "12.5", "ms", "s", "kb", "%", "-", "/", ".",
    "_", "()", " ", "\n", "`", "é", "İ", "Σ", "\u017f", "中", "́",
)  # fmt: skip
TEXTS = st.lists(st.sampled_from(PIECES), max_size=16).map("".join) | st.text(max_size=30)


@given(text=TEXTS)
def test_words_are_the_runs_of_letters_cut_at_the_humps(text: str) -> None:
    """By the definition: mark the humps, take the runs of letters, lower each."""
    assert words(text) == tuple(found.lower() for found in WORD.findall(CAMEL.sub(" ", text)))


@given(text=TEXTS)
def test_specifics_are_what_one_expression_finds_in_the_whole_text(text: str) -> None:
    """Though it is read piece by piece, and most pieces are remembered."""
    assert specifics(text) == frozenset(SPECIFIC.findall(text))


@given(text=TEXTS)
def test_places_are_what_one_expression_finds_in_the_whole_text(text: str) -> None:
    """Each is counted once."""
    assert assess_difficulty({"implementation": text}).places == len(set(PLACE.findall(text)))


def test_a_huge_text_and_a_huge_word_are_read_like_any_other() -> None:
    """They are not remembered, so that a file of them does not fill the memory."""
    text = f"{'x' * LONGEST_TEXT}Fault in src/pool.py"

    assert words(text)[1:] == ("fault", "in", "src", "pool", "py")
    assert specifics(text) == frozenset(SPECIFIC.findall(text))
