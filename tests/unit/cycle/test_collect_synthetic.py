"""Synthetic examples in the improvement cycle: never more than the share admits."""

from __future__ import annotations

from pathlib import Path

from ratchet.collect.mixture import MixturePolicy
from ratchet.cycle.batch_terms import BatchTerms
from ratchet.cycle.collect import Collected, collect_synthetic
from ratchet.cycle.run_folder import RunFolder
from ratchet.cycle.synthetic import SyntheticPolicy
from ratchet.cycle.workspace import Workspace
from ratchet.examples import Source
from ratchet.settings import load_settings
from ratchet.store import open_store
from tests.builders import NOON
from tests.cli_builders import COMPLETENESS, good_examples


def collected(workspace: Path, policy: SyntheticPolicy) -> Collected:
    """What a run collects from templates, with a target of 20."""
    run = RunFolder.create(workspace / "runs", now=NOON)
    places = Workspace.of(load_settings(model="offline/in-context"))
    return collect_synthetic(
        places,
        run,
        COMPLETENESS,
        target=20,
        seed=1,
        now=NOON,
        policy=policy,
        batches=BatchTerms.outside_of_runs(load_settings()),
    )


def test_a_run_asks_for_no_more_than_the_share_admits(workspace: Path) -> None:
    """Six real examples at one half admit six, and the notes of the run say so."""
    with open_store(load_settings().store_url) as store:
        store.examples.add(e.evolve(source=Source.GIT) for e in good_examples(6, seed=2))

    found = collected(
        workspace, SyntheticPolicy(mixture=MixturePolicy(max_share=0.5, always_admitted=0))
    )

    assert found.file.count == 6
    assert "6 of 20 synthetic examples are asked for" in found.notes[-1]


def test_a_first_run_has_what_it_wants(workspace: Path) -> None:
    """With nothing in the store the usual policy admits the whole target."""
    found = collected(workspace, SyntheticPolicy.of(load_settings()))

    assert found.file.count == 20
