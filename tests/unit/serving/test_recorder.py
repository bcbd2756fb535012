"""The recorder: queue, writer and the shape of its records."""

from __future__ import annotations

import logging
import threading
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ratchet.serving.options import FieldRules, TelemetryOptions
from ratchet.serving.recorder import Recorder
from ratchet.serving.telemetry_records import (
    FeedbackRecord,
    RequestRecord,
    Usage,
    decided,
    is_sampled,
)
from tests.builders import NOON
from tests.serving_builders import CORRECTNESS, Clock, lines, request_record, spooled, telemetry

REQUEST_FIELDS = [
    "schema_version",
    "request_id",
    "signature",
    "experiment_id",
    "variant",
    "program_version",
    "propensity",
    "key",
    "timestamp",
    "latency_ms",
    "tokens",
    "cost_usd",
    "model",
    "success",
    "error",
    "quality_score",
    "sampled",
    "inputs",
    "outputs",
]


def recorder_of(folder: Path, **changes: Any) -> Recorder:
    """A recorder that keeps every payload, in a folder of the test's."""
    return Recorder(telemetry(folder / "spool", **changes), folder=folder)


def recorded(folder: Path, *records: Any, **changes: Any) -> list[dict[str, Any]]:
    """What some records look like in the spool."""
    recorder = recorder_of(folder, **changes)
    for record in records:
        recorder.record(record)
    recorder.close()
    return spooled(folder / "spool")


def test_a_request_has_the_published_fields(tmp_path: Path) -> None:
    """Ingestion and apps in other languages read these names."""
    usage = Usage(input_tokens=300, output_tokens=20, cost_usd=0.001, model="m")

    (line,) = recorded(tmp_path, request_record(usage=usage, quality=0.9))

    assert list(line) == REQUEST_FIELDS
    assert line["request_id"] == "r1"
    assert (line["variant"], line["program_version"], line["propensity"]) == (
        "candidate",
        "v2",
        0.5,
    )
    assert line["tokens"] == {"input": 300, "output": 20}
    assert (line["cost_usd"], line["model"], line["quality_score"]) == (0.001, "m", 0.9)
    assert datetime.fromisoformat(line["timestamp"]) == NOON
    assert line["outputs"] == {"is_correct": True}


def test_feedback_has_the_published_fields(tmp_path: Path) -> None:
    """It is joined by request_id, whenever it comes."""
    (line,) = recorded(
        tmp_path, FeedbackRecord("r1", NOON.timestamp(), 0.5, {"is_correct": False}, CORRECTNESS)
    )

    assert line == {
        "schema_version": 1,
        "request_id": "r1",
        "timestamp": "2026-03-01T12:00:00.000000+00:00",
        "quality_score": 0.5,
        "corrected_outputs": {"is_correct": False},
    }


def test_nothing_personal_reaches_the_disk(tmp_path: Path) -> None:
    """Inputs, outputs, errors, corrections and assignment keys are redacted."""
    record = request_record(
        key="ann@example.org",
        success=False,
        error="ValueError: no user ann@example.org",
        inputs={"implementation": "mail ann@example.org"},
        outputs={"issues": ["ann@example.org"]},
    )
    feedback = FeedbackRecord("r1", 0.0, None, {"issues": ["ann@example.org"]})

    recorded(tmp_path, record, feedback)

    written = "".join(lines(tmp_path / "spool"))
    assert "ann@" not in written
    assert written.count("<EMAIL:") == 4
    assert written.count("<KEY:") == 1


def test_equal_keys_stay_equal(tmp_path: Path) -> None:
    """A sticky user is still one unit of the statistics."""
    one, same, other = recorded(
        tmp_path, *(request_record(key=key) for key in ("ann", "ann", "bob"))
    )

    assert one["key"] == same["key"] != other["key"]


def test_hidden_fields_never_reach_the_disk(tmp_path: Path) -> None:
    """The field list of the signature holds for its records."""
    rules = {CORRECTNESS: FieldRules(deny=frozenset({"implementation"}))}

    (line,) = recorded(tmp_path, request_record(), fields=rules)

    assert line["inputs"]["implementation"].startswith("<FIELD:")
    assert line["inputs"]["execution_context"] == "python, attempt 1"


