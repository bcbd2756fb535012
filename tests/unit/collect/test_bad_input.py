"""Every harm in every format: a clear reason, and no good row lost that can be told from it."""

from __future__ import annotations

import csv
import gzip
import io
import json
import random
import re
import string
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from ratchet.collect.file_examples import RowContext
from ratchet.collect.files import RejectedRow, TakenRow, stream_examples
from ratchet.examples import Source
from tests.builders import NOON, completeness_example

CONTEXT = RowContext(signature="validate_completeness", source=Source.IMPORT, now=NOON)
MARK = "MARKED"  # stands in the harmed row alone
HUGE = 2_000_000  # characters
Row = dict[str, Any]


def good_row(word: str) -> Row:
    """A flat row as every format can hold it; lists of text are cells in CSV."""
    example = completeness_example(implementation=f"Added {word}() in auth.py.")
    return {**example.inputs, **example.outputs}


def csv_bytes(rows: list[Row]) -> bytes:
    """A file of comma-separated cells; the items of a list are parted by bars."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    text = io.StringIO()
    writer = csv.DictWriter(text, names)
    writer.writeheader()
    for row in rows:
        writer.writerow(
            {n: "|".join(map(str, v)) if isinstance(v, list) else v for n, v in row.items()}
        )
    return text.getvalue().encode()


def parquet_bytes(rows: list[Row]) -> bytes:
    """A file of typed columns."""
    file = io.BytesIO()
    pl.DataFrame(rows, strict=False).write_parquet(file)
    return file.getvalue()


def json_lines(rows: list[Row]) -> bytes:
    """One object a line."""
    return "".join(f"{json.dumps(row)}\n" for row in rows).encode()


def yaml_bytes(rows: list[Row]) -> bytes:
    """JSON in the flow style of YAML, one row a line; NaN is written otherwise there."""
    return "".join(f"- {json.dumps(row)}\n" for row in rows).replace("NaN", ".nan").encode()


def zip_bytes(content: bytes) -> bytes:
    """An archive with one member of lines."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("rows.jsonl", content)
    return file.getvalue()


WRITERS: dict[str, Callable[[list[Row]], bytes]] = {
    "rows.json": lambda rows: json.dumps(rows, indent=1).encode(),
    "rows.jsonl": json_lines,
    "rows.csv": csv_bytes,
    "rows.yaml": yaml_bytes,
    "rows.parquet": parquet_bytes,
    "rows.jsonl.gz": json_lines,
    "rows.zip": json_lines,
}
PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "rows.jsonl.gz": gzip.compress,
    "rows.zip": zip_bytes,
}
FORMATS = tuple(WRITERS)
TEXT_FORMATS = tuple(name for name in FORMATS if name != "rows.parquet")
TYPED_FORMATS = tuple(name for name in FORMATS if name not in {"rows.csv", "rows.parquet"})

FIRST, LAST = (f"Added {word}() in auth.py." for word in ("first", "last"))


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """The implementations that were taken, and what was refused."""

    taken: list[str]
    refused: list[RejectedRow]

    @property
    def reason(self) -> str:
        """The one reason."""
        (row,) = self.refused
        return row.reason


def imported(path: Path, harmed: Row, harm: Callable[[bytes], bytes] = bytes) -> Outcome:
    """Read a good row, the harmed one and a good one again."""
    content = harm(WRITERS[path.name]([good_row("first"), harmed, good_row("last")]))
    path.write_bytes(PACKERS.get(path.name, bytes)(content))
    found = list(stream_examples([path], context=CONTEXT))
    return Outcome(
        taken=[row.example.inputs["implementation"] for row in found if isinstance(row, TakenRow)],
        refused=[row for row in found if isinstance(row, RejectedRow)],
    )


def marked(replacement: bytes) -> Callable[[bytes], bytes]:
    """Put other bytes where the mark is."""
    return lambda content: content.replace(MARK.encode(), replacement)


@pytest.mark.parametrize("name", FORMATS)
def test_a_truncated_file_gives_the_rows_before_the_cut_and_the_reason(
    tmp_path: Path, name: str
) -> None:
    """Cut in the middle of the second row; Parquet keeps its index at the end, and is lost."""
    cut = imported(
        tmp_path / name, good_row(MARK), lambda content: content[: content.index(b"MARKED") + 3]
    )

    assert cut.taken == ([] if name == "rows.parquet" else [FIRST])
    assert re.search("broken|header has|Parquet", cut.reason)


@pytest.mark.parametrize("name", FORMATS)
def test_bytes_that_are_no_utf8_cost_their_row_alone(tmp_path: Path, name: str) -> None:
    """The row is named; YAML and Parquet can only be read as a whole, and say so."""
    harmed = imported(tmp_path / name, good_row(MARK), marked(b"MARK\xff\xfe"))

    if name in {"rows.yaml", "rows.parquet"}:
        assert harmed.taken == []
        assert "UTF-8" in harmed.reason
    else:
        assert harmed.taken == [FIRST, LAST]
        assert (harmed.refused[0].row, harmed.reason) == (
            2, "is not UTF-8: byte 0xff; save the file as UTF-8",
        )  # fmt: skip


