"""The quick check of a contract passes exactly what the slow ones have nothing to say about."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ratchet import signatures
from ratchet.quality.contract import holds_contract
from ratchet.quality.schema import bad_cells
from tests.cli_builders import good_examples
from tests.unit.quality.test_schema import EVERY_TYPE, row


class Word(StrEnum):
    """A text that is more than a text."""

    EASY = "easy"


VALUES: tuple[Any, ...] = (
    "a", "easy", "", "é", "\ud800", Word.EASY, 0, 3, 5, 6, 2**70, -(2**70), 1.0, float("nan"), True,
    None, [], ["x"], ["x", "y", "z"], ["\udfff"], [1], [True], [2**64], [1, "x"], [["x"]], {},
    {"0": "x"}, {"0": 1}, {1: "x"}, {"\ud800": "x"}, ("x",), b"x",
)  # fmt: skip


@settings(deadline=None)  # the first frame loads polars
@given(
    changes=st.dictionaries(
        st.sampled_from([*EVERY_TYPE.input_names, *EVERY_TYPE.output_names]),
        st.sampled_from(VALUES),
        max_size=2,
    )
)
def test_a_row_holds_when_neither_the_contract_nor_the_frame_objects(
    changes: dict[str, Any],
) -> None:
    """Any value in any field: the same answer as the sentences and the columns give."""
    inputs, outputs = row(**changes)

    objections = [*EVERY_TYPE.problems(inputs, outputs), *bad_cells(EVERY_TYPE, [row(**changes)])]

    assert holds_contract(EVERY_TYPE, inputs, outputs) == (not objections)


@pytest.mark.parametrize("part", [0, 1])
def test_a_missing_or_an_unknown_field_breaks_the_contract(part: int) -> None:
    """In the inputs and in the outputs."""
    for change in ("missing", "unknown"):
        values = row()
        if change == "missing":
            values[part].popitem()
        else:
            values[part]["more"] = "x"
        assert not holds_contract(EVERY_TYPE, *values)


def test_invariants_count_too() -> None:
    """A row whose fields are right and contradict each other does not hold."""
    (example,) = good_examples(1)
    spec = signatures.get(example.signature)
    turned = {**example.outputs, "is_complete": not example.outputs["is_complete"]}

    assert holds_contract(spec, example.inputs, example.outputs)
    assert not holds_contract(spec, example.inputs, turned)
