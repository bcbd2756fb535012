"""Ingestion: the spool into the store, each record once, files deleted when they are done."""

from __future__ import annotations

import itertools
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ratchet.errors import InputError, StoreError
from ratchet.serving.options import TelemetryOptions
from ratchet.serving.places import TELEMETRY
from ratchet.serving.recorder import Recorder
from ratchet.settings import Settings
from ratchet.store import Store, open_store
from ratchet.telemetry import ingest, telemetry_status
from ratchet.telemetry.ingestion import MARKS_KEPT
from tests.builders import NOON
from tests.spool_builders import (
    EXPERIMENT,
    feedback_line,
    growing,
    older_line,
    request_line,
    spool_file,
)


@pytest.fixture
def spool(tmp_path: Path) -> Path:
    """The folder of the spool, in that of the telemetry."""
    return tmp_path / "telemetry" / "spool"


def counts(store: Store) -> dict[str, int]:
    """The rows of the store."""
    return store.telemetry.counts()


def test_apps_write_where_the_settings_let_ingestion_read(tmp_path: Path) -> None:
    """The light places of serving and the settings name the same folder."""
    recorder = Recorder(TelemetryOptions(), folder=tmp_path / TELEMETRY)

    assert Settings(home=tmp_path).telemetry_folder == recorder.spool


def test_requests_feedback_and_payloads_come_in_and_the_file_goes(
    store: Store, spool: Path
) -> None:
    """A finished file is deleted once everything in it is committed."""
    sampled = request_line("r2", sampled=True, inputs={"a": "é\x00"}, quality_score=0.7)
    path = spool_file(spool, request_line("r1"), b"", sampled, feedback_line("r1"))

    found = ingest(store, spool, now=NOON)

    (file,) = found.files
    assert (file.lines, file.outcomes, file.labels, file.quarantined) == (4, 2, 2, 0)
    assert (found.outcomes, found.labels, found.deleted) == (2, 2, 1)
    assert counts(store) == {"outcomes": 2, "payloads": 1, "labels": 2, "quarantine": 0}
    assert not path.exists()


def test_a_spool_that_is_not_there_yet_is_empty(store: Store, spool: Path) -> None:
    """No app has recorded anything."""
    assert ingest(store, spool, now=NOON).files == ()


def test_a_growing_file_is_read_line_by_line_and_stays(store: Store, spool: Path) -> None:
    """Half a line waits for its other half; the file goes when its writer is done."""
    line = request_line("r2")
    path = spool_file(spool, request_line("r1"), line[:30], end=b"")
    with growing(path):
        first = ingest(store, spool, now=NOON)
        again = ingest(store, spool, now=NOON)
        with path.open("ab") as stream:
            stream.write(line[30:] + b"\n")
        second = ingest(store, spool, now=NOON)
        assert path.exists()

    last = ingest(store, spool, now=NOON)

    assert (first.outcomes, first.files[0].waiting_bytes) == (1, 30)
    assert (again.lines, second.outcomes, second.quarantined) == (0, 1, 0)
    assert last.deleted == 1
    assert counts(store)["outcomes"] == 2


def test_a_file_that_is_met_at_any_byte_of_its_growth_counts_every_record_once(
    tmp_path: Path,
) -> None:
    """Wherever a collector meets the end of a growing file, in a line or behind it."""
    with open_store(f"sqlite:///{tmp_path / 'ratchet.db'}") as store:
        files = itertools.count()

        @settings(max_examples=40, deadline=None)
        @given(st.lists(st.integers(0, 1_300), max_size=4))
        def check(met: list[int]) -> None:
            name = f"{next(files):05}"
            records = [request_line(f"{name}-1"), feedback_line(f"{name}-1")]
            content = b"\n".join([*records, request_line(f"{name}-2", sampled=True)]) + b"\n"
            path = spool_file(tmp_path / "spool", name=name, end=b"")
            found = []
            with growing(path), path.open("ab", buffering=0) as stream:
                for start, end in itertools.pairwise([0, *sorted(met)]):
                    stream.write(content[start:end])
                    found.append(ingest(store, path.parent, now=NOON))
                stream.write(content[max(met, default=0) :])
            found.append(ingest(store, path.parent, now=NOON))

            assert sum(one.outcomes for one in found) == 2
            assert sum(one.labels for one in found) == 1
            assert sum(one.duplicates + one.quarantined for one in found) == 0
            assert not path.exists()

        check()


def test_what_a_kill_cut_off_goes_to_quarantine(store: Store, spool: Path) -> None:
    """The reason says what happened; everything before it counts."""
    spool_file(spool, request_line("r1"), request_line("r2")[:30], end=b"")

    found = ingest(store, spool, now=NOON)

    (row,) = store.telemetry.quarantined()
    assert (found.outcomes, found.quarantined, found.deleted) == (1, 1, 1)
    assert row.reason.startswith("cut off: the process that wrote it ended")
    assert row.line == request_line("r2")[:30].decode()


def test_a_kill_between_commit_and_delete_is_made_good_the_next_time(
    store: Store, spool: Path
) -> None:
    """The file is there, its mark is at the end: nothing counts again, and the file goes."""
    path = spool_file(spool, request_line("r1"), feedback_line("r1"))
    ingest(store, spool, now=NOON, keep=True)

    found = ingest(store, spool, now=NOON)

    assert (found.lines, found.deleted) == (0, 1)
    assert not path.exists()
    assert counts(store)["outcomes"] == 1


def test_kept_files_are_read_once(store: Store, spool: Path) -> None:
    """Their marks say that nothing is new."""
    path = spool_file(spool, request_line("r1"))
    ingest(store, spool, now=NOON, keep=True)

    found = ingest(store, spool, now=NOON, keep=True)

    assert found.files == ()
    assert path.exists()


