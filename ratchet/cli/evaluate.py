"""`ratchet evaluate`: proof, on sealed examples, that a candidate is better."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from ratchet.cli import EXIT_NOT_REACHED
from ratchet.cli.arguments import AsJson, Model, SignatureName, configured, known_signature
from ratchet.cli.stage import DatasetName, MaxCost, Seed, dataset_version, spent, stage
from ratchet.cli.terminal import number_of, print_json, print_table, progress_bar, say, say_all

ACTOR = "ratchet evaluate"

if TYPE_CHECKING:
    from ratchet.cycle.context import StageContext
    from ratchet.cycle.evaluate import Judged
    from ratchet.cycle.optimize import Optimized

JUDGED_FIELDS = (
    "evaluation_id",
    "baseline_score",
    "candidate_score",
    "gain",
    "relative_gain",
    "interval",
    "verdict",
    "reasons",
    "test_examples",
    "test_uses",
    "errors",
)
SCORED = ("promote", "reject", "inconclusive")  # verdicts that rest on measured scores


def evaluate(
    *,
    signature: SignatureName,
    candidate: Annotated[
        str,
        typer.Option(metavar="VERSION", help="Program to judge. [default: the newest candidate]"),
    ] = "",
    baseline: Annotated[
        str,
        typer.Option(
            metavar="VERSION",
            help="Program to beat. [default: the champion, or else the plain program]",
        ),
    ] = "",
    dataset: DatasetName = "latest",
    lm: Model = "",
    min_improvement: Annotated[
        float,
        configured(
            "optimisation.min_improvement",
            min=0.0,
            metavar="SHARE",
            help="Gain to reach, relative to the baseline; 0.05 is 5 %.",
        ),
    ],
    seed: Seed = 1,
    max_cost_usd: MaxCost,
    as_json: AsJson = False,
) -> None:
    """Judge a candidate on sealed examples.

    Candidate and baseline run on the test side of a dataset version. Both answer afresh, in
    turns, and every look at the test side is written down. Leaves with 0 when the scores
    carry a verdict, whichever it is, and with 1 when they do not.
    """
    from ratchet.cycle.evaluate import evaluate_candidate
    from ratchet.optimize.meter import Budget
    from ratchet.optimize.verdict import PromotionPolicy

    spec = known_signature(signature)
    version = dataset_version(spec, dataset)
    policy = PromotionPolicy(min_improvement=min_improvement)
    with stage(spec, lm, is_fresh=True) as context:
        pair = _pair(context, candidate, baseline)
        with progress_bar(f"Evaluating {spec.name}", quiet=as_json) as move:
            judged = evaluate_candidate(
                context,
                pair,
                dataset_version=version.version,
                policy=policy,
                seed=seed,
                budget=Budget(max_cost_usd=max_cost_usd),
                actor=ACTOR,
                progress=lambda done, total: move(done, total, ""),
            )
    _show_judged(context, pair, judged, version=version.version, as_json=as_json)


def _pair(context: StageContext, candidate: str, baseline: str) -> Optimized:
    """The two programs to compare, as the stage takes them.

    Raises:
        InputError: one of them does not exist, there is no candidate, or they are the same.
    """
    from ratchet.cycle.optimize import Optimized, champion_program, model_name
    from ratchet.errors import InputError
    from ratchet.programs import find_program

    programs, name = context.workspace.programs, context.spec.name
    judged = find_program(programs, name, candidate or _newest_candidate(context))
    beaten = find_program(programs, name, baseline) if baseline else champion_program(context)
    if judged.version == beaten.version:
        raise InputError(
            f"{judged.version} is both the candidate and the baseline; name another one with "
            "--candidate or --baseline."
        )
    return Optimized(
        run_path=context.run.path,
        leaves=(),
        baseline_version=beaten.version,
        candidate_version=judged.version,
        kind=judged.optimizer,
        reason=judged.notes,
        model=model_name(context.workspace),
    )


def _newest_candidate(context: StageContext) -> str:
    from ratchet.errors import InputError
    from ratchet.store import ProgramKind, open_store

    name = context.spec.name
    with open_store(context.workspace.store_url) as store:
        for program in store.programs.list(name):
            if program.kind is ProgramKind.CANDIDATE:
                return program.version
    raise InputError(
        f"{name} has no candidate to judge. Make one with `ratchet optimize --signature {name}`."
    )


def _show_judged(
    context: StageContext, pair: Optimized, judged: Judged, *, version: str, as_json: bool
) -> None:
    if as_json:
        print_json(_judged_json(context, pair, judged, version=version))
    else:
        _print_judged(context, pair, judged, version=version)
    raise typer.Exit(0 if judged.verdict in SCORED else EXIT_NOT_REACHED)


def _judged_json(
    context: StageContext, pair: Optimized, judged: Judged, *, version: str
) -> dict[str, Any]:
    usage = spent(context)
    return {
        "signature": context.spec.name,
        "dataset": version,
        "baseline": pair.baseline_version,
        "candidate": pair.candidate_version,
        "model": pair.model,
        **{name: getattr(judged, name) for name in JUDGED_FIELDS},
        "lm_calls": usage.calls,
        "cost_usd": usage.cost_usd,
        "run": str(context.run.path),
    }


def _print_judged(context: StageContext, pair: Optimized, judged: Judged, *, version: str) -> None:
    print_table(
        f"{context.spec.name} on {version}, by {pair.model}",
        ("program", "version", "score, 0..1"),
        (
            ("baseline", pair.baseline_version, _score(judged.baseline_score)),
            ("candidate", pair.candidate_version, _score(judged.candidate_score)),
        ),
    )
    if judged.gain is not None and judged.interval is not None:
        lower, upper = judged.interval
        say(f"Gain: {judged.gain:+.3f}, 95 % interval {lower:+.3f} to {upper:+.3f}")
    say(f"Verdict: {judged.verdict}", style="bold")
    say_all(judged.reasons)
    sealed = number_of(judged.test_examples, "sealed example")
    say(f"{sealed}; this was look number {judged.test_uses} at this test side.")
    usage = spent(context)
    say(f"{usage.calls:,} calls, {usage.cost_usd:.4f} USD")
    say(f"Run folder: {context.run.path}")


def _score(value: float | None) -> str | None:
    return None if value is None else f"{value:.3f}"
