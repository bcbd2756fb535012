"""`ratchet telemetry`: what a person and a program are told."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.cli_builders import ratchet
from tests.spool_builders import feedback_line, growing, request_line, spool_file

NOW = datetime.now(UTC).isoformat()


@pytest.fixture
def spool(workspace: Path) -> Path:
    """The spool of a project, with two requests, feedback and a bad line in it."""
    folder = workspace / ".ratchet" / "telemetry" / "spool"
    lines = (request_line(name, timestamp=NOW) for name in ("r1", "r2"))
    spool_file(folder, *lines, feedback_line("r1", timestamp=NOW), b"{", name="a")
    return folder


def test_ingest_says_what_was_new_and_that_lines_were_refused(spool: Path) -> None:
    """Bad lines are data: the command has done what was asked for."""
    left = ratchet("telemetry", "ingest")

    assert left.exit_code == 0
    assert "a.jsonl" in left.out
    assert "2 new requests, 1 new label, 1 line to quarantine." in left.out
    assert "See why with `ratchet telemetry quarantine`." in left.out
    assert not list(spool.iterdir())


def test_ingest_with_nothing_to_do_says_where_it_looked(spool: Path) -> None:
    """A wrong RATCHET_HOME is found by reading."""
    ratchet("telemetry", "ingest")

    left = ratchet("telemetry", "ingest")

    assert left.exit_code == 0
    assert left.out.startswith(f"Nothing new in {spool}.")


def test_ingest_for_programs_has_totals_and_files_and_can_keep_the_files(spool: Path) -> None:
    """The same counts as JSON."""
    document = ratchet("telemetry", "ingest", "--keep", "--json").document

    (file,) = document["files"]
    assert (document["outcomes"], document["labels"], document["quarantined"]) == (2, 1, 1)
    assert (file["file"], file["lines"], file["is_deleted"]) == ("a.jsonl", 4, False)
    assert (spool / "a.jsonl").exists()


def test_status_tells_waiting_from_stored(spool: Path) -> None:
    """For people a few lines, for programs a document."""
    size = (spool / "a.jsonl").stat().st_size
    with growing(spool / "a.jsonl"):
        before = ratchet("telemetry", "status", "--json").document
    ratchet("telemetry", "ingest")
    after = ratchet("telemetry", "status")

    assert before["backlog"] == {"files": 1, "growing": 1, "unread_bytes": size}
    assert before["newest"] == {}
    assert f"Spool {spool}: 0 files, 0 being written, 0 bytes not taken in yet" in after.out
    assert "2 requests, 0 payloads, 1 label; 1 line in quarantine" in after.out
    assert "validate_correctness" in after.out


def test_quarantine_lists_lines_with_their_reasons(spool: Path) -> None:
    """And says so when there are none."""
    none = ratchet("telemetry", "quarantine")
    ratchet("telemetry", "ingest")
    shown = ratchet("telemetry", "quarantine")
    (row,) = ratchet("telemetry", "quarantine", "--json").document

    assert none.out == "Lines in quarantine: none yet.\n"
    assert "no JSON: Expecting property name" in shown.out
    assert (row["file"], row["line"]) == ("a.jsonl", "{")


def test_watching_takes_in_what_comes_until_it_is_stopped(spool: Path) -> None:
    """Ctrl-C ends it with its own exit code, and what was taken in stays."""
    command = [sys.executable, "-c", "from ratchet.cli import main; main()"]
    watcher = subprocess.Popen(
        [*command, "telemetry", "ingest", "--watch", "--every", "0.1"],
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        text=True,
    )
    with watcher:
        assert watcher.stdout is not None
        assert any("2 new requests" in line for line in watcher.stdout)
        spool_file(spool, request_line("r3", timestamp=NOW), name="b")
        assert any("1 new request," in line for line in watcher.stdout)
        watcher.send_signal(signal.SIGINT)
        watcher.stdout.read()

    assert watcher.returncode == 130
    assert ratchet("telemetry", "status", "--json").document["outcomes"] == 3
