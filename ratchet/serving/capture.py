"""Capture: the results of somebody else's problem pipeline, taken as they come.

The caller's thread leaves a shallow copy in the queue of a recorder; its writer spools them.
Judging them costs more and is done elsewhere, by `ratchet.collect.problems.captured`.
"""

from __future__ import annotations

import functools
import inspect
import json
import logging
import os
import threading
import time
from collections.abc import Callable, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any, NamedTuple, TypeVar, cast

from ratchet.serving.options import TelemetryOptions
from ratchet.serving.places import setting_in_file, state_folder
from ratchet.serving.recorder import Recorder, RecorderCounters
from ratchet.serving.telemetry_records import CapturedRequest, Record

CAPTURE = "capture"  # in the state folder
MODE_VARIABLES = ("RATCHET_CAPTURE_MODE", "RATCHET_COLLECTION__MODE")
SCHEMA_VERSION = 1
DATA = "data"  # the type of a result that does not say one

Function = TypeVar("Function", bound=Callable[..., Any])

_log = logging.getLogger("ratchet.serving")


class Mode(StrEnum):
    """What is captured, and what becomes of it.

    `automatic` takes every result and accepts what passes. `manual` takes what is captured
    with `keep=True`, and a person has the last word. `bootstrap` takes every result of a
    domain that has too few examples: the target need not have failed.
    """

    AUTOMATIC = "automatic"
    MANUAL = "manual"
    BOOTSTRAP = "bootstrap"


class CapturedResult(NamedTuple):
    """One result in the queue; `data` is a shallow copy of what the pipeline gave."""

    at: float
    mode: Mode
    result_type: str
    data: Any


class Capture:
    """Takes results into the spool below `folder`; threads share it, and it never raises."""

    def __init__(self, *, mode: Mode | str = Mode.AUTOMATIC, folder: Path | None = None) -> None:
        self.mode = Mode(mode)
        self.folder = folder or state_folder() / CAPTURE
        self._recorder = _CaptureRecorder(TelemetryOptions(), folder=self.folder)

    @property
    def spool(self) -> Path:
        """Where the files of captured results lie."""
        return self._recorder.spool

    def __call__(self, result: Any, data: Any = None, *, keep: bool = False) -> bool:
        """Take one result: `(type, data)`, a mapping, or the two as arguments.

        Types are accepted, discarded, error and data. Returns whether it was taken: not in
        manual mode without `keep`, nor when the queue is full.
        """
        try:
            if self.mode is Mode.MANUAL and not keep:
                return False
            kind, content = _parts(result, data)
            taken = CapturedResult(time.time(), self.mode, kind, content)
            return self._recorder.record(cast("CapturedRequest", taken))
        except Exception as error:  # noqa: BLE001 - the caller's pipeline must go on
            _log.debug("a result was not captured: %r", error)
            return False

    def wrap(self, function: Function) -> Function:
        """Decorate a function, plain or async: what it returns is captured and returned."""
        return _wrapped(function, self)

    def flush(self) -> None:
        """Write everything that waits."""
        self._recorder.flush()

    def close(self) -> None:
        """Write everything that waits and finish the file."""
        self._recorder.close()

    def counters(self) -> RecorderCounters:
        """What became of the results of this process."""
        return self._recorder.counters()


def capture(result: Any, data: Any = None, *, keep: bool = False) -> bool:
    """Take one result of a problem pipeline into the state folder of this process.

    The mode is that of RATCHET_CAPTURE_MODE, or `mode` in [collection] of the settings;
    automatic by default. Never raises; see `Capture`.
    """
    try:
        taker = _default or _make_default()
    except Exception as error:  # noqa: BLE001 - a wrong mode must not stop the caller's pipeline
        _log.warning("nothing is captured: %r", error)
        return False
    return taker(result, data, keep=keep)


def captured(function: Function) -> Function:
    """Decorate a function, plain or async: what it returns is captured and returned as it is."""
    return _wrapped(function, capture)


_default: Capture | None = None
_making = threading.Lock()


def _make_default() -> Capture:
    global _default  # noqa: PLW0603 - one recorder a process, made when first used
    with _making:
        if _default is None:
            _default = Capture(mode=_configured_mode())
        return _default


def _configured_mode() -> str:
    given = next(filter(None, (os.environ.get(name, "").strip() for name in MODE_VARIABLES)), "")
    return given or str(setting_in_file("collection", "mode") or Mode.AUTOMATIC)


class _CaptureRecorder(Recorder):
    """A recorder whose lines are captured results instead of requests."""

    def _slimmed(self, record: Record | CapturedRequest) -> Record | CapturedRequest:
        return record

    def _line(self, captured: Record | CapturedRequest) -> bytes:
        try:
            return _line(cast("CapturedResult", captured))
        except Exception as error:  # noqa: BLE001 - one strange result must not stop the rest
            self._unwritable += 1
            self._say("a result has no JSON form", repr(error))
            return b""


def _wrapped(function: Function, take: Callable[..., bool]) -> Function:
    if inspect.iscoroutinefunction(function):

        @functools.wraps(function)
        async def awaited(*args: Any, **kwargs: Any) -> Any:
            result = await function(*args, **kwargs)
            take(result, keep=True)
            return result

        return cast("Function", awaited)

    @functools.wraps(function)
    def called(*args: Any, **kwargs: Any) -> Any:
        result = function(*args, **kwargs)
        take(result, keep=True)
        return result

    return cast("Function", called)


def _parts(result: Any, data: Any) -> tuple[str, Any]:
    """The type of a result and a copy of its data, cheap on purpose."""
    if type(result) is tuple and len(result) == 2 and isinstance(result[0], str):
        result, data = result
    if isinstance(result, str):
        return result, dict(data) if isinstance(data, Mapping) else data
    if isinstance(result, Mapping):
        content = dict(result)
        kind = content.get("result_type", content.get("status", DATA))
        return str(kind), content
    return DATA, result


def _line(found: CapturedResult) -> bytes:
    document = {
        "schema_version": SCHEMA_VERSION,
        "at": found.at,
        "mode": found.mode.value,
        "result_type": found.result_type.lower(),
        "data": found.data if isinstance(found.data, Mapping) else _opened(found.data),
    }
    return json.dumps(document, default=str, allow_nan=False).encode() + b"\n"


def _opened(data: Any) -> Any:
    """The fields of an object of the caller's; anything else as it is."""
    return dict(vars(data)) if hasattr(data, "__dict__") else data
