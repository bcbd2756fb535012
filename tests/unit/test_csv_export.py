"""CSV for spreadsheets: no cell is a formula, and nothing is lost on the way back."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from ratchet import signatures
from ratchet.collect.files import read_examples
from ratchet.datasets.csv_export import FORMULA_STARTS, csv_text
from ratchet.examples import Source
from tests.builders import NOON, completeness_example
from tests.cli_builders import COMPLETENESS, curated_row, good_examples, ratchet, write_rows

HOSTILE = [
    '=HYPERLINK("http://example.org")',
    "+1+1",
    "-2",
    "@SUM(A1)",
    "\t=1",
    " =1",
    "'=1",
    "''@x",
    "'quoted' words",
    "plain, with comma",
]


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_no_cell_begins_like_a_formula_and_every_text_comes_back(tmp_path: Path, text: str) -> None:
    """What a spreadsheet would run is text there, and what it was after the import."""
    example = completeness_example(requirements=("One",))
    outputs = {**example.outputs, "explanation": text}
    example = example.evolve(outputs=outputs, notes=text.strip())
    path = tmp_path / "out.csv"

    path.write_text(csv_text(signatures.get(COMPLETENESS), [example]), newline="")
    found = read_examples([path], signature=None, source=Source.IMPORT, now=NOON)

    with path.open(newline="") as stream:
        cells = [cell for row in csv.reader(stream) for cell in row]
    assert not any(cell.lstrip(" ").startswith(FORMULA_STARTS) for cell in cells)
    assert found.rejected == ()
    assert [e.example_id for e in found.examples] == [example.example_id]
    assert found.examples[0].notes == example.notes


@pytest.mark.parametrize("name", ["out.csv", "out.jsonl"])
def test_a_version_is_exported_and_comes_back_as_it_was(workspace: Path, name: str) -> None:
    """The ids that went out are those that the import finds."""
    examples = good_examples(4)
    path = write_rows(workspace / "rows.jsonl", map(curated_row, examples))
    ratchet("dataset", "create", path, "-s", COMPLETENESS)

    left = ratchet("dataset", "export", COMPLETENESS, "-o", name)

    found = read_examples([Path(name)], signature=None, source=Source.IMPORT, now=NOON)
    assert left.out == f"Wrote 4 examples to {name}.\n"
    assert {e.example_id for e in found.examples} == {e.example_id for e in examples}


def test_another_suffix_is_refused(workspace: Path) -> None:
    """The suffix is the format."""
    left = ratchet("dataset", "export", COMPLETENESS, "-o", "out.xlsx")

    assert left.exit_code == 2
    assert "is called neither .csv nor .jsonl" in left.err
