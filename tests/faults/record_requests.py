"""A process that records requests until it has made its number, is killed, or forks.

    python -m tests.faults.record_requests FOLDER NAME COUNT [fork|pool|feedback]

It says "recording" when the first records are on disk.
"""

from __future__ import annotations

import multiprocessing
import os
import sys
from pathlib import Path

from ratchet.serving.recorder import Recorder
from ratchet.serving.telemetry_records import FeedbackRecord, Record
from tests.serving_builders import request_record, telemetry


def record(recorder: Recorder, name: str, numbers: range) -> None:
    """Record requests named by process and number; wait when the queue is full."""
    for number in numbers:
        while not recorder.record(request_record(f"{name}-{number}")):
            recorder.flush()


def record_with_feedback(recorder: Recorder, name: str, numbers: range) -> None:
    """Every tenth request has feedback, in turn before and after it; a tenth its payload."""
    for number in numbers:
        request = request_record(f"{name}-{number}", sampled=None)
        feedback = FeedbackRecord(request.request_id, request.started_at, quality=0.5)
        records: list[Record] = [request]
        if number % 10 == 0:
            records = [feedback, request] if number % 20 else [request, feedback]
        for one in records:
            while not recorder.record(one):
                recorder.flush()


def in_halves(recorder: Recorder, name: str, count: int) -> None:
    """Record the second half once a line has come in, so that something is left till then."""
    record_with_feedback(recorder, name, range(count // 2))
    sys.stdin.readline()
    record_with_feedback(recorder, name, range(count // 2, count))


def in_forked_child(recorder: Recorder, name: str, count: int) -> None:
    """Fork with records still waiting; parent and child go on, and both end in order."""
    record(recorder, name, range(count))
    child = os.fork()
    who = f"{name}.child" if child == 0 else name
    record(recorder, who, range(count, 2 * count))
    if child:
        _, status = os.waitpid(child, 0)
        assert status == 0


def in_pool(recorder: Recorder, name: str, count: int) -> None:
    """Workers that multiprocessing forked; they end without running exit handlers."""
    record(recorder, name, range(count))
    context = multiprocessing.get_context("fork")
    workers = [
        context.Process(target=record, args=(recorder, f"{name}.{number}", range(count)))
        for number in range(3)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
        assert worker.exitcode == 0


def main() -> None:
    """Do what the arguments say."""
    folder, name, count, *how = sys.argv[1:]
    options = telemetry(
        Path(folder),
        linger_seconds=0.01,
        sample_share=0.1 if how == ["feedback"] else 1.0,
        max_file_bytes=2 * 1024 * 1024,
    )
    recorder = Recorder(options, folder=Path(folder).parent)
    if how == ["fork"]:
        in_forked_child(recorder, name, int(count))
    elif how == ["pool"]:
        in_pool(recorder, name, int(count))
    elif how == ["feedback"]:
        in_halves(recorder, name, int(count))
    else:
        record(recorder, name, range(1))
        recorder.flush()
        sys.stdout.write("recording\n")
        sys.stdout.flush()
        record(recorder, name, range(1, int(count)))


if __name__ == "__main__":
    main()
