"""Builders for metrics: an installation in which every metric has a value."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from ratchet.alerts.alert import Alert, Level
from ratchet.alerts.records import AlertRecord, Delivery, DeliveryStatus, Plan
from ratchet.metrics.sources import Sources
from ratchet.store import RunStatus, Store
from ratchet.store.forecasts import ForecastRecord
from tests.builders import NOON, completeness_example
from tests.cli_builders import good_examples
from tests.control_builders import absorb, label, outcome
from tests.lineage_builders import SPEC, Stock
from tests.spool_builders import request_line, spool_file
from tests.store_builders import evaluation, run

HOUR = timedelta(hours=1)


def sources(root: Path, url: str = "") -> Sources:
    """The places of an installation below `root`."""
    home = root / ".ratchet"
    return Sources(
        store_url=url or f"sqlite:///{home / 'ratchet.db'}",
        home=home,
        datasets=root / "training_data",
        spool=home / "telemetry" / "spool",
        backups=home / "backups",
        window=HOUR,
        cost_window=timedelta(days=30),
    )


def furnish(store: Store, root: Path) -> None:
    """Put something of everything in: runs, examples, programs, traffic, alerts, a backlog."""
    stock = Stock(store=store, root=root)
    examples = [replace(example, quality_score=80.0) for example in good_examples(20)]
    store.examples.add([*examples, completeness_example()])
    published = stock.publish(examples)
    _run(store)
    first = stock.program(dataset=published)
    second = stock.program(dataset=published, parent=first, created=NOON + HOUR)
    stock.crown(first)
    stock.roll_out(second, baseline=first)
    store.evaluations.add(evaluation(created_at=NOON))
    store.forecasts.add(_forecast())
    absorb(
        store,
        [
            outcome("r1", at=NOON),
            outcome("r2", at=NOON, success=False),
            outcome(variant="baseline"),
        ],
        [label("r1", 0.9)],
    )
    _alert(store)
    spool_file(root / ".ratchet" / "telemetry" / "spool", request_line("w1"), request_line("w2"))


def _run(store: Store) -> None:
    store.runs.start(run())
    store.runs.finish(
        "run_1",
        status=RunStatus.SUCCEEDED,
        at=NOON + HOUR,
        summary={"signatures": {SPEC.name: {"cost_usd": 0.25, "lm_calls": 12}}},
    )


def _forecast() -> ForecastRecord:
    return ForecastRecord(
        forecast_id="f1",
        signature=SPEC.name,
        made_at=NOON,
        model="offline/in-context",
        dataset_version="v1",
        examples_now=100,
        examples_then=300,
        predicted=0.8,
        lower=0.75,
        upper=0.85,
    )


def _alert(store: Store) -> None:
    alert = Alert(kind="latency", level=Level.WARNING, title="Slow", message="Slow.", at=NOON)
    record = AlertRecord(alert_id="a1", alert=alert, count=1, first_at=NOON, last_at=NOON)
    delivery = Delivery(
        alert_id="a1",
        channel="slack",
        kind="raised",
        status=DeliveryStatus.FAILED,
        created_at=NOON,
        next_attempt_at=None,
    )
    plan = Plan(record=record, deliveries=(delivery,))
    store.alerts.record(alert, lambda _: plan, counted_from=NOON, now=NOON)
