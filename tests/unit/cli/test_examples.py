"""`ratchet examples` without a terminal."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest

from ratchet.examples import Example, Source, Status
from ratchet.files import read_json, read_jsonl
from ratchet.settings import load_settings
from ratchet.store import open_store
from tests.builders import NOON
from tests.cli_builders import COMPLETENESS, curated_row, good_examples, ratchet
from tests.curation_builders import open_example, review, stored


def rows_file(folder: Path, rows: Any) -> Path:
    """A JSON file."""
    path = folder / "rows.json"
    path.write_text(json.dumps(rows))
    return path


def add(path: object, *options: object) -> Any:
    """What `examples add --from-json` says of each example."""
    return ratchet("examples", "add", "-s", COMPLETENESS, "--from-json", path, "--json", *options)


def in_store() -> list[Example]:
    """Everything that is stored of the signature."""
    with open_store(load_settings().store_url) as store:
        return list(store.examples.find(COMPLETENESS))


def test_good_ones_are_stored_and_bad_ones_named(workspace: Path) -> None:
    """Each with its reason; one bad example costs no other."""
    good, also_good = good_examples(2)
    broken = curated_row(good, outputs={"is_complete": "yes"})
    path = rows_file(workspace, [curated_row(good), broken, curated_row(also_good), 7])

    left = add(path, "--by", "ada")

    assert left.exit_code == 1
    assert [one["is_stored"] for one in left.document] == [True, False, True, False]
    assert "is_complete must be bool" in left.document[1]["reasons"][0]
    assert left.document[1]["place"].endswith("rows.json, example 2")
    assert {e.example_id for e in in_store()} == {good.example_id, also_good.example_id}
    for example in in_store():
        assert (example.source, example.status) == (Source.MANUAL, Status.ACCEPTED)
        assert example.provenance["added_by"] == "ada"
        assert example.quality_score is not None


def test_two_alike_in_one_file_are_one_example(workspace: Path) -> None:
    """The second is held against the first, like against everything stored."""
    good = good_examples(1)[0]
    explanation = f"{good.outputs['explanation']} Read twice."
    twin = curated_row(good, outputs={**good.outputs, "explanation": explanation})
    path = rows_file(workspace, [curated_row(good), twin])

    left = add(path)

    assert [one["status"] for one in left.document] == ["accepted", "rejected"]
    assert good.example_id[:8] in left.document[1]["reasons"][0]


def test_adding_the_same_again_changes_nothing(workspace: Path) -> None:
    """It is counted as stored, and says so."""
    path = rows_file(workspace, curated_row(good_examples(1)[0]))

    add(path)
    again = add(path)

    assert again.exit_code == 0
    assert again.document[0]["reasons"] == ["it is stored already; nothing was changed"]
    assert len(in_store()) == 1


def test_what_was_forgotten_on_request_is_not_stored_again(workspace: Path) -> None:
    """The person who brings it is told."""
    good = good_examples(1)[0]
    with open_store(load_settings().store_url) as store:
        store.examples.add([good])
        store.removals.forget([good], subject="g", actor="ada", reason="asked", at=NOON)

    left = add(rows_file(workspace, curated_row(good)), "--file", "set.json")

    assert left.exit_code == 1
    assert "forgotten on request" in left.document[0]["reasons"][0]
    assert in_store() == []
    assert not (workspace / "set.json").exists()


@pytest.mark.parametrize("text", ["one\ntwo", "", "[", "[]"])
def test_what_is_no_json_is_refused_with_the_place(
    workspace: Path, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    """Nothing is stored."""
    monkeypatch.setattr("sys.stdin", io.StringIO(text))

    left = add("-")

    assert left.exit_code == 2
    assert "standard input" in left.err
    assert in_store() == []


def test_standard_input_takes_one_object_a_line(
    workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Like an array, for pipes."""
    lines = "\n".join(json.dumps(curated_row(example)) for example in good_examples(3))
    monkeypatch.setattr("sys.stdin", io.StringIO(lines))

    left = add("-")

    assert left.exit_code == 0
    assert len(in_store()) == 3


@pytest.mark.parametrize("name", ["set.json", "set.jsonl"])
def test_a_file_keeps_what_it_held(workspace: Path, name: str) -> None:
    """What is stored is appended; what is refused is not."""
    first, second = good_examples(2)
    add(rows_file(workspace, [curated_row(first)]), "--file", name)
    broken = curated_row(first, outputs={})

    add(rows_file(workspace, [curated_row(second), broken]), "--file", name)

    path = workspace / name
    rows = read_json(path) if name.endswith(".json") else list(read_jsonl(path))
    found = {row["metadata"]["example_id"] for row in rows}
    assert found == {first.example_id, second.example_id}


def test_a_file_of_another_kind_is_refused_before_anything_is_stored(workspace: Path) -> None:
    """The name says the form."""
    path = rows_file(workspace, curated_row(good_examples(1)[0]))

    left = add(path, "--file", "set.csv")

    assert left.exit_code == 2
    assert in_store() == []


def test_without_a_terminal_the_helper_says_what_to_do(workspace: Path) -> None:
    """Nobody is asked through a pipe."""
    left = ratchet("examples", "add", "-s", COMPLETENESS)

    assert left.exit_code == 2
    assert "--from-json" in left.err


def test_the_list_is_narrowed_and_the_newest_come_first(workspace: Path) -> None:
    """By status, source and category; a limit holds after that."""
    with open_store(load_settings().store_url) as store:
        store.examples.add(
            [
                open_example(1, category="cli"),
                open_example(2, category="cli", source=Source.GIT),
                open_example(3, category="cli", status=Status.REJECTED),
                open_example(4),
            ]
        )
    narrowed = ("--status", "accepted", "--source", "manual", "--category", "cli")

    found = ratchet("examples", "list", "-s", COMPLETENESS, *narrowed, "--json").document
    limited = ratchet("examples", "list", "--limit", 2, "--json").document

    assert [row["inputs"] for row in found] == [open_example(1).inputs]
    assert len(limited) == 2
    assert ratchet("examples", "list", "--status", "good").exit_code == 2


def test_an_example_is_shown_by_the_start_of_its_id(workspace: Path) -> None:
    """Whole, with every decision; what could steer the terminal is made visible."""
    nasty = open_example(implementation="Cleared \x1b[2J the screen in auth.py.")
    with open_store(load_settings().store_url) as store:
        stored(store, nasty)
        review(store).reject(nasty, reason="odd")

    shown = ratchet("examples", "show", nasty.example_id[:6])
    found = ratchet("examples", "show", nasty.example_id, "--json").document
    missing = ratchet("examples", "show", "ffffffffff")

    assert "\\x1b[2J" in shown.out
    assert "\x1b[2J" not in shown.out
    assert "odd" in shown.out
    assert found["judgements"][0]["actor"] == "ada"
    assert missing.exit_code == 2
    assert "ratchet examples list" in missing.err
