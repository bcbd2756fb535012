"""Serving when files, programs and processes break: the app goes on, nothing counts twice."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import dspy
import pytest

from ratchet import signatures
from ratchet.optimize.models import connect
from ratchet.programs import ProgramVersion
from ratchet.serving import Router, RoutingConfig
from ratchet.serving.live_routing import ROUTING_TROUBLE
from ratchet.serving.loading import PROGRAM_TROUBLE, RETRY_SECONDS
from ratchet.serving.routing_file import read_config, write_config
from ratchet.serving.spool import spool_files
from ratchet.signatures.dspy_class import build
from tests.builders import NOON
from tests.serving_builders import (
    CORRECTNESS,
    INPUTS,
    Clock,
    lines,
    publish,
    route,
    spooled,
    state_path,
    telemetry,
    write_routing,
)

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def model() -> Iterator[None]:
    """The offline model answers."""
    with dspy.context(lm=connect("offline/in-context")):
        yield


@pytest.fixture
def candidate(tmp_path: Path) -> ProgramVersion:
    """A published program."""
    return publish(tmp_path / "programs", "The new way.")


def write_candidate_route(tmp_path: Path, program: ProgramVersion, **changes: Any) -> Path:
    """A route that sends everything to a candidate."""
    facts = {
        "candidate_module": str(state_path(tmp_path / "programs", program)),
        "candidate_sha256": program.sha256,
        "candidate_traffic_percent": 100,
    }
    return write_routing(tmp_path / "routing_config.json", route(**{**facts, **changes}))


def own_program() -> dspy.Predict:
    """The app's own program."""
    return dspy.Predict(build(signatures.get(CORRECTNESS)))


def overwrite(path: Path, content: bytes) -> None:
    """Change a file that was published read-only."""
    path.chmod(0o644)
    path.write_bytes(content)


def start(folder: Path, name: str, count: int, *how: str) -> subprocess.Popen[str]:
    """A process that records requests."""
    command = [sys.executable, "-m", "tests.faults.record_requests", str(folder), name, str(count)]
    return subprocess.Popen([*command, *how], cwd=ROOT, stdout=subprocess.PIPE, text=True)


@pytest.mark.parametrize(
    "fault",
    ["missing", "tampered", "no_hash", "not_json", "pickle", "other_fields", "empty_address"],
)
def test_a_candidate_that_can_not_be_trusted_is_never_served(
    tmp_path: Path, candidate: ProgramVersion, fault: str, caplog: pytest.LogCaptureFixture
) -> None:
    """The app's own program answers, outside the comparison; one line says why."""
    import hashlib
    import pickle

    path = state_path(tmp_path / "programs", candidate)
    content = path.read_bytes()
    contents = {
        "tampered": content.replace(b"new way", b"old way"),
        "not_json": b"{",
        "pickle": pickle.dumps({"signature": {}}),
        "other_fields": content.replace(b'"Issues:"', b'"Faults:"'),
    }
    changes: dict[str, Any] = {}
    if fault == "missing":
        path.unlink()
    if fault == "no_hash":
        changes["candidate_sha256"] = None
    if fault == "empty_address":
        changes["candidate_module"] = None
    if fault in contents:
        overwrite(path, contents[fault])
    if fault in {"not_json", "pickle", "other_fields"}:  # published so: the hash is right
        changes["candidate_sha256"] = hashlib.sha256(contents[fault]).hexdigest()
    routing = write_candidate_route(tmp_path, candidate, **changes)
    router = Router(routing, telemetry=telemetry(tmp_path / "spool"), clock=Clock())
    served = router.serve(CORRECTNESS, own_program())

    for _ in range(3):
        assert isinstance(served(**INPUTS).is_correct, bool)
    router.flush()

    found = spooled(tmp_path / "spool")
    assert {(record["variant"], record["propensity"]) for record in found} == {("baseline", 0.0)}
    assert all(record["success"] for record in found)
    assert len([r for r in caplog.records if r.name == "ratchet.serving"]) == 1
    assert sum(router.counters().fallbacks.values()) == 3


