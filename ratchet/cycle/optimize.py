"""Stage: optimise the program of a signature on a dataset version."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

import dspy

from ratchet.cycle.context import StageContext
from ratchet.cycle.metering import signature_meter
from ratchet.cycle.stage_file import StageResult
from ratchet.cycle.workspace import Workspace
from ratchet.datasets import Dataset, DatasetFolder
from ratchet.files import write_json
from ratchet.optimize.audit import audit_metric
from ratchet.optimize.cached_work import CachedWork
from ratchet.optimize.call_cache import CallCache
from ratchet.optimize.meter import Budget, Meter
from ratchet.optimize.models import connect, default_model
from ratchet.optimize.optimizer import Optimization, baseline_program, optimize
from ratchet.optimize.search import OptimizerOptions
from ratchet.optimize.trials import TrialProgress
from ratchet.programs import (
    ProgramVersion,
    find_program,
    program_state,
    publish_program,
    read_state,
    restore_program,
)
from ratchet.splits import Side
from ratchet.store import open_store
from ratchet.store.programs import ProgramKind, program_record

BASELINE = "baseline"


@dataclass(frozen=True, kw_only=True)
class Optimized(StageResult):
    """The candidate that came out, or why there is none.

    `candidate_version` is None when the metric failed its audit, or the optimisation was
    refused, void, or stopped too early.
    """

    baseline_version: str
    candidate_version: str | None = None
    kind: str
    reason: str
    model: str
    notes: tuple[str, ...] = ()

    @property
    def headline(self) -> str:
        """The outcome in a line."""
        return f"{self.kind}: {self.candidate_version or 'no candidate'}, {self.reason}"


def optimize_program(
    context: StageContext,
    *,
    dataset_version: str,
    baseline_version: str,
    options: OptimizerOptions,
    budget: Budget,
    progress: Callable[[TrialProgress], None] | None = None,
) -> Optimized:
    """Audit the metric, then search for a better program than the baseline.

    The candidate is published, so that the verdict can be repeated.

    Raises:
        ModelError: the model refused, the budget is used up, or the run was stopped.
        StoreError: a folder or the store can not be written.
    """
    spec, run, workspace = context.spec, context.run, context.workspace
    dataset = DatasetFolder(workspace.datasets).load(spec.name, dataset_version)
    audit = audit_metric(spec, dataset.examples, seed=options.seed)
    audit_path = run.result(spec.name, "metric_audit")
    write_json(audit_path, asdict(audit))
    champion = find_program(workspace.programs, spec.name, baseline_version)
    result = Optimized(
        run_path=run.path,
        leaves=run.relative(audit_path),
        baseline_version=champion.version,
        kind="audit",
        reason="; ".join(audit.findings),
        model=model_name(workspace),
    )
    if not audit.passed:
        return result
    found = _search(context, dataset, champion, options, budget=budget, progress=progress)
    report_path = run.result(spec.name, "optimization")
    write_json(report_path, _report(found))
    return replace(
        result,
        leaves=run.relative(audit_path, report_path),
        candidate_version=_publish(context, found, dataset_version, champion),
        kind=found.kind.value,
        reason=found.reason,
        notes=found.notes,
    )


def champion_program(context: StageContext) -> ProgramVersion:
    """The program in production; before the first one, a plain program is published as such.

    Raises:
        InputError: the program's folder is gone.
    """
    spec, root = context.spec, context.workspace.programs
    with open_store(context.workspace.store_url) as store:
        champion = store.programs.champion(spec.name)
        if champion is not None:
            return find_program(root, spec.name, champion.version)
        for known in store.programs.list(spec.name):
            if known.kind is ProgramKind.BASELINE:
                return find_program(root, spec.name, known.version)
        baseline = publish_program(
            root,
            signature=spec.name,
            state=program_state(baseline_program(spec)),
            created=context.now,
            optimizer=BASELINE,
            model=model_name(context.workspace),
            notes="The signature alone, before any optimisation.",
        )
        store.programs.add(program_record(root, baseline, ProgramKind.BASELINE))
    return baseline


def _search(
    context: StageContext,
    dataset: Dataset,
    champion: ProgramVersion,
    options: OptimizerOptions,
    *,
    budget: Budget,
    progress: Callable[[TrialProgress], None] | None,
) -> Optimization:
    workspace, spec = context.workspace, context.spec
    work = CachedWork(
        signature=spec.name,
        content_sha256=dataset.version.content_sha256,
        programs=(champion.sha256,),
        options=str(options),
        model=model_name(workspace),
    )
    with (
        signature_meter(context.run.run_id, spec.name, budget) as meter,
        work.open(workspace.cache) as cache,
    ):
        return optimize(
            spec,
            program=restore_program(spec, read_state(workspace.programs, champion)),
            train=dataset.side(Side.TRAIN),
            validation=dataset.side(Side.VALIDATION),
            lm=connect_model(workspace, meter=meter, cache=cache),
            options=options,
            progress=progress,
        )


def _publish(
    context: StageContext, found: Optimization, dataset_version: str, champion: ProgramVersion
) -> str | None:
    """The version of the candidate, or None when there is none."""
    if found.program is None:
        return None
    root = context.workspace.programs
    candidate = publish_program(
        root,
        signature=found.signature,
        state=program_state(found.program),
        created=context.now,
        optimizer=found.kind.value,
        model=model_name(context.workspace),
        dataset_version=dataset_version,
        parent=champion.version,
        notes=found.reason,
    )
    with open_store(context.workspace.store_url) as store:
        store.programs.add(program_record(root, candidate, ProgramKind.CANDIDATE))
    return candidate.version


def model_name(workspace: Workspace) -> str:
    """The name of the language model that answers."""
    return workspace.model.name or default_model()


def connect_model(workspace: Workspace, *, meter: Meter, cache: CallCache | None) -> dspy.LM:
    """The language model of the workspace, counted by `meter`.

    Raises:
        ConfigurationError: its name is unknown or its key is missing.
    """
    connection = workspace.model
    return connect(
        model_name(workspace),
        meter=meter,
        cache=cache,
        api_base=connection.api_base,
        api_key=connection.api_key,
    )


def _report(found: Optimization) -> dict[str, Any]:
    """Everything of an optimisation but the program itself."""
    kept = [f.name for f in fields(found) if f.name not in {"program", "history", "stages"}]
    return {
        **{name: getattr(found, name) for name in kept},
        "history": [asdict(trial) for trial in found.history],
        "stages": [asdict(stage) for stage in found.stages],
    }
