"""Canonical JSON: the quicker writer gives the bytes of the slow one, or leaves the value to it."""

from __future__ import annotations

import json
from enum import Enum
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ratchet.canonical import canonical_json, sha256_of, sha256_of_text
from ratchet.store.columns import dump_json

LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.text(st.characters()),  # lone surrogates and control characters among them
    st.floats(allow_nan=False, allow_infinity=False),
)
VALUES = st.recursive(
    LEAVES, lambda inner: st.one_of(st.lists(inner), st.dictionaries(st.text(), inner))
)


class Colour(Enum):
    """A word that JSON has no form for."""

    RED = "red"


def by_the_standard_library(value: Any, *, sort_keys: bool) -> str:
    """What the writer of the standard library makes of a value."""
    return json.dumps(
        value, sort_keys=sort_keys, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    )


@given(VALUES)
def test_the_text_is_that_of_the_standard_library(value: Any) -> None:
    """Ids that were given once stay: every value, whichever writer takes it."""
    expected = by_the_standard_library(value, sort_keys=True)

    assert canonical_json(value) == expected
    assert sha256_of(value) == sha256_of_text(expected)


@given(VALUES)
def test_what_is_stored_is_that_of_the_standard_library(value: Any) -> None:
    """The order of keys stays; what no database holds is escaped."""
    expected = by_the_standard_library(value, sort_keys=False)

    assert json.loads(dump_json(value)) == value
    if expected.isascii():
        assert dump_json(value) == expected


@pytest.mark.parametrize("value", [float("nan"), [float("inf")], {"a": {"b": float("-inf")}}])
def test_nan_and_infinity_are_refused(value: Any) -> None:
    """The quicker writer would write null."""
    with pytest.raises(ValueError, match="not JSON compliant"):
        canonical_json(value)


@pytest.mark.parametrize("value", [UUID(int=1), Colour.RED, {"a": [Colour.RED]}, b"bytes"])
def test_what_is_no_json_is_refused(value: Any) -> None:
    """The quicker writer would take some of it."""
    with pytest.raises(TypeError, match="not JSON serializable"):
        canonical_json(value)
