"""A process that records requests until it has made its number, is killed, or forks.

    python -m tests.faults.record_requests FOLDER NAME COUNT [fork|pool]

It says "recording" when the first records are on disk.
"""

from __future__ import annotations

import multiprocessing
import os
import sys
from pathlib import Path

from ratchet.serving.recorder import Recorder
from tests.serving_builders import request_record, telemetry


def record(recorder: Recorder, name: str, numbers: range) -> None:
    """Record requests named by process and number; wait when the queue is full."""
    for number in numbers:
        while not recorder.record(request_record(f"{name}-{number}")):
            recorder.flush()


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
    recorder = Recorder(telemetry(Path(folder), linger_seconds=0.01), folder=Path(folder).parent)
    if how == ["fork"]:
        in_forked_child(recorder, name, int(count))
    elif how == ["pool"]:
        in_pool(recorder, name, int(count))
    else:
        record(recorder, name, range(1))
        recorder.flush()
        sys.stdout.write("recording\n")
        sys.stdout.flush()
        record(recorder, name, range(1, int(count)))


if __name__ == "__main__":
    main()
