"""`ratchet audit`: the trail for people, and the proof for whoever asks."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from ratchet.programs import publish_program
from ratchet.settings import load_settings
from ratchet.store import Store, open_store
from ratchet.store.programs import ProgramKind, program_record
from tests.audit_builders import tamper
from tests.builders import NOON
from tests.cli_builders import COMPLETENESS, good_examples, ratchet, write_rows
from tests.store_builders import audit_entry


def opened() -> Store:
    """The store of the working directory."""
    return open_store(load_settings().store_url, clock=lambda: NOON)


def published(workspace: Path) -> Path:
    """A dataset version made by the command; its folder."""
    file = write_rows(workspace / "examples.jsonl", good_examples(24))
    assert ratchet("dataset", "create", "-s", COMPLETENESS, file).exit_code == 0
    return (workspace / "training_data" / COMPLETENESS / "latest").resolve()


def registered(workspace: Path) -> Path:
    """A program version in the store; the file of its state."""
    root = load_settings().programs_folder
    program = publish_program(
        root,
        signature=COMPLETENESS,
        state={"demos": [], "signature": {"instructions": "x", "fields": []}},
        created=NOON,
        optimizer="baseline",
        model="offline/in-context",
    )
    with opened() as store:
        store.programs.add(program_record(root, program, ProgramKind.BASELINE))
    return program.folder(root) / "program.json"


def changed(path: Path) -> None:
    """Change a published file, which is read-only, by one word."""
    path.parent.chmod(0o755)
    path.chmod(0o644)
    text = path.read_text()
    path.write_text(text.replace("offline", "elsewhere").replace('"x"', '"y"').replace("the", "a"))
    assert path.read_text() != text


def test_the_trail_is_listed_the_newest_first_and_narrowed(workspace: Path) -> None:
    """By subject, action, actor and time; in JSON with everything."""
    with opened() as store:
        for hours, actor in enumerate(("ada", "bob", "cy")):
            at = NOON + timedelta(hours=hours)
            store.audit.append(audit_entry(actor=actor, subject=f"of {actor}", at=at))

    everything = ratchet("audit", "list")
    narrowed = [
        ratchet("audit", "list", "--json", *options).document
        for options in (
            ("--actor", "ada"),
            ("--subject", "of bob"),
            ("--since", "2026-03-01T13:00"),
            ("--action", "gate.override", "--limit", "1"),
            ("--action", "nothing"),
        )
    ]

    assert everything.out.index("of cy") < everything.out.index("of ada")
    numbers = [[entry["entry_id"] for entry in found] for found in narrowed]
    assert numbers == [[1], [2], [3, 2], [3], []]
    assert ratchet("audit", "list", "--action", "nothing").out == "No entry is like that.\n"


def test_a_time_that_is_none_is_refused(workspace: Path) -> None:
    """With the form it should have."""
    left = ratchet("audit", "list", "--since", "yesterday")

    assert left.exit_code == 2
    assert "write 2026-03-01 or 2026-03-01T12:00" in " ".join(left.err.split())


def test_an_entry_is_shown_with_before_and_after(workspace: Path) -> None:
    """And its hash; a number that is not there is said to be none."""
    with opened() as store:
        store.audit.append(audit_entry())

    shown, missing = ratchet("audit", "show", 1), ratchet("audit", "show", 7)

    assert "Entry 1: gate.override validate_completeness" in shown.out
    assert '"verdict": "reject"' in shown.out
    assert ratchet("audit", "show", 1, "--json").document["hash"] in shown.out
    assert missing.exit_code == 2
    assert "There is no entry 7" in missing.err


def test_verifying_looks_at_versions_and_programs_too(workspace: Path) -> None:
    """What nobody touched is whole, and the newest hash is given to be noted."""
    published(workspace)
    registered(workspace)

    left = ratchet("audit", "verify")
    report = ratchet("audit", "verify", "--json").document

    assert left.exit_code == 0, left
    assert "1 dataset version, 1 program." in left.out
    assert "The trail is whole." in left.out
    assert report["head"] in left.out
    assert ratchet("audit", "verify", "--head", report["head"]).exit_code == 0
    assert ratchet("audit", "verify", "--head", "0" * 64).exit_code == 1


def test_a_changed_version_or_program_is_found(workspace: Path) -> None:
    """By the hash that its entry commits to, whatever the files beside it say."""
    changed(published(workspace) / "dataset.json")
    changed(registered(workspace))

    left = ratchet("audit", "verify")

    assert left.exit_code == 1
    assert "BROKEN: 2 problems" in left.out
    assert "with content_sha256" in left.out
    assert "program.json with" in left.out


def test_a_program_whose_row_was_changed_is_found(workspace: Path) -> None:
    """Also when the file was changed to suit the row."""
    registered(workspace)
    with opened() as store:
        tamper(store, "UPDATE program_versions SET sha256 = :sha256", sha256="0" * 64)

    left = ratchet("audit", "verify")

    assert left.exit_code == 1
    assert "the store says 000000000000" in left.out


def test_what_was_archived_is_noted_and_no_problem(workspace: Path) -> None:
    """Nor is a version that the trail does not know."""
    folder = published(workspace)
    registered(workspace).unlink()
    folder.parent.chmod(0o755)
    folder.rename(folder.with_name("v20200101_000000"))

    left = ratchet("audit", "verify")

    assert left.exit_code == 0
    assert left.out.count("Note: ") == 3
    assert "v20200101_000000 is on disk, and the trail does not know of it." in left.out


@pytest.mark.parametrize("command", ["create", "add"])
def test_publishing_leaves_one_entry_with_the_hash(workspace: Path, command: str) -> None:
    """Made again from the same content, it is the same version and no second entry."""
    file = write_rows(workspace / "examples.jsonl", good_examples(24))
    for _ in range(2):
        ratchet("dataset", command, "-s", COMPLETENESS, file)

    (entry,) = ratchet("audit", "list", "--json").document
    version = ratchet("dataset", "show", COMPLETENESS, "--json").document

    assert entry["action"] == "dataset.publish"
    assert entry["after"]["content_sha256"] == version["content_sha256"]
    assert entry["after"]["version"] == version["version"]
