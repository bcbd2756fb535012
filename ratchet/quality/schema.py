"""The pandera schema of a signature, and what each row of a batch breaks of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandera.polars as pa
import polars as pl
from pandera.errors import SchemaErrors

from ratchet.quality.contract import holds_contract, unfit_fields
from ratchet.signatures.spec import Field, SignatureSpec, Values

INT64 = range(-(2**63), 2**63)
ENTRY = pl.Struct({"key": pl.String, "value": pl.String})
"""How a frame holds one entry of a dict[str, str]; the dict is a list of them."""

POLARS_TYPES: tuple[tuple[Any, pl.DataType], ...] = (
    (str, pl.String()),
    (int, pl.Int64()),
    (bool, pl.Boolean()),
    (list[str], pl.List(pl.String())),
    (list[int], pl.List(pl.Int64())),
    (dict[str, str], pl.List(ENTRY)),
)


def frame_schema(spec: SignatureSpec) -> pa.DataFrameSchema:
    """Build the schema of a frame with one column a field; strict, and nothing is coerced.

    Columns are typed by the fields (`POLARS_TYPES`, a Literal is a String), never null, and
    bounded by the minimum, maximum and item counts of the fields.
    """
    columns = {field.name: _column(field) for field in (*spec.inputs, *spec.outputs)}
    return pa.DataFrameSchema(columns, strict=True, coerce=False, name=spec.name)


def frame_of(spec: SignatureSpec, rows: Sequence[tuple[Values, Values]]) -> pl.DataFrame:
    """Lay (inputs, outputs) rows out in columns; a value that its column can not hold is null.

    One bad value so costs one cell, never the frame.
    """
    series = [
        pl.Series(
            field.name,
            [_cell(field, values[part].get(field.name)) for values in rows],
            dtype=_polars_type(field),
        )
        for part, fields in ((0, spec.inputs), (1, spec.outputs))
        for field in fields
    ]
    return pl.DataFrame(series)


def find_problems(
    spec: SignatureSpec, rows: Sequence[tuple[Values, Values]]
) -> Mapping[int, tuple[str, ...]]:
    """Validate a batch and return the sentences on each bad row, keyed by its index.

    Most rows hold their contract, which is quick to see. Of the others the contract puts each
    breach into words and, for well-typed rows, adds the invariants; a value that the frame could
    not hold is named too. Every sentence names its field.

    Args:
        spec: The contract to hold.
        rows: The inputs and the outputs of each example, by field name.
    """
    found: dict[int, tuple[str, ...]] = {}
    for index, (inputs, outputs) in enumerate(rows):
        if not holds_contract(spec, inputs, outputs):
            reasons = spec.problems(inputs, outputs)
            unfit = unfit_fields(spec, inputs, outputs)
            found[index] = (*reasons, *_unspoken(spec, unfit, reasons))
    return found


def bad_cells(
    spec: SignatureSpec, rows: Sequence[tuple[Values, Values]]
) -> dict[int, tuple[str, ...]]:
    """The fields of each row that the frame schema refuses."""
    if not rows:
        return {}
    try:
        frame_schema(spec).validate(frame_of(spec, rows), lazy=True)
    except SchemaErrors as error:
        cells: dict[int, tuple[str, ...]] = {}
        for column, index in error.failure_cases.select("column", "index").iter_rows():
            cells[index] = (*cells.get(index, ()), column)
        return cells
    return {}


def _unspoken(spec: SignatureSpec, names: Sequence[str], reasons: Sequence[str]) -> list[str]:
    """Sentences for cells that no frame can hold although their Python type is right."""
    parts = {f.name: "input" for f in spec.inputs} | {f.name: "output" for f in spec.outputs}
    return [
        f"{parts[name]} {name} can not be stored: a number beyond 64 bits, or text that is not "
        "valid Unicode"
        for name in dict.fromkeys(names)
        if not any(reason.startswith(f"{parts[name]} {name} ") for reason in reasons)
    ]


def _column(field: Field) -> pa.Column:
    return pa.Column(_polars_type(field), checks=_checks(field), nullable=False, required=True)


def _polars_type(field: Field) -> pl.DataType:
    return next((known for type_, known in POLARS_TYPES if field.type == type_), pl.String())


def _checks(field: Field) -> list[pa.Check]:
    if field.choices:
        return [pa.Check.isin(field.choices)]
    if field.type is int:
        bounds = ((field.minimum, pa.Check.ge), (field.maximum, pa.Check.le))
        return [check(bound) for bound, check in bounds if bound is not None]
    if field.type in (str, bool):
        return []
    return [pa.Check(_item_count_check(field), name="item_count")]


def _item_count_check(field: Field) -> Any:
    low, high = field.min_items, field.max_items

    def check(data: Any) -> Any:
        length = pl.col(data.key).list.len()
        within = length >= low if high is None else length.is_between(low, high)
        return data.lazyframe.select(within)

    return check


def _cell(field: Field, value: Any) -> Any:
    """The value as its column holds it, or None where it can not."""
    if field.choices or field.type is str:
        return value if _is_text(value) else None
    if field.type is int:
        return value if _is_int64(value) else None
    if field.type is bool:
        return value if type(value) is bool else None
    if field.type == dict[str, str]:
        return _entries(value)
    fits = _is_text if field.type == list[str] else _is_int64
    return value if isinstance(value, list) and all(map(fits, value)) else None


def _entries(value: Any) -> list[dict[str, str]] | None:
    if not isinstance(value, dict):
        return None
    if not all(_is_text(key) and _is_text(item) for key, item in value.items()):
        return None
    return [{"key": key, "value": item} for key, item in value.items()]


def _is_text(value: Any) -> bool:
    if type(value) is not str:
        return False
    try:
        value.encode("utf-8")
    except UnicodeEncodeError:  # a lone surrogate, as a broken decoder leaves it
        return False
    return True


def _is_int64(value: Any) -> bool:
    return type(value) is int and value in INT64
