"""`ratchet metrics`: the figures of the system, for Prometheus and for whoever asks."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ratchet.cli import EXIT_NOT_REACHED
from ratchet.cli.arguments import AsJson, configured, load
from ratchet.cli.terminal import number_of, print_json, print_table, say

if TYPE_CHECKING:
    from ratchet.metrics.reading import Snapshot
    from ratchet.metrics.serving import MetricsServer

PROM_SUFFIX = ".prom"

app = typer.Typer(no_args_is_help=True, help="Metrics for Prometheus: serve, write, list them.")


@app.command("serve")
def serve(
    *,
    port: Annotated[
        int, configured("metrics.port", min=0, max=65_535, metavar="N", help="0 takes a free one.")
    ],
    host: Annotated[
        str, configured("metrics.host", metavar="ADDRESS", help="Address to listen on.")
    ],
    max_age: Annotated[
        float,
        configured(
            "metrics.max_age_seconds",
            min=0.0,
            metavar="SECONDS",
            help="Age up to which figures are told again without reading the database.",
        ),
    ],
) -> None:
    """Serve the metrics at an HTTP endpoint until Ctrl-C.

    The endpoint answers also while the database is away: ratchet_collection_success is 0 then.
    """
    server = _server(host=host, port=port, max_age_seconds=max_age)
    say(f"Metrics: {server.address}", style="bold")
    say("Stop with Ctrl-C.")
    server.wait()


@app.command("write")
def write(
    *,
    file: Annotated[Path, typer.Argument(metavar="FILE.prom", help="The file to replace.")],
    as_json: AsJson = False,
) -> None:
    """Write the metrics once, for the textfile collector of Prometheus's node exporter.

    The file is replaced in one step. Leaves with 1 when the store could not be read; the file
    says so too.
    """
    from ratchet.errors import InputError
    from ratchet.files import write_text
    from ratchet.metrics.exposition import text_of

    if file.suffix != PROM_SUFFIX:
        raise InputError(f"{file} would not be collected; name a file that ends in {PROM_SUFFIX}.")
    snapshot = _snapshot()
    write_text(file.absolute(), text_of(snapshot))
    if as_json:
        document = {"file": str(file), "samples": len(snapshot.samples)}
        print_json({**document, "problem": snapshot.problem})
    else:
        say(f"{file}: {number_of(len(snapshot.samples), 'sample')}")
    _leave(snapshot)


@app.command("list")
def list_metrics(*, as_json: AsJson = False) -> None:
    """List every metric with its type, unit and labels, and the values of just now."""
    from ratchet.metrics.catalogue import CATALOGUE

    snapshot = _snapshot()
    if as_json:
        metrics = [
            {**asdict(metric), "unit": metric.unit, "samples": _values(snapshot, metric.name)}
            for metric in CATALOGUE
        ]
        print_json(metrics)
    else:
        columns = ("metric", "type", "unit", "labels", "values now", "meaning")
        rows = [
            (
                metric.name,
                metric.kind.value,
                metric.unit,
                ", ".join(metric.labels),
                _shown(snapshot, metric.name),
                metric.help,
            )
            for metric in CATALOGUE
        ]
        print_table("Metrics", columns, rows)
    _leave(snapshot)


def _server(*, host: str, port: int, max_age_seconds: float) -> MetricsServer:
    from ratchet.metrics.reading import read_snapshot
    from ratchet.metrics.serving import start_server
    from ratchet.metrics.sources import sources_of

    sources = sources_of(load())
    return start_server(
        lambda: read_snapshot(sources), host=host, port=port, max_age_seconds=max_age_seconds
    )


def _snapshot() -> Snapshot:
    from ratchet.metrics.reading import read_snapshot
    from ratchet.metrics.sources import sources_of

    return read_snapshot(sources_of(load()))


def _leave(snapshot: Snapshot) -> None:
    """Leave with 1 when there are no figures; the log has said why."""
    if snapshot.problem:
        raise typer.Exit(EXIT_NOT_REACHED)


def _values(snapshot: Snapshot, name: str) -> list[dict[str, Any]]:
    return [
        {"labels": dict(sample.labels), "value": float(sample.value)}
        for sample in snapshot.samples
        if sample.name == name
    ]


def _shown(snapshot: Snapshot, name: str) -> str:
    """The value, or of several how many there are."""
    found = [sample for sample in snapshot.samples if sample.name == name]
    if len(found) == 1:
        return f"{float(found[0].value):.10g}"
    return f"{len(found)} series" if found else "-"