@pytest.mark.parametrize("name", TEXT_FORMATS)
def test_utf16_is_named_once(tmp_path: Path, name: str) -> None:
    """YAML allows it, and then it is read."""
    wide = imported(tmp_path / name, good_row("more"), lambda c: c.decode().encode("utf-16"))

    if name == "rows.yaml":
        assert (len(wide.taken), wide.refused) == (3, [])
    else:
        assert (wide.taken, wide.reason) == ([], "is UTF-16; save the file as UTF-8")


@pytest.mark.parametrize("name", TYPED_FORMATS)
def test_a_value_nested_too_deep_costs_its_row_alone(tmp_path: Path, name: str) -> None:
    """A hundred lists in each other; and a hundred thousand brackets do not end the process."""
    deep: Any = "x"
    for _ in range(100):
        deep = [deep]
    harmed = imported(tmp_path / name, {**good_row(MARK), "requirements": deep})
    abyss = imported(tmp_path / name, good_row(MARK), marked(b'", "x": ' + b"[" * 100_000))

    assert (harmed.taken, harmed.reason) == ([FIRST, LAST], "is nested deeper than 64 levels")
    assert abyss.taken[0] == FIRST
    assert re.search("nested deeper|broken", abyss.refused[0].reason)


@pytest.mark.parametrize("name", FORMATS)
def test_a_field_of_megabytes_is_a_field(tmp_path: Path, name: str) -> None:
    """Of text that does not shrink two hundredfold, which in an archive is taken for a bomb."""
    rng = random.Random(1)
    text = "".join(rng.choices(string.ascii_letters, k=HUGE))
    huge = imported(tmp_path / name, good_row(text))

    assert ([len(taken) > HUGE for taken in huge.taken], huge.refused) == ([False, True, False], [])


@pytest.mark.parametrize("name", TYPED_FORMATS)
def test_a_key_that_is_there_twice_costs_its_row_alone(tmp_path: Path, name: str) -> None:
    """Which of the two was meant nobody knows."""
    twice = imported(
        tmp_path / name, good_row(MARK), marked(b'MARK", "explanation": "x", "notes": "')
    )

    assert (twice.taken, twice.refused[0].row) == ([FIRST, LAST], 2)
    assert re.search("the key 'explanation' is there twice", twice.reason)


def test_a_column_that_is_there_twice_refuses_a_csv(tmp_path: Path) -> None:
    """The header is of all rows."""
    path = tmp_path / "rows.csv"
    content = csv_bytes([good_row("first")]).replace(b"is_complete", b"explanation", 1)
    path.write_bytes(content)

    (row,) = stream_examples([path], context=CONTEXT)

    assert isinstance(row, RejectedRow)
    assert row.reason == "the header names column 'explanation' twice"


@pytest.mark.parametrize("name", TYPED_FORMATS)
def test_not_a_number_costs_its_row_alone(tmp_path: Path, name: str) -> None:
    """No two readers of JSON agree on it."""
    harmed = imported(tmp_path / name, {**good_row(MARK), "explanation": float("nan")})

    assert (harmed.taken, harmed.refused[0].row) == ([FIRST, LAST], 2)
    assert re.search("nan", harmed.reason, re.IGNORECASE)


def test_not_a_number_in_parquet_costs_its_row_alone(tmp_path: Path) -> None:
    """As a fact beside the fields; in a text column there is no such value."""
    path = tmp_path / "rows.parquet"
    facts = [{"provenance": {"score": value}} for value in (1.0, float("nan"), 2.0)]
    rows = [{**good_row(word), **f} for word, f in zip(("first", "x", "last"), facts, strict=True)]
    path.write_bytes(parquet_bytes(rows))

    first, broken, last = stream_examples([path], context=CONTEXT)

    assert isinstance(first, TakenRow)
    assert isinstance(broken, RejectedRow)
    assert isinstance(last, TakenRow)
    assert "nan" in broken.reason.lower()


@pytest.mark.parametrize("name", FORMATS)
def test_a_value_of_the_wrong_type_costs_its_row_alone(tmp_path: Path, name: str) -> None:
    """The reason names the field and its type; a column of Parquet has one type for all rows."""
    harmed = imported(tmp_path / name, {**good_row(MARK), "is_complete": "perhaps"})

    assert "output is_complete must be bool, not str 'perhaps'" in [
        r.reason for r in harmed.refused
    ]
    if name != "rows.parquet":
        assert (harmed.taken, len(harmed.refused)) == ([FIRST, LAST], 1)
    else:
        assert (harmed.taken, len(harmed.refused)) == ([], 3)


@pytest.mark.parametrize("name", FORMATS)
def test_an_unknown_column_is_refused_with_the_nearest_name(tmp_path: Path, name: str) -> None:
    """Where rows have columns of their own, the row; in CSV the column is of all rows."""
    harmed = imported(tmp_path / name, {**good_row(MARK), "implementaton": "x"})

    reason = "input implementaton is unknown; did you mean implementation?"
    assert {row.reason for row in harmed.refused} == {reason}
    assert harmed.taken == ([] if name == "rows.csv" else [FIRST, LAST])
