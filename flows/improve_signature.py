"""Improves the program of one signature: from a git history to a verdict."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.states import Completed, Failed

from blocks.connections import Connections
from ratchet.cycle.collect import Collected, finished_runs, seed_of_round
from ratchet.cycle.metering import run_meter
from ratchet.cycle.optimize import model_name
from ratchet.cycle.options import ImprovementOptions
from ratchet.cycle.passage import Passage
from ratchet.cycle.run_folder import RunFolder
from ratchet.cycle.runs import finish_run, start_run
from ratchet.cycle.summary import RunSummary, SignatureSummary
from ratchet.errors import RatchetError
from ratchet.settings import load_settings
from tasks.collect import collect_from_git, collect_synthetic
from tasks.evaluate import evaluate_candidate
from tasks.gate import gate_validated
from tasks.optimize import choose_baseline, optimize_program
from tasks.publish import publish_dataset
from tasks.validate import validate_collected


@flow(name="improve-signature", flow_run_name="improve {signature}", persist_result=True)
def improve_signature(
    signature: str,
    options: ImprovementOptions = ImprovementOptions(),  # noqa: B008 - frozen
    connections: Connections = Connections(),  # noqa: B008 - frozen
    run_path: Path | None = None,
    mined: Collected | None = None,
) -> State[SignatureSummary]:
    """Collect, validate, gate, publish, optimise, evaluate and judge one signature.

    Args:
        signature: The registered signature to improve.
        options: What to collect and how to optimise.
        connections: Blocks to use in place of the settings.
        run_path: The folder of the run this belongs to; a new run is started without it.
        mined: What git has for this signature, when the run has mined it already.
    """
    if run_path is not None:
        run = RunFolder.open(run_path)
        return outcome(_improve(signature, options, connections, run, mined=mined))
    started = datetime.now(UTC)
    workspace = connections.workspace(model=options.model)
    run = start_run(workspace, load_settings().runs_folder, options, now=started)
    summary = _improve(signature, options, connections, run, mined=mined)
    finish_run(
        workspace,
        run,
        RunSummary(
            run_id=run.run_id,
            started=started,
            finished=datetime.now(UTC),
            config=options.model_dump(mode="json"),
            signatures={signature: summary},
        ),
    )
    return outcome(summary)


def outcome(summary: SignatureSummary) -> State[Any]:
    """The state of the flow run: failed on an error, refused when no verdict was reached."""
    if summary.error is not None:
        return Failed(message=summary.error, data=summary)
    if not summary.did_real_work:
        return Completed(name="Refused", message="; ".join(summary.reasons), data=summary)
    return Completed(message=f"{summary.verdict}: {summary.reasons[0]}", data=summary)


def _improve(
    signature: str,
    options: ImprovementOptions,
    connections: Connections,
    run: RunFolder,
    *,
    mined: Collected | None,
) -> SignatureSummary:
    started = time.monotonic()
    passage = Passage(signature=signature)
    try:
        if mined is not None:
            passage.collected.append(mined)
        _pass_through(passage, options, connections, run)
    except RatchetError as error:
        passage.error = str(error)
    usage = run_meter(run.run_id).child(signature).snapshot()
    return passage.summary(usage=usage, seconds=time.monotonic() - started)


def _pass_through(
    passage: Passage, options: ImprovementOptions, connections: Connections, run: RunFolder
) -> None:
    """The stages in order; each sees what the one before it left."""
    name, seed = passage.signature, options.seed
    workspace = connections.workspace(model=options.model)
    model = model_name(workspace)

    if options.git_target and not passage.collected:
        mined = collect_from_git(run, options, connections)
        passage.collected.append(mined.by_signature[name])
    if options.synthetic_target:
        fresh_seed = seed_of_round(seed, finished_runs(workspace))
        synthetic = collect_synthetic(
            run,
            name,
            target=options.synthetic_target,
            seed=fresh_seed,
            max_cost_usd=options.max_cost_usd,
            model=model,
            connections=connections,
        )
        passage.collected.append(synthetic)

    files = tuple(found.file for found in passage.collected)
    passage.validated = validate_collected(
        run, name, files, options.duplicate_threshold, connections
    )
    passage.gated = gate_validated(
        run,
        name,
        passage.validated,
        options.git_target + options.synthetic_target,
        strict=options.strict,
        seed=seed,
        connections=connections,
    )
    if not passage.gated.accepted:
        return

    published = publish_dataset(run, name, passage.gated, connections)
    passage.published = published
    baseline = choose_baseline(run, name, model, connections)
    passage.optimized = optimize_program(
        run,
        name,
        dataset_version=published.version,
        baseline=baseline,
        options=options.optimizing(dataset_size=published.example_count),
        budget=options.budget(),
        model=model,
        connections=connections,
    )
    if passage.optimized.candidate_version is None:
        return

    passage.judged = evaluate_candidate(
        run,
        name,
        dataset_version=published.version,
        optimized=passage.optimized,
        policy=options.promotion(),
        seed=seed,
        budget=options.budget(),
        model=model,
        connections=connections,
    )
