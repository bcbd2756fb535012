"""CSV, YAML, Parquet, archives: every format gives the examples that JSON gives."""

from __future__ import annotations

import csv
import gzip
import json
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import yaml

from ratchet.collect.column_mapping import ColumnMapping
from ratchet.collect.file_examples import RowContext
from ratchet.collect.files import (
    FileCollection,
    RejectedRow,
    TakenRow,
    read_examples,
    stream_examples,
)
from ratchet.collect.json_rows import rows_of_large_document
from ratchet.collect.row import BrokenRow
from ratchet.examples import Difficulty, Source
from tests.builders import NOON, completeness_example

NAME = "validate_completeness"

Values = dict[str, Any]


def rows(count: int = 2) -> list[Values]:
    """Rows whose texts have what formats trip over: commas, quotes, lines, other letters."""
    found = []
    for number in range(count):
        example = completeness_example(requirements=(f'Say "yes", {number}', "Zeile\nzwei; é"))
        found.append({"inputs": dict(example.inputs), "outputs": dict(example.outputs)})
    return found


def columns(row: Values) -> Values:
    """A row as one column a field, lists as JSON."""
    cells = {f"{part}.{name}": v for part in row for name, v in row[part].items()}
    return {n: v if isinstance(v, str) else json.dumps(v) for n, v in cells.items()}


def write_csv(path: Path, wanted: Sequence[Values], delimiter: str = ",") -> None:
    """A CSV file as other programs write it."""
    with path.open("w", newline="", encoding="utf-8-sig") as stream:
        cells = [columns(row) for row in wanted]
        writer = csv.DictWriter(stream, list(cells[0]), delimiter=delimiter)
        writer.writeheader()
        writer.writerows(cells)


def write_yaml(path: Path, wanted: Sequence[Values]) -> None:
    """A YAML list; lists that are one object become aliases."""
    path.write_text(yaml.safe_dump(list(wanted), allow_unicode=True), encoding="utf-8")


def write_parquet(path: Path, wanted: Sequence[Values]) -> None:
    """A Parquet file with struct columns."""
    pl.DataFrame(list(wanted)).write_parquet(path)


def write_gzip(path: Path, wanted: Sequence[Values]) -> None:
    """JSONL, packed."""
    path.write_bytes(gzip.compress("".join(json.dumps(r) + "\n" for r in wanted).encode()))


