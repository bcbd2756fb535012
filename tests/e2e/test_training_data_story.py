"""The life of training data on the command line, in one empty directory."""

from __future__ import annotations

import csv
import gzip
import json
import shutil
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import polars as pl
import yaml

from ratchet.curation.review import Review
from ratchet.datasets import DatasetFolder
from ratchet.examples import Example, Status
from ratchet.files import read_jsonl, write_jsonl
from ratchet.settings import load_settings
from ratchet.store import open_store
from ratchet.store.store import utc_now
from tests.cli_builders import COMPLETENESS, curated_row, good_examples, ratchet, write_rows
from tests.lineage_builders import SPEC, Stock, labelled

TARGET = 20
GOOD = 21  # three in each of seven files
BAD = {
    "output is_complete must be bool, not str 'maybe'": "types.jsonl",
    "input requirements is missing": "types.jsonl",
    "input colour is unknown": "types.jsonl",
    "broken JSON": "truncated.json",
    "can not be unpacked": "truncated.jsonl.gz",
    "is not UTF-8": "latin.jsonl",
    "is called '../../climbs.jsonl', which leads out of the archive; refused": "climbs.zip",
}


def test_training_data_from_nothing_to_a_restore(workspace: Path) -> None:
    """Bootstrap, import, curation, versions, lineage, backup, loss, restore, and forgetting."""
    bootstrap_a_domain()
    examples = good_examples(GOOD + 5)
    lay_files(workspace / "incoming", examples)
    mend(import_everything(), examples[GOOD : GOOD + 2])
    approved = write_and_approve(workspace, examples[GOOD + 3])
    program = publish(workspace, approved)
    follow("file=rows.csv", program)
    backup = back_up(workspace)
    wipe(workspace)
    restore(backup, program)
    forget_and_restore_again(backup)
    assert ratchet("config", "show").exit_code == 0
    assert ratchet("config", "check").exit_code == 0


def bootstrap_a_domain() -> None:
    """Verified problems of mathematics, enough to optimise on."""
    left = ratchet("bootstrap", "--domain", "mathematics", "--target", TARGET, "--json")

    assert left.exit_code == 0, left.err
    assert left.document["accepted"] == TARGET
    assert left.document["readiness"]["ready"]


def lay_files(folder: Path, examples: Sequence[Example]) -> None:
    """A directory as people hand it over: every format, and every way to get it wrong."""
    rows = [curated_row(example) for example in examples]
    three = [rows[start : start + 3] for start in range(0, GOOD, 3)]
    write_rows(folder / "rows.jsonl", three[0])
    (folder / "rows.json").write_text(json.dumps(three[1]))
    write_csv(folder / "rows.csv", three[2])
    (folder / "rows.yaml").write_text(yaml.safe_dump(three[3]))
    pl.DataFrame(three[4]).write_parquet(folder / "rows.parquet")
    (folder / "more.jsonl.gz").write_bytes(gzip.compress(lines(three[5])))
    with zipfile.ZipFile(folder / "more.zip", "w") as archive:
        archive.writestr("inside/rows.jsonl", lines(three[6]))

    wrong, lacking, strange, cut = rows[GOOD : GOOD + 4]
    wrong["outputs"] = {**wrong["outputs"], "is_complete": "maybe"}
    lacking["inputs"] = {"implementation": lacking["inputs"]["implementation"]}
    strange["inputs"] = {**strange["inputs"], "colour": "red"}
    write_rows(folder / "types.jsonl", [wrong, lacking, strange])
    (folder / "truncated.json").write_text(json.dumps([cut])[:-40])
    (folder / "truncated.jsonl.gz").write_bytes(gzip.compress(lines([cut]))[:-30])
    (folder / "latin.jsonl").write_bytes('{"inputs": "caf\xe9"}\n'.encode("latin-1"))
    with zipfile.ZipFile(folder / "climbs.zip", "w") as archive:
        archive.writestr("../../climbs.jsonl", lines([cut]))


def lines(rows: Sequence[dict[str, Any]]) -> bytes:
    """Rows as JSONL."""
    return "".join(f"{json.dumps(row)}\n" for row in rows).encode()


def write_csv(path: Path, rows: Sequence[dict[str, Any]]) -> None:
    """Rows as a table: a column for each field, lists in one cell."""
    cells = [
        {
            name: "|".join(value) if isinstance(value, list) else value
            for name, value in {**row["inputs"], **row["outputs"], **row["metadata"]}.items()
        }
        | {"signature": row["signature"]}
        for row in rows
    ]
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, list(cells[0]))
        writer.writeheader()
        writer.writerows(cells)


