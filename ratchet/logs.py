"""Logs: one JSON object a line when asked for, and no secret in them, whoever writes them.

Secrets are taken out of a record when it is made, before any handler sees it: the console's,
a file's, and that of Prefect, which sends records to its server.
"""

from __future__ import annotations

import json
import logging
import os
import sys
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, TextIO

from ratchet.configuration.masking import MASK, is_secret, masked_text
from ratchet.serving.places import setting_in_file

FORMAT_VARIABLE = "RATCHET_LOG_FORMAT"
SHORTEST_SECRET = 6  # letters; anything shorter would mask half of every sentence
HANDLER = "ratchet.json"

MakeRecord = Callable[..., logging.LogRecord]

_context: ContextVar[Mapping[str, str] | None] = ContextVar("ratchet_log_context", default=None)
_secrets: set[str] = set()
_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


@contextmanager
def log_context(**facts: str) -> Iterator[None]:
    """Say of every record made inside the block what it is about: run_id, signature, stage."""
    token = _context.set({**(_context.get() or {}), **{k: v for k, v in facts.items() if v}})
    try:
        yield
    finally:
        _context.reset(token)


def set_up_logs(environ: Mapping[str, str] = os.environ) -> None:
    """Keep secrets out of all logs, and write JSON to standard error when that is asked for.

    It may be called again: what the environment holds since is a secret, too.
    """
    keep_secrets_out(environ)
    if log_format(environ) == "json":
        _write_json()


def prefect_logging(environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """The variables with which Prefect's own logs are JSON too, when that is asked for.

    They name a file of the checkout; an installed package runs no flows.
    """
    path = Path(__file__).parents[1] / "deployments" / "logging.yml"
    if log_format(environ) != "json" or not path.is_file():
        return {}
    return {"PREFECT_LOGGING_SETTINGS_PATH": str(path)}


def log_format(environ: Mapping[str, str] = os.environ) -> Literal["text", "json"]:
    """What RATCHET_LOG_FORMAT or `log_format` in the settings file say; "text" by default."""
    said = environ.get(FORMAT_VARIABLE) or setting_in_file("log_format", environ=environ)
    return "json" if said == "json" else "text"


def keep_secrets_out(environ: Mapping[str, str] = os.environ) -> None:
    """Let no record of this process hold a secret of its environment or settings file."""
    remember_secrets(_secrets_in(environ, ""))
    remember_secrets(_secrets_in(setting_in_file(environ=environ) or {}, ""))
    make = logging.getLogRecordFactory()
    if not isinstance(make, _RedactingFactory):
        logging.setLogRecordFactory(_RedactingFactory(make))


def remember_secrets(secrets: Iterable[str]) -> None:
    """Mask these from now on: what a block held, for example; of an address, its password."""
    for secret in secrets:
        found = _password_in(secret) if "://" in secret else ()
        _secrets.update(one for one in (secret, *found) if len(one) >= SHORTEST_SECRET)


def redacted(text: str) -> str:
    """A text without the known secrets, and without passwords in addresses.

    >>> redacted("postgresql://ratchet:hunter2@db/ratchet refused")
    'postgresql://ratchet:***@db/ratchet refused'
    """
    for secret in sorted(_secrets, key=len, reverse=True):
        text = text.replace(secret, MASK)
    return masked_text(text)


class JsonFormatter(logging.Formatter):
    """A record as one JSON object: when, how grave, where, what, and what it is about."""

    def format(self, record: logging.LogRecord) -> str:
        """One line, whatever the message holds."""
        document: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **getattr(record, "ratchet_context", {}),
            **_trace(),
            **_extra(record),
        }
        if record.exc_info:
            document["exception"] = record.exc_text or self.formatException(record.exc_info)
        return json.dumps(document, ensure_ascii=False, default=str)


class _StandardError(logging.StreamHandler[TextIO]):
    """Writes to what standard error is by then; a command may have turned it elsewhere."""

    def emit(self, record: logging.LogRecord) -> None:
        self.stream = sys.stderr
        super().emit(record)


class _RedactingFactory:
    """Makes records without secrets, that know what they are about."""

    def __init__(self, make: MakeRecord) -> None:
        self._make = make

    def __call__(self, *args: Any, **kwargs: Any) -> logging.LogRecord:
        record = self._make(*args, **kwargs)
        record.ratchet_context = dict(_context.get() or {})
        try:
            _redact(record)
        except Exception:  # noqa: BLE001 - a message that can not be formatted is its handler's affair
            record.msg, record.args = redacted(str(record.msg)), None
        return record


def _redact(record: logging.LogRecord) -> None:
    said = record.getMessage()
    clean = redacted(said)
    if clean != said:
        record.msg, record.args = clean, None
    if record.exc_info and record.exc_info[0] is not None:
        trace = "".join(traceback.format_exception(*record.exc_info)).rstrip("\n")
        if (clean := redacted(trace)) != trace:
            record.exc_text = clean  # formatters take it in place of the exception


def _secrets_in(values: Any, path: str) -> Iterator[str]:
    """The values of secret names, and the passwords in addresses."""
    for name, value in values.items():
        place = f"{path}.{name}" if path else name.lower().replace("__", ".")
        if isinstance(value, Mapping):
            yield from _secrets_in(value, place)
        elif isinstance(value, str) and value:
            if is_secret(place) or place.endswith(("auth_string", "_key", "_dsn")):
                yield value
            elif "://" in value:
                yield from _password_in(value)


def _password_in(address: str) -> Iterator[str]:
    from urllib.parse import unquote, urlsplit

    try:
        password = urlsplit(address).password
    except ValueError:
        return
    if password:
        yield from {password, unquote(password)}


def _write_json() -> None:
    """Let `ratchet` write JSON to standard error, once."""
    logger = logging.getLogger("ratchet")
    if any(handler.get_name() == HANDLER for handler in logger.handlers):
        return
    handler = _StandardError()
    handler.set_name(HANDLER)
    handler.setFormatter(JsonFormatter())
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    logger.propagate = False


def _trace() -> dict[str, str]:
    """The ids of OpenTelemetry's span, when there is one."""
    opentelemetry = sys.modules.get("opentelemetry.trace")
    if opentelemetry is None:
        return {}
    found = opentelemetry.get_current_span().get_span_context()
    if not found.is_valid:
        return {}
    return {"trace_id": f"{found.trace_id:032x}", "span_id": f"{found.span_id:016x}"}


def _extra(record: logging.LogRecord) -> dict[str, Any]:
    """What the caller gave as `extra`."""
    return {
        name: value
        for name, value in vars(record).items()
        if name not in _STANDARD and name != "ratchet_context" and not name.startswith("_")
    }
