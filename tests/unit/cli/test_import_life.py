"""An import to its end: quarantine and retry, remembered columns, second imports, provenance."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from ratchet.examples import Example, Status
from ratchet.files import read_jsonl, write_jsonl
from ratchet.settings import load_settings
from ratchet.store import open_store
from tests.builders import NOON
from tests.cli_builders import COMPLETENESS, curated_row, good_examples, ratchet, write_rows


def stored(*statuses: Status) -> list[Example]:
    """What the store holds."""
    with open_store(load_settings().store_url) as store:
        return list(store.examples.find(COMPLETENESS, statuses=statuses))


def broken(example: Example) -> dict[str, Any]:
    """A row that says maybe where yes or no is due."""
    row = curated_row(example)
    row["outputs"]["is_complete"] = "maybe"
    return row


def test_what_was_forgotten_is_told_apart_from_what_is_new(workspace: Path) -> None:
    """Nothing is said of it where there is none."""
    gone, here = good_examples(2)
    path = write_rows(workspace / "rows.jsonl", map(curated_row, (gone, here)))
    before = ratchet("import", path, "--json").document
    with open_store(load_settings().store_url) as store:
        store.removals.forget([gone], subject="x", actor="ada", reason="asked", at=NOON)

    document = ratchet("import", path, "--json").document
    shown = " ".join(ratchet("import", path).out.split())

    assert "forgotten_rows" not in before
    assert document["forgotten_rows"] == 1
    assert (document["new_examples"], document["existing_examples"]) == (0, 1)
    assert "Forgotten: 1 row of content that was taken out of the store on request" in shown


def test_bad_rows_are_mended_in_the_quarantine_and_retried(workspace: Path) -> None:
    """Mended rows come in as what they are and where they were; the file ends with the last."""
    first, second, third = good_examples(3)
    rows = [curated_row(first), broken(second), '{"broken": ', broken(third)]
    path = write_rows(workspace / "rows.jsonl", rows)

    document = ratchet("import", path, "--json").document
    quarantine = Path(document["quarantine"])
    entries = list(read_jsonl(quarantine))
    entries[0]["value"]["outputs"]["is_complete"] = second.outputs["is_complete"]
    entries[1]["text"] = json.dumps(curated_row(third))
    write_jsonl(quarantine, entries)
    retried = ratchet("import", "--retry", quarantine, "--json")

    assert [(e["row"], e["line"], e["field"]) for e in entries] == [
        (2, 2, "is_complete"),
        (3, 3, None),
        (4, 4, "is_complete"),
    ]
    assert entries[1]["column"] == 11
    assert retried.exit_code == 1
    assert (retried.document["new_examples"], retried.document["rejected_rows"]) == (2, 1)
    assert {e.example_id for e in stored()} == {e.example_id for e in (first, second, third)}
    (mended,) = [e for e in stored() if e.example_id == second.example_id]
    assert (mended.provenance["file"], mended.provenance["row"]) == ("rows.jsonl", 2)
    assert [e["row"] for e in read_jsonl(quarantine)] == [4]


def test_a_quarantine_without_bad_rows_is_gone(workspace: Path) -> None:
    """Nothing is left to do, so nothing is left."""
    example = good_examples(1)[0]
    path = write_rows(workspace / "rows.jsonl", [broken(example)])
    ratchet("import", path, "--quarantine", "bad.jsonl")
    (entry,) = read_jsonl(workspace / "bad.jsonl")
    entry["value"]["outputs"]["is_complete"] = example.outputs["is_complete"]
    write_jsonl(workspace / "bad.jsonl", [entry])

    left = ratchet("import", "--retry", "bad.jsonl")

    assert left.exit_code == 0
    assert not (workspace / "bad.jsonl").exists()


def test_importing_again_keeps_what_was_mended(workspace: Path) -> None:
    """The same bad rows name the same file, which is never overwritten."""
    path = write_rows(workspace / "rows.jsonl", [broken(good_examples(1)[0])])
    quarantine = Path(ratchet("import", path, "--json").document["quarantine"])
    quarantine.write_text(quarantine.read_text().replace("maybe", "half mended"))

    again = ratchet("import", path, "--json").document

    assert again["quarantine"] == str(quarantine)
    assert "half mended" in quarantine.read_text()


def test_a_quarantine_that_was_damaged_is_left_as_it_is(workspace: Path) -> None:
    """A line that is no JSON any more is named; no row is lost."""
    rows = map(broken, good_examples(2))
    ratchet("import", write_rows(workspace / "rows.jsonl", rows), "--quarantine", "bad.jsonl")
    damaged = (workspace / "bad.jsonl").read_text().replace('"value": {', '"value": ', 1)
    (workspace / "bad.jsonl").write_text(damaged)

    left = ratchet("import", "--retry", "bad.jsonl")

    assert left.exit_code == 2
    assert "bad.jsonl, line 1, column" in left.err
    assert (workspace / "bad.jsonl").read_text() == damaged
    assert sorted(p.name for p in workspace.glob(".*quarantine*")) == []


def test_a_second_import_adds_nothing_and_says_so(workspace: Path) -> None:
    """Counts of the first and the second time."""
    path = write_rows(workspace / "rows.jsonl", map(curated_row, good_examples(3)))

    first = ratchet("import", path, "--json").document
    before = stored()
    again = ratchet("import", path)

    assert (first["new_examples"], first["existing_examples"]) == (3, 0)
    assert "Nothing new: every example is in the store already." in again.out
    assert stored() == before


def test_columns_are_mapped_once_and_remembered_for_the_folder(workspace: Path) -> None:
    """The second file of the folder needs no mapping; what is used is shown."""
    for name, example in zip("ab", good_examples(2), strict=True):
        cells = {**example.inputs, **example.outputs}
        wants = ";".join(cells.pop("requirements"))
        cells["missing_requirements"] = ";".join(cells["missing_requirements"])
        with (workspace / f"{name}.csv").open("w", newline="") as stream:
            writer = csv.DictWriter(stream, [*cells, "Wanted things"])
            writer.writeheader()
            writer.writerow({**cells, "Wanted things": wants})
    words = ("--map", "Wanted things=requirements", "--list-separator", ";", "-s", COMPLETENESS)

    first = ratchet("import", "a.csv", *words)
    second = ratchet("import", "b.csv", "-s", COMPLETENESS)
    forgotten = ratchet("import", "b.csv", "-s", COMPLETENESS, "--no-remembered")

    assert (first.exit_code, second.exit_code, forgotten.exit_code) == (0, 0, 1)
    said = f"Columns (remembered for {workspace.resolve()}): Wanted things -> requirements"
    assert said in second.out
    assert {e.example_id for e in stored()} == {e.example_id for e in good_examples(2)}


def test_a_dry_run_leaves_neither_columns_nor_quarantine(workspace: Path) -> None:
    """Everything is said and nothing is kept."""
    path = write_rows(workspace / "rows.jsonl", [broken(good_examples(1)[0])])

    left = ratchet("import", path, "--dry-run", "--map", "a=metadata.notes")

    assert left.exit_code == 1
    assert not (workspace / ".ratchet" / "imports").exists()


def test_licence_and_origin_are_kept_with_every_row(workspace: Path) -> None:
    """What a row says of itself goes before what holds for the file."""
    first, second = map(curated_row, good_examples(2))
    second["metadata"]["provenance"] = {"licence": "MIT"}
    (workspace / "rows.yaml").write_text(yaml.safe_dump([first, second]))

    ratchet("import", "rows.yaml", "--licence", "CC-BY-4.0", "--origin", "https://example.org/d")

    facts = {e.provenance["row"]: e.provenance for e in stored()}
    assert (facts[1]["licence"], facts[2]["licence"]) == ("CC-BY-4.0", "MIT")
    assert facts[1]["origin"] == facts[2]["origin"] == "https://example.org/d"


def test_candidates_are_stored_without_a_judgement(workspace: Path) -> None:
    """For files that are too large to be judged in one go."""
    path = write_rows(workspace / "rows.jsonl", map(curated_row, good_examples(2)))

    left = ratchet("import", path, "--candidates")

    assert "Stored as candidates; nothing was validated yet." in left.out
    assert [e.status for e in stored()] == [Status.CANDIDATE] * 2


def test_a_folder_of_mixed_files_gives_what_is_good(workspace: Path) -> None:
    """JSONL, YAML and an archive that is none, in one report."""
    one, two = good_examples(2)
    write_rows(workspace / "in" / "a.jsonl", [curated_row(one)])
    (workspace / "in" / "b.yaml").write_text(yaml.safe_dump([curated_row(two)]))
    (workspace / "in" / "c.zip").write_bytes(b"no archive")

    document = ratchet("import", "in", "--json").document

    assert document["new_examples"] == 2
    assert [row["file"] for row in document["rejected"]] == ["in/c.zip"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--map", "a"), "'a' is no mapping; write column=field"),
        (("--map", "a=notes", "--map", "b=notes"), "a and b are both mapped to notes."),
        (("--licence", "x" * 501), "--licence takes one line of at most 500 characters."),
        (("--list-separator", ""), "The list separator is empty"),
        (("--retry", "bad.jsonl"), "takes the place of files"),
    ],
)
def test_wrong_options_are_explained(
    workspace: Path, arguments: tuple[str, ...], message: str
) -> None:
    """What is wrong, and what to write."""
    path = write_rows(workspace / "rows.jsonl", map(curated_row, good_examples(1)))

    left = ratchet("import", path, *arguments)

    assert left.exit_code == 2
    assert message in left.err
