"""The commands, put together."""

from __future__ import annotations

from typing import Annotated

import typer

import ratchet
from ratchet.cli import run

app = typer.Typer(
    name="ratchet",
    help="Keeps DSPy programs improving in production and never lets them slip back.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("run")(run.run)


def _print_version(*, wanted: bool) -> None:
    if wanted:
        typer.echo(f"ratchet {ratchet.__version__}")
        raise typer.Exit


@app.callback()
def _root(
    *,
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print it.")
    ] = False,
) -> None:
    """Keeps DSPy programs improving in production and never lets them slip back."""