@pytest.mark.parametrize(
    "value",
    [float("nan"), float("inf"), "\ud800", 10**5000, {"\ud800": 1}, [[float("nan")]], "\x00\u2028"],
    ids=["nan", "infinity", "surrogate", "long", "surrogate_key", "nested", "control"],
)
def test_strange_values_cost_no_line(tmp_path: Path, value: Any) -> None:
    """Each record stays one line of valid JSON in UTF-8."""
    before = request_record("before")
    after = request_record("after")

    found = recorded(tmp_path, before, request_record(inputs={"a": value}), after)

    assert [line["request_id"] for line in found] == ["before", "r1", "after"]


def test_a_record_without_any_json_form_is_counted(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """One strange record does not stop the others."""
    recorder = recorder_of(tmp_path)
    for record in (request_record(started_at=float("nan")), request_record("whole")):
        recorder.record(record)
    recorder.close()

    assert [line["request_id"] for line in spooled(tmp_path / "spool")] == ["whole"]
    assert recorder.counters().unwritable == 1
    assert len(caplog.records) == 1


def test_a_full_queue_drops_and_counts(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """The app never waits for a writer that can not keep up."""
    recorder = recorder_of(tmp_path, queue_records=10, linger_seconds=60.0)
    with recorder._writing:  # the writer is held up
        kept = [recorder.record(request_record(str(number))) for number in range(15)]

    recorder.close()

    assert kept == [True] * 10 + [False] * 5
    assert recorder.counters().dropped == 5
    assert len(lines(tmp_path / "spool")) == 10
    assert len([r for r in caplog.records if "dropped" in r.message]) == 1


def test_the_writer_decides_what_is_sampled(tmp_path: Path) -> None:
    """The app's thread leaves every payload; only the sample's and those of failures are kept."""
    failure = request_record("failed", success=False, error="ValueError: no", sampled=None)
    numbered = [request_record(str(number), sampled=None) for number in range(40)]

    found = recorded(tmp_path, failure, *numbered, sample_share=0.25)

    kept = {line["request_id"] for line in found if line["inputs"] is not None}
    sampled = {line["request_id"] for line in found if line["sampled"]}
    assert sampled == {str(n) for n in range(40) if is_sampled(str(n), 0.25)}
    assert kept == sampled | {"failed"}
    assert 0 < len(sampled) < 40


def test_fields_without_names_make_the_same_line(tmp_path: Path) -> None:
    """A request leaves a plain tuple, which is what its thread can afford."""
    record = request_record(usage=Usage(input_tokens=300, model="m"), quality=0.9)

    named, plain = recorded(tmp_path, record, tuple(record))

    assert named == plain


def test_a_crowded_queue_keeps_no_payload_that_would_be_thrown_away(tmp_path: Path) -> None:
    """Memory stays bounded by the sample when the writer can not keep up."""
    recorder = recorder_of(tmp_path, queue_records=10, linger_seconds=60.0, sample_share=0.0)
    with recorder._writing:  # the writer is held up
        for number in range(10):
            recorder.record(request_record(str(number), sampled=None))
        waiting = [decided(record, 1.0) for record in recorder._queue]

    recorder.close()

    payloads = [r.inputs for r in waiting if isinstance(r, RequestRecord)]
    assert [payload is None for payload in payloads] == [False] * 5 + [True] * 5
    assert [line["sampled"] for line in spooled(tmp_path / "spool")] == [False] * 10


def test_records_of_a_busy_app_wake_nobody(tmp_path: Path) -> None:
    """Waking a thread costs more than all else; the writer looks by itself."""
    recorder = recorder_of(tmp_path, linger_seconds=60.0)
    recorder.record(request_record("first"))  # starts the writer
    while recorder._is_idle or recorder._wake.is_set():
        recorder._thread.join(0.001)  # type: ignore[union-attr]  # it was started

    recorder.record(request_record("second"))

    assert not recorder._wake.is_set()
    recorder.close()
    assert [line["request_id"] for line in spooled(tmp_path / "spool")] == ["first", "second"]


def test_a_record_wakes_a_writer_that_fell_asleep(tmp_path: Path) -> None:
    """An app without traffic is not looked at for ever, and its next request is not lost."""
    recorder = recorder_of(tmp_path, linger_seconds=0.0)
    for number in range(3):
        recorder.record(request_record(str(number)))
        while not recorder._is_idle or recorder.counters().waiting:
            recorder._thread.join(0.001)  # type: ignore[union-attr]  # it was started

    assert len(lines(tmp_path / "spool")) == 3
    recorder.close()


def test_a_disk_that_refuses_costs_records_and_nothing_else(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The app goes on; the loss is counted and said once."""
    (tmp_path / "spool").write_text("")
    recorder = recorder_of(tmp_path)

    for number in range(3):
        recorder.record(request_record(str(number)))
        recorder.flush()
    recorder.close()

    assert recorder.counters().lost == 3
    assert len([r for r in caplog.records if r.levelno == logging.WARNING]) == 1


def test_recording_goes_on_after_closing(tmp_path: Path) -> None:
    """A server that is reloaded in place closes and goes on."""
    recorder = recorder_of(tmp_path)
    for number in range(3):
        recorder.record(request_record(str(number)))
        recorder.close()

    assert [line["request_id"] for line in spooled(tmp_path / "spool")] == ["0", "1", "2"]
    assert recorder.counters().written == 3


class Held(dict[str, Any]):
    """Values that the writer holds for a while before it can read them."""

    def __init__(self, released: threading.Event, seconds: float | None) -> None:
        super().__init__(implementation="def half(n): return n / 2")
        self._released, self._seconds = released, seconds

    def items(self) -> Any:
        self._released.wait(self._seconds)
        return super().items()


def test_closing_waits_for_a_writer_that_gets_on(tmp_path: Path) -> None:
    """On a busy machine all that waits takes long; none of it may be lost for that."""
    spool, never = tmp_path / "spool", threading.Event()
    recorder = Recorder(telemetry(spool), folder=tmp_path, closing_seconds=0.2)
    for number in range(10):
        assert recorder.record(request_record(f"r{number}", inputs=Held(never, 0.1)))

    recorder.close()

    assert len(lines(spool)) == 10


def test_closing_gives_up_a_writer_that_hangs(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The end of an app does not wait for a disk that never answers, and says so."""
    released = threading.Event()
    recorder = Recorder(telemetry(tmp_path / "spool"), folder=tmp_path, closing_seconds=0.1)
    recorder.record(request_record("r1", inputs=Held(released, None)))
    recorder.record(request_record("r2"))

    with caplog.at_level(logging.WARNING, logger="ratchet.serving"):
        recorder.close()
    released.set()

    assert "the disk does not answer" in caplog.text


def test_the_writer_writes_by_itself(tmp_path: Path) -> None:
    """Nobody has to flush: the file grows while the app runs."""
    written = threading.Event()
    recorder = recorder_of(tmp_path, linger_seconds=0.0)
    append = recorder._file.append

    def told(content: bytes) -> None:
        append(content)
        written.set()

    recorder._file.append = told  # type: ignore[method-assign]  # to be told
    recorder.record(request_record())

    assert written.wait(20)
    assert len(lines(tmp_path / "spool")) == 1
    recorder.close()


def test_recording_can_be_turned_off(tmp_path: Path) -> None:
    """Nothing is kept, written or counted as lost."""
    recorder = recorder_of(tmp_path, enabled=False)

    assert not recorder.record(request_record())
    recorder.close()

    assert not (tmp_path / "spool").exists()
    assert recorder.counters().dropped == 0


def test_an_old_file_is_finished_without_traffic(tmp_path: Path) -> None:
    """Flushing looks at the age of the file too."""
    clock = Clock()
    recorder = Recorder(telemetry(tmp_path / "spool"), folder=tmp_path, now=clock)
    recorder.record(request_record("1"))
    recorder.flush()

    clock.seconds += 601
    recorder.flush()
    recorder.record(request_record("2"))
    recorder.close()

    assert len(list((tmp_path / "spool").iterdir())) == 2


@given(request_id=st.text(min_size=1), low=st.floats(0, 1), high=st.floats(0, 1))
def test_a_larger_sample_holds_the_smaller_one(request_id: str, low: float, high: float) -> None:
    """Raising the share never loses a request that was kept."""
    low, high = sorted((low, high))

    assert is_sampled(request_id, low) <= is_sampled(request_id, high)


def test_the_sample_has_its_share() -> None:
    """About 10 % of the requests, and the same ones in every process."""
    kept = sum(is_sampled(f"request-{number}", 0.10) for number in range(10_000))

    assert 910 <= kept <= 1_090  # three standard deviations


@pytest.mark.parametrize(
    "changes",
    [{"sample_share": 1.1}, {"sample_share": -0.1}, {"queue_records": 0}, {"max_file_seconds": 0}],
)
def test_impossible_options_are_refused(changes: dict[str, Any]) -> None:
    """A wrong setting is found at the start, not in the records."""
    from ratchet.errors import ConfigurationError

    with pytest.raises(ConfigurationError):
        TelemetryOptions(**changes)
