"""Deployments, blocks and automations as plain documents, in which two states are compared."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

from prefect.blocks.core import Block
from prefect.client.schemas.actions import DeploymentScheduleCreate
from prefect.client.schemas.objects import ConcurrencyOptions
from prefect.client.schemas.responses import DeploymentResponse
from prefect.client.schemas.schedules import CronSchedule
from prefect.events.schemas.automations import Automation as ServerAutomation
from prefect.events.schemas.automations import AutomationCore
from prefect.flows import Flow, load_flow_from_entrypoint
from prefect.utilities.callables import parameter_schema

import blocks
from deployments.declared import HERE, Automation, Declared, Deployment

POOL_TYPE = "process"
PLACE = "00000000-0000-0000-0000-000000000000"  # stands for the id of a deployment

State = dict[str, Any]


def own_blocks() -> list[type[Block]]:
    """The kinds of blocks that Ratchet brings."""
    found = [getattr(blocks, name) for name in blocks.__all__]
    return [kind for kind in found if inspect.isclass(kind) and issubclass(kind, Block)]


def flow_of(deployment: Deployment) -> Flow[Any, Any]:
    """Load the flow of a deployment from this checkout; an error in it is not hidden."""
    return load_flow_from_entrypoint(
        f"{HERE.parent}/{deployment.entrypoint}", use_placeholder_flow=False
    )


def documents_of(declared: Declared) -> dict[str, dict[str, State]]:
    """What is declared, by kind and name, in the form in which the server's state is read."""
    return {
        "work pool": {name: {"type": POOL_TYPE} for name in declared.pools},
        "block type": {
            kind.get_block_type_name(): {"checksum": kind._calculate_schema_checksum()}
            for kind in own_blocks()
        },
        "deployment": {d.full_name: document_of(d, declared.pull) for d in declared.deployments},
        "automation": {
            a.name: automation_document(_placed(a), {PLACE: ""}) | _action_names(a)
            for a in declared.automations
        },
    }


def document_of(deployment: Deployment, pull: tuple[State, ...]) -> State:
    """One declared deployment as a document."""
    limit = deployment.concurrency_limit
    return {
        "entrypoint": deployment.entrypoint,
        "description": deployment.description.strip(),
        "tags": sorted(deployment.tags),
        "work_pool": deployment.work_pool.name,
        "work_queue": deployment.work_pool.work_queue_name or "default",
        "job_variables": deployment.work_pool.job_variables,
        "concurrency_limit": limit.limit if limit else None,
        "collision_strategy": limit.collision_strategy if limit else None,
        "schedules": {
            s.slug: {"cron": s.cron, "timezone": s.timezone} for s in deployment.schedules
        },
        "parameters": deployment.parameters,
        "parameter_schema": parameter_schema(flow_of(deployment)).model_dump_for_openapi(),
        "pull": list(pull),
    }


def found_document(found: DeploymentResponse) -> State:
    """A deployment of the server as a document."""
    limit, options = found.global_concurrency_limit, found.concurrency_options
    return {
        "entrypoint": found.entrypoint,
        "description": found.description,
        "tags": sorted(found.tags),
        "work_pool": found.work_pool_name,
        "work_queue": found.work_queue_name,
        "job_variables": found.job_variables,
        "concurrency_limit": limit.limit if limit else None,
        "collision_strategy": options.collision_strategy.value if options else None,
        "schedules": {
            s.slug: {"cron": s.schedule.cron, "timezone": s.schedule.timezone}
            for s in found.schedules
            if isinstance(s.schedule, CronSchedule)
        },
        "parameters": found.parameters,
        "parameter_schema": found.parameter_openapi_schema,
        "pull": found.pull_steps or [],
    }


def schedules_of(deployment: Deployment, paused: set[str | None]) -> list[DeploymentScheduleCreate]:
    """The schedules to put; those whose slug is among `paused` stay so."""
    return [
        DeploymentScheduleCreate(
            slug=s.slug,
            active=s.active and s.slug not in paused,
            schedule=CronSchedule(cron=s.cron, timezone=s.timezone),
        )
        for s in deployment.schedules
    ]


def limit_of(deployment: Deployment) -> State:
    """The arguments that limit how many runs of a deployment go at once."""
    limit = deployment.concurrency_limit
    if limit is None:
        return {}
    options = ConcurrencyOptions.model_validate({"collision_strategy": limit.collision_strategy})
    return {"concurrency_limit": limit.limit, "concurrency_options": options}


def _placed(automation: Automation) -> AutomationCore:
    """The automation as Prefect reads it, with a stand-in for the ids it will get."""
    actions = [
        {**{k: v for k, v in a.items() if k != "deployment"}, "deployment_id": PLACE}
        if "deployment" in a
        else a
        for a in automation.actions
    ]
    return AutomationCore.model_validate({**automation.model_dump(), "actions": actions})


def _action_names(automation: Automation) -> State:
    return {"runs": [action.get("deployment", "") for action in automation.actions]}


def automation_document(
    automation: AutomationCore | ServerAutomation, names: Mapping[str, str]
) -> State:
    """An automation as a document: ids that the server gives are left out, sets are in order."""
    core = AutomationCore.model_validate(automation.model_dump())
    document = core.model_dump(mode="json")
    ids = [str(action.pop("deployment_id", "")) for action in document["actions"]]
    document["trigger"].pop("id", None)
    for name in ("after", "expect", "for_each"):
        document["trigger"][name] = sorted(document["trigger"].get(name) or ())
    return {
        "description": document["description"],
        "trigger": document["trigger"],
        "actions": document["actions"],
        "runs": [names.get(found, "") for found in ids],
    }
