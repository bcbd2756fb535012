"""Writing and reviewing examples in a real pseudo-terminal."""

from __future__ import annotations

from pathlib import Path

import pytest

import ratchet.cli.example_writing
import ratchet.cli.review_session  # both loaded once, and not in every terminal
from ratchet.cli.credentials import TOKEN_VARIABLE
from ratchet.examples import Difficulty, Source, Status
from ratchet.files import read_json
from ratchet.settings import load_settings
from ratchet.store import open_store
from tests.cli_builders import COMPLETENESS, good_examples, ratchet
from tests.curation_builders import open_example
from tests.terminal import terminal

TAB, ENTER, EDITOR_KEY, CLEAR, CTRL_D = "\t", "\r", "\x18\x05", "\x15", "\x04"


def an_editor(folder: Path, text: str) -> str:
    """An editor that writes `text`, whatever the file held."""
    path = folder / "editor.sh"
    path.write_text(f"#!/bin/sh\ncat > \"$1\" <<'END'\n{text}\nEND\n")
    path.chmod(0o755)
    return str(path)


def test_an_example_is_written_field_by_field(workspace: Path) -> None:
    """From what is lacking to the store and the file, with checks as typed and an editor."""
    editor = an_editor(workspace, "Added lock() in auth.py.\n\ntest_lock.py shows five failures.")

    with terminal(
        *("examples", "add", "-s", COMPLETENESS, "--by", "ada", "--file", "mine.json"),
        folder=workspace,
        environment={"EDITOR": editor},
    ) as screen:
        begun = screen.wait_for("implementation (")
        screen.type(EDITOR_KEY)
        screen.answer(
            "requirements (", f"Lock after five failures{ENTER}Audit each lock{ENTER}{ENTER}"
        )
        screen.answer("is_complete (", f"maybe{ENTER}")
        screen.answer("is_complete is yes or no", f"{CLEAR}no{ENTER}")
        screen.answer("missing_requirements (", f"Audit each lock{ENTER}{ENTER}")
        screen.answer("explanation (", "Locking is in lock(); no line writes an audit entry.")
        screen.answer("contract: holds; quality", f"{ENTER}{ENTER}")
        screen.answer("difficulty:", f"easy{ENTER}")
        screen.answer("category (", "auth")
        screen.answer("authentication", TAB)
        screen.answer("entication", ENTER)
        screen.answer("notes (", ENTER)
        screen.answer("Store it?", "y")
        screen.answer("Another?", "n")
        exit_code = screen.wait_for_end()

    assert exit_code == 0
    assert "0 examples so far" in begun
    assert "Wanted most:" in begun
    with open_store(load_settings().store_url) as store:
        (example,) = store.examples.find(COMPLETENESS)
        (judgement,) = store.examples.judgements(example.example_id)
    assert example.inputs["implementation"].splitlines()[1:] == [
        "",
        "test_lock.py shows five failures.",
    ]
    assert example.outputs["missing_requirements"] == ["Audit each lock"]
    assert (example.source, example.status) == (Source.MANUAL, Status.ACCEPTED)
    assert (example.difficulty, example.category) == (Difficulty.EASY, "authentication")
    assert example.provenance["added_by"] == judgement.actor == "ada"
    assert [row["inputs"] for row in read_json(workspace / "mine.json")] == [example.inputs]


def test_leaving_in_the_middle_stores_nothing(workspace: Path) -> None:
    """Ctrl-D on an empty prompt ends the helper."""
    with terminal("examples", "add", "-s", COMPLETENESS, folder=workspace) as screen:
        screen.answer("implementation (", f"Added lock() in auth.py.{ENTER}{ENTER}")
        screen.answer("requirements (", CTRL_D)
        screen.wait_for("0 examples stored")
        exit_code = screen.wait_for_end()

    assert exit_code == 0
    with open_store(load_settings().store_url) as store:
        assert store.examples.signatures() == []


def test_a_review_is_done_with_single_keys(
    workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Approve, undo, reject with a reason, edit, skip, quit; each is in the store at once."""
    examples = [e.evolve(status=Status.ACCEPTED, quality_score=80.0) for e in good_examples(4)]
    with open_store(load_settings().store_url) as store:
        store.examples.add(examples)
    token = ratchet("curators", "add", "ada", "--json").document["token"]
    monkeypatch.setenv(TOKEN_VARIABLE, token)
    order = [
        item["example_id"]
        for item in ratchet("review", "-s", COMPLETENESS, "--json").document["items"]
    ]

    with terminal("review", "-s", COMPLETENESS, folder=workspace) as screen:
        screen.wait_for(f"4 to go {order[0][:8]}")
        screen.answer("[q]uit", "a")
        screen.wait_for(f"3 to go {order[1][:8]}")
        screen.answer("[q]uit", "u")
        screen.wait_for("Undone: approve")
        screen.wait_for(f"4 to go {order[0][:8]}")
        screen.answer("[q]uit", "r")
        screen.answer("Why?", f"wrong label{ENTER}")
        screen.wait_for(f"3 to go {order[1][:8]}")
        screen.answer("[q]uit", "e")
        screen.answer("Field to change", f"notes{ENTER}")
        screen.answer("notes (", f"{CLEAR}clear{ENTER}")
        screen.answer("Field to change", ENTER)
        screen.answer("[y/n]", "y")
        screen.wait_for(f"3 to go {order[1][:8]}")
        screen.answer("[q]uit", "a")
        screen.wait_for("2 to go")
        screen.answer("[q]uit", "s")
        screen.wait_for("1 to go")
        screen.answer("[q]uit", "q")
        ended = screen.wait_for("examples missing")
        exit_code = screen.wait_for_end()

    assert exit_code == 0
    assert "1 approve, 1 reject, 1 relabel, 1 skip, 1 undone" in ended
    assert "Agreement with the quality score: 1 of 2 (50%; 95 % interval" in ended
    with open_store(load_settings().store_url) as store:
        found = {e.example_id: e for e in store.examples.find(COMPLETENESS)}
        (entry,) = store.audit.list(action="review.finish")
    assert [found[name].status.value for name in order] == [
        "rejected",
        "approved",
        "accepted",
        "accepted",
    ]
    assert found[order[1]].notes == "clear"
    assert (entry.actor, entry.after["actions"]["reject"]) == ("ada", 1)
    again = ratchet("review", "-s", COMPLETENESS, "--list")
    assert again.exit_code == 0


def test_a_wrong_token_opens_no_review(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is asked for without being shown, and refused in plain words."""
    with open_store(load_settings().store_url) as store:
        store.examples.add([open_example()])
    ratchet("curators", "add", "ada")
    monkeypatch.delenv(TOKEN_VARIABLE, raising=False)

    with terminal("review", "-s", COMPLETENESS, folder=workspace) as screen:
        screen.answer("Curator token:", f"ada:guess{ENTER}")
        screen.wait_for("The curator token is not valid")
        exit_code = screen.wait_for_end()

    assert exit_code == 2
    assert "guess" not in screen.seen
