"""The audit trail when many write at once, and when a writer is killed."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

from ratchet.store import open_store
from ratchet.store.audit import append_entry
from tests.audit_builders import checked
from tests.postgres import session_server
from tests.store_builders import audit_entry

REPOSITORY = Path(__file__).parents[2]

WRITE_ON_SIGNAL = """
import sys
from ratchet.examples import Status
from ratchet.store import Judgement, open_store
from tests.builders import NOON
from tests.store_builders import audit_entry, numbered_examples

name = sys.argv[2]
examples = list(numbered_examples(15))
with open_store(sys.argv[1], clock=lambda: NOON) as store:
    print("ready", flush=True)
    sys.stdin.readline()
    for number, example in enumerate(examples):
        store.examples.add(examples[: number + 1], actor=name)
        judgement = Judgement(example_id=example.example_id, status=Status.ACCEPTED, reason=name)
        store.examples.judge([judgement], actor=name, at=NOON)
        store.audit.append(audit_entry(actor=name))
"""

WRITE_FOR_EVER = """
import sys
from itertools import count
from ratchet.examples import Status
from ratchet.store import Judgement, open_store
from tests.builders import NOON, completeness_example

with open_store(sys.argv[1]) as store:
    for number in count():
        added = [completeness_example(implementation=f"{number}.{i}") for i in range(20)]
        store.examples.add(added)
        accepted = [Judgement(example_id=e.example_id, status=Status.ACCEPTED) for e in added]
        store.examples.judge(accepted, actor="ada", at=NOON)
        print(number, flush=True)
"""


def start(script: str, *arguments: str) -> subprocess.Popen[str]:
    """Run a script in a process of its own, with the tests importable."""
    return subprocess.Popen(
        [sys.executable, "-c", script, *arguments],
        cwd=REPOSITORY,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_two_processes_that_write_at_once_leave_one_chain(database_url: str) -> None:
    """Neither fails; every entry of both is in the chain, and every row has its entry."""
    with open_store(database_url):
        processes = [start(WRITE_ON_SIGNAL, database_url, name) for name in ("ada", "bob")]
        for process in processes:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
        answers = [process.communicate() for process in _let_go(processes)]

    assert [process.returncode for process in processes] == [0, 0], answers
    with open_store(database_url) as store:
        report = checked(store)
        authors = {record.entry.actor for record in store.audit.records(limit=1_000)}
    assert report.problems == ()
    assert (report.examples, report.judgements) == (15, 15)
    assert report.head_id == report.entries
    assert authors == {"ada", "bob"}


def test_a_killed_writer_leaves_a_whole_trail(database_url: str) -> None:
    """An entry and what it speaks of are there together, or neither is."""
    process = start(WRITE_FOR_EVER, database_url)
    assert process.stdout is not None
    while process.stdout.readline() != "5\n":
        pass
    process.send_signal(signal.SIGKILL)
    process.communicate()

    with open_store(database_url) as store:
        report = checked(store)
        store.audit.append(audit_entry())
        after = checked(store, noted_head=report.head)

    assert report.problems == after.problems == ()
    assert report.judgements >= 6 * 20
    assert after.entries == report.entries + 1


def test_an_entry_written_early_holds_nobody_up() -> None:
    """The turn at the trail is taken last: who then waits for a row waits in no circle."""
    with (
        session_server().fresh_database() as url,
        open_store(f"{url}{'&' if '?' in url else '?'}options=-c%20lock_timeout%3D5000") as store,
    ):
        with store.database.writing() as connection:
            append_entry(connection, audit_entry(actor="early"))
            store.audit.append(audit_entry(actor="late"))

        actors = [record.entry.actor for record in store.audit.records()]
        assert actors == ["early", "late"]
        assert checked(store).is_whole


def _let_go(processes: list[subprocess.Popen[str]]) -> list[subprocess.Popen[str]]:
    """Tell all before any is waited for."""
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    return processes