def test_a_baseline_that_can_not_be_loaded_gives_way_to_the_apps_own(
    tmp_path: Path, candidate: ProgramVersion
) -> None:
    """The record does not claim a version that did not answer."""
    routing = write_routing(
        tmp_path / "routing_config.json",
        route(baseline_module="gone.json", baseline_sha256="0" * 64, candidate_traffic_percent=0),
    )
    router = Router(routing, telemetry=telemetry(tmp_path / "spool"))

    router.serve(CORRECTNESS, own_program())(**INPUTS)
    with router.request(CORRECTNESS) as request:
        request.program(**INPUTS)
    router.flush()

    found = spooled(tmp_path / "spool")
    assert [record["program_version"] for record in found] == [None, None]
    assert [record["propensity"] for record in found] == [0.0, 0.0]


def test_a_candidate_without_an_app_falls_back_to_the_routes_baseline(
    tmp_path: Path, candidate: ProgramVersion
) -> None:
    """It is the version that the candidate would have replaced."""
    baseline = publish(tmp_path / "programs", "The old way.")
    routing = write_candidate_route(
        tmp_path,
        candidate,
        candidate_sha256="0" * 64,
        baseline_module=str(state_path(tmp_path / "programs", baseline)),
        baseline_sha256=baseline.sha256,
    )
    router = Router(routing, telemetry=telemetry(tmp_path / "spool"))

    with router.request(CORRECTNESS, key="ann") as request:
        instructions = request.program.signature.instructions

    assert instructions == "The old way."
    assert request.variant == "baseline"
    assert request.decision.program_version == "v1"


def test_a_program_that_comes_late_is_found_after_half_a_minute(
    tmp_path: Path, candidate: ProgramVersion
) -> None:
    """A slow copy of a program does not need a restart of every app."""
    path = state_path(tmp_path / "programs", candidate)
    content = path.read_bytes()
    path.unlink()
    clock = Clock()
    router = Router(
        write_candidate_route(tmp_path, candidate),
        telemetry=telemetry(tmp_path / "spool"),
        clock=clock,
    )
    served = router.serve(CORRECTNESS, own_program())

    served(**INPUTS)
    path.write_bytes(content)
    served(**INPUTS)
    clock.seconds += RETRY_SECONDS
    served(**INPUTS)
    router.flush()

    variants = [record["variant"] for record in spooled(tmp_path / "spool")]
    assert variants == ["baseline", "baseline", "candidate"]
    assert router.counters().fallbacks == {PROGRAM_TROUBLE: 2}


def test_a_state_that_names_an_endpoint_does_not_redirect_the_app(
    tmp_path: Path, candidate: ProgramVersion
) -> None:
    """A program chooses words, never where they are sent."""
    import hashlib

    path = state_path(tmp_path / "programs", candidate)
    state = json.loads(path.read_bytes())
    state["lm"] = {"model": "openai/evil", "api_base": "http://127.0.0.1:9/", "cache": False}
    content = json.dumps(state).encode()
    overwrite(path, content)
    changes = {"candidate_sha256": hashlib.sha256(content).hexdigest()}
    router = Router(
        write_candidate_route(tmp_path, candidate, **changes),
        telemetry=telemetry(tmp_path / "spool"),
    )

    router.serve(CORRECTNESS, own_program())(**INPUTS)
    with router.request(CORRECTNESS, key="ann") as request:
        request.program(**INPUTS)
    router.flush()

    found = spooled(tmp_path / "spool")
    assert [record["variant"] for record in found] == ["candidate", "candidate"]
    assert {record["model"] for record in found} == {"offline/in-context"}


@contextmanager
def web_server(folder: Path) -> Iterator[ThreadingHTTPServer]:
    """A web server on loopback over a folder."""

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=folder)) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def test_routing_and_programs_come_from_a_web_server_that_may_go_away(
    tmp_path: Path, candidate: ProgramVersion
) -> None:
    """No request waits for it; when it is gone, baselines go on."""
    state = f"programs/{CORRECTNESS}/{candidate.version}/program.json"
    write_candidate_route(tmp_path, candidate, candidate_module=state)
    clock = Clock()
    with web_server(tmp_path) as server:
        address = f"http://127.0.0.1:{server.server_port}/routing_config.json"
        router = Router(address, telemetry=telemetry(tmp_path / "spool"), clock=clock)
        with router.request(CORRECTNESS, key="ann") as request:
            instructions = request.program.signature.instructions

    for _ in range(2):  # the first look starts the fetching, the second takes what came of it
        clock.seconds += 5
        router.decide(CORRECTNESS, "ann")
        fetching = router._live._source._fetching  # type: ignore[attr-defined]  # a UrlSource
        fetching.join()

    assert instructions == "The new way."
    assert router.decide(CORRECTNESS, "ann").variant == "baseline"
    assert router.counters().fallbacks[ROUTING_TROUBLE] >= 1


