"""The values of fields as people type them."""

from __future__ import annotations

from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ratchet.curation.field_text import read_text, write_text
from ratchet.signatures.spec import Field


def field(type_: Any, **bounds: Any) -> Field:
    """A field called x."""
    return Field(name="x", type=type_, description="", **bounds)


LEVEL = Literal["easy", "medium", "hard"]


@pytest.mark.parametrize(
    ("type_", "text", "value"),
    [
        (bool, " Yes", True),
        (bool, "false", False),
        (int, "-3", -3),
        (str, "a\n\n b", "a\n\n b"),
        (LEVEL, "M", "medium"),
        (LEVEL, "HARD", "hard"),
        (list[str], "- one\n* two\n\n  three ", ["one", "two", "three"]),
        (list[str], "", []),
        (list[str], '["a\\nb", "c"]', ["a\nb", "c"]),
        (list[int], "1, 2;3\n4", [1, 2, 3, 4]),
        (list[int], "", []),
        (dict[str, str], "0: first: half\n1: second", {"0": "first: half", "1": "second"}),
        (dict[str, str], '{"0": "x"}', {"0": "x"}),
    ],
)
def test_a_value_is_read_as_the_field_says(type_: Any, text: str, value: Any) -> None:
    """Bullets, blanks and case are how people type, not what they mean."""
    assert read_text(field(type_), text).value == value


@pytest.mark.parametrize(
    ("type_", "text", "problem"),
    [
        (bool, "maybe", "x is yes or no"),
        (bool, "", "x is yes or no"),
        (int, "3.5", "whole numbers, not '3.5'"),
        (int, "9" * 19, "whole numbers"),
        (str, " \n", "x is empty"),
        (LEVEL, "", "one of easy, medium, hard"),
        (LEVEL, "x", "one of easy, medium, hard"),
        (list[int], "1, two", "not 'two'"),
        (list[int], "[1, true]", "must be list[int]"),
        (list[str], '["a"', "looks like JSON but is broken, line 1"),
        (list[str], "[" * 100_000, "looks like JSON but is broken"),
        (dict[str, str], "no colon", "line 1: write `key: value`"),
        (dict[str, str], "a: 1\na: 2", "line 2: 'a' is there twice"),
        (dict[str, str], '{"a": 1}', "must be dict[str, str]"),
    ],
)
def test_what_is_no_value_is_said_in_plain_words(type_: Any, text: str, problem: str) -> None:
    """The sentence is shown while it is typed."""
    reading = read_text(field(type_), text)

    assert reading.value is None
    assert problem in str(reading.problem)


def test_the_bounds_of_a_field_hold() -> None:
    """Of a number, and of the length of a list."""
    assert "must be 1..5" in str(read_text(field(int, minimum=1, maximum=5), "6").problem)
    assert "at least 2" in str(read_text(field(list[str], min_items=2), "one").problem)


VALUES = st.one_of(
    st.tuples(st.just(bool), st.booleans()),
    st.tuples(st.just(int), st.integers(-(10**17), 10**17)),
    st.tuples(st.just(str), st.text(min_size=1).filter(str.strip)),
    st.tuples(st.just(list[str]), st.lists(st.text())),
    st.tuples(st.just(list[int]), st.lists(st.integers(-(10**17), 10**17))),
    st.tuples(st.just(dict[str, str]), st.dictionaries(st.text(), st.text())),
)


@given(VALUES)
def test_what_is_written_reads_back_as_it_was(pair: tuple[Any, Any]) -> None:
    """An edit that changes nothing must not change the example."""
    type_, value = pair

    assert read_text(field(type_), write_text(field(type_), value)).value == value
