"""Clean-up of rows: telemetry by age, quarantine, alerts; and the files of experiments."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert

from ratchet.examples import Source
from ratchet.rollout import Action
from ratchet.store import Store, schema
from ratchet.store.retention import RetentionStore
from ratchet.store.telemetry import PayloadRow, QuarantinedRow, SpoolBatch
from ratchet.upkeep.alerts import ROWS, OldAlerts
from ratchet.upkeep.plan import Item, Kind
from ratchet.upkeep.rollouts import ExperimentFiles
from ratchet.upkeep.telemetry import Telemetry
from tests.builders import NOON, completeness_example
from tests.control_builders import absorb, command, label, outcome, project
from tests.rollout_traffic import Scene
from tests.store_builders import program

LATER = NOON + timedelta(days=400)
SIGNATURE = "validate_completeness"


def telemetry(store: Store, **changes: int) -> Telemetry:
    """The keeper with the ages of the settings."""
    ages = {
        "payload_days": 90,
        "outcome_days": 180,
        "quarantine_days": 30,
        "experiment_days": 30,
        "collected_days": 90,
        "rows": 100,
    }
    return Telemetry(store=store, **{**ages, **changes})


def clean(keeper: Telemetry | OldAlerts, now=LATER) -> dict[str, int]:
    """Carry the plan out; how many rows each item freed."""
    return {item.name: keeper.remove(item, now).rows for item in keeper.plan(now).items}


def with_payloads(store: Store, *names: str, file: str = "p.jsonl") -> None:
    """Payloads of requests, and a line of the spool that could not be used."""
    batch = SpoolBatch(
        file=file,
        start=0,
        end=1,
        lines=1,
        is_done=True,
        payloads=[PayloadRow(name, SIGNATURE, {"a": "long text"}, {"b": 1}) for name in names],
        quarantined=[QuarantinedRow(file, 0, NOON, "no JSON", "{")],
    )
    assert store.telemetry.absorb(batch, now=NOON) is not None


def test_payloads_leave_before_their_requests(store: Store) -> None:
    """After the shorter age the inputs go; after the longer one the request, with its labels."""
    rows = [outcome(f"r{n}", signature=SIGNATURE, experiment_id=None) for n in range(250)]
    absorb(store, rows, [label("r1", 0.5)])
    with_payloads(store, "r1", "r2")
    keeper = telemetry(store)

    soon = clean(keeper, NOON + timedelta(days=100))
    between = store.telemetry.counts()
    clean(keeper)

    assert soon == {f"payloads: {SIGNATURE}": 2, "lines in quarantine": 1}
    assert (between["outcomes"], between["labels"]) == (250, 1)
    assert set(store.telemetry.counts().values()) == {0}
    entries = store.audit.list(action="telemetry.clean")
    assert sum(e.reason.endswith("requests left by age") for e in entries) == 3  # of 100 rows each


def test_a_plan_says_how_many_rows_and_bytes(store: Store) -> None:
    """Of payloads the bytes are known, of requests the rows alone."""
    absorb(store, [outcome("r1", signature=SIGNATURE, experiment_id=None)])
    with_payloads(store, "r1")

    items = {item.name: item for item in telemetry(store).plan(LATER).items}

    assert items[f"requests: {SIGNATURE}"].rows == 1
    assert items[f"requests: {SIGNATURE}"].size_bytes is None
    assert (items[f"payloads: {SIGNATURE}"].size_bytes or 0) > 10


def test_nothing_younger_than_what_examples_are_collected_from_goes(store: Store) -> None:
    """`since_days` of the collection is a floor under every age."""
    absorb(store, [outcome("r1", signature=SIGNATURE, experiment_id=None)])
    with_payloads(store, "r1")
    keeper = telemetry(store, collected_days=500)

    assert set(clean(keeper)) == {"lines in quarantine"}


def test_a_request_that_an_example_was_made_of_stays(store: Store) -> None:
    """With its labels: lineage leads from the example back to it."""
    absorb(
        store,
        [outcome(name, signature=SIGNATURE, experiment_id=None) for name in ("r1", "r2")],
        [label("r1", 0.9)],
    )
    example = replace(
        completeness_example(source=Source.TELEMETRY), provenance={"request_id": "r1"}
    )
    store.examples.add([example], actor="ada")
    keeper = telemetry(store)

    part = keeper.plan(LATER)
    gone = clean(keeper)

    assert gone == {f"requests: {SIGNATURE}": 1}
    assert part.held == {"requests that rollouts, forecasts or examples need": 1}
    assert (store.telemetry.counts()["outcomes"], store.telemetry.counts()["labels"]) == (1, 1)


def test_judged_requests_since_before_the_last_optimisation_stay(store: Store) -> None:
    """Increments and forecasts compare the quality before with that after."""
    store.programs.add(program("v1", signature=SIGNATURE, created_at=NOON))
    rows = [outcome(name, signature=SIGNATURE, experiment_id=None) for name in ("r1", "r2")]
    old = outcome("r3", signature=SIGNATURE, experiment_id=None, at=NOON - timedelta(days=60))
    absorb(store, [*rows, old], [label("r1", 0.9), label("r3", 0.9)])

    assert clean(telemetry(store)) == {f"requests: {SIGNATURE}": 2}
    assert store.telemetry.counts()["labels"] == 1


def test_labels_without_a_request_go_by_their_own_age(store: Store) -> None:
    """Feedback on a request that was never recorded, or that is gone."""
    absorb(store, [], [label("never", 0.5)])

    assert clean(telemetry(store)) == {"labels without a request": 1}
    assert clean(telemetry(store)) == {}


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Scene]:
    """A project with a rollout under way."""
    with project(tmp_path) as scene:
        scene.begin()
        yield scene


def test_a_rollout_under_way_keeps_its_outcomes_and_its_file(made: Scene) -> None:
    """When it has ended they go after the age of experiments; SQL keeps the rollout."""
    record = made.store.rollouts.get(made.experiment)
    assert record is not None
    signature = record.state.signature
    absorb(
        made.store,
        [outcome("r1", signature=signature, experiment_id=made.experiment, at=made.clock.now())],
    )
    keeper = telemetry(made.store)
    now = made.clock.now() + timedelta(days=400)
    assert keeper.plan(now).items == ()
    assert keeper.plan(now).held == {"requests that rollouts, forecasts or examples need": 1}

    command(made, Action.ROLLBACK)

    assert clean(keeper, now) == {f"requests: {signature}": 1}
    assert made.store.rollouts.get(made.experiment) is not None


def test_the_file_of_an_experiment_stays_while_the_routing_names_it(
    made: Scene, tmp_path: Path
) -> None:
    """The newest rollout of a signature says its routing; unknown files are left to a person."""
    command(made, Action.ROLLBACK)
    routing = tmp_path / ".ratchet" / "routing" / "routing_config.json"
    folder = routing.parent / "experiments"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "experiment_stranger.json").write_text("{}")
    (folder / f"experiment_{made.experiment}.json").write_text("{}")
    keeper = ExperimentFiles(store=made.store, routing=routing, max_age_days=30)

    part = keeper.plan(made.clock.now() + timedelta(days=400))

    assert part.items == ()
    assert part.held == {"the store does not know": 1, "the routing names": 1}


def add_alert(store: Store, name: str, *, resolved: bool, status: str = "delivered") -> None:
    """An alert with one delivery."""
    row = {
        "alert_id": name,
        "fingerprint": name,
        "level": "error",
        "title": "t",
        "message": "m",
        "advice": "",
        "runbook": "",
        "link": "",
        "details": {},
        "count": 1,
        "first_at": NOON,
        "last_at": NOON,
        "resolved_at": NOON if resolved else None,
    }
    sent = {
        "alert_id": name,
        "channel": "slack",
        "kind": "new",
        "status": status,
        "attempts": 1,
        "created_at": NOON,
        "error": "",
    }
    with store.database.writing() as connection:
        connection.execute(insert(schema.alerts).values(row))
        connection.execute(insert(schema.alert_deliveries).values(sent))


def test_only_alerts_that_are_over_and_told_go(store: Store, tmp_path: Path) -> None:
    """One that is open stays, and one that a channel still has to be told of."""
    add_alert(store, "over", resolved=True)
    add_alert(store, "open", resolved=False)
    add_alert(store, "waiting", resolved=True, status="pending")
    keeper = OldAlerts(store=store, folder=tmp_path, max_age_days=90, rows=100)

    part = keeper.plan(LATER)
    gone = clean(keeper)

    assert part.held == {"with something still to be sent": 1}
    assert gone == {ROWS: 1}
    retention = RetentionStore(store.database, rows=100)
    assert retention.aged_alerts(LATER).going == 0


def test_a_row_item_without_a_known_kind_is_refused(store: Store) -> None:
    """A plan of an older version names things that nobody knows any more."""
    item = Item(kind=Kind.TELEMETRY, name="something else", reason="")

    with pytest.raises(Exception, match="no telemetry called 'something else'"):
        telemetry(store).remove(item, NOON)
