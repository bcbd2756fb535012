"""Improves the program of one signature: from a git history to a verdict."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.states import Completed, Failed

from blocks.connections import Connections
from ratchet.cycle.collect import (
    Collected,
    finished_runs,
    growth,
    last_arrival,
    seed_of_round,
)
from ratchet.cycle.forecast import look_ahead
from ratchet.cycle.metering import run_meter
from ratchet.cycle.optimize import model_name
from ratchet.cycle.options import ImprovementOptions
from ratchet.cycle.passage import Passage
from ratchet.cycle.run_folder import RunFolder
from ratchet.cycle.runs import config_of, finish_run, start_run
from ratchet.cycle.summary import RunSummary, SignatureSummary
from ratchet.errors import RatchetError
from ratchet.settings import load_settings
from tasks.collect import (
    collect_from_git,
    collect_from_telemetry,
    collect_starter,
    collect_stored,
    collect_synthetic,
)
from tasks.evaluate import evaluate_candidate
from tasks.gate import gate_validated
from tasks.optimize import choose_baseline, optimize_program
from tasks.publish import publish_dataset
from tasks.rollout_start import start_rollout
from tasks.starting import is_scheduled
from tasks.tracing import traced
from tasks.validate import validate_collected


@flow(name="improve-signature", flow_run_name="improve {signature}", persist_result=True)
@traced
def improve_signature(
    signature: str,
    options: ImprovementOptions = ImprovementOptions(),  # noqa: B008 - frozen
    connections: Connections = Connections(),  # noqa: B008 - frozen
    run_path: Path | None = None,
    mined: Collected | None = None,
) -> State[SignatureSummary]:
    """Collect, validate, gate, publish, optimise, evaluate and judge one signature.

    A candidate that is to be promoted is rolled out through the deployment of that flow.

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
    started, settings = datetime.now(UTC), load_settings()
    options = options.completed_by(settings, is_scheduled=is_scheduled())
    config = config_of(options, settings)
    workspace = connections.workspace(model=options.model)
    run = start_run(workspace, settings.runs_folder, config, now=started)
    summary = _improve(signature, options, connections, run, mined=mined)
    finish_run(
        workspace,
        run,
        RunSummary(
            run_id=run.run_id,
            started=started,
            finished=datetime.now(UTC),
            config=config,
            signatures={signature: summary},
        ),
    )
    look_ahead(workspace, (signature,), settings.increments, now=datetime.now(UTC))
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
    improvement = _Improvement(
        passage=passage, options=options, connections=connections, run=run, mined=mined
    )
    try:
        improvement.collect()
        if improvement.prepare():
            improvement.judge()
            improvement.roll_out()
    except RatchetError as error:
        passage.error = str(error)
    usage = run_meter(run.run_id).child(signature).snapshot()
    return passage.summary(usage=usage, seconds=time.monotonic() - started)


@dataclass(frozen=True, kw_only=True)
class _Improvement:
    """The stages in order; each writes into `passage` what it left."""

    passage: Passage
    options: ImprovementOptions
    connections: Connections
    run: RunFolder
    mined: Collected | None

    @cached_property
    def model(self) -> str:
        """The name of the language model, so that it is part of what is cached."""
        return model_name(self.connections.workspace(model=self.options.model))

    def collect(self) -> None:
        """Examples that are there, those of git, synthetic ones, and those of production."""
        passage, options = self.passage, self.options
        finished = finished_runs(self.connections.workspace())
        passage.collected.extend(self._collect_kept(finished))
        if self.mined is not None:
            passage.collected.append(self.mined)
        elif options.git_target:
            mined = collect_from_git(self.run, options, self.connections)
            passage.collected.append(mined.by_signature[passage.signature])
        if options.synthetic_target:
            synthetic = collect_synthetic(
                self.run,
                passage.signature,
                target=options.synthetic_target,
                seed=seed_of_round(options.seed, finished),
                max_cost_usd=options.max_cost_usd,
                batch=bool(options.batch),
                of_run=self.run.run_id if options.batch else "",
                model=self.model,
                connections=self.connections,
            )
            passage.collected.append(synthetic)
        if options.telemetry_target:
            passage.collected.append(self._collect_from_telemetry())

    def _collect_kept(self, finished: int) -> Iterator[Collected]:
        shared: dict[str, Any] = {"finished_runs": finished, "connections": self.connections}
        name = self.passage.signature
        if self.options.starter:
            yield collect_starter(self.run, name, **shared)
        if self.options.stored_target:
            yield collect_stored(self.run, name, limit=self.options.stored_target, **shared)

    def _collect_from_telemetry(self) -> Collected:
        return collect_from_telemetry(
            self.run,
            self.passage.signature,
            target=self.options.telemetry_target,
            since_days=self.options.since_days,
            last_arrival=last_arrival(self.connections.workspace()),
            day=f"{datetime.now(UTC):%Y-%m-%d}",
            connections=self.connections,
        )

    def prepare(self) -> bool:
        """Validate, gate and publish; False when the gates refuse the set."""
        passage, options = self.passage, self.options
        run, name, connections = self.run, passage.signature, self.connections
        files = tuple(found.file for found in passage.collected)
        passage.validated = validate_collected(
            run, name, files, options.duplicate_threshold, connections
        )
        passage.gated = gate_validated(
            run,
            name,
            passage.validated,
            growth(options, passage.collected),
            strict=options.strict,
            seed=options.seed,
            connections=connections,
        )
        if passage.gated.accepted:
            passage.published = publish_dataset(run, name, passage.gated, connections)
        return passage.gated.accepted

    def judge(self) -> None:
        """Optimise on the published version; evaluate the candidate when there is one."""
        passage, options, published = self.passage, self.options, self.passage.published
        if published is None:
            return
        shared: dict[str, Any] = {
            "dataset_version": published.version,
            "budget": options.budget(),
            "model": self.model,
            "connections": self.connections,
        }
        name = passage.signature
        passage.optimized = optimize_program(
            self.run,
            name,
            baseline=choose_baseline(self.run, name, self.model, self.connections),
            options=options.optimizing(dataset_size=published.example_count),
            **shared,
        )
        if passage.optimized.candidate_version is None:
            return
        passage.judged = evaluate_candidate(
            self.run,
            name,
            optimized=passage.optimized,
            policy=options.promotion(),
            seed=options.seed,
            **shared,
        )

    def roll_out(self) -> None:
        """Start the rollout of a candidate that is to be promoted."""
        request = self.passage.rollout_request
        if request is not None:
            self.passage.rollout = start_rollout(request, self.connections)
