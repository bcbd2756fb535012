"""Files of examples that a command is given."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ratchet.cli.example_files import (
    add_to_file,
    by_signature,
    files_below,
    read_files,
    shortened,
)
from ratchet.collect.files import RejectedRow
from ratchet.errors import InputError
from ratchet.examples import Example, Source, Status
from ratchet.files import read_jsonl
from tests.builders import NOON
from tests.cli_builders import COMPLETENESS, curated_row, good_examples, write_rows


def test_examples_of_ratchet_lose_nothing_but_their_status(tmp_path: Path) -> None:
    """Group, time, provenance and score come back; what a file says of approval does not."""
    example = good_examples(1)[0].evolve(quality_score=88.5, status=Status.APPROVED)

    found = read_files([write_rows(tmp_path / "a.jsonl", [example])], signature=None, now=NOON)

    assert found.examples == (example.evolve(status=Status.CANDIDATE),)


def test_rows_of_other_shapes_are_read_too(tmp_path: Path) -> None:
    """A JSON array that a person wrote."""
    example = good_examples(1)[0]
    path = tmp_path / "a.json"
    path.write_text(json.dumps([curated_row(example)]))

    found = read_files([path], signature=None, now=NOON, source=Source.IMPORT)

    assert [(e.example_id, e.source) for e in found.examples] == [
        (example.example_id, Source.IMPORT)
    ]


def test_the_same_example_in_two_files_counts_once(tmp_path: Path) -> None:
    """Files may overlap."""
    examples = good_examples(3)
    paths = [
        write_rows(tmp_path / "a.jsonl", examples[:2]),
        write_rows(tmp_path / "b.jsonl", examples[1:]),
    ]

    found = read_files(paths, signature=None, now=NOON)

    assert {e.example_id for e in found.examples} == {e.example_id for e in examples}
    assert len(found.examples) == 3


def test_one_damaged_line_costs_no_other_row(tmp_path: Path) -> None:
    """A file that Ratchet wrote and something cut off: the rest is read, the line is named."""
    examples = good_examples(3)
    path = write_rows(tmp_path / "a.jsonl", [*examples, '{"inputs": {'])

    found = read_files([path], signature=None, now=NOON)

    assert len(found.examples) == 3
    assert [row.line for row in found.rejected] == [4]


def test_rejected_rows_of_all_files_are_kept(tmp_path: Path) -> None:
    """The second file's troubles do not hide the first's."""
    paths = [write_rows(tmp_path / name, ["{"]) for name in ("a.jsonl", "b.jsonl")]

    found = read_files(paths, signature=None, now=NOON)

    assert [Path(row.file).name for row in found.rejected] == ["a.jsonl", "b.jsonl"]


def test_an_empty_file_is_a_finding(tmp_path: Path) -> None:
    """A file without a row was hardly meant to be one."""
    path = tmp_path / "a.jsonl"
    path.touch()

    found = read_files([path], signature=None, now=NOON)

    assert len(found.rejected) == 1


@pytest.mark.parametrize("value", ["NaN", '["a"]', "null"])
def test_impossible_values_are_rows_with_a_reason(tmp_path: Path, value: str) -> None:
    """NaN has no JSON form, and a list is no inputs: explained, never a crash."""
    row = json.dumps(good_examples(1)[0].to_json())
    inputs = json.dumps(good_examples(1)[0].to_json()["inputs"])
    path = write_rows(tmp_path / "a.jsonl", [row.replace(inputs, value)])

    found = read_files([path], signature=None, now=NOON)

    assert found.examples == ()
    assert len(found.rejected) == 1


def test_files_of_a_folder_come_in_the_order_of_names(tmp_path: Path) -> None:
    """JSON and JSONL, nothing else, each once."""
    for name in ("b.json", "a.jsonl", "notes.md"):
        (tmp_path / name).touch()

    found = files_below([tmp_path, tmp_path / "a.jsonl"])

    assert [path.name for path in found] == ["a.jsonl", "b.json"]


@pytest.mark.parametrize(("name", "message"), [("gone", "does not exist"), (".", "holds no .json")])
def test_a_path_without_files_is_wrong_input(tmp_path: Path, name: str, message: str) -> None:
    """The message names the path."""
    with pytest.raises(InputError, match=message):
        files_below([tmp_path / name])


def test_examples_are_sorted_out_by_signature() -> None:
    """In the order of the names."""
    found = by_signature([*good_examples(1), *good_examples(2, signature="extract_requirements")])

    assert [(name, len(examples)) for name, examples in found.items()] == [
        ("extract_requirements", 2),
        (COMPLETENESS, 1),
    ]


def test_a_file_grows_by_what_is_new(tmp_path: Path) -> None:
    """What it holds stays, whatever is added."""
    examples = good_examples(3)
    path = tmp_path / "a.jsonl"

    counts = (add_to_file(path, examples[:2]), add_to_file(path, examples[1:]))

    held = {Example.from_json(row).example_id for row in read_jsonl(path)}
    assert counts == (2, 3)
    assert held == {e.example_id for e in examples}


def test_a_long_reason_is_cut_for_the_screen() -> None:
    """A row with fifty wrong fields does not fill the terminal."""
    row = RejectedRow(file="a", line=1, column=None, reason="x" * 500)

    assert shortened(row).reason == "x" * 297 + "..."
    assert shortened(RejectedRow(file="a", line=1, column=None, reason="short")).reason == "short"
