"""The flow of a rollout in a process that a test kills, and what it was doing when it died.

Processes are forked from a server that has imported Prefect and the flow and has opened no
connection, so that a start costs a fraction of a second instead of ten.
"""

from __future__ import annotations

import mmap
import multiprocessing
import os
import sys
import threading
import time
from dataclasses import dataclass
from multiprocessing.process import BaseProcess
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(["flows.roll_out_program", "tests.faults.rollout_process"])
BOX_BYTES = 16
LOOK_SECONDS = 0.001
# A look at the stack takes microseconds. It must not be interrupted in the middle: the frames it
# walks could be gone when it goes on, and CPython 3.11 then crashes now and then.
SWITCH_SECONDS = 0.05
# The innermost of these functions on the stack says what a process is doing.
PHASES = {
    "wait_until": "waiting",
    "ingest": "ingesting",
    "mark_announced": "marking news",
    "_announce": "telling",
    "_show": "telling",
    "require_server": "telling",
    "write_routing": "routing",
    "replace": "committing",
    "_absorb": "absorbing",
    "_change": "deciding",
    "publish_log": "ending",
    "write_decision_log": "ending",
}
TICKING = frozenset({"ingesting", "absorbing", "deciding", "committing"})


@dataclass(frozen=True, kw_only=True)
class FlowProcess:
    """Starts the flow of one rollout, and kills it."""

    home: Path
    database_url: str
    experiment_id: str
    prefect_url: str

    @property
    def box(self) -> Path:
        """A file that holds what the process is doing."""
        return self.home / "phase"

    def start(self) -> BaseProcess:
        self.box.write_bytes(b"starting".ljust(BOX_BYTES))
        process = FORKS.Process(target=run_flow, args=(self,), daemon=True)
        process.start()
        return process

    @property
    def phase(self) -> str:
        """What the process is doing, or was doing when it died."""
        return self.box.read_text().strip()

    def kill(self, process: BaseProcess) -> str:
        """Kill it with SIGKILL; what it was doing."""
        process.kill()
        process.join()
        return "ended" if process.exitcode == 0 else self.phase


def run_flow(given: FlowProcess) -> None:
    """Drive the rollout to its end, in this process."""
    from prefect.settings import PREFECT_API_URL, PREFECT_LOGGING_LEVEL, temporary_settings

    from flows.roll_out_program import roll_out_program

    os.environ["RATCHET_HOME"] = str(given.home)
    os.environ["RATCHET_DATABASE_URL"] = given.database_url
    os.chdir(given.home)
    sys.setswitchinterval(SWITCH_SECONDS)
    threading.Thread(target=note_phases, args=(given.box,), daemon=True).start()
    settings = {PREFECT_API_URL: given.prefect_url, PREFECT_LOGGING_LEVEL: "WARNING"}
    with temporary_settings(settings):
        roll_out_program(experiment_id=given.experiment_id, clock_file=given.home / "clock")


def note_phases(box: Path) -> None:
    """Write down for ever what the main thread is doing, in memory that outlives a kill."""
    main = threading.main_thread().ident
    with box.open("r+b") as stream, mmap.mmap(stream.fileno(), BOX_BYTES) as memory:
        while True:
            phase = phase_of(sys._current_frames().get(main or 0))
            memory[:] = phase.encode().ljust(BOX_BYTES)
            time.sleep(LOOK_SECONDS)


def phase_of(frame: FrameType | None) -> str:
    """What a stack is about; starting when none of its functions is known."""
    while frame is not None:
        path = frame.f_code.co_filename
        if frame.f_code.co_name in PHASES and ("/ratchet/" in path or "/tasks/" in path):
            return PHASES[frame.f_code.co_name]
        frame = frame.f_back
    return "starting"


def tick_on_demand(home: Path, url: str, experiment_id: str, orders: Connection) -> None:
    """Tick as fast as possible, so often as each order says; answers when that is done."""
    from ratchet.control import Controller, SimulatedClock
    from ratchet.serving.places import ROUTING
    from ratchet.store import open_store

    clock = SimulatedClock(home / "clock")
    with open_store(url) as store:
        controller = Controller(store=store, programs=home / "programs", routing=home / ROUTING)
        orders.send("ready")
        while (times := orders.recv()) is not None:
            for _ in range(times):
                controller.tick(experiment_id, now=clock.now())
            orders.send("done")
