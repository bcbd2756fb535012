"""The telemetry recorder: the app's threads leave records in a queue, one thread writes them.

Leaving a record never waits, never fails and costs microseconds. When the writer can not
keep up, records are dropped and counted.
"""

from __future__ import annotations

import atexit
import logging
import sys
import threading
import time
import weakref
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ratchet.errors import StoreError
from ratchet.serving.forking import watch_forks
from ratchet.serving.options import TelemetryOptions
from ratchet.serving.spool import SpoolWriter
from ratchet.serving.telemetry_records import CapturedRequest, Record, decided, line_of

if TYPE_CHECKING:
    from ratchet.serving.redaction import Redactor

BATCH_RECORDS = 256
BATCH_BYTES = 1024 * 1024
CLOSING_SECONDS = 5.0  # without progress: a disk that does not answer
LOOKS_BEFORE_SLEEP = 50  # 10 seconds at the default of `linger_seconds`

_log = logging.getLogger("ratchet.serving")


@dataclass(frozen=True, kw_only=True)
class RecorderCounters:
    """What became of the records of this process.

    `dropped` did not fit into the queue, `unwritable` had no JSON form, `lost` met a full or
    unwritable disk.
    """

    written: int = 0
    dropped: int = 0
    unwritable: int = 0
    lost: int = 0
    waiting: int = 0


