"""Logs as JSON, and no secret in them whoever writes them."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ratchet import logs
from ratchet.logs import (
    JsonFormatter,
    keep_secrets_out,
    log_context,
    log_format,
    prefect_logging,
    redacted,
    remember_secrets,
)


@pytest.fixture(autouse=True)
def _own_secrets(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What a test makes a secret is one for no other test."""
    monkeypatch.setattr(logs, "_secrets", set())
    before = logging.getLogRecordFactory()
    yield
    logging.setLogRecordFactory(before)


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    """What a logger of the test writes, as JSON."""
    written, logger = io.StringIO(), logging.getLogger("ratchet.of_the_test")
    handler = logging.StreamHandler(written)
    handler.setFormatter(JsonFormatter())
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    yield written
    logger.removeHandler(handler)


def log(message: str, *arguments: Any, **options: Any) -> None:
    """A line by any module of Ratchet."""
    logging.getLogger("ratchet.of_the_test").warning(message, *arguments, **options)


def test_a_record_is_one_json_object_with_what_it_is_about(stream: io.StringIO) -> None:
    """Time, level, logger and message; run, signature and stage inside their block; extras."""
    keep_secrets_out({})

    with log_context(run_id="run_1", signature="s"), log_context(stage="optimize"):
        log("two\nlines, %d", 3, extra={"seconds": 1.5})
    log("after")

    inside, outside = map(json.loads, stream.getvalue().splitlines())
    assert inside["time"].endswith("+00:00")
    assert {k: v for k, v in inside.items() if k != "time"} == {
        "level": "warning",
        "logger": "ratchet.of_the_test",
        "message": "two\nlines, 3",
        "run_id": "run_1",
        "signature": "s",
        "stage": "optimize",
        "seconds": 1.5,
    }
    assert "run_id" not in outside


def test_the_span_of_a_trace_is_said(stream: io.StringIO) -> None:
    """So that a log line is found from the trace, and the other way round."""
    from opentelemetry import trace
    from opentelemetry.trace import NonRecordingSpan, SpanContext, TraceFlags

    keep_secrets_out({})
    span = NonRecordingSpan(SpanContext(17, 18, is_remote=False, trace_flags=TraceFlags(1)))

    with trace.use_span(span):
        log("inside")
    log("outside")

    inside, outside = map(json.loads, stream.getvalue().splitlines())
    assert (inside["trace_id"], inside["span_id"]) == (f"{17:032x}", f"{18:016x}")
    assert "trace_id" not in outside


SECRETS = {
    "ANTHROPIC_API_KEY": "sk-ant-planted-1",
    "RATCHET_ALERTS__EMAIL_PASSWORD": "smtp-planted-2",
    "RATCHET_ALERTS__SLACK_WEBHOOK_URL": "https://hooks.slack.example/services/planted-3",
    "PREFECT_API_AUTH_STRING": "ada:planted-4",
}


def test_no_secret_of_the_environment_reaches_a_record(stream: io.StringIO) -> None:
    """Whether it is in the message, an argument, or the trace of an exception."""
    url = "postgresql://ratchet:planted%2F5@db/ratchet"
    keep_secrets_out({**SECRETS, "RATCHET_DATABASE_URL": url, "HOME": "/home/ada"})

    for secret in (*SECRETS.values(), "planted%2F5", "planted/5"):
        log(f"in the message: {secret}")
        log("as an argument: %s", secret)
        log("with a trace", exc_info=ValueError(secret))
    log("home is %s", "/home/ada")

    text = stream.getvalue()
    assert "planted" not in text.replace("test_logs", "")
    assert text.count("***") == 3 * 6
    assert "ValueError: ***" in text
    assert "/home/ada" in text


def test_secrets_of_the_settings_file_and_of_blocks_are_masked_too(
    tmp_path: Path, stream: io.StringIO
) -> None:
    """A file should hold none, but when it does the logs do not."""
    settings = tmp_path / "ratchet.toml"
    settings.write_text('[alerts]\nemail_password = "planted-in-file"\nemail_from = "a@b.example"')
    keep_secrets_out({"RATCHET_CONFIG": str(settings)})
    remember_secrets(["postgresql://u:planted-in-block@db/x"])

    log("planted-in-file, planted-in-block, a@b.example")

    assert json.loads(stream.getvalue())["message"] == "***, ***, a@b.example"


def test_a_message_that_can_not_be_formatted_is_masked_as_it_is(stream: io.StringIO) -> None:
    """A mistake in a log call must not break the work, nor leak."""
    keep_secrets_out({"MY_TOKEN": "planted-token"})

    logging.getLogger("ratchet.of_the_test").warning("planted-token %d", "no number")

    assert json.loads(stream.getvalue())["message"] == "*** %d"


def test_short_values_are_no_secrets() -> None:
    """Masking every 'yes' would make the log unreadable."""
    remember_secrets(["yes", "a-real-secret"])

    assert redacted("yes: a-real-secret") == "yes: ***"


def test_setting_up_twice_makes_one_factory() -> None:
    """What the environment holds by then is added."""
    keep_secrets_out({"A_TOKEN": "first-planted"})
    factory = logging.getLogRecordFactory()

    keep_secrets_out({"A_TOKEN": "second-planted"})

    assert logging.getLogRecordFactory() is factory
    assert redacted("first-planted second-planted") == "*** ***"


def test_the_format_is_a_variable_or_a_setting(tmp_path: Path) -> None:
    """The variable wins; Prefect's own logs follow."""
    settings = tmp_path / "ratchet.toml"
    settings.write_text('log_format = "json"')
    in_file = {"RATCHET_CONFIG": str(settings)}

    assert log_format({"RATCHET_CONFIG": str(tmp_path / "none")}) == "text"
    assert log_format(in_file) == "json"
    assert log_format({**in_file, "RATCHET_LOG_FORMAT": "text"}) == "text"
    assert prefect_logging({**in_file, "RATCHET_LOG_FORMAT": "text"}) == {}
    assert Path(prefect_logging(in_file)["PREFECT_LOGGING_SETTINGS_PATH"]).is_file()
