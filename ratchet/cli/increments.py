"""`ratchet increments`: what new data has come, what it is worth, and runs it starts."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ratchet.cli import EXIT_NOT_REACHED
from ratchet.cli.ablating import ablate, show_ablation
from ratchet.cli.arguments import (
    AsJson,
    SignatureName,
    SignatureNames,
    configured,
    known_signature,
    load,
    wanted_signatures,
)
from ratchet.cli.terminal import print_json, print_table, say, say_all

if TYPE_CHECKING:
    from ratchet.increments.contributions import SourceScore, Suspect
    from ratchet.increments.forecasting import Calibration, Outlook
    from ratchet.increments.triggers import Decision, Increment
    from ratchet.store.ablations import AblationRecord

SHOWN = 20  # suspects on the screen

app = typer.Typer(no_args_is_help=True, help="New data: what it is worth, and runs it starts.")
app.command("ablate")(ablate)


@app.command("status")
def status(*, signature: SignatureNames = None, as_json: AsJson = False) -> None:
    """Say what is new since the last optimisation, and whether another one is due."""
    found = _decided(wanted_signatures(signature))
    if as_json:
        print_json([_status_json(increment, decision) for increment, decision in found])
        return
    columns = ("signature", "usable", "new", "growth %", "optimised on", "due")
    rows = [
        (
            increment.signature,
            increment.usable_examples,
            increment.new_examples,
            None if increment.growth_share is None else round(100 * increment.growth_share),
            increment.optimised_version,
            decision.is_due,
        )
        for increment, decision in found
    ]
    print_table("Increments", columns, rows)
    for _, decision in found:
        _say_decision(decision)
    if any(decision.is_due for _, decision in found):
        say("Next: ratchet increments run")


@app.command("run")
def run(
    *,
    signature: SignatureNames = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be started, and stop.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Start the improvement cycle for the signatures that are due.

    Through the deployment of improve-programs when a Prefect server has one, and in this
    process otherwise. A run that is at work is not disturbed. Leaves with 1 when the cycle
    ran here and a signature came to no verdict.
    """
    from ratchet.cli.starting import start_improvement

    decisions = [decision for _, decision in _decided(wanted_signatures(signature))]
    due = tuple(decision.signature for decision in decisions if decision.is_due)
    started = start_improvement(due, quiet=as_json) if due and not dry_run else None
    if as_json:
        print_json(
            {
                "due": list(due),
                "decisions": [_decision_json(decision) for decision in decisions],
                "started": None if started is None else started.message,
            }
        )
    else:
        for decision in decisions:
            _say_decision(decision)
        verb = "Would start" if dry_run else "Started"
        say(f"{verb}: {', '.join(due)}" if due else "Nothing is due.")
        if started is not None:
            say(started.message)
    raise typer.Exit(EXIT_NOT_REACHED if started is not None and not started.is_success else 0)


