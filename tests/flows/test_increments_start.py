"""An increment that is due starts the improvement cycle through its deployment."""

from __future__ import annotations

from pathlib import Path

import pytest
from prefect.client.orchestration import get_client

from flows.improve_programs import improve_programs
from ratchet.cli.starting import start_improvement
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
