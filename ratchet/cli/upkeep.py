"""`ratchet clean-up`: take away what is old and no longer referred to."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ratchet.cli import EXIT_NOT_REACHED
from ratchet.cli.arguments import AsJson, load
from ratchet.cli.life import is_wanted
from ratchet.cli.terminal import (
    counted,
    print_json,
    print_table,
    progress_bar,
    say,
    say_all,
    working,
)
from ratchet.upkeep.plan import Kind, megabytes

if TYPE_CHECKING:
    from ratchet.settings import Settings
    from ratchet.upkeep.plan import Plan, Report

SHOWN = 20  # items of one kind on the screen


def clean_up(
    *,
    only: Annotated[
        list[Kind] | None,
        typer.Option("--only", help="This kind alone; repeatable. [default: all kinds]"),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would go and delete nothing.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Delete without asking.")] = False,
    as_json: AsJson = False,
) -> None:
    """Delete temporary files, old runs, logs, experiments, telemetry, backups and alerts.

    Old dataset versions become archives. Nothing that something still refers to goes. The ages
    are the settings under `upkeep` and `life`; examples are cleaned up by `ratchet life
    cleanup`. Leaves with 1 when something could not be done.
    """
    settings = load()
    is_done = yes and not dry_run
    if not is_done:
        plan = _planned(settings, only, quiet=as_json)
        if as_json:
            print_json(_plan_json(plan))
            return
        _show_plan(plan)
        if dry_run or not is_wanted("Clean all of this up?", is_something=bool(plan.items)):
            return
    report = _carried_out(settings, only, quiet=as_json)
    if as_json:
        print_json(_report_json(report))
    else:
        _show_report(report)
    raise typer.Exit(0 if report.is_whole else EXIT_NOT_REACHED)


def _planned(settings: Settings, only: list[Kind] | None, *, quiet: bool) -> Plan:
    from ratchet.store import open_store
    from ratchet.upkeep.cleaning import keepers_of, plan_cleaning

    with working("Looking for what is old", quiet=quiet), open_store(settings.store_url) as store:
        return plan_cleaning(keepers_of(settings, store), now=datetime.now(UTC), only=only or ())


def _carried_out(settings: Settings, only: list[Kind] | None, *, quiet: bool) -> Report:
    from ratchet.store import open_store
    from ratchet.upkeep.cleaning import carry_out, keepers_of, plan_cleaning

    with open_store(settings.store_url) as store, progress_bar("Cleaning up", quiet=quiet) as move:
        keepers = keepers_of(settings, store)
        plan = plan_cleaning(keepers, now=datetime.now(UTC), only=only or ())
        return carry_out(plan, keepers, progress=move)


def _plan_json(plan: Plan) -> dict[str, Any]:
    return {
        "is_dry_run": True,
        "size_bytes": plan.size_bytes,
        "parts": list(map(asdict, plan.parts)),
    }


def _report_json(report: Report) -> dict[str, Any]:
    return {
        "is_dry_run": False,
        "freed_bytes": report.freed_bytes,
        "freed_rows": report.freed_rows,
        "failed": [{"item": asdict(o.item), "error": o.error} for o in report.failed],
        "outcomes": [asdict(outcome) for outcome in report.outcomes],
        "parts": [asdict(part) for part in report.plan.parts],
    }


def _show_plan(plan: Plan) -> None:
    rows = [
        (
            part.kind.value,
            len(part.items),
            sum(item.rows or 0 for item in part.items),
            megabytes(sum(item.size_bytes or 0 for item in part.items)),
            counted(part.held) or None,
        )
        for part in plan.parts
    ]
    print_table("What would be cleaned up", ("kind", "items", "rows", "size", "stays"), rows)
    for part in plan.parts:
        if part.problem:
            say(f"{part.kind} could not be looked at: {part.problem}", style="red")
        if part.items:
            say(f"{part.kind}:")
            say_all((f"{item.name}: {item.reason}" for item in part.items), at_most=SHOWN)
    say(f"{plan.headline}.")


def _show_report(report: Report) -> None:
    say(f"{report.headline}.")
    say_all((f"{o.item.kind} {o.item.name}: {o.error}" for o in report.failed), at_most=SHOWN)
