"""Importing JSON and JSONL: good rows in, bad rows reported, never a crash."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ratchet.canonical import sha256_of
from ratchet.collect.files import FileCollection, read_examples
from ratchet.errors import ConfigurationError
from ratchet.examples import Difficulty, Source, Status
from tests.builders import NOON, completeness_example

NAME = "validate_completeness"


def row(number: int = 0, **changes: Any) -> dict[str, Any]:
    """A row with inputs, outputs and nothing else."""
    example = completeness_example(requirements=(f"Requirement {number}",)).to_json()
    return {"inputs": example["inputs"], "outputs": example["outputs"], **changes}


def flat(number: int = 0, **changes: Any) -> dict[str, Any]:
    """A row with its fields at the top level."""
    return {**row(number)["inputs"], **row(number)["outputs"], **changes}


def read(*paths: Path, signature: str | None = NAME) -> FileCollection:
    """Import files with the defaults of these tests."""
    return read_examples(paths, signature=signature, source=Source.IMPORT, now=NOON)


def written(folder: Path, content: Any, name: str = "rows.json") -> Path:
    """A file: bytes and text as they are, a list in a .jsonl as lines, the rest as JSON."""
    path = folder / name
    if isinstance(content, bytes):
        path.write_bytes(content)
    elif isinstance(content, str):
        path.write_text(content, encoding="utf-8")
    elif name.endswith(".jsonl"):
        path.write_text("".join(json.dumps(value) + "\n" for value in content))
    else:
        path.write_text(json.dumps(content))
    return path


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("array.json", [row(0), row(1)]),
        ("object.json", {"version": 1, "examples": [row(0), row(1)], "count": 2}),
        ("lines.jsonl", [row(0), row(1)]),
        ("array.jsonl", json.dumps([row(0), row(1)], indent=2)),
        ("lines.json", f"{json.dumps(row(0))}\n{json.dumps(row(1))}\n"),
        ("bom.json", b"\xef\xbb\xbf" + json.dumps([row(0), row(1)]).encode()),
        ("bom.jsonl", f"\ufeff{json.dumps(row(0))}\r\n\r\n{json.dumps(row(1))}".encode()),
        ("flat.json", [flat(0), flat(1, difficulty="easy", notes="n")]),
        ("older.json", [{"input": r["inputs"], "output": r["outputs"]} for r in (row(0), row(1))]),
    ],
)
def test_every_layout_gives_the_same_examples(tmp_path: Path, name: str, content: Any) -> None:
    """Arrays, lines, wrapped arrays, flat rows and input/output are one thing."""
    found = read(written(tmp_path, content, name))

    assert [e.inputs["requirements"] for e in found.examples] == [
        ["Requirement 0"],
        ["Requirement 1"],
    ]
    assert found.rejected == ()


def test_a_single_object_is_one_example(tmp_path: Path) -> None:
    """A file may hold one example alone."""
    assert len(read(written(tmp_path, row())).examples) == 1


def test_what_a_row_does_not_say_gets_a_default(tmp_path: Path) -> None:
    """Source and time come from the caller, the rest from the content."""
    value = row(metadata={"tags": ["a"]})
    value["inputs"]["implementation"] = "fix the login password check"

    (example,) = read(written(tmp_path, value)).examples

    assert (example.source, example.created_at) == (Source.IMPORT, NOON)
    assert (example.difficulty, example.category) == (Difficulty.EASY, "authentication")
    assert (example.quality_score, example.notes) == (None, "")
    assert example.provenance == {
        "tags": ["a"],
        "file": "rows.json",
        "row": 1,
        "sha256": sha256_of(value),
    }


def test_what_a_row_says_is_taken_with_older_words(tmp_path: Path) -> None:
    """Aliases are understood; whose business is ours (status) is not taken over."""
    metadata = {
        "source": "git_mining",
        "difficulty": "high",
        "category": "api",
        "notes": "n",
        "group_id": "pr-7",
        "quality_score": 0.85,
        "created_at": "2026-01-02T03:04:05+02:00",
        "status": "approved",
        "provenance": {"sha": "abc"},
    }

    found = read(written(tmp_path, row(metadata=metadata)))

    (example,) = found.examples
    assert (example.source, example.difficulty) == (Source.GIT, Difficulty.HARD)
    assert (example.category, example.notes, example.group_id) == ("api", "n", "pr-7")
    assert example.created_at == datetime(2026, 1, 2, 1, 4, 5, tzinfo=UTC)
    assert example.status == Status.CANDIDATE
    assert example.provenance["sha"] == "abc"
    assert example.quality_score == 85.0
    assert "scale 0..1" in found.notes[0]


def test_the_same_inputs_are_one_group(tmp_path: Path) -> None:
    """Two labels of one input may never be on two sides."""
    other = row(0)
    other["outputs"] = {**other["outputs"], "explanation": "Another explanation."}

    found = read(written(tmp_path, [row(0), other, row(1)]))

    groups = [e.group_id for e in found.examples]
    assert groups[0] == groups[1] != groups[2]


def test_an_example_of_several_files_is_taken_once(tmp_path: Path) -> None:
    """Repeats are counted, across files too."""
    paths = [written(tmp_path, [row(0), row(1)], f"{i}.json") for i in range(2)]

    found = read(*paths)

    assert len(found.examples) == 2
    assert found.skipped == {"repeated": 2}


def test_what_ratchet_wrote_comes_back_as_it_was(tmp_path: Path) -> None:
    """Export and import keep group, source, time and facts."""
    example = completeness_example(source=Source.GIT, provenance={"sha": "abc"})

    (found,) = read(written(tmp_path, [example.to_json()]), signature=None).examples

    assert found.evolve(provenance={}) == example.evolve(provenance={})
    assert found.provenance["sha"] == "abc"


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ({"a": 1}, "input implementation is missing"),
        (
            row(outputs={"is_complete": True, "missing_reqs": [], "explanation": ""}),
            "output missing_reqs is unknown; did you mean missing_requirements?",
        ),
        (flat(missing_reqs=[]), "output missing_reqs is unknown"),
        (flat(difficulity="easy"), "metadata difficulity is unknown; did you mean difficulty?"),
        (row(metadata={"difficulity": "easy"}), "did you mean difficulty?"),
        (row(metdata={}), "metdata is no part of an example; did you mean metadata?"),
        (row(implementation="x"), "put it into inputs"),
        (row(input={"a": 1}), "the row has both inputs and input"),
        (row(inputs=[1]), "inputs must be an object, not a list"),
        (row(metadata="x"), "metadata must be an object, not a text"),
        (row(metadata={"source": "nowhere"}), "'nowhere' is no source; use one of git"),
        (row(metadata={"difficulty": "odd"}), "'odd' is no difficulty"),
        (row(metadata={"category": 3}), "metadata category must be a text, not the number 3"),
        (row(metadata={"quality_score": 120}), "must be a number 0..100, not the number 120"),
        (row(metadata={"quality_score": True}), "must be a number 0..100, not a boolean"),
        (row(metadata={"timestamp": "yesterday"}), "'yesterday' is not ISO-8601"),
        (row(metadata={"provenance": []}), "metadata provenance must be an object"),
        (row(metadata={"signature": "validate_intent"}), "the row is of validate_intent, but"),
        (row(metadata={"signature": 7}), "signature must be a text, not the number 7"),
        ([row()], "the row is a list; it must be an object"),
        (None, "the row is null"),
    ],
)
def test_a_wrong_row_is_rejected_with_the_reason(tmp_path: Path, value: Any, reason: str) -> None:
    """The reason names the wrong word and the right one; the rows around it are taken."""
    path = written(tmp_path, [row(1), value, row(2)], "rows.jsonl")

    found = read(path)

    (rejected,) = found.rejected
    assert reason in rejected.reason
    assert (rejected.file, rejected.line, rejected.row) == (str(path), 2, 2)
    assert len(found.examples) == 2
    assert found.skipped == {"refused": 1}


@pytest.mark.parametrize(
    ("broken", "column", "reason"),
    [
        (b'{"a": oops}', 7, "broken JSON: Expecting value"),
        (b'{"a": 1', 8, "broken JSON: Expecting ',' delimiter"),
        (b'{"a": 1, "a": 2}', 1, "the key 'a' is there twice"),
        (b'{"a": NaN}', 1, "NaN is no JSON"),
        (b'{"a": -Infinity}', 1, "-Infinity is no JSON"),
        (b'{"a": 1e999}', 1, "the number 1e999 is too large"),
        (b'{"a": ' + b"9" * 5000 + b"}", 1, "an integer has too many digits"),
        (b"[" * 100_000, 1, "is nested deeper than 64 levels"),
        (b"[" * 100 + b"]" * 100, 1, "is nested deeper than 64 levels"),
        (b'{"a": NaN, "b": ' + b"[" * 100_000, 1, "NaN is no JSON"),
        (b'{"a": "\xff"}', 8, "is not UTF-8: byte 0xff"),
        (b'{"a": "\\ud800"}', 1, "half of a surrogate pair"),
        (b'{"a": "\\u0000"}', 1, "a NUL character"),
        (b"{} {}", 4, "holds more than one value"),
    ],
)
def test_a_broken_line_costs_no_other_line(
    tmp_path: Path, broken: bytes, column: int, reason: str
) -> None:
    """Broken JSON is named with line and column, and the rows around it are taken."""
    lines = [json.dumps(row(1)).encode(), broken, json.dumps(row(2)).encode()]

    found = read(written(tmp_path, b"\n".join(lines), "rows.jsonl"))

    (rejected,) = found.rejected
    assert (rejected.line, rejected.column) == (2, column)
    assert reason in rejected.reason
    assert len(found.examples) == 2
    assert found.skipped == {"unreadable": 1}


def test_a_broken_array_gives_the_rows_before_the_break(tmp_path: Path) -> None:
    """A refused value is passed over; after a syntax error nothing can be found."""
    good = json.dumps(row(1))
    text = f'[\n{good},\n {{"a": NaN}},\n{json.dumps(row(2))},\n  {{"a": oops}},\n{good}]'

    found = read(written(tmp_path, text))

    assert len(found.examples) == 2
    assert [(r.line, r.column, r.row) for r in found.rejected] == [(3, 2, 2), (5, 9, None)]
    assert str(found.rejected[1]).endswith(
        "rows.json, line 5, column 9: broken JSON: Expecting value"
    )


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("a.json", b"", "is empty"),
        ("a.json", b" \n\xef\xbb\xbf", "broken JSON"),
        ("a.json", b"\xef\xbb\xbf", "is empty"),
        ("a.jsonl", b"\n\n", "is empty"),
        ("a.json", b"[]", "holds no examples"),
        ("a.json", b'{"examples": []}', "holds no examples"),
        ("a.json", b"[] x", "more after the end"),
        ("a.json", b'{"examples": [] oops}', "'}' is due after the examples, not 'o'"),
        ("a.json", b'["a" "b"]', "',' is due between two examples, not '\"'"),
        ("a.json", b'[{"a": 1}', "not the end of the file"),
        ("a.json", "[1]".encode("utf-16"), "is UTF-16; save the file as UTF-8"),
        ("a.xlsx", b"a,b", "is called .xlsx; .json, .jsonl, .ndjson, .csv"),
    ],
)
def test_a_bad_file_costs_no_other_file(
    tmp_path: Path, name: str, content: bytes, reason: str
) -> None:
    """Every file is read as far as it goes."""
    good = written(tmp_path, [row()], "good.json")

    found = read(written(tmp_path, content, name), good)

    assert reason in found.rejected[-1].reason
    assert len(found.examples) == 1


def test_what_is_no_file_is_reported(tmp_path: Path) -> None:
    """A directory, a missing file, a device and a name too long are told apart."""
    paths = [tmp_path, tmp_path / "none.json", Path("/dev/null"), tmp_path / f"{'x' * 300}.json"]

    reasons = [rejected.reason for rejected in read(*paths).rejected]

    assert reasons[:3] == [
        "is a directory; name the files in it",
        "does not exist",
        "is not a regular file",
    ]
    assert reasons[3].startswith("can not be read")


@given(content=st.binary(max_size=200) | st.text(alphabet='[]{}",:\\ na1e-\n', max_size=60))
@settings(max_examples=150, deadline=None)
@pytest.mark.parametrize("name", ["any.json", "any.jsonl"])
def test_no_content_crashes_the_import(
    tmp_path_factory: pytest.TempPathFactory, name: str, content: bytes | str
) -> None:
    """Whatever a file holds, there is an answer, and it says something."""
    path = written(tmp_path_factory.getbasetemp(), content, name)

    found = read(path)

    assert found.examples == ()
    assert found.rejected
    assert all(rejected.reason for rejected in found.rejected)


def test_an_unknown_signature_gives_the_nearest_name(tmp_path: Path) -> None:
    """A wrong option stops at once; a wrong word in a row costs that row."""
    path = written(tmp_path, [row(metadata={"signature": "validate_completness"}), row(1)])

    with pytest.raises(ConfigurationError, match="Did you mean validate_completeness"):
        read(path, signature="validate_completness")
    found = read(path, signature=None)

    assert "Did you mean validate_completeness" in found.rejected[0].reason
    assert len(found.examples) == 1


def test_without_a_signature_the_fields_decide(tmp_path: Path) -> None:
    """A row that fits one signature is of that one; a row that fits none says so."""
    path = written(tmp_path, [flat(), {"question": "?", "answer": "!"}])

    found = read(path, signature=None)

    assert [e.signature for e in found.examples] == [NAME]
    assert "names no signature and fits none by its fields" in found.rejected[0].reason
