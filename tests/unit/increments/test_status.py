"""What is new for a signature, read from real dataset versions and a real store."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from ratchet.datasets import DatasetFolder
from ratchet.examples import Status
from ratchet.increments.status import Look, read_increment, running_run, sizes_of
from ratchet.increments.triggers import Production
from ratchet.store import Store
from ratchet.store.production_quality import production_quality
from tests.builders import NOON
from tests.control_builders import absorb, label, outcome
from tests.dataset_builders import example_set
from tests.store_builders import run
from tests.unit.increments.history import SIGNATURE, grow, judge

LOOK = Look(now=NOON + timedelta(days=40))


def test_what_the_optimised_version_lacks_is_new(store: Store, tmp_path: Path) -> None:
    """Usable examples only; the newest version that was evaluated is what counts as optimised."""
    sizes = grow(store, tmp_path, (30, 40))
    judge(store, {version: size for version, size in sizes.items() if size == 30}, {30: 0.6})
    store.examples.add(e.evolve(status=Status.ACCEPTED) for e in example_set(45))
    store.examples.add(e.evolve(status=Status.REJECTED) for e in example_set(5, start=100))

    found = read_increment(store, DatasetFolder(tmp_path), SIGNATURE, look=LOOK)

    assert (found.usable_examples, found.new_examples) == (45, 15)
    assert (found.optimised_version, found.latest_version) == tuple(sizes)
    assert (found.optimised_examples, found.growth_share) == (30, 0.5)
    assert found.optimised_at == NOON + timedelta(hours=1)
    assert found.optimised_quality is not None
    assert found.latest_quality is not None
    assert sizes_of(DatasetFolder(tmp_path), SIGNATURE) == sizes


def test_before_the_first_optimisation_everything_is_new(store: Store, tmp_path: Path) -> None:
    """And there is nothing to compare with."""
    store.examples.add(e.evolve(status=Status.ACCEPTED) for e in example_set(12))

    found = read_increment(store, DatasetFolder(tmp_path), SIGNATURE, look=LOOK)

    assert (found.usable_examples, found.new_examples) == (12, 12)
    assert (found.optimised_version, found.growth_share) == (None, None)
    assert found.production == Production()


def test_only_a_run_that_is_at_work_on_the_signature_is_in_the_way(store: Store) -> None:
    """One that was killed long ago is not, nor one of other signatures."""
    store.runs.start(run("dead", started_at=LOOK.now - timedelta(hours=25)))
    store.runs.start(
        run("other", started_at=LOOK.now, config={"signatures": ["generate_guidance"]})
    )
    before = running_run(store, SIGNATURE, look=LOOK)
    store.runs.start(run("mine", started_at=LOOK.now, config={"signatures": [SIGNATURE]}))

    assert (before, running_run(store, SIGNATURE, look=LOOK)) == ("", "mine")
    assert running_run(store, "generate_guidance", look=LOOK) == "other"


def test_the_newest_label_of_each_request_makes_the_quality(store: Store) -> None:
    """Within the span, of the signature, and only where a quality was given."""
    requests = [outcome(f"r{number}") for number in range(4)]
    labels = [
        label("r0", 0.2, minutes=1),
        label("r0", 0.8, minutes=2),
        label("r1", 0.4),
        label("r2", None, minutes=1),
    ]
    absorb(store, requests, labels)
    signature = requests[0].signature
    span = {"since": NOON - timedelta(days=1), "until": NOON + timedelta(days=1)}

    found = production_quality(store.database, signature, **span)
    earlier = production_quality(
        store.database, signature, since=NOON - timedelta(days=9), until=NOON - timedelta(days=8)
    )

    assert found.requests == 2
    assert round(found.mean or 0.0, 9) == 0.6
    assert (earlier.mean, earlier.requests) == (None, 0)
    assert production_quality(store.database, "validate_intent", **span).requests == 0
