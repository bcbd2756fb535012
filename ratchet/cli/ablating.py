"""`ratchet increments ablate`: what each source is worth, measured by leaving it out."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

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
from ratchet.cli.terminal import print_json, print_table, progress_bar, say

if TYPE_CHECKING:
    from ratchet.cycle.ablation import AblationPlan
    from ratchet.cycle.context import StageContext
    from ratchet.increments.ablation import Ablation

ONE_SEED = (
    "One search shows nothing: the intervals do not hold its luck. Repeat with --repeats 3 or more."
)


def ablate(
    *,
    signature: SignatureName,
    dataset: DatasetName = "latest",
    source: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="Leave out only this one. Repeatable. [default: each]"),
    ] = None,
    repeats: Annotated[
        int,
        typer.Option(
            min=1, max=20, metavar="N", help="Searches of each kind, with seeds of their own."
        ),
    ] = 3,
    trials: Trials,
    optimizer: Optimizer,
    lm: Model = "",
    seed: Seed = 1,
    max_cost_usd: MaxCost,
    threads: Threads = 4,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what is left out and the cost; ask nothing.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Measure what each source of examples adds to the score, by leaving it out.

    For each source a program is made anew without it and compared with one made of all, on
    the sealed examples. The split stays the same, and the look at it is recorded. Started
    again after Ctrl-C it pays for no answer twice. Leaves with 1 when no source could be
    measured.
    """
    from ratchet.cycle.ablation import plan_ablation, run_ablation
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
    )
    with stage(spec, lm) as context:
        plan = plan_ablation(
            context,
            dataset_version=version.version,
            options=options,
            repeats=repeats,
            sources=source or (),
        )
        if dry_run:
            _show_plan(context, plan, as_json=as_json)
            return
        if not as_json:
            _announce(context, plan, max_cost_usd)
        with progress_bar(f"Leaving out sources of {spec.name}", quiet=as_json) as move:
            found = run_ablation(
                context, plan, budget=Budget(max_cost_usd=max_cost_usd), progress=move
            )
    _show(context, found, as_json=as_json)
    raise typer.Exit(0 if any(e.effect is not None for e in found.effects) else EXIT_NOT_REACHED)


def show_ablation(found: Ablation) -> None:
    """The effect of each source as a table, and in words what was shown."""
    print_table(
        f"What each source of {found.signature} adds (score points of 0..1)",
        ("source", "examples", "with", "without", "effect", "lower", "upper", "by seed"),
        (
            (
                e.source,
                e.examples,
                e.score_with,
                e.score_without,
                e.effect,
                e.lower,
                e.upper,
                " ".join(f"{effect:+.3f}" for effect in e.by_seed),
            )
            for e in found.effects
        ),
    )
    for effect in found.effects:
        say(effect.sentence)
    if len(found.seeds) == 1:
        say(ONE_SEED)


def _show_plan(context: StageContext, plan: AblationPlan, *, as_json: bool) -> None:
    if not as_json:
        _announce(context, plan, None)
        return
    print_json(
        {
            "signature": context.spec.name,
            "dataset_version": plan.dataset.version.version,
            "optimizer": plan.kind.value,
            "seeds": list(plan.seeds),
            "test_examples": len(plan.test),
            "arms": [
                {"left_out": a.source, "train": len(a.train), "validation": len(a.validation)}
                for a in plan.arms
            ],
            "estimate": asdict(plan.estimate),
        }
    )


def _announce(context: StageContext, plan: AblationPlan, max_cost_usd: float | None) -> None:
    from ratchet.cycle.optimize import model_name

    whole, *others = plan.arms
    found = plan.estimate
    sources = ", ".join(f"{arm.source} ({whole.size - arm.size})" for arm in others)
    say(
        f"Dataset {plan.dataset.version.version}, {whole.size} examples to learn from, "
        f"{len(plan.test)} sealed. Left out in turn: {sources}."
    )
    cost = "at an unknown price" if found.cost_usd is None else f"{found.cost_usd:.2f} USD"
    say(
        f"{len(plan.seeds) * len(plan.arms)} times {plan.kind.value} and the answers ask "
        f"{model_name(context.workspace)} at most "
        f"{found.calls:,} times: {found.input_tokens:,} tokens in, {found.output_tokens:,} out, "
        f"{cost}."
    )
    if max_cost_usd is not None:
        say(f"It stops at {max_cost_usd:g} USD.")


def _show(context: StageContext, found: Ablation, *, as_json: bool) -> None:
    usage = spent(context)
    if as_json:
        bill = {"lm_calls": usage.calls, "cost_usd": usage.cost_usd}
        print_json({**found.to_json(), **bill, "run": str(context.run.path)})
        return
    show_ablation(found)
    say(
        f"{usage.calls:,} calls, {usage.cached_calls:,} from the cache, {usage.cost_usd:.4f} USD, "
        f"by {found.model}. Run folder: {context.run.path}"
    )
    say(f"Next: ratchet increments contributions --signature {found.signature}")