def test_a_record_that_comes_in_a_second_file_counts_once(store: Store, spool: Path) -> None:
    """An app that sends again after a time-out counts no request twice; the first one holds."""
    spool_file(spool, request_line("r1"), feedback_line("r1"), older_line(), name="a")
    spool_file(
        spool, request_line("r1", success=False), feedback_line("r1"), older_line(), name="b"
    )

    found = ingest(store, spool, now=NOON)

    (outcome,) = store.telemetry.arrived(EXPERIMENT, after=0).outcomes
    assert outcome.success
    assert [file.duplicates for file in found.files] == [0, 3]
    assert counts(store) == {"outcomes": 2, "payloads": 1, "labels": 1, "quarantine": 0}


def test_bad_lines_stop_nothing_and_say_where_they_stood(store: Store, spool: Path) -> None:
    """A name too long for an index and a number too long for a column among them."""
    poison = request_line("p" * 3_000)
    spool_file(spool, b"{", request_line("r1", tokens={"input": 2**80}), poison)

    found = ingest(store, spool, now=NOON)

    rows = store.telemetry.quarantined()
    assert (found.outcomes, found.quarantined) == (1, 2)
    assert (rows[0].file, rows[0].offset_bytes) == ("a.jsonl", 0)
    assert rows[1].reason.startswith("request_id has 3,000 characters")


def test_what_nobody_has_redacted_is_redacted_before_it_is_stored(
    store: Store, spool: Path
) -> None:
    """Payloads in the older shape, and lines that can not be used."""
    older = older_line(input={"q": "Mail ann@example.org"}, success=False)
    spool_file(spool, older, b"ann@example.org is bad")

    ingest(store, spool, now=NOON)

    (request,) = store.payloads.labelled_or_failed("validate_correctness", since=NOON)
    (line,) = store.telemetry.quarantined()
    assert request.inputs["q"].startswith("Mail <EMAIL:")
    assert line.line.startswith("<EMAIL:")
    assert line.line.endswith("> is bad")


def test_progress_ends_at_the_number_of_bytes(store: Store, spool: Path) -> None:
    """So that a bar reaches its end."""
    for name in "ab":
        spool_file(spool, request_line(f"r-{name}"), name=name)
    moves: list[tuple[int, int, str]] = []

    ingest(store, spool, now=NOON, progress=lambda *move: moves.append(move))

    size = len(request_line("r-a")) + 1
    assert moves == [(size, 2 * size, "a.jsonl"), (2 * size, 2 * size, "b.jsonl")]


def test_collectors_that_race_count_every_record_once(store: Store, spool: Path) -> None:
    """Together they take in what is there; none fails because another was faster."""
    numbers = range(400)
    for name in range(20):
        requests = (request_line(f"r{name}-{n}", quality_score=0.5) for n in numbers)
        spool_file(spool, *requests, name=f"{name:02}")
    ready = threading.Barrier(4, timeout=30)

    def collect(_: int) -> Any:
        with open_store(_url(store)) as own:
            ready.wait()
            return ingest(own, spool, now=NOON)

    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(collect, range(4)))

    assert sum(one.outcomes for one in found) == 20 * len(numbers)
    assert sum(one.duplicates + one.quarantined for one in found) == 0
    assert counts(store)["labels"] == 20 * len(numbers)
    assert sum(one.deleted for one in found) == 20
    assert not list(spool.iterdir())


def _url(store: Store) -> str:
    return store.database.engine.url.render_as_string(hide_password=False)


def test_marks_of_files_that_are_long_gone_are_forgotten(store: Store, spool: Path) -> None:
    """Those of files that are still there are kept, however old."""
    spool_file(spool, request_line("r1"), name="kept")
    ingest(store, spool, now=NOON, keep=True)
    gone = spool_file(spool, request_line("r2"), name="gone")
    ingest(store, spool, now=NOON, keep=True)
    gone.unlink()

    ingest(store, spool, now=NOON + MARKS_KEPT, keep=True)
    before = set(store.telemetry.progress())
    ingest(store, spool, now=NOON + MARKS_KEPT + timedelta(seconds=1), keep=True)

    assert before == {"kept.jsonl", "gone.jsonl"}
    assert set(store.telemetry.progress()) == {"kept.jsonl"}


def test_a_spool_that_can_not_be_read_is_an_error_with_a_way_out(store: Store, spool: Path) -> None:
    """Nothing is skipped in silence."""
    (spool / "folder.jsonl").mkdir(parents=True)

    with pytest.raises(StoreError, match="Ingest as the user who runs the apps"):
        ingest(store, spool, now=NOON)


def test_a_time_without_a_zone_is_refused(store: Store, spool: Path) -> None:
    """Marks and quarantine carry it."""
    with pytest.raises(InputError, match="has no time zone"):
        ingest(store, spool, now=NOON.replace(tzinfo=None))


def test_the_status_says_what_waits_and_how_fresh_each_signature_is(
    store: Store, spool: Path
) -> None:
    """Bytes that have been taken in do not wait."""
    path = spool_file(spool, request_line("r1"), b"{")
    spool_file(spool, request_line("r2"), name="b")
    with growing(path):
        ingest(store, spool, now=NOON)
        spool_file(spool, request_line("r3"), name="c")
        found = telemetry_status(store, spool)

    waiting = len(request_line("r3")) + 1
    backlog = found.backlog
    assert (backlog.files, backlog.growing, backlog.unread_bytes) == (2, 1, waiting)
    assert (found.outcomes, found.payloads, found.labels, found.quarantined) == (2, 0, 0, 1)
    assert found.newest == {"validate_correctness": NOON}
