"""What blocks of the documentation need on a Prefect server: a worker, a run that has failed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack, contextmanager

from tests.documentation_builders import Block
from tests.documentation_project import DocumentedProject
from tests.documentation_surroundings import replaced
from tests.local_system import asked, wait_for

WAIT_SECONDS = 60
INGEST = "ingest-telemetry/every-5-minutes"


def run_on_server(project: DocumentedProject, block: Block, api: str) -> None:
    """Run a block against a Prefect server, with what its fence asks for."""
    with ExitStack() as around:
        for mode in set(AROUND).intersection(block.modes):
            block = around.enter_context(AROUND[mode](block, api))
        project.run(block)


@contextmanager
def worker(block: Block, api: str) -> Iterator[Block]:
    """Somebody who takes up the run that the block starts, and says that it is completed."""
    _, _, after = block.text.partition("--idempotency-key ")
    with ThreadPoolExecutor(max_workers=1) as executor:
        done = executor.submit(_complete_run, after.split()[0], api)
        yield block
        done.result(timeout=WAIT_SECONDS)


def _complete_run(key: str, api: str) -> None:
    def started() -> list[str]:
        runs = asked("POST", f"{api}/flow_runs/filter", json={"sort": "START_TIME_DESC"}).json()
        return [run["id"] for run in runs if run["idempotency_key"] == key]

    (run,) = wait_for(started, seconds=WAIT_SECONDS, saying=f"no run of {key} was started")
    _set_state(run, "COMPLETED", api)


@contextmanager
def failed_run(block: Block, api: str) -> Iterator[Block]:
    """A run that has failed in the place of FLOW_RUN_ID; it must wait to be run again."""
    deployment = asked("GET", f"{api}/deployments/name/{INGEST}").json()["id"]
    run = asked("POST", f"{api}/deployments/{deployment}/create_flow_run", json={}).json()["id"]
    _set_state(run, "FAILED", api)
    yield replaced(block, "FLOW_RUN_ID", run)
    state = asked("GET", f"{api}/flow_runs/{run}").json()["state"]
    assert state["type"] == "SCHEDULED", state


def _set_state(run: str, kind: str, api: str) -> None:
    document = {"state": {"type": kind}, "force": True}
    asked("POST", f"{api}/flow_runs/{run}/set_state", json=document)


AROUND: Mapping[str, Callable[[Block, str], AbstractContextManager[Block]]] = {
    "worker": worker,
    "failed-run": failed_run,
}