def test_readers_never_see_a_part_of_a_file_that_is_being_replaced(tmp_path: Path) -> None:
    """A writer replaces the file all the time, and each reading is one whole revision."""
    path = write_routing(tmp_path / "routing_config.json", route(), revision=0)
    done = threading.Event()

    def replace_often() -> None:
        for revision in range(1, 60):
            routes = {f"s{n}": route(f"s{n}") for n in range(revision)}
            write_config(path, RoutingConfig(revision=revision, updated_at=NOON, routes=routes))
        done.set()

    with ThreadPoolExecutor(1) as pool:
        writing = pool.submit(replace_often)
        seen = []
        while not done.is_set():
            config = read_config(path)
            seen.append((config.revision, len(config.routes)))
        writing.result()

    assert all(count == max(revision, 1) for revision, count in seen)
    assert [revision for revision, _ in seen] == sorted(revision for revision, _ in seen)


def test_eight_processes_record_into_one_spool(tmp_path: Path) -> None:
    """Every request is there once, and every file is finished when its process has ended."""
    folder = tmp_path / "spool"
    processes = [start(folder, f"p{number}", 250) for number in range(8)]
    codes = [process.wait() for process in processes]
    for process in processes:
        assert process.stdout is not None
        process.stdout.close()

    ids = [record["request_id"] for record in spooled(folder)]
    assert codes == [0] * 8
    assert sorted(ids) == sorted(f"p{p}-{n}" for p in range(8) for n in range(250))
    assert [file.is_finished for file in spool_files(folder)] == [True] * 8


@pytest.mark.parametrize(
    ("how", "expected"),
    [
        ("fork", {"p": 400, "p.child": 200}),
        ("pool", {"p": 200, "p.0": 200, "p.1": 200, "p.2": 200}),
    ],
)
def test_forked_children_record_into_files_of_their_own(
    tmp_path: Path, how: str, expected: dict[str, int]
) -> None:
    """What waited at the fork is the parent's alone; children lose nothing at their end."""
    folder = tmp_path / "spool"

    with start(folder, "p", 200, how) as process:
        assert process.wait() == 0

    ids = [record["request_id"] for record in spooled(folder)]
    names = [name.rpartition("-")[0] for name in ids]
    assert {name: names.count(name) for name in set(names)} == expected
    assert len(set(ids)) == len(ids)
    assert len({path.name.split("-")[1] for path in folder.iterdir()}) == len(expected)


def test_a_killed_process_leaves_at_most_half_a_last_line(tmp_path: Path) -> None:
    """What stands before the last newline is whole, and the file counts as finished."""
    folder = tmp_path / "spool"
    with start(folder, "p", 10_000_000) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "recording\n"
        (growing,) = spool_files(folder)
        process.send_signal(signal.SIGKILL)
        process.wait()

    (killed,) = spool_files(folder)
    ids = [json.loads(line)["request_id"] for line in lines(folder)]
    assert not growing.is_finished
    assert killed.is_finished
    assert ids == [f"p-{number}" for number in range(len(ids))]
    assert len(ids) >= 1


def test_a_fork_in_the_middle_of_everything_does_not_lock_the_child(tmp_path: Path) -> None:
    """Locks that other threads held at the fork are new in the child."""
    path = write_routing(tmp_path / "routing_config.json", route())
    clock = Clock()
    router = Router(path, telemetry=telemetry(tmp_path / "spool"), clock=clock)
    held = [
        router._live._lock,
        router._shelf._lock,
        router._troubles._lock,
        router.recorder._writing,
        router.recorder._starting,
    ]
    for lock in held:
        lock.acquire()

    child = os.fork()
    if child == 0:
        code = 1
        try:
            signal.alarm(20)  # a child that waits for a lock ends by the alarm
            write_routing(path, route(candidate_traffic_percent=100), revision=2)
            clock.seconds += 1
            with router.request(CORRECTNESS, key="ann") as request:
                request.program(**INPUTS)
            router.close()
            counted = router.counters().fallbacks.values()
            code = 0 if router.decide(CORRECTNESS, "b").variant == "candidate" and counted else 2
        finally:
            os._exit(code)
    _, status = os.waitpid(child, 0)
    for lock in held:
        lock.release()

    assert os.waitstatus_to_exitcode(status) == 0
    assert len(lines(tmp_path / "spool")) == 1
