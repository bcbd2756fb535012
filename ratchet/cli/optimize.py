"""`ratchet optimize`: the search for a better program, with its price said beforehand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import typer

from ratchet.cli import EXIT_NOT_REACHED
from ratchet.cli.arguments import AsJson, Model, SignatureName, known_signature, load
from ratchet.cli.stage import (
    DatasetName,
    MaxCost,
    Optimizer,
    Seed,
    Threads,
    Trials,
    dataset_version,
    spent,
    stage,
)
from ratchet.cli.terminal import print_json, progress_bar, say, say_all

if TYPE_CHECKING:
    from ratchet.cycle.context import StageContext
    from ratchet.cycle.optimize import Optimized
    from ratchet.datasets import DatasetVersion
    from ratchet.optimize.estimate import Estimate
    from ratchet.optimize.search import OptimizerOptions


def optimize(
    *,
    signature: SignatureName,
    trials: Trials,
    dataset: DatasetName = "latest",
    optimizer: Optimizer,
    lm: Model = "",
    seed: Seed = 1,
    max_cost_usd: MaxCost,
    threads: Threads = 4,
    as_json: AsJson = False,
) -> None:
    """Search for a better program.

    It works on the train and validation sides of a dataset version. The candidate is kept as
    a program version; `ratchet evaluate` says whether it is better. Started again after
    Ctrl-C it pays for no answer twice. Leaves with 1 when no candidate came out.
    """
    from ratchet.cycle.optimize import champion_program, optimize_program
    from ratchet.optimize.meter import Budget
    from ratchet.optimize.search import OptimizerKind, OptimizerOptions

    spec = known_signature(signature)
    version = dataset_version(spec, dataset)
    options = OptimizerOptions(
        kind=OptimizerKind(optimizer),
        trials=trials,
        seed=seed,
        threads=threads,
        max_seconds=load().optimisation.timeout_seconds,
        dataset_size=version.example_count,
    )
    with stage(spec, lm) as context:
        estimate = _estimate(context, version, options)
        if not as_json:
            _announce(context, version, estimate, max_cost_usd)
        baseline = champion_program(context)
        with progress_bar(f"Optimising {spec.name}", quiet=as_json) as move:
            result = optimize_program(
                context,
                dataset_version=version.version,
                baseline_version=baseline.version,
                options=options,
                budget=Budget(max_cost_usd=max_cost_usd),
                progress=lambda p: move(p.trial, p.total, _best(p.best_score)),
            )
    _show_optimized(context, result, as_json=as_json)


@dataclass(frozen=True, kw_only=True)
class _Preview:
    """What an optimisation will ask at most; `optimizer` is the one chosen for the dataset."""

    optimizer: str
    estimate: Estimate


def _estimate(
    context: StageContext, version: DatasetVersion, options: OptimizerOptions
) -> _Preview | None:
    """What it will cost at most; None when there are too few examples to begin."""
    from ratchet.cycle.optimize import connect_model
    from ratchet.datasets import DatasetFolder
    from ratchet.optimize.estimate import estimate
    from ratchet.optimize.meter import Meter
    from ratchet.optimize.search import choose_kind
    from ratchet.splits import Side

    kind = choose_kind(options.kind, version.example_count)
    if kind is None:
        return None
    dataset = DatasetFolder(context.workspace.datasets).load(version.signature, version.version)
    found = estimate(
        context.spec,
        lm=connect_model(context.workspace, meter=Meter(), cache=None),
        kind=kind,
        options=options,
        train=dataset.side(Side.TRAIN),
        validation=dataset.side(Side.VALIDATION),
    )
    return _Preview(optimizer=kind.value, estimate=found)


def _announce(
    context: StageContext,
    version: DatasetVersion,
    preview: _Preview | None,
    max_cost_usd: float | None,
) -> None:
    from ratchet.cycle.optimize import model_name

    sides = ", ".join(f"{count} {side}" for side, count in version.side_counts.items() if count)
    say(f"Dataset {version.version}: {sides}. Model: {model_name(context.workspace)}.")
    if preview is None:
        return
    found = preview.estimate
    cost = "at an unknown price" if found.cost_usd is None else f"{found.cost_usd:.2f} USD"
    say(
        f"{preview.optimizer} will ask at most {found.calls:,} times: {found.input_tokens:,} "
        f"tokens in, {found.output_tokens:,} out, {cost}."
    )
    if max_cost_usd is not None:
        say(f"It stops at {max_cost_usd:g} USD.")


def _best(score: float | None) -> str:
    return "" if score is None else f"best {score:.3f}"


def _improved(context: StageContext, result: Optimized) -> str | None:
    """The candidate; None when there is none, or it is the very program it started from."""
    from ratchet.programs import find_program

    if result.candidate_version is None:
        return None
    programs, name = context.workspace.programs, context.spec.name
    versions = (result.candidate_version, result.baseline_version)
    found, started = (find_program(programs, name, version) for version in versions)
    return None if found.sha256 == started.sha256 else found.version


def _show_optimized(context: StageContext, result: Optimized, *, as_json: bool) -> None:
    usage, candidate = spent(context), _improved(context, result)
    reason = result.reason
    if candidate is None and result.candidate_version is not None:
        reason = f"{reason}, and nothing scored better than the program it started from"
    if as_json:
        print_json(
            {
                "signature": context.spec.name,
                "baseline": result.baseline_version,
                "candidate": candidate,
                "optimizer": result.kind,
                "reason": reason,
                "notes": list(result.notes),
                "model": result.model,
                "lm_calls": usage.calls,
                "cost_usd": usage.cost_usd,
                "run": str(context.run.path),
            }
        )
    else:
        say(f"Candidate: {candidate}" if candidate else "No candidate", style="bold")
        say(f"  {result.kind}: {reason}")
        say(f"  started from {result.baseline_version}")
        say_all(result.notes, indent="  Note: ")
        cost = f"{usage.cost_usd:.4f} USD"
        say(f"  {usage.calls:,} calls, {usage.cached_calls:,} from the cache, {cost}")
        say(f"Run folder: {context.run.path}")
        if candidate:
            say(f"Next: ratchet evaluate --signature {context.spec.name}")
    raise typer.Exit(0 if candidate else EXIT_NOT_REACHED)
