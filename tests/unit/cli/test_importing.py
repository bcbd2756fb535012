"""`ratchet import`: good rows into the store, bad rows explained."""

from __future__ import annotations

from pathlib import Path

import pytest

from ratchet.examples import Source, Status
from ratchet.files import read_jsonl
from ratchet.settings import load_settings
from ratchet.store import Judgement, open_store
from tests.builders import NOON
from tests.cli_builders import COMPLETENESS, curated_row, good_examples, ratchet, write_rows

BAD_ROWS = [
    '{"signature": "validate_completenes", "inputs": {}, "outputs": {}}',
    '{"signature": "validate_completeness", "inputs": {"requirments": []}, "outputs": {}}',
    '{"broken": ',
]


def stored(status: Status) -> list[str]:
    """The ids in the store with a status."""
    with open_store(load_settings().store_url) as store:
        return [e.example_id for e in store.examples.find(COMPLETENESS, statuses=[status])]


def test_good_rows_are_stored_and_judged(workspace: Path) -> None:
    """What passes validation is accepted in the store, with the source of hand-made rows."""
    examples = good_examples(6)
    path = write_rows(workspace / "rows.jsonl", map(curated_row, examples))

    left = ratchet("import", path)

    with open_store(load_settings().store_url) as store:
        found = list(store.examples.find(COMPLETENESS))
    assert left.exit_code == 0
    assert {e.example_id for e in found} == {e.example_id for e in examples}
    assert {(e.status, e.source) for e in found} == {(Status.ACCEPTED, Source.MANUAL)}
    assert all(e.quality_score for e in found)


def test_bad_rows_are_listed_and_cost_no_other(workspace: Path) -> None:
    """File, line and reason of each; the good row is stored; the exit code is 1."""
    good = good_examples(1)[0]
    path = write_rows(workspace / "rows.jsonl", [*BAD_ROWS, curated_row(good)])

    left = ratchet("import", path)

    assert left.exit_code == 1
    assert f"{path}, line 1 (row 1): No signature is called 'validate_completenes'." in left.out
    assert "Did you mean validate_completeness?" in left.out
    assert "input requirments is unknown; did you mean requirements?" in left.out
    assert f"{path}, line 3, column 11" in left.out
    assert stored(Status.ACCEPTED) == [good.example_id]


def test_rejected_rows_can_be_written_to_a_file(workspace: Path) -> None:
    """The file has every rejected row, those of validation too, for whoever mends them."""
    weak = curated_row(good_examples(1)[0])
    weak["inputs"] = {"implementation": "x", "requirements": ["a"]}
    weak["outputs"] = {"is_complete": True, "missing_requirements": [], "explanation": ""}
    path = write_rows(workspace / "rows.jsonl", [*BAD_ROWS, weak])

    ratchet("import", path, "--rejected", "rejected.jsonl")

    rows = list(read_jsonl(workspace / "rejected.jsonl"))
    assert [row["line"] for row in rows[:3]] == [1, 2, 3]
    assert rows[2]["column"] == 11
    assert (rows[3]["file"], rows[3]["row"]) == ("rows.jsonl", 4)
    assert "quality" in rows[3]["reason"]
    assert len(stored(Status.REJECTED)) == 1


def test_a_dry_run_stores_nothing(workspace: Path) -> None:
    """Everything is checked and said, and the store stays as it was."""
    path = write_rows(workspace / "rows.jsonl", map(curated_row, good_examples(2)))

    left = ratchet("import", path, "--dry-run")

    assert left.exit_code == 0
    assert "Nothing was stored (--dry-run)." in left.out
    assert stored(Status.ACCEPTED) == []


def test_importing_again_changes_nothing(workspace: Path) -> None:
    """The same file twice is no duplicate of itself."""
    path = write_rows(workspace / "rows.jsonl", map(curated_row, good_examples(3)))

    first = ratchet("import", path, "--json")
    again = ratchet("import", path, "--json")

    assert first.document["signatures"] == again.document["signatures"]
    assert len(stored(Status.ACCEPTED)) == 3


def test_a_duplicate_of_what_is_stored_is_rejected(workspace: Path) -> None:
    """Only the difference of a letter: the stored example stays, the new one says which."""
    example = good_examples(1)[0]
    ratchet("import", write_rows(workspace / "one.jsonl", [curated_row(example)]))
    twin = curated_row(example)
    twin["inputs"]["implementation"] += " "
    path = write_rows(workspace / "two.jsonl", [twin])

    left = ratchet("import", path)

    assert left.exit_code == 1
    assert f"duplicates example {example.example_id[:8]}" in left.out
    assert stored(Status.ACCEPTED) == [example.example_id]


def test_what_a_person_approved_stays_approved(workspace: Path) -> None:
    """Importing an approved example again does not undo the approval."""
    example = good_examples(1)[0]
    path = write_rows(workspace / "rows.jsonl", [curated_row(example)])
    ratchet("import", path)
    approval = Judgement(example_id=example.example_id, status=Status.APPROVED)
    with open_store(load_settings().store_url) as store:
        store.examples.judge([approval], actor="a person", at=NOON)

    ratchet("import", path)

    assert stored(Status.APPROVED) == [example.example_id]


def test_a_file_can_not_approve_its_own_examples(workspace: Path) -> None:
    """The status of a row is ours to decide."""
    example = good_examples(1)[0].evolve(status=Status.APPROVED)
    path = write_rows(workspace / "rows.jsonl", [example])

    ratchet("import", path)

    assert stored(Status.APPROVED) == []
    assert stored(Status.ACCEPTED) == [example.example_id]


def test_json_has_the_same_facts(workspace: Path) -> None:
    """A script reads counts and reasons."""
    path = write_rows(workspace / "rows.jsonl", [*BAD_ROWS, curated_row(good_examples(1)[0])])

    document = ratchet("import", path, "--json").document

    assert document["signatures"] == [
        {"signature": COMPLETENESS, "read": 1, "accepted": 1, "rejected": 0}
    ]
    assert document["unreadable_rows"] == len(document["rejected"]) == 3


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("nowhere.json",), "nowhere.json does not exist."),
        (("empty",), "empty holds no .json"),
        (("rows.jsonl", "--source", "gitt"), "'gitt' is no source; use one of git,"),
    ],
)
def test_wrong_use_is_explained(workspace: Path, arguments: tuple[str, ...], message: str) -> None:
    """A missing path, a folder without files, an unknown source."""
    (workspace / "empty").mkdir()
    write_rows(workspace / "rows.jsonl", map(curated_row, good_examples(1)))

    left = ratchet("import", *arguments)

    assert left.exit_code == 2
    assert message in left.err


def test_no_file_is_wrong_use() -> None:
    """`ratchet import` alone says what is missing."""
    left = ratchet("import")

    assert left.exit_code == 2
    assert "FILE" in left.err