@app.command("curve")
def curve(
    *,
    signature: SignatureName,
    more: Annotated[
        int,
        configured(
            "increments.forecast_examples", min=1, metavar="N", help="Further examples to forecast."
        ),
    ],
    picture: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Draw it as .svg or .png.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show the score against the data size, and what more examples would bring.

    The forecast is kept and held against the next evaluation; how past ones did is said too.
    """
    from ratchet.cycle.forecast import update_outlook
    from ratchet.datasets import DatasetFolder
    from ratchet.increments.forecasting import calibration_of
    from ratchet.store import open_store

    name, settings = known_signature(signature).name, load()
    with open_store(settings.store_url) as store:
        outlook = update_outlook(
            store,
            DatasetFolder(settings.datasets_folder),
            name,
            settings.increments,
            now=datetime.now(UTC),
            more=more,
        )
        calibration = calibration_of(store.forecasts.list(name))
    if picture is not None:
        from ratchet.increments.picture import draw_curve

        draw_curve(outlook, picture)
    if as_json:
        print_json(_curve_json(outlook, calibration))
    else:
        _show_curve(outlook, calibration)
        if picture is not None:
            say(f"Picture: {picture}")


@app.command("contributions")
def contributions(
    *,
    signature: SignatureName,
    picture: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Draw what leaving out has measured, as .svg or .png."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show what each source brings, and examples that every program keeps missing.

    Beside it stands the newest measurement by `ratchet increments ablate`.
    """
    from ratchet.cli.starting import read_ablation, read_contributions

    spec = known_signature(signature)
    sources, found = read_contributions(spec, load())
    measured = read_ablation(spec, load())
    if picture is not None:
        _draw_measured(spec.name, measured, picture)
    if as_json:
        print_json(
            {
                "sources": [asdict(each) for each in sources],
                "suspects": [asdict(each) for each in found],
                "measured": None if measured is None else measured.document,
                "measured_at": None if measured is None else measured.at.isoformat(),
            }
        )
    else:
        _show_contributions(spec.name, sources, found)
        _show_measured(spec.name, measured)
        if picture is not None:
            say(f"Picture: {picture}")


def _decided(names: tuple[str, ...]) -> list[tuple[Increment, Decision]]:
    from ratchet.cycle.increments import weigh_increments
    from ratchet.cycle.workspace import Workspace

    settings = load()
    workspace, now = Workspace.of(settings), datetime.now(UTC)
    found = weigh_increments(workspace, names, settings, now=now)
    return [(each.increment, each.decision) for each in found]


def _say_decision(decision: Decision) -> None:
    say(f"{decision.signature}: {decision.sentence}")


def _decision_json(decision: Decision) -> dict[str, Any]:
    return {**asdict(decision), "is_due": decision.is_due}


def _status_json(increment: Increment, decision: Decision) -> dict[str, Any]:
    return {
        **asdict(increment),
        "growth_share": increment.growth_share,
        **_decision_json(decision),
    }


def _curve_json(outlook: Outlook, calibration: Calibration) -> dict[str, Any]:
    found = asdict(outlook)
    found["forecast"] = None if outlook.forecast is None else asdict(outlook.forecast)
    if outlook.forecast is not None:
        found["forecast"]["sentence"] = outlook.forecast.sentence
    return {**found, "calibration": asdict(calibration)}


def _show_curve(outlook: Outlook, calibration: Calibration) -> None:
    columns = ("examples", "score, 0..1", "± (90 %)", "dataset", "at")
    rows = [
        (point.size, point.score, 1.645 * point.standard_error, point.dataset_version, point.at)
        for point in sorted(outlook.points, key=lambda point: (point.size, point.at))
    ]
    model = f", by {outlook.model}" if outlook.model else ""
    print_table(f"Learning curve of {outlook.signature}{model}", columns, rows)
    if outlook.forecast is not None:
        say(outlook.forecast.sentence, style="bold")
    say(outlook.advice)
    say(calibration.sentence)


def _show_contributions(
    name: str, sources: tuple[SourceScore, ...], found: tuple[Suspect, ...]
) -> None:
    columns = ("source", "examples", "in prompts", "evaluated", "score", "score elsewhere")
    rows = [
        (s.source, s.examples, s.in_prompts, s.evaluated, s.score, s.score_elsewhere)
        for s in sources
    ]
    print_table(f"Sources of {name}", columns, rows)
    if not any(s.evaluated for s in sources):
        say("No evaluation has kept the scores of single examples yet; the next one does.")
    if found:
        say("Look at these; every program keeps missing them:")
        say_all((f"{s.example_id} ({s.source}): {s.reason}" for s in found), at_most=SHOWN)


def _draw_measured(name: str, measured: AblationRecord | None, picture: Path) -> None:
    from ratchet.errors import InputError
    from ratchet.increments.ablation import Ablation
    from ratchet.increments.ablation_picture import draw_ablation

    if measured is None:
        raise InputError(
            f"Nothing of {name} was measured yet. Run `ratchet increments ablate --signature "
            f"{name}` first."
        )
    draw_ablation(Ablation.from_json(measured.document), picture)


def _show_measured(name: str, measured: AblationRecord | None) -> None:
    from ratchet.increments.ablation import Ablation

    if measured is None:
        say(f"What leaving out a source costs: ratchet increments ablate --signature {name}")
        return
    say(
        f"Measured on {measured.at:%Y-%m-%d} with {measured.model} on dataset "
        f"{measured.dataset_version}:"
    )
    show_ablation(Ablation.from_json(measured.document))
