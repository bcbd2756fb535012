"""`ratchet schedules`: what starts by itself, and stopping and starting that."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ratchet.cli import EXIT_NOT_REACHED
from ratchet.cli.arguments import AsJson, load
from ratchet.cli.terminal import print_json, print_rows, say

if TYPE_CHECKING:
    from ratchet.orchestration.deployments import DeploymentRecord, Deployments

app = typer.Typer(no_args_is_help=True, help="Schedules: list, pause and resume what starts alone.")

Names = Annotated[
    list[str] | None,
    typer.Argument(metavar="NAME", help="Deployments: improve-programs, or flow/name."),
]
Everything = Annotated[bool, typer.Option("--all", help="Every deployment of Ratchet.")]
Reason = Annotated[str, typer.Option(metavar="TEXT", help="Why; it is kept in the audit trail.")]
Actor = Annotated[
    str, typer.Option(metavar="NAME", help="Who decides. [default: the user of this machine]")
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would change.")]


@dataclass(frozen=True, kw_only=True)
class _Changed:
    """What became of a deployment; `cancelled` are runs that were asked to end."""

    deployment: str
    was_active: bool
    is_active: bool
    cancelled: tuple[str, ...] = ()


@app.command("list")
def list_all(*, as_json: AsJson = False) -> None:
    """List the deployments with their schedules, and which are paused."""
    rows = [
        {
            "deployment": one.full_name,
            "schedule": "; ".join(s.when for s in one.schedules) or None,
            "starts by itself": one.is_scheduled,
            "paused": bool(one.schedules) and not one.is_scheduled,
        }
        for one in _deployments().list()
    ]
    print_rows("Schedules", ("deployment", "schedule", "paused"), rows, as_json=as_json)


@app.command("pause")
def pause(
    names: Names = None,
    *,
    reason: Reason,
    everything: Everything = False,
    cancel_runs: Annotated[
        bool, typer.Option("--cancel-runs", help="End their runs too, begun or waiting.")
    ] = False,
    actor: Actor = "",
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Stop deployments from starting by themselves until somebody resumes them.

    They can still be started by hand. `ratchet up` leaves a paused schedule paused.
    """
    changed = [
        _change(one, is_active=False, cancel_runs=cancel_runs, dry_run=dry_run)
        for one in _chosen(names, everything=everything)
    ]
    _finish("schedule.pause", changed, reason, actor, dry_run=dry_run, as_json=as_json)


@app.command("resume")
def resume(
    names: Names = None,
    *,
    reason: Reason,
    everything: Everything = False,
    actor: Actor = "",
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Let deployments start by themselves again."""
    changed = [
        _change(one, is_active=True, cancel_runs=False, dry_run=dry_run)
        for one in _chosen(names, everything=everything)
    ]
    _finish("schedule.resume", changed, reason, actor, dry_run=dry_run, as_json=as_json)


def _deployments() -> Deployments:
    from ratchet.orchestration.address import server_address
    from ratchet.orchestration.api import PrefectApi
    from ratchet.orchestration.deployments import Deployments

    return Deployments(PrefectApi(server_address()))


def _chosen(names: list[str] | None, *, everything: bool) -> tuple[DeploymentRecord, ...]:
    if bool(names) == everything:
        raise typer.BadParameter("name deployments, or give --all", param_hint="NAME")
    found = _deployments()
    if everything:
        return tuple(one for one in found.list() if one.schedules)
    return tuple(found.find(name) for name in names or ())


def _change(
    deployment: DeploymentRecord, *, is_active: bool, cancel_runs: bool, dry_run: bool
) -> _Changed:
    found = _deployments()
    if not dry_run:
        found.set_active(deployment, is_active=is_active)
    runs = found.runs(deployment) if cancel_runs else ()
    for run in runs if not dry_run else ():
        found.cancel(run)
    return _Changed(
        deployment=deployment.full_name,
        was_active=deployment.is_scheduled,
        is_active=is_active and bool(deployment.schedules),
        cancelled=tuple(run.name for run in runs),
    )


def _finish(
    action: str,
    changed: list[_Changed],
    reason: str,
    actor: str,
    *,
    dry_run: bool,
    as_json: bool,
) -> None:
    problem = "" if dry_run else _write_down(action, changed, reason, actor)
    if as_json:
        print_json({"dry_run": dry_run, "audit": problem or "written", "changed": _rows(changed)})
    else:
        _show(changed, dry_run=dry_run)
        if problem:
            say(f"It is done, but not in the audit trail: {problem}", style="red")
    if problem:
        raise typer.Exit(EXIT_NOT_REACHED)


def _write_down(action: str, changed: list[_Changed], reason: str, actor: str) -> str:
    """One audit entry a deployment; what went wrong. In an emergency the store may be gone."""
    from ratchet.cli.credentials import login_name
    from ratchet.errors import RatchetError
    from ratchet.store import AuditEntry, open_store

    try:
        with open_store(load().store_url) as store:
            for one in changed:
                entry = AuditEntry(
                    at=datetime.now(UTC),
                    actor=actor or login_name(),
                    action=action,
                    subject=one.deployment,
                    reason=reason,
                    before={"active": one.was_active},
                    after={"active": one.is_active, "cancelled": list(one.cancelled)},
                )
                store.audit.append(entry)
    except RatchetError as error:
        return str(error)
    return ""


def _rows(changed: list[_Changed]) -> list[dict[str, Any]]:
    return [{**vars(one), "cancelled": list(one.cancelled)} for one in changed]


def _show(changed: list[_Changed], *, dry_run: bool) -> None:
    verb = "would be" if dry_run else "is"
    for one in changed:
        state = "starting by itself" if one.is_active else "paused"
        was = "" if one.was_active != one.is_active else ", as before"
        say(f"{one.deployment} {verb} {state}{was}.")
        for name in one.cancelled:
            say(f"  run {name} {'would be' if dry_run else 'was'} asked to end")
    if not changed:
        say("There is no deployment with a schedule.")
