"""The rows of a Parquet file, read in slices; columns may be nested."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

from ratchet.collect.csv_rows import nested
from ratchet.collect.json_values import value_problem
from ratchet.collect.row import BrokenRow, Row

SLICE_ROWS = 2_000


def rows_of_parquet(path: Path) -> Iterator[Row | BrokenRow]:
    """Read the rows slice by slice; a null is a value that is not there."""
    import polars as pl
    from polars.exceptions import PolarsError

    number, size = 0, path.stat().st_size
    try:
        frame = pl.scan_parquet(path)
        total = int(frame.select(pl.len()).collect().item())
        for frame_slice in frame.collect_batches(chunk_size=SLICE_ROWS, maintain_order=True):
            for record in frame_slice.iter_rows(named=True):
                number += 1
                yield _row(record, number=number, done_bytes=size * number // max(total, 1))
    except (PolarsError, OSError, ValueError) as error:
        reason = f"is no Parquet that can be read: {str(error).splitlines()[0]}"
        yield BrokenRow(line=None, column=None, reason=reason)
    else:
        if not number:
            yield BrokenRow(line=None, column=None, reason="holds no examples")


def _row(record: dict[str, Any], *, number: int, done_bytes: int) -> Row | BrokenRow:
    for name, cell in record.items():
        if problem := _problem(cell):
            reason = f"column {name} {problem}"
            return BrokenRow(
                line=number, column=None, reason=reason, number=number, done_bytes=done_bytes
            )
    value = nested({name: _plain(cell) for name, cell in record.items() if cell is not None})
    if problem := value_problem(value):
        return BrokenRow(
            line=number, column=None, reason=problem, number=number, done_bytes=done_bytes
        )
    return Row(number=number, line=number, value=value, done_bytes=done_bytes)


def _plain(value: Any) -> Any:
    """The value as JSON holds it: times as ISO-8601, fields that are null left out."""
    if isinstance(value, dict):
        return {name: _plain(inner) for name, inner in value.items() if inner is not None}
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    return value.isoformat() if isinstance(value, date | datetime) else value


def _problem(value: Any) -> str | None:
    """What JSON has no form for."""
    if isinstance(value, dict | list):
        inner = value.values() if isinstance(value, dict) else value
        return next((problem for item in inner if (problem := _problem(item))), None)
    if isinstance(value, float) and not math.isfinite(value):
        return f"holds {value}; use null, or a number"
    if value is None or isinstance(value, str | bool | int | float | date):
        return None
    return f"holds {type(value).__name__}, which no example has; write text, numbers or lists"
