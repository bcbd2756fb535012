"""A line of JSON: the quick reader tells what the slow one tells, or leaves the line to it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ratchet.collect.json_values import BrokenJsonError, decode_value, quick_value

VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text()),
    lambda inner: st.one_of(st.lists(inner), st.dictionaries(st.text(), inner)),
)
PIECES = st.sampled_from(
    ['"a":1', '"a" :1', '"a":', '"b\\\\":2', '":', "{", "}", "[", "]", ",", '":x"', '"', "1e999"]
)


def by_the_slow_reader(text: str) -> Any:
    """The value, or None when the line is refused or goes on behind it."""
    try:
        value, end = decode_value(text, 0)
    except BrokenJsonError:
        return None
    return value if end == len(text) else None


@given(VALUES)
def test_a_value_is_read_as_it_was_written(value: Any) -> None:
    """Whatever the texts of it hold."""
    text = json.dumps(value, ensure_ascii=False)

    assert quick_value(text) in (None, by_the_slow_reader(text))


@given(st.lists(PIECES, max_size=12).map("".join))
def test_what_the_slow_reader_refuses_is_not_taken(text: str) -> None:
    """Keys that are there twice, in every disguise."""
    assert quick_value(text) in (None, by_the_slow_reader(text))


@pytest.mark.parametrize(
    "text",
    [
        '{"a":1,"a":2}',
        '{"a" :1,"a":2}',
        '{"a":":","b":{"c":1,"c":2}}',
        '{"a\\\\":1,"a\\\\":2}',
        '{"a":123456789012345678901234567890}',
        '{"a":"\\ud800"}',
        '{"a":"\\u0000"}',
        '{"a":NaN}',
        "[" * 100 + "]" * 100,
        '{"a":1} {"a":2}',
    ],
)
def test_what_is_in_doubt_is_left_to_the_slow_reader(text: str) -> None:
    """It knows the place and the words."""
    assert quick_value(text) is None


def test_an_ordinary_row_is_read_quickly() -> None:
    """Brackets and quotation marks in a text are no doubt."""
    row = {"signature": "s", "inputs": {"code": 'print("{}: [x]")', "n": [1, 2]}, "metadata": {}}

    assert quick_value(json.dumps(row)) == row
