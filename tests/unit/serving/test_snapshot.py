"""The copy of what the app may change after a call."""

from __future__ import annotations

import copy
import json
from enum import StrEnum
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ratchet.serving.snapshot import snapshot

PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


class Colour(StrEnum):
    RED = "red"


class Unreadable:
    def __repr__(self) -> str:
        raise RuntimeError("no")


@settings(max_examples=30)
@given(values=st.dictionaries(st.text(), PLAIN))
def test_plain_values_are_copied_unchanged(values: dict[str, Any]) -> None:
    """Nothing of a JSON payload is lost."""
    assert snapshot(values, max_chars=100_000) == values


@settings(max_examples=30)
@given(values=st.dictionaries(st.text(), st.lists(st.lists(st.text())), min_size=1))
def test_a_later_change_does_not_reach_the_copy(values: dict[str, Any]) -> None:
    """The record says what was asked, not what became of it."""
    before = copy.deepcopy(values)
    copied = snapshot(values, max_chars=100_000)

    for value in values.values():
        for inner in value:
            inner.append("changed")
        value.clear()
    values.clear()

    assert copied == before


def test_other_objects_become_plain_at_once() -> None:
    """What JSON has no form for is shown as it was at that moment."""
    copied = snapshot(
        {"tuple": (1, {2}), "word": Colour.RED, "bytes": b"x", "flag": True}, max_chars=1_000
    )

    assert copied == {"tuple": [1, [2]], "word": "red", "bytes": "b'x'", "flag": True}
    assert copied is not None
    assert type(copied["word"]) is str
    assert json.dumps(copied)


def test_an_object_that_can_not_be_read_costs_the_payload_only() -> None:
    """The app's objects may be broken; recording goes on without the payload."""
    assert snapshot({"a": Unreadable()}, max_chars=1_000) is None


def test_a_payload_that_refers_to_itself_is_left_out() -> None:
    """An endless structure has no record."""
    endless: list[Any] = []
    endless.append(endless)

    assert snapshot({"a": endless}, max_chars=100_000) is None


def test_a_payload_of_very_many_small_parts_is_left_out() -> None:
    """The limit counts containers too, not only texts."""
    assert snapshot({"a": [[] for _ in range(1_000)]}, max_chars=10_000) is None


@pytest.mark.parametrize(
    "value",
    ["x" * 90, ["x" * 70], ["x" * 70, 1], [1, "x" * 70]],
    ids=["text", "texts", "text_first", "number_first"],
)
def test_a_payload_counts_once_against_the_limit(value: Any) -> None:
    """A list costs its texts and 16 for each container, wherever its numbers stand."""
    assert snapshot({"a": value}, max_chars=104) == {"a": value}
    assert snapshot({"a": value}, max_chars=60) is None


def test_a_list_of_mixed_items_is_copied_whole() -> None:
    """What follows the first text may still be changed by the app."""
    inner = ["kept"]
    copied = snapshot({"a": ["text", inner]}, max_chars=1_000)

    inner.append("later")

    assert copied == {"a": ["text", ["kept"]]}
