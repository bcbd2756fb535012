"""Improves the programs of all signatures, side by side."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from prefect import flow
from prefect.artifacts import create_link_artifact, create_table_artifact
from prefect.client.schemas.objects import State
from prefect.states import Completed, Failed

from blocks.connections import Connections
from flows.improve_signature import improve_signature
from ratchet.cycle.collect import Collected
from ratchet.cycle.forecast import look_ahead
from ratchet.cycle.metering import stop_run
from ratchet.cycle.options import ImprovementOptions
from ratchet.cycle.run_folder import RunFolder
from ratchet.cycle.runs import config_of, finish_run, interrupt_run, start_run
from ratchet.cycle.summary import RunSummary, SignatureSummary
from ratchet.cycle.workspace import Workspace
from ratchet.settings import load_settings
from tasks.collect import collect_from_git
from tasks.starting import is_scheduled
from tasks.tracing import traced
from tasks.turn import Turn

NO_RESULT = "The flow run ended without a result; its log says why."


@flow(name="improve-programs", flow_run_name="improve programs", persist_result=True)
@traced
def improve_programs(
    options: ImprovementOptions = ImprovementOptions(),  # noqa: B008 - frozen
    connections: Connections = Connections(),  # noqa: B008 - frozen
    output_dir: Path | None = None,
) -> State[RunSummary]:
    """Run one improvement cycle for every signature and write its summary.

    One signature that fails does not stop the others; the run then reports it and fails.

    Args:
        options: What to collect and how to optimise.
        connections: Blocks to use in place of the settings.
        output_dir: Folder of the runs; the configured one when empty.
    """
    started, settings = datetime.now(UTC), load_settings()
    options = options.completed_by(settings, is_scheduled=is_scheduled())
    config = config_of(options, settings)
    workspace = connections.workspace(model=options.model)
    runs = (output_dir or settings.runs_folder).absolute()
    run = start_run(workspace, runs, config, now=started)
    try:
        mined = (
            collect_from_git(run, options, connections).by_signature if options.git_target else {}
        )
        signatures = _improve_all(options, connections, run, mined)
    except KeyboardInterrupt:
        interrupt_run(workspace, run, now=datetime.now(UTC))
        raise
    summary = RunSummary(
        run_id=run.run_id,
        started=started,
        finished=datetime.now(UTC),
        config=config,
        signatures=signatures,
    )
    state = _finish(workspace, run, summary)
    look_ahead(workspace, signatures, settings.increments, now=summary.finished)
    return state


def _improve_all(
    options: ImprovementOptions,
    connections: Connections,
    run: RunFolder,
    mined: Mapping[str, Collected],
) -> dict[str, SignatureSummary]:
    turn = Turn()

    def improve(name: str) -> State[Any]:
        with turn.taken() as pass_on:
            flow_run = improve_signature.with_options(on_running=[pass_on])
            return flow_run(
                name, options, connections, run.path, mined.get(name), return_state=True
            )

    names = options.signature_names
    with ThreadPoolExecutor(max_workers=len(names)) as executor:
        states: dict[str, Future[State[Any]]] = {
            name: executor.submit(copy_context().run, improve, name) for name in names
        }
        try:
            return {name: _summary_of(name, state.result()) for name, state in states.items()}
        except KeyboardInterrupt:
            stop_run(run.run_id)
            raise


def _summary_of(name: str, state: State[Any]) -> SignatureSummary:
    result = state.result(raise_on_failure=False)
    if isinstance(result, SignatureSummary):
        return result
    return SignatureSummary(signature=name, error=state.message or NO_RESULT)


def _finish(workspace: Workspace, run: RunFolder, summary: RunSummary) -> State[RunSummary]:
    finish_run(workspace, run, summary)
    create_table_artifact(
        [s.to_row() for s in summary.signatures.values()],
        key="improvement",
        description=f"{run.run_id}: {'success' if summary.success else summary.error}",
    )
    create_link_artifact(
        run.path.as_uri(), link_text=str(run.path), key="run-folder", description=f"`{run.path}`"
    )
    if summary.success:
        return Completed(message=f"All signatures were judged: {run.path}", data=summary)
    return Failed(message=summary.error, data=summary)