class Recorder:
    """Records requests and feedback of this process into the spool folder.

    Threads share it; a forked child goes on with a file of its own and writes nothing that
    the parent still has to write. It flushes when the process ends in an orderly way.
    """

    def __init__(
        self,
        options: TelemetryOptions,
        *,
        folder: Path,
        now: Callable[[], float] = time.time,
        closing_seconds: float = CLOSING_SECONDS,
    ) -> None:
        self.options = options
        self._closing_seconds = closing_seconds
        self.spool = options.spool or folder / "spool"
        self._key_folder = options.pseudonym_key or folder
        self._capacity = options.queue_records
        self._now = now
        self._redactor: Redactor | None = None
        self._redactor_in = _redactor_maker(options)
        self._thread: threading.Thread | None = None
        self._file = self._new_file()
        self._start_afresh()
        watch_forks(self)

    def record(self, record: Record | CapturedRequest) -> bool:
        """Leave a record for the writer; False when the queue is full or recording is off."""
        queue = self._queue
        if len(queue) >= self._crowded_at:
            return self._record_in_crowd(record)
        queue.append(record)
        if self._is_idle:
            self._wake_writer()
        return True

    def flush(self) -> None:
        """Write everything that waits; returns when it is in the file, or can not get there."""
        if not self._may_write():
            return
        try:
            while self._queue:
                self._write_batch()
            self._file.finish_if_due()
        finally:
            self._writing.release()

    def close(self) -> None:
        """Write everything that waits and finish the file; recording may go on afterwards."""
        self._closing = True
        self._wake.set()
        writer = self._thread
        if writer is not None and writer is not threading.current_thread():
            writer.join(self._closing_seconds)
        self.flush()
        if self._may_write():
            self._file.finish()
            self._writing.release()
        else:
            self._say("the disk does not answer", f"{len(self._queue)} records or more wait")
        with self._starting:
            self._thread, self._is_idle, self._closing = None, True, False

    def counters(self) -> RecorderCounters:
        """The counts so far."""
        return RecorderCounters(
            written=self._written,
            dropped=self._dropped,
            unwritable=self._unwritable,
            lost=self._lost,
            waiting=len(self._queue),
        )

    def after_fork(self) -> None:
        """Leave queue, thread and file to the parent."""
        self._file.abandon()
        self._file = self._new_file()
        self._start_afresh()

    def _start_afresh(self) -> None:
        self._queue: deque[Record | CapturedRequest] = deque()
        self._crowded_at = self._capacity // 2 if self.options.enabled else 0
        self._wake = threading.Event()
        self._starting, self._writing = threading.Lock(), threading.Lock()
        self._thread = None
        self._is_idle, self._closing, self._closes_at_exit = True, False, False
        self._written = self._dropped = self._unwritable = self._lost = self._taken = 0
        self._said: set[str] = set()

    def _new_file(self) -> SpoolWriter:
        return SpoolWriter(
            self.spool,
            max_bytes=self.options.max_file_bytes,
            max_seconds=self.options.max_file_seconds,
            now=self._now,
        )

    def _record_in_crowd(self, record: Record | CapturedRequest) -> bool:
        """Hurry the writer, and keep no payload waiting that it would throw away."""
        if not self.options.enabled:
            return False
        if len(self._queue) >= self._capacity:
            return self._drop()
        self._queue.append(self._slimmed(record))
        if self._is_idle or not self._wake.is_set():
            self._wake_writer()
        return True

    def _slimmed(self, record: Record | CapturedRequest) -> Record | CapturedRequest:
        """The record without what the writer would throw away."""
        return decided(record, self.options.sample_share)

    def _drop(self) -> bool:
        with self._starting:
            self._dropped += 1
        self._say("queue full, records are dropped", f"{self._capacity} wait")
        return False

    def _wake_writer(self) -> None:
        if self._thread is None:
            self._start_writer()
        self._wake.set()

    def _start_writer(self) -> None:
        with self._starting:
            if self._thread is not None:
                return
            writer = threading.Thread(target=self._run, name="ratchet-telemetry", daemon=True)
            try:
                writer.start()
            except RuntimeError:  # the interpreter is shutting down; closing writes the rest
                return
            self._thread = writer
        if not self._closes_at_exit:
            self._closes_at_exit = True
            _close_at_exit(self)

    def _may_write(self) -> bool:
        """Get the lock of the file; wait while its holder gets on with what waits now."""
        taken, last = self._taken, self._taken + len(self._queue)
        while not self._writing.acquire(timeout=self._closing_seconds):
            before, taken = taken, self._taken
            if taken == before or before >= last:
                return False
        return True

    def _run(self) -> None:
        """The writer: look again and again while records come, else sleep until one does.

        So a record of a busy app wakes nobody, which would cost its thread more than all else.
        """
        looks, self._is_idle = 0, False
        while not self._closing:
            if looks >= LOOKS_BEFORE_SLEEP:
                self._sleep()
            self._wake.clear()
            if not self._closing:
                self._wake.wait(self.options.linger_seconds)
            looks = 0 if self._queue else looks + 1
            self.flush()

    def _sleep(self) -> None:
        """Be idle until a record comes, or the file is old."""
        self._is_idle = True
        if not self._queue:
            self._wake.wait(self._file.seconds_left())
        self._is_idle = False

    def _write_batch(self) -> None:
        """Write some records in one go; the caller holds the lock."""
        lines: list[bytes] = []
        size = 0
        while self._queue and len(lines) < BATCH_RECORDS and size < BATCH_BYTES:
            line = self._line(self._queue.popleft())
            self._taken += 1
            lines.append(line)
            size += len(line)
            time.sleep(0)  # gives way: otherwise the app waits for the interpreter's lock
        lines = [line for line in lines if line]
        try:
            if lines:
                self._file.append(b"".join(lines))
        except StoreError as error:
            self._lost += len(lines)
            self._say("telemetry can not be written", str(error))
        else:
            self._written += len(lines)

    def _line(self, captured: Record | CapturedRequest) -> bytes:
        try:
            record = decided(captured, self.options.sample_share)
            return line_of(record, self._ready_redactor())
        except Exception as error:  # noqa: BLE001 - one strange record must not stop the rest
            self._unwritable += 1
            self._say("a record has no JSON form", repr(error))
            return b""

    def _ready_redactor(self) -> Redactor:
        if self._redactor is None:
            self._redactor = self._redactor_in(self._key_folder)
        return self._redactor

    def _say(self, trouble: str, explanation: str) -> None:
        if trouble not in self._said:
            self._said.add(trouble)
            _log.warning("%s (%s): %s", trouble, self.spool, explanation)


def _redactor_maker(options: TelemetryOptions) -> Callable[[Path], Redactor]:
    """Import redaction now and read the key later.

    Not at the top: its patterns take most of the time of importing serving. Not on the
    writer's thread: a child forked in the middle would keep half a module for ever.
    """
    from ratchet.serving.pseudonyms import Pseudonyms, load_key
    from ratchet.serving.redaction import Redactor

    return lambda folder: Redactor(Pseudonyms(load_key(folder)), options.fields)


def _close_at_exit(recorder: Recorder) -> None:
    """Flush at the end of the process, also of a child that multiprocessing forked."""
    reference = weakref.ref(recorder)

    def close() -> None:
        if (alive := reference()) is not None:
            alive.close()

    atexit.register(close)
    if (processes := sys.modules.get("multiprocessing.util")) is not None:
        processes.Finalize(recorder, close, exitpriority=10)  # its children skip atexit
