"""Spans: sent to a real collector on loopback, silent without one, never in the way."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Iterator

import pytest

from ratchet import tracing
from tests.otlp_server import collector

OK_UNSET, ERROR = 0, 2
CLIENT = 3
SECRET = "sk-ant-very-secret"


@pytest.fixture(autouse=True)
def _own_tracing(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No collector is known before a test, nor after it."""
    for name in (*tracing.VARIABLES, *tracing.SWITCHES):
        monkeypatch.delenv(name, raising=False)
    tracing.stop_tracing()
    yield
    tracing.stop_tracing()


def test_spans_arrive_nested_and_described() -> None:
    """The collector gets names, parents, attributes and who sent them."""
    with collector() as found:
        assert tracing.start_tracing(found.address)
        with (
            tracing.span("flow", {"run": "r1"}),
            tracing.span("stage", {"n": 3}) as stage,
        ):
            stage.set({"late": True})
        tracing.flush_spans()

    flow, stage_span = found.named("flow"), found.named("stage")
    assert flow.parent_id == b""
    assert stage_span.parent_id == flow.span_id
    assert stage_span.attributes == {"n": 3, "late": True}
    assert flow.resource["service.name"] == "ratchet"


def test_the_variable_of_opentelemetry_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody has to call anything when the environment names a collector."""
    with collector() as found:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", found.address)
        with tracing.span("work"):
            pass
        tracing.flush_spans()

    assert found.named("work").status == OK_UNSET


def test_switched_off_it_is_off(monkeypatch: pytest.MonkeyPatch) -> None:
    """The switches of OpenTelemetry hold here too."""
    monkeypatch.setenv("OTEL_SDK_DISABLED", "true")

    assert not tracing.start_tracing("http://127.0.0.1:9")


def test_a_failure_says_its_class_and_not_its_words() -> None:
    """The message of an error may hold a prompt or a key; no byte of it is sent."""
    with collector() as found:
        tracing.start_tracing(found.address)
        with pytest.raises(ValueError, match="sk-ant"), tracing.span("work"):
            raise ValueError(f"refused with {SECRET}")
        tracing.flush_spans()

    work = found.named("work")
    assert (work.status, work.attributes) == (ERROR, {"error.type": "ValueError"})
    assert all(SECRET.encode() not in body for body in found.bodies)


def test_work_in_a_foreign_thread_belongs_to_the_stage_it_was_made_in() -> None:
    """A thread that knows no context is given one; a thread that has one keeps it."""
    with collector() as found:
        tracing.start_tracing(found.address)

        def call() -> None:
            with tracing.span("call", within=context):
                pass

        with tracing.span("stage"):
            context = tracing.current_context()
            thread = threading.Thread(target=call)
            thread.start()
            thread.join()
        tracing.flush_spans()

    assert found.named("call").parent_id == found.named("stage").span_id


@pytest.mark.parametrize("status", [401, 500])
def test_a_collector_that_refuses_is_left_alone(
    status: int, caplog: pytest.LogCaptureFixture
) -> None:
    """One line is logged, the work goes on, and the next batches are not even tried."""
    with collector(status=status) as found:
        tracing.start_tracing(found.address, timeout_seconds=0.5)
        for _ in range(3):
            with tracing.span("work"):
                pass
            tracing.flush_spans()
        tried = found.posts

    assert tried >= 1
    said = [record for record in caplog.records if record.name == "ratchet.tracing"]
    assert len(said) == 1
    assert found.posts == tried


def test_leaving_does_not_wait_for_a_collector_that_is_gone() -> None:
    """A process with many spans and a dead collector ends with its own exit code, soon."""
    code = (
        "from ratchet import tracing\n"
        "tracing.start_tracing('http://127.0.0.1:9', timeout_seconds=0.5)\n"
        "for n in range(3000):\n"
        "    with tracing.span('work'): pass\n"
        "raise SystemExit(3)\n"
    )
    started = time.monotonic()

    left = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)

    assert left.returncode == 3
    assert time.monotonic() - started < 20  # five seconds and more a batch would be 30


def test_nothing_is_imported_without_a_collector() -> None:
    """A span costs no import, and not even a context, when nobody listens."""
    code = (
        "import sys\n"
        "from ratchet import tracing\n"
        "with tracing.span('work') as measured: measured.set({'a': 1})\n"
        "assert tracing.current_context() is None\n"
        "print([name for name in sys.modules if name.startswith('opentelemetry')])\n"
    )

    left = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert left.stdout.strip() == "[]"


def test_without_the_extra_the_work_goes_on(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A variable that is set for everybody must not stop who has no SDK; it is said once."""
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk.resources", None)

    for _ in range(2):
        with tracing.span("work"):
            assert not tracing.start_tracing("http://127.0.0.1:9")

    assert [record.message for record in caplog.records if "otel" in record.message]
    assert len(caplog.records) == 1
