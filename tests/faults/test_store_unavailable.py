"""Commands that take examples in while the store can not take them: told, and nothing is lost."""

from __future__ import annotations

import json
import os
import resource
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from ratchet.serving.capture import Capture
from ratchet.store import USABLE, open_store
from ratchet.store.schema import SCHEMA_REVISION, VERSION_TABLE
from tests.cli_builders import COMPLETENESS, curated_row, good_examples, ratchet, write_rows
from tests.integration.test_capture import EQUATION, RIGHT_MINIMUM
from tests.postgres import session_server

PROBLEMS = "generate_problem"
ROWS = 6


@dataclass(frozen=True)
class Intake:
    """A command that takes examples in, and what is in the store when it has."""

    arguments: tuple[str, ...]
    signature: str
    count: int


INTAKES = {
    "examples add": Intake(
        ("examples", "add", "-s", COMPLETENESS, "--from-json", "rows.json"), COMPLETENESS, ROWS
    ),
    "import": Intake(("import", "rows.jsonl"), COMPLETENESS, ROWS),
    "collect captured": Intake(("collect", "captured"), PROBLEMS, 2),
    "validate": Intake(("validate", "rows.jsonl"), COMPLETENESS, ROWS),
}


@pytest.fixture
def url(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A project with something to take in by every command, and an empty store."""
    rows = [curated_row(example) for example in good_examples(ROWS)]
    write_rows(workspace / "rows.jsonl", rows)
    (workspace / "rows.json").write_text(json.dumps(rows))
    captured(workspace, RIGHT_MINIMUM, EQUATION)
    place = f"sqlite:///{workspace / 'store.db'}"
    with open_store(place):
        pass
    monkeypatch.setenv("RATCHET_DATABASE_URL", f"{place}?timeout=0.05")
    return place


def captured(workspace: Path, *problems: dict[str, object]) -> list[Path]:
    """An app captures results in this project; the files in its spool."""
    taker = Capture(folder=workspace / ".ratchet" / "capture")
    for problem in problems:
        assert taker(("accepted", problem))
    taker.close()
    return sorted(taker.spool.glob("*.jsonl"))


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Another process writes, for longer than anybody waits."""
    with closing(sqlite3.connect(path)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.rollback()


@contextmanager
def read_only(path: Path) -> Iterator[None]:
    """The file may be read only; an option of SQLite's, for root may write every file."""
    before = os.environ["RATCHET_DATABASE_URL"]
    os.environ["RATCHET_DATABASE_URL"] = f"sqlite:///file:{path}?mode=ro&uri=true&timeout=0.05"
    yield
    os.environ["RATCHET_DATABASE_URL"] = before


@contextmanager
def folder_missing(path: Path) -> Iterator[None]:
    """The folder is gone, and can not be made: a file is in its place."""
    before = os.environ["RATCHET_DATABASE_URL"]
    os.environ["RATCHET_DATABASE_URL"] = f"sqlite:///{path.parent / 'rows.json' / path.name}"
    yield
    os.environ["RATCHET_DATABASE_URL"] = before


@contextmanager
def full(path: Path) -> Iterator[None]:
    """The disk takes no file of more than a page: the log of the database does not fit."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@contextmanager
def newer(path: Path) -> Iterator[None]:
    """A newer Ratchet has upgraded the schema."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        change = f"UPDATE {VERSION_TABLE} SET version_num = ?"  # noqa: S608 - a constant
        connection.execute(change, ("9999",))
        yield
        connection.execute(change, (SCHEMA_REVISION,))


FAULTS: dict[str, tuple[Callable[[Path], AbstractContextManager[None]], str]] = {
    "locked": (locked, "is locked: another process has been writing for longer than we wait"),
    "read-only": (read_only, "is read-only. Allow this user to write the file and its folder"),
    "no folder": (folder_missing, "for the database can not be made"),
    "full": (full, "Check the free space, the quota"),
    "newer": (newer, "has schema 9999, which is newer than this version of Ratchet knows"),
}


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("command", INTAKES)
def test_a_store_that_can_take_nothing_is_told_and_nothing_is_lost(
    url: str, workspace: Path, command: str, fault: str
) -> None:
    """One sentence says what and what to do; the same command later takes all, each once."""
    intake, (broken, said) = INTAKES[command], FAULTS[fault]
    before = inputs_of(workspace)

    with broken(workspace / "store.db"):
        refused = ratchet(*intake.arguments)

    assert refused.exit_code == 2
    assert said in refused.err
    assert "Traceback" not in refused.err
    assert inputs_of(workspace) == before

    assert ratchet(*intake.arguments).exit_code == 0
    with open_store(url) as store:
        found = [e.example_id for e in store.examples.find(intake.signature, statuses=USABLE)]
    assert len(found) == len(set(found)) == intake.count


def inputs_of(workspace: Path) -> dict[str, bytes]:
    """All that there is to take in."""
    spool = workspace / ".ratchet" / "capture" / "spool"
    files = (workspace / "rows.json", workspace / "rows.jsonl", *spool.glob("*.jsonl"))
    return {path.name: path.read_bytes() for path in files}


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_what_is_captured_while_the_store_is_away_is_taken_in_when_it_is_back(
    kind: str, workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Capture falls back to files and goes on; they stay until all of them are taken in, once."""
    with away(kind, workspace) as (store_url, gone):
        monkeypatch.setenv("RATCHET_DATABASE_URL", store_url)
        assert ratchet("collect", "captured").exit_code == 0
        with gone:
            one = captured(workspace, RIGHT_MINIMUM)
            first = ratchet("collect", "captured")
            two = captured(workspace, EQUATION)
            second = ratchet("collect", "captured")
            kept = inputs_of_spool(workspace)

        third = ratchet("collect", "captured", "--json")
        fourth = ratchet("collect", "captured", "--json")

        assert {path.name for path in (*one, *two)} == kept
        for left in (first, second):
            assert left.exit_code == 2
            assert "Nothing is lost" in left.err
            assert str(workspace / ".ratchet" / "capture" / "spool") in left.err
        assert (third.exit_code, third.document["statuses"]["accepted"]) == (0, 2)
        assert fourth.document["types"] == {}
        assert inputs_of_spool(workspace) == set()
        with open_store(store_url) as store:
            assert store.examples.statistics(PROBLEMS).total == 2


@contextmanager
def away(kind: str, workspace: Path) -> Iterator[tuple[str, AbstractContextManager[None]]]:
    """A store, and how it goes away for a block."""
    if kind == "postgresql":
        with session_server().fresh_database() as url:
            yield url, session_server().closed_database(url)
        return
    path = workspace / "disk" / "store.db"

    @contextmanager
    def unmounted() -> Iterator[None]:
        aside = workspace / "aside"
        path.parent.rename(aside)
        path.parent.write_text("no folder")
        yield
        path.parent.unlink()
        aside.rename(path.parent)

    yield f"sqlite:///{path}", unmounted()


def inputs_of_spool(workspace: Path) -> set[str]:
    """The names of the files that wait to be taken in."""
    return {path.name for path in (workspace / ".ratchet" / "capture" / "spool").glob("*.jsonl")}
