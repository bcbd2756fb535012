"""The commands, put together."""

from __future__ import annotations

import os
import sys
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

import ratchet
from ratchet.cli import (
    EXIT_INTERRUPTED,
    alerts,
    audit,
    backup,
    collect,
    config,
    coverage,
    curators,
    dataset,
    demo,
    doctor,
    evaluate,
    examples,
    importing,
    increments,
    judging,
    life,
    lineage,
    metrics,
    monitor,
    optimize,
    problems,
    programs,
    quality,
    review,
    rollout,
    run,
    schedules,
    synthetic,
    system,
    telemetry,
    upkeep,
)
from ratchet.logs import set_up_logs

STOPPED = "ratchet: Stopped. What was finished is kept; the same command goes on from there.\n"


class _Commands(TyperGroup):
    """Says that Ctrl-C was heard; Typer alone would leave without a word."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt as stop:
            sys.stderr.write(STOPPED)
            raise typer.Exit(EXIT_INTERRUPTED) from stop


app = typer.Typer(
    name="ratchet",
    cls=_Commands,
    help="Keeps DSPy programs improving in production and never lets them slip back.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # plain help wraps its paragraphs and shows no type beside a flag
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("run", short_help="Run one improvement cycle, history to verdict.")(run.run)
app.command("up", short_help="Start the whole system on this machine.")(system.up)
app.command("down", short_help="Stop the system of this machine.")(system.down)
app.command("doctor", short_help="Say what is wrong, and what to do.")(doctor.doctor)
app.command("clean-up", short_help="Take away what is old.")(upkeep.clean_up)
app.command("status", short_help="Say what of the system runs.")(system.status)
app.command("demo", short_help="Show staged rollouts on simulated traffic.")(demo.demo)
app.add_typer(collect.app, name="collect")
collect.app.command("synthetic")(synthetic.collect_synthetic)
collect.app.command("captured")(problems.collect_captured)
app.command("bootstrap", short_help="Make the first problems of a domain.")(problems.bootstrap)
app.command("readiness", short_help="Say whether there is data enough.")(problems.readiness)
app.command("import")(importing.import_files)
app.command("validate")(quality.validate_files)
app.command("gate")(quality.gate)
app.command("coverage", short_help="Show which kinds of examples a set has.")(coverage.coverage)
app.add_typer(examples.app, name="examples")
app.command("review", short_help="Approve or reject examples, key by key.")(review.review)
app.add_typer(curators.app, name="curators")
app.add_typer(dataset.app, name="dataset")
app.add_typer(life.app, name="life")
app.command("blame", short_help="Say where the examples in a program came from.")(lineage.blame)
app.command("impact", short_help="Say what examples have reached.")(lineage.impact)
app.command("forget", short_help="Take examples out for good.")(lineage.forget)
app.command("optimize")(optimize.optimize)
app.command("evaluate")(evaluate.evaluate)
app.add_typer(judging.app, name="quality")
app.add_typer(programs.app, name="programs")
app.add_typer(rollout.app, name="rollout")
app.add_typer(backup.app, name="backup")
app.add_typer(telemetry.app, name="telemetry")
app.add_typer(alerts.app, name="alerts")
app.add_typer(audit.app, name="audit")
app.add_typer(schedules.app, name="schedules")
app.add_typer(config.app, name="config")
app.add_typer(monitor.app, name="monitor")
app.add_typer(increments.app, name="increments")
app.add_typer(metrics.app, name="metrics")


def _print_version(*, wanted: bool) -> None:
    if wanted:
        typer.echo(f"ratchet {ratchet.__version__}")
        raise typer.Exit


@app.callback()
def _root(
    *,
    version: Annotated[  # noqa: ARG001 - its callback has printed it and left
        bool,
        typer.Option("--version", callback=_print_version, is_eager=True, help="Say the version."),
    ] = False,
) -> None:
    """Keeps DSPy programs improving in production and never lets them slip back."""
    set_up_logs()
    # Importing DSPy imports LiteLLM, which would fetch a list of prices from the network.
    os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")
