"""Starts the rollout that a verdict asks for, through the deployment of its flow."""

from __future__ import annotations

from typing import cast

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import FlowFilter, FlowFilterName
from prefect.client.schemas.objects import FlowRun
from prefect.client.schemas.sorting import DeploymentSort
from prefect.deployments import run_deployment
from prefect.logging import get_run_logger

from blocks.connections import Connections
from ratchet.cycle.roll_out import RolloutRequest, RolloutStart, by_hand, known_rollout, started

FLOW = "roll-out-program"


@task(task_run_name="start rollout: {request.signature}", cache_policy=NO_CACHE)
def start_rollout(request: RolloutRequest, connections: Connections) -> RolloutStart:
    """Start it once for each verdict; when that is not possible, say how a person does."""
    try:
        outcome = known_rollout(connections.workspace(), request) or _deploy(request, connections)
    except Exception as error:  # noqa: BLE001 - the verdict stands, whatever becomes of the rollout
        outcome = by_hand(request, f"starting it has failed ({error})")
    get_run_logger().info("%s: %s", request.signature, outcome.message)
    return outcome


def _deploy(request: RolloutRequest, connections: Connections) -> RolloutStart:
    with get_client(sync_client=True) as client:
        found = client.read_deployments(
            flow_filter=FlowFilter(name=FlowFilterName(any_=[FLOW])),
            limit=1,
            sort=DeploymentSort.NAME_ASC,
        )
    if not found:
        return by_hand(request, f"there is no deployment of {FLOW}")
    made = run_deployment(
        found[0].id,
        parameters={
            "signature": request.signature,
            "candidate_version": request.candidate_version,
            "connections": connections.model_dump(mode="json"),
        },
        timeout=0,
        idempotency_key=f"{FLOW}/{request.evaluation_id}",
        as_subflow=False,  # it goes on for hours after this run
    )
    return started(cast("FlowRun", made).name)  # synchronous here
