"""The reference of the metrics, generated from the catalogue."""

from __future__ import annotations

from collections.abc import Iterator

from ratchet.metrics.catalogue import CATALOGUE
from ratchet.metrics.metric import Metric

BEGIN, END = "<!-- metrics: begin -->", "<!-- metrics: end -->"
COLUMNS = ("Metric", "Type", "Unit", "Labels", "Meaning")


def reference_table() -> str:
    """Every metric as a row of a Markdown table."""
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    yield f"| {' | '.join(COLUMNS)} |"
    yield f"|{'---|' * len(COLUMNS)}"
    for metric in CATALOGUE:
        yield f"| {' | '.join(_row(metric))} |"


def _row(metric: Metric) -> tuple[str, ...]:
    labels = ", ".join(f"`{label}`" for label in metric.labels)
    return f"`{metric.name}`", metric.kind.value, metric.unit, labels, metric.help
