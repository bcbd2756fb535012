"""Deployments on the Prefect server of the tests, made as `deployments.apply` makes them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.actions import DeploymentScheduleCreate, WorkPoolCreate
from prefect.client.schemas.schedules import CronSchedule
from prefect.exceptions import ObjectNotFound

POOL = "ratchet"
SCHEMA = {
    "type": "object",
    "properties": {"options": {"type": "object"}, "output_dir": {"type": "string"}},
}


@contextmanager
def deployed(*, cron: str = "0 2 1 * *", limit: int = 1, **changes: Any) -> Iterator[str]:
    """A deployment of a flow of its own, gone afterwards; its full name."""
    flow, name = f"improve-{uuid4().hex[:8]}", "monthly"
    with get_client(sync_client=True) as client:
        made_pool = ensure_pool(client)
        given: dict[str, Any] = {
            "flow_id": client.create_flow_from_name(flow),
            "name": name,
            "tags": ["ratchet"],
            "work_pool_name": POOL,
            "schedules": [schedule(cron)],
            "concurrency_limit": limit,
            "parameters": {"options": {"trials": 5, "git_target": 3}},
            "parameter_openapi_schema": SCHEMA,
            "enforce_parameter_schema": True,
        }
        deployment_id = client.create_deployment(**{**given, **changes})
        try:
            yield f"{flow}/{name}"
        finally:
            client.delete_deployment(deployment_id)
            if made_pool:
                client.delete_work_pool(POOL)


def schedule(cron: str) -> DeploymentScheduleCreate:
    """An active schedule in UTC."""
    rule = CronSchedule(cron=cron, timezone="UTC")
    return DeploymentScheduleCreate(slug="monthly", active=True, schedule=rule)


def ensure_pool(client: SyncPrefectClient) -> bool:
    """Make the work pool of Ratchet unless another test has; whether it was made."""
    try:
        client.read_work_pool(POOL)
    except ObjectNotFound:
        client.create_work_pool(WorkPoolCreate(name=POOL, type="process"))
        return True
    return False
