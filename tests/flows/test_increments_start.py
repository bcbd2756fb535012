"""An increment that is due starts the improvement cycle through its deployment."""

from __future__ import annotations

from pathlib import Path

import pytest
from prefect.client.orchestration import get_client

from flows.improve_due_programs import improve_due_programs
from flows.improve_programs import improve_programs
from ratchet.cli.starting import start_improvement
from ratchet.cycle.options import ImprovementOptions
from ratchet.examples import Status
from ratchet.settings import load_settings
from ratchet.store import open_store
from tests.cli_builders import good_examples
from tests.flows.test_rollout_after_verdict import flow_runs

pytestmark = [pytest.mark.xdist_group("prefect"), pytest.mark.usefixtures("prefect_server")]


def test_the_deployment_takes_it_up_with_the_signatures_that_are_due(workspace: Path) -> None:
    """The command does not wait for the cycle; everything else is as the settings say."""
    identifier = improve_programs.to_deployment("monthly").apply()
    try:
        started = start_improvement(("validate_intent",), quiet=True)
        (made,) = flow_runs("improve-programs/monthly")
    finally:
        with get_client(sync_client=True) as client:
            client.delete_deployment(identifier)

    assert started.is_success
    assert made.name in started.message
    assert made.parameters["options"] == {"signatures": ["validate_intent"]}


def test_the_flow_improves_what_is_due_and_nothing_else(workspace: Path) -> None:
    """Without news it ends at once; once there are examples enough, one cycle runs."""
    (workspace / "ratchet.toml").write_text(
        "[collection]\ngit_target = 0\nsynthetic_target = 10\ntelemetry_target = 0\n"
        '[optimisation]\noptimizer = "bootstrap"\n'
    )
    options = ImprovementOptions.of(
        signatures=("extract_requirements", "validate_intent"), strict=False, starter=False
    )
    quiet = improve_due_programs(options, return_state=True)
    with open_store(load_settings().store_url) as store:
        before = store.runs.list()
        store.examples.add(
            example.evolve(status=Status.ACCEPTED)
            for example in good_examples(20, signature="extract_requirements")
        )

    improve_due_programs(options, return_state=True)

    with open_store(load_settings().store_url) as store:
        (run,) = store.runs.list()
    assert (quiet.name, quiet.message, before) == ("Skipped", "Nothing is due.", ())
    assert run.config["signatures"] == ["extract_requirements"]
    assert run.config["optimizer"] == "bootstrap"
    assert list(run.summary["signatures"]) == ["extract_requirements"]
    assert run.summary["config"]["settings"]["collection"]["synthetic_target"] == 10