def write_zip(path: Path, wanted: Sequence[Values]) -> None:
    """An archive with one row a member."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for number, row in enumerate(wanted):
            archive.writestr(f"folder/{number}.json", json.dumps(row))


def read(*paths: Path, signature: str | None = NAME) -> FileCollection:
    """Import files with the defaults of these tests."""
    return read_examples(paths, signature=signature, source=Source.IMPORT, now=NOON)


def mapped(path: Path, *words: str) -> list[TakenRow | RejectedRow]:
    """Import a file with a mapping."""
    context = RowContext(
        signature=NAME,
        source=Source.IMPORT,
        now=NOON,
        mapping=ColumnMapping.parse(words),
        facts={"licence": "CC-BY-4.0"},
    )
    return list(stream_examples([path], context=context))


@pytest.mark.parametrize(
    ("name", "write"),
    [
        ("rows.csv", write_csv),
        ("rows.tsv", lambda path, wanted: write_csv(path, wanted, "\t")),
        ("semicolons.csv", lambda path, wanted: write_csv(path, wanted, ";")),
        ("rows.yaml", write_yaml),
        ("rows.yml", write_yaml),
        ("rows.parquet", write_parquet),
        ("rows.jsonl.gz", write_gzip),
        ("rows.zip", write_zip),
    ],
)
def test_every_format_gives_the_same_examples(
    tmp_path: Path, name: str, write: Callable[[Path, Sequence[Values]], None]
) -> None:
    """Content alone makes the id, so the ids are those of the JSON rows."""
    plain = tmp_path / "plain.json"
    plain.write_text(json.dumps(rows()))
    write(tmp_path / name, rows())

    found = read(tmp_path / name)

    assert found.rejected == ()
    assert [e.example_id for e in found.examples] == [e.example_id for e in read(plain).examples]


def test_cells_of_text_are_read_as_the_fields_say(tmp_path: Path) -> None:
    """Yes is true, bars part a list, an empty cell of a list is an empty list."""
    path = tmp_path / "rows.csv"
    path.write_text(
        "requirements,implementation,is_complete,missing_requirements,explanation,difficulty,notes\n"
        "Sort by name|Page by ten,It sorts and pages.,Yes,,Both are there.,hard,\n"
    )

    (example,) = read(path).examples

    assert example.inputs["requirements"] == ["Sort by name", "Page by ten"]
    assert (example.outputs["is_complete"], example.outputs["missing_requirements"]) == (True, [])
    assert (example.difficulty, example.notes) == (Difficulty.HARD, "")


def test_a_bad_csv_row_costs_no_other(tmp_path: Path) -> None:
    """Line, row, reason, and the cells by column for whoever mends them."""
    path = tmp_path / "rows.csv"
    write_csv(path, rows(2))
    text = path.read_text(encoding="utf-8-sig")
    path.write_text(text + "too,few\n" + text.splitlines()[1].replace("true", "maybe") + "\n")

    found = read(path)

    assert len(found.examples) == 2
    few, *rest = found.rejected
    assert (few.line, few.row, few.reason) == (4, 3, "has 2 cells, the header has 5")
    assert list(few.value.values())[:2] == ["too", "few"]
    assert ["output is_complete" in row.reason for row in rest] == [True]


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        ("a,a\n1,2\n", "the header names column 'a' twice"),
        ("a,,b\n1,2,3\n", "column 2 of the header has no name"),
        ("inputs,inputs.a\n1,2\n", "the header has 'inputs' and columns below it; keep one"),
        ("a,b\n", "holds no examples"),
        ('a,b\n"never closed,2\n', "a quote is opened and not closed"),
    ],
)
def test_a_bad_csv_is_refused_with_the_reason(tmp_path: Path, header: str, reason: str) -> None:
    """What makes all rows wrong is said once."""
    path = tmp_path / "rows.csv"
    path.write_text(header)

    (rejected,) = read(path).rejected

    assert reason in rejected.reason


def test_examples_in_yaml_may_stand_under_their_key_or_in_documents(tmp_path: Path) -> None:
    """The layouts of JSON, and the one that YAML has for rows."""
    under = tmp_path / "under.yaml"
    under.write_text(yaml.safe_dump({"version": 1, "examples": rows(2)}))
    documents = tmp_path / "documents.yaml"
    documents.write_text(yaml.safe_dump_all(rows(2)))

    ids = [[e.example_id for e in read(path).examples] for path in (under, documents)]

    assert len(ids[0]) == 2
    assert ids[0] == ids[1]


def test_a_null_in_parquet_is_a_value_that_is_not_there(tmp_path: Path) -> None:
    """Columns are there for all rows; what a row does not have is null."""
    path = tmp_path / "rows.parquet"
    first, second = rows(2)
    write_parquet(path, [{**first, "metadata": {"notes": "n"}}, {**second, "metadata": None}])

    found = read(path)

    assert [e.notes for e in found.examples] == ["n", ""]


def test_a_mapping_says_which_column_is_which_field(tmp_path: Path) -> None:
    """Dotted paths on both sides; columns that nobody mapped are kept as facts."""
    row = rows(1)[0]
    other = {
        "data": {"wants": row["inputs"]["requirements"], "code": row["inputs"]["implementation"]},
        "verdict": row["outputs"],
        "team": "search",
        "secret": "x",
    }
    path = tmp_path / "rows.json"
    path.write_text(json.dumps([other]))

    (taken,) = mapped(
        path,
        "data.wants=inputs.requirements",
        "data.code=inputs.implementation",
        "verdict=outputs",
        "secret=-",
        "absent=metadata.notes",
    )

    assert isinstance(taken, TakenRow), taken
    assert taken.example.inputs == row["inputs"]
    assert taken.missing_columns == ("absent",)
    facts = taken.example.provenance
    assert (facts["team"], facts["licence"], "secret" in facts) == ("search", "CC-BY-4.0", False)


def test_a_large_array_is_read_piece_by_piece_with_the_same_rows(tmp_path: Path) -> None:
    """Lines, numbers and values are those of the whole reading, over many pieces."""
    path = tmp_path / "rows.json"
    values = [{"text": "x" * 1_000, "number": number} for number in range(1_500)]
    path.write_text(json.dumps(values, indent=1))

    found = list(rows_of_large_document(path))

    assert [row.value for row in found if not isinstance(row, BrokenRow)] == values
    assert [row.line for row in found[:3]] == [2, 6, 10]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('[{"a": 1}, {"a": ]', "broken JSON"),
        ('[{"a": 1} {"a": 2}]', "',' is due between two examples"),
        ('[{"a": 1}] x', "there is more after the end"),
        ('[{"a": 1}', "not the end of the file"),
        ("[]", "holds no examples"),
        ('{"a": {"b": 1\n}}', "write an array, or one object a line"),
    ],
)
def test_a_broken_large_document_is_refused_with_the_reason(
    tmp_path: Path, text: str, reason: str
) -> None:
    """The rows before the break are given."""
    path = tmp_path / "rows.json"
    path.write_text(text)

    *before, last = rows_of_large_document(path)

    assert isinstance(last, BrokenRow)
    assert reason in last.reason
    assert len(before) == (1 if text.startswith("[{") else 0)


@pytest.mark.parametrize("name", ["older.csv", "older.yaml", "older.json"])
def test_older_shapes_are_mapped_in_every_format(tmp_path: Path, name: str) -> None:
    """Flat rows of an earlier system: findings, priority words, a source by its older name."""
    row: Values = {
        "user_intent": "Lock the account after five failures.",
        "requirements": ["Count failures", "Tell the owner"],
        "attempt_number": 1,
        "review_findings": {"missing_requirements": ["Tell the owner"], "correctness_issues": []},
        "guidance": [
            {"title": "Send a mail", "description": "on lock", "priority": "low"},
            {"title": "Count failures", "description": "per account", "priority": "critical"},
        ],
        "source": "git_mining",
        "difficulty": "high",
    }
    path = tmp_path / name
    if name.endswith(".csv"):
        with path.open("w", newline="") as stream:
            cells = {n: v if isinstance(v, str) else json.dumps(v) for n, v in row.items()}
            writer = csv.DictWriter(stream, list(cells))
            writer.writeheader()
            writer.writerow(cells)
    else:
        path.write_text(json.dumps([row]) if name.endswith("json") else yaml.safe_dump([row]))

    found = read(path, signature="generate_guidance")

    assert found.rejected == ()
    (example,) = found.examples
    assert (example.source, example.difficulty) == (Source.GIT, Difficulty.HARD)
    assert example.inputs["issues"] == ["Tell the owner"]
    assert example.outputs["priority_order"] == [2, 1]
    assert example.outputs["guidance"].startswith("1. Send a mail: on lock")


def test_a_refused_row_of_an_older_shape_is_kept_as_it_was(tmp_path: Path) -> None:
    """Whoever mends it finds all that the file held."""
    row = {"review_findings": {"missing_requirements": ["a"], "correctness_issues": ["b"]}}
    path = tmp_path / "older.json"
    path.write_text(json.dumps([row]))

    (rejected,) = read(path, signature="generate_guidance").rejected

    assert rejected.value == row