def import_everything() -> Path:
    """Good rows come in, bad ones cost no other and are listed; the quarantine file."""
    left = ratchet("import", "incoming", "--json")

    document = left.document
    refused = {row["reason"]: Path(row["file"]).parts[1] for row in document["rejected"]}
    assert left.exit_code == 1
    assert document["new_examples"] == GOOD
    assert len(refused) == len(BAD)
    for reason, file in refused.items():
        assert BAD[reason.partition(":")[0]] == file
    again = ratchet("import", "incoming", "--json").document
    assert (again["new_examples"], again["existing_examples"]) == (0, GOOD)
    return Path(document["quarantine"])


def mend(quarantine: Path, wanted: Sequence[Example]) -> None:
    """Two rows are mended by hand and tried again; what nobody mended stays in the file."""
    entries = list(read_jsonl(quarantine))
    mended = {"is_complete": curated_row(wanted[0]), "requirements": curated_row(wanted[1])}
    for entry in entries:
        if entry.get("field") in mended:
            entry["value"] = mended[entry["field"]]
    write_jsonl(quarantine, entries)

    left = ratchet("import", "--retry", quarantine, "--json")

    assert left.document["new_examples"] == len(wanted)
    assert len(list(read_jsonl(quarantine))) == len(entries) - len(wanted)


def write_and_approve(workspace: Path, example: Example) -> Example:
    """One more is written by hand, and a named curator approves it."""
    (workspace / "one.json").write_text(json.dumps(curated_row(example)))
    of = ("-s", COMPLETENESS)
    written = ratchet("examples", "add", *of, "--from-json", "one.json", "--json")
    assert (written.exit_code, written.document[0]["status"]) == (0, "accepted")
    token = ratchet("curators", "add", "ada", "--json").document["token"]
    assert token

    with open_store(load_settings().store_url) as store:
        found = store.examples.get(written.document[0]["example_id"])
        assert found is not None
        approved = Review(store.reviews, SPEC, curator="ada", clock=utc_now).approve(found)

    assert approved.status is Status.APPROVED
    return approved


def publish(workspace: Path, approved: Example) -> str:
    """A dataset version of the store, and a program that learnt from it; the program's version."""
    left = ratchet("dataset", "create", "-s", COMPLETENESS, "--from-store", "--no-select")
    assert left.exit_code == 0, left.out
    dataset = DatasetFolder(workspace / "training_data").load(COMPLETENESS)
    held = {example.example_id: example for example in dataset.examples}
    assert approved.example_id in held
    from_csv = next(e for e in held.values() if e.provenance.get("file") == "rows.csv")
    with open_store(load_settings().store_url) as store:
        stock = Stock(store=store, root=workspace)
        version = stock.program(labelled(from_csv), dataset=dataset.version)
        stock.crown(version)
    return version


def follow(selector: str, program: str) -> None:
    """Lineage both ways: from the program to the file, and from the file to live traffic."""
    blamed = ratchet("blame", program, "--json").document
    (origin,) = blamed["demonstrations"][0]["origins"]
    assert origin["facts"]["file"] == "rows.csv"

    touched = ratchet("impact", selector, "--json").document

    assert [found["version"] for found in touched["programs"]] == [program]
    assert touched["live_percent"] == {COMPLETENESS: 100.0}


def back_up(workspace: Path) -> Path:
    """A backup outside of the state folder, proven."""
    left = ratchet("backup", "create", "--output", workspace / "safe", "--json")
    path = Path(left.document["path"])
    verified = ratchet("backup", "verify", path, "--json")
    assert [found["is_whole"] for found in verified.document] == [True]
    return path


def wipe(workspace: Path) -> None:
    """Everything is lost."""
    shutil.rmtree(workspace / ".ratchet")
    shutil.rmtree(workspace / "training_data")


def restore(backup: Path, program: str) -> None:
    """All of it comes back, and proves that it is what it was."""
    assert ratchet("backup", "restore", backup).exit_code == 0

    verified = ratchet("dataset", "verify", "--all", "--json")

    assert (verified.exit_code, len(verified.document)) == (0, 1)
    assert ratchet("audit", "verify").exit_code == 0
    assert ratchet("readiness", "--domain", "mathematics").exit_code == 0
    assert ratchet("blame", program).exit_code == 0
    assert stored_of("rows.csv") == 3


def forget_and_restore_again(backup: Path) -> None:
    """What is forgotten stays so, although the backup holds it."""
    gone = ratchet("forget", "file=rows.csv", "--reason", "the owner asked", "--yes", "--json")
    assert gone.document["forgotten"]["examples"] == 3
    ratchet("import", "incoming/rows.csv")
    assert stored_of("rows.csv") == 0

    restored = ratchet("backup", "restore", backup, "--force", "--json")

    assert any("again now: 3 examples" in note for note in restored.document["notes"])
    assert stored_of("rows.csv") == 0
    assert ratchet("audit", "verify").exit_code == 0


def stored_of(file: str) -> int:
    """How many examples of a file the store holds."""
    with open_store(load_settings().store_url) as store:
        return sum(e.provenance.get("file") == file for e in store.examples.find(COMPLETENESS))
