"""`ratchet up`, `down` and `status`: the whole system on this machine."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from ratchet.cli import EXIT_NOT_REACHED
from ratchet.cli.arguments import AsJson, load
from ratchet.cli.terminal import print_json, say

if TYPE_CHECKING:
    from deployments.local import LocalSystem, SystemStatus

Port = Annotated[
    int | None,
    typer.Option(
        min=1,
        max=65535,
        metavar="N",
        help="Port of the server. [default: where it was started last, or else 4200]",
        show_default=False,
    ),
]


def up(*, port: Port = None, as_json: AsJson = False) -> None:
    """Start the Prefect server and a worker, with deployments, schedules and automations.

    Started twice it is the same system. Everything is in the state folder; logs in its logs/.
    """
    status = _system(port).up(_silent if as_json else say)
    _show(status, as_json=as_json)
    if not as_json:
        say("Next: start improve-programs/monthly there, or `ratchet run --deployment`.")
        say("Stop it with `ratchet down`.")


def down(*, port: Port = None) -> None:
    """Stop the worker and the server; what they know is kept."""
    if not _system(port).down(say):
        say("Nothing runs.")


def status(*, port: Port = None, as_json: AsJson = False) -> None:
    """Say what of the local system runs; leaves with 1 when not all of it does."""
    found = _system(port).status()
    _show(found, as_json=as_json)
    raise typer.Exit(0 if found.is_up else EXIT_NOT_REACHED)


def _system(port: int | None) -> LocalSystem:
    from ratchet.errors import ConfigurationError

    try:
        from deployments.local import LocalSystem
    except ImportError as error:
        raise ConfigurationError(
            f"The local system needs a checkout of Ratchet ({error}); an installed package has "
            "the command and the library alone. Clone the repository and run `make up` there."
        ) from error
    return LocalSystem.of(load().home.absolute(), port=port)


def _show(found: SystemStatus, *, as_json: bool) -> None:
    if as_json:
        print_json({**asdict(found), "logs": str(found.logs), "is_up": found.is_up})
        return
    server = f"process {found.server_pid}" if found.server_pid else "stopped"
    worker = f"process {found.worker_pid}" if found.worker_pid else "stopped"
    answers = "answers" if found.is_healthy else "does not answer"
    say(f"Server: {server}, {answers}. Worker: {worker}. Logs: {found.logs}")
    if found.is_healthy:
        say(f"Prefect UI: {found.address}", style="bold")


def _silent(_: str) -> None:
    """Say nothing: the output is for a program."""
