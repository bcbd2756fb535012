"""`ratchet run`: one improvement cycle, here or through a deployment."""

from __future__ import annotations

import logging
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from ratchet.cli import EXIT_NOT_REACHED
from ratchet.cli.arguments import AsJson, Model, SignatureNames, configured, load
from ratchet.cli.starting_deployment import DEFAULT_DEPLOYMENT, given_options, start_deployment
from ratchet.cli.terminal import print_json, print_table, say
from ratchet.logs import log_format, prefect_logging

if TYPE_CHECKING:
    from prefect.client.schemas.objects import State

    from ratchet.cycle.options import ImprovementOptions
    from ratchet.cycle.summary import RunSummary

PREFECT_DEFAULTS = {
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "180",
    "PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL": "ERROR",  # the server keeps the log all the same
    "LITELLM_LOCAL_MODEL_COST_MAP": "True",
}
REASON = "reason"  # a sentence or more: too long for a column

Repositories = Annotated[
    list[str] | None,
    typer.Option(
        help="Git repository to mine: a path or an address. Repeatable. "
        "[default: collection.repositories of the settings]"
    ),
]
OptimizerName = Annotated[
    Literal["auto", "mipro", "bootstrap", "gepa", "simba"],
    configured(
        "optimisation.optimizer",
        help="auto takes BootstrapFewShot from 10 examples, MIPROv2 from 50.",
    ),
]
DeploymentName = Annotated[
    str, typer.Option(metavar="NAME", help="With --deployment: another one, as flow/name.")
]
IdempotencyKey = Annotated[
    str | None,
    typer.Option(
        metavar="KEY", help="With --deployment: the same key starts one run, however often."
    ),
]
OutputFolder = Annotated[
    Path | None, typer.Option(help="Folder of the runs. [default: .ratchet/runs]")
]


def _option(text: str) -> Any:
    return typer.Option(help=text)


def run(
    context: typer.Context,
    *,
    repo: Repositories = None,
    since_days: Annotated[
        int, configured("collection.since_days", help="Days of history and telemetry to look at.")
    ],
    git_target: Annotated[
        int, configured("collection.git_target", help="Examples from git, per signature.")
    ],
    synthetic_target: Annotated[
        int, configured("collection.synthetic_target", help="Synthetic examples, per signature.")
    ],
    telemetry_target: Annotated[
        int,
        configured("collection.telemetry_target", help="Examples from telemetry, per signature."),
    ],
    stored_target: Annotated[
        int,
        configured(
            "collection.stored_target",
            help="At most so many new examples of the store, per signature.",
        ),
    ],
    starter: Annotated[
        bool, _option("Lay the starter set under a dataset with few examples of its own.")
    ] = True,
    signature: SignatureNames = None,
    trials: Annotated[int, configured("optimisation.trials", help="Trials of MIPROv2.")],
    optimizer: OptimizerName,
    min_improvement: Annotated[
        float,
        configured("optimisation.min_improvement", help="Relative gain to reach; 0.05 is 5 %."),
    ],
    strict: Annotated[bool, _option("Refuse a set that misses a gate, or warn.")] = True,
    lm: Model = "",
    batch: Annotated[
        bool | None,
        typer.Option(
            "--batch/--no-batch",
            help="Claude writes in message batches: half the price, and the run waits up to "
            "synthetic.run_max_wait_hours. [default: if synthetic.batch is always]",
            show_default=False,
        ),
    ] = None,
    seed: Annotated[int, _option("Seed of every random choice.")] = 1,
    max_cost_usd: Annotated[
        float | None,
        configured("optimisation.max_cost_usd", help="Stop a signature at this cost."),
    ],
    output_dir: OutputFolder = None,
    deployment: Annotated[
        bool, _option("Start it on the Prefect server, where a worker runs it.")
    ] = False,
    deployment_name: DeploymentName = DEFAULT_DEPLOYMENT,
    wait: Annotated[bool, _option("With --deployment: wait until the run has ended.")] = False,
    idempotency_key: IdempotencyKey = None,
    as_json: AsJson = False,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Show the log.")] = False,
) -> None:
    """Run one improvement cycle: collect, validate, gate, publish, optimise, evaluate, judge.

    Ends with a table of the signatures and leaves everything in a run folder. Stopped with
    Ctrl-C, the same command goes on from what was finished.
    """
    if deployment:
        start_deployment(
            deployment_name,
            given_options(context),
            output_dir,
            idempotency_key=idempotency_key,
            wait=wait,
            as_json=as_json,
        )
    if wait or idempotency_key or deployment_name != DEFAULT_DEPLOYMENT:
        raise typer.BadParameter(
            "--wait, --idempotency-key and --deployment-name go with it",
            param_hint="--deployment",
        )
    from ratchet.cycle.options import ImprovementOptions

    prepare_prefect(verbose=verbose)
    options = ImprovementOptions.of(
        repositories=tuple(repo or load().collection.repositories),
        since_days=since_days,
        git_target=git_target,
        synthetic_target=synthetic_target,
        telemetry_target=telemetry_target,
        stored_target=stored_target,
        starter=starter,
        signatures=tuple(signature or ()),
        trials=trials,
        optimizer=optimizer,
        min_improvement=min_improvement,
        strict=strict,
        model=lm,
        batch=batch,
        seed=seed,
        max_cost_usd=max_cost_usd,
    )
    summary, path = run_flow(options, output_dir, quiet=as_json or verbose)
    if as_json:
        print_json({**summary.to_json(), "path": str(path)})
    else:
        _show(summary, path)
    raise typer.Exit(0 if summary.success else EXIT_NOT_REACHED)


def prepare_prefect(*, verbose: bool) -> None:
    """Set what Prefect reads when it is imported; what the user has set stays."""
    is_shown = verbose or log_format() == "json"
    for name, value in {**PREFECT_DEFAULTS, **prefect_logging()}.items():
        if not (is_shown and name == "PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL"):
            os.environ.setdefault(name, value)
    if log_format() == "text" and not verbose:
        logging.getLogger("ratchet").setLevel(logging.ERROR)


def run_flow(
    options: ImprovementOptions, output_dir: Path | None, *, quiet: bool
) -> tuple[RunSummary, Path]:
    """Run one improvement cycle in this process; its summary and its folder."""
    from ratchet.cli.progress import RunProgress
    from ratchet.cycle.progress import listening
    from ratchet.settings import load_settings

    settings = load_settings()
    with RunProgress(options.signature_names, quiet=quiet) as progress:
        progress.say("Starting Prefect")
        from flows.improve_programs import improve_programs

        with listening(progress.update):
            state: State[Any] = improve_programs(options, output_dir=output_dir, return_state=True)
            summary = state.result(raise_on_failure=False)
    if isinstance(summary, Exception):
        raise summary
    runs = (output_dir or settings.runs_folder).absolute()
    return summary, runs / summary.run_id


def _show(summary: RunSummary, path: Path) -> None:
    rows = [s.to_row() for s in summary.signatures.values()]
    columns = [column for column in rows[0] if column != REASON] if rows else []
    print_table("Improvement", columns, ([row[column] for column in columns] for row in rows))
    for row in rows:
        say(f"{row['signature']}: {row['verdict']}. {row[REASON]}")
    models = {s.model for s in summary.signatures.values() if s.model}
    if any(model.startswith("offline/") for model in models):
        say(
            "The scores are those of offline/in-context, a small model that only reads its "
            "prompt. Set ANTHROPIC_API_KEY to use Claude."
        )
    say(f"Run folder: {path}")
