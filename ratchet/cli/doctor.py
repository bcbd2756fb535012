"""`ratchet doctor`: what is wrong, and what to do."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from ratchet.cli import EXIT_NOT_REACHED
from ratchet.cli.arguments import AsJson
from ratchet.cli.terminal import print_json, say, working

if TYPE_CHECKING:
    from ratchet.doctor.diagnosis import Mended
    from ratchet.doctor.finding import Finding
    from ratchet.doctor.patient import Patient

STYLES = {"ok": "green", "warning": "yellow", "error": "bold red", "skipped": "dim"}


def doctor(
    *,
    fix: Annotated[
        bool, typer.Option("--fix", help="Mend what is safe to mend, and look again.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="With --fix: say what would be done.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Look for what is wrong here and on the Prefect server, and say what to do.

    Nothing is changed without --fix, which releases leaked slots, writes the routing file
    anew, upgrades an older schema and sweeps what killed commands left. Leaves with 1 when
    there is an error.
    """
    from ratchet.doctor.diagnosis import diagnose, mend, worst
    from ratchet.doctor.finding import State

    if dry_run and not fix:
        raise typer.BadParameter("it goes with --fix", param_hint="--dry-run")
    with working("Looking", quiet=as_json):
        findings = list(diagnose(_patient()))
    mended: list[Mended] = []
    if fix and not dry_run:
        mended = list(mend(findings))
        findings = list(diagnose(_patient()))
    if as_json:
        print_json(
            {
                "findings": [finding.to_json() for finding in findings],
                "mended": [vars(one) for one in mended],
            }
        )
    else:
        _show(findings, mended, tell_remedies=dry_run)
    raise typer.Exit(EXIT_NOT_REACHED if worst(findings) is State.ERROR else 0)


def _patient() -> Patient:
    """This installation; with settings that can not be read, the defaults."""
    from ratchet.doctor.patient import Patient
    from ratchet.errors import ConfigurationError
    from ratchet.settings import SettingsOfFile, load_settings, mistakes_in_settings

    try:
        mistakes = mistakes_in_settings()
        settings = SettingsOfFile() if mistakes else load_settings()
    except ConfigurationError as error:
        mistakes, settings = (str(error),), SettingsOfFile()
    return Patient(
        settings=settings,
        clock=lambda: datetime.now(UTC),
        environ=dict(os.environ),
        mistakes=mistakes,
    )


def _show(findings: list[Finding], mended: list[Mended], *, tell_remedies: bool) -> None:
    for one in mended:
        say(f"{'mended' if one.is_done else 'not mended'}: {one.check}: {one.said}")
    for finding in findings:
        state = finding.state.value
        say(f"{state:>8}  {finding.check}: {finding.seen}", style=STYLES[state])
        if finding.advice:
            say(f"          {finding.advice}")
        if tell_remedies and finding.remedy:
            say(f"          --fix would {finding.remedy.what}.")
    counts = {state: sum(f.state == state for f in findings) for state in STYLES}
    say(", ".join(f"{count} {state}" for state, count in counts.items() if count) + ".")
