"""The Prefect server's side: what it has, in the form of the files, and how it is changed."""

from __future__ import annotations

from uuid import UUID

from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.actions import WorkPoolCreate
from prefect.client.schemas.responses import DeploymentResponse
from prefect.client.schemas.sorting import AutomationSort, DeploymentSort
from prefect.events.schemas.automations import AutomationCore
from prefect.exceptions import ObjectNotFound
from prefect.utilities.callables import parameter_schema
from prefect.workers.process import ProcessWorker

from deployments.declared import Automation, Deployment
from deployments.documents import (
    POOL_TYPE,
    State,
    automation_document,
    flow_of,
    found_document,
    limit_of,
    own_blocks,
    schedules_of,
)

TAG = "ratchet"  # on each of our deployments; what carries it and is not declared can be pruned
PREFIX = "Ratchet: "  # of the names of our automations
PAGE = 200


class ServerState:
    """Reads and writes one Prefect server; in the form of `deployments.documents`."""

    def __init__(self, client: SyncPrefectClient) -> None:
        self._client = client
        self._flows: dict[UUID, str] = {}

    # What it has ------------------------------------------------------------------------

    def pools(self) -> dict[str, State]:
        """The work pools by name."""
        found = self._client.read_work_pools(limit=PAGE)
        return {pool.name: {"type": pool.type} for pool in found}

    def block_types(self) -> dict[str, State]:
        """The kinds of blocks that Ratchet brings and the server knows."""
        known: dict[str, State] = {}
        for kind in own_blocks():
            try:
                found = self._client.read_block_type_by_slug(kind.get_block_type_slug())
                schema = self._client.read_block_schema_by_checksum(
                    kind._calculate_schema_checksum()
                )
            except ObjectNotFound:
                continue
            known[found.name] = {"checksum": schema.checksum}
        return known

    def deployments(self) -> dict[str, State]:
        """Our deployments by flow/name, as `document_of` writes declared ones."""
        found = self._client.read_deployments(limit=PAGE, sort=DeploymentSort.NAME_ASC)
        return {self._full_name(d): found_document(d) for d in found if TAG in d.tags}

    def automations(self) -> dict[str, State]:
        """Our automations by name."""
        names = self._deployment_names()
        return {
            automation.name: automation_document(automation, names)
            for automation in self._client.read_automations(
                limit=PAGE, sort=AutomationSort.NAME_ASC
            )
            if automation.name.startswith(PREFIX)
        }

    # How it is changed ------------------------------------------------------------------

    def create_pool(self, name: str) -> None:
        """Make a work pool whose workers run flows as processes."""
        template = ProcessWorker.get_default_base_job_template()
        self._client.create_work_pool(
            WorkPoolCreate(name=name, type=POOL_TYPE, base_job_template=template)
        )

    def register_block(self, name: str) -> None:
        """Make a kind of block known, or renew it."""
        for kind in own_blocks():
            if kind.get_block_type_name() == name:
                kind.register_type_and_schema()

    def put_deployment(self, deployment: Deployment, pull: tuple[State, ...]) -> None:
        """Create or renew a deployment; a schedule that a person has paused stays paused."""
        flow = flow_of(deployment)
        found = self._find(deployment)
        paused = {s.slug for s in found.schedules if not s.active} if found else set()
        self._client.create_deployment(
            flow_id=self._client.create_flow_from_name(flow.name),
            name=deployment.name,
            entrypoint=deployment.entrypoint,
            description=deployment.description.strip(),
            tags=list(deployment.tags),
            work_pool_name=deployment.work_pool.name,
            work_queue_name=deployment.work_pool.work_queue_name,
            job_variables=deployment.work_pool.job_variables,
            parameters=deployment.parameters,
            parameter_openapi_schema=parameter_schema(flow).model_dump_for_openapi(),
            enforce_parameter_schema=True,
            pull_steps=list(pull),
            schedules=schedules_of(deployment, paused),
            **limit_of(deployment),
        )

    def put_automation(self, automation: Automation) -> None:
        """Create or renew an automation."""
        core = AutomationCore.model_validate(self._resolved(automation))
        for found in self._client.read_automations_by_name(automation.name):
            self._client.update_automation(found.id, core)
            return
        self._client.create_automation(core)

    def remove_deployment(self, full_name: str) -> None:
        """Delete a deployment; its runs stay."""
        self._client.delete_deployment(self._client.read_deployment_by_name(full_name).id)

    def remove_automation(self, name: str) -> None:
        """Delete every automation of that name."""
        for found in self._client.read_automations_by_name(name):
            self._client.delete_automation(found.id)

    # Names and ids ----------------------------------------------------------------------

    def _full_name(self, deployment: DeploymentResponse) -> str:
        if deployment.flow_id not in self._flows:
            self._flows[deployment.flow_id] = self._client.read_flow(deployment.flow_id).name
        return f"{self._flows[deployment.flow_id]}/{deployment.name}"

    def _deployment_names(self) -> dict[str, str]:
        found = self._client.read_deployments(limit=PAGE, sort=DeploymentSort.NAME_ASC)
        return {str(deployment.id): self._full_name(deployment) for deployment in found}

    def _find(self, deployment: Deployment) -> DeploymentResponse | None:
        try:
            return self._client.read_deployment_by_name(deployment.full_name)
        except ObjectNotFound:
            return None

    def _resolved(self, automation: Automation) -> State:
        """The automation with ids in the place of the names of deployments."""
        actions = []
        for action in automation.actions:
            given = dict(action)
            name = given.pop("deployment", None)
            if name is not None:
                given["deployment_id"] = str(self._client.read_deployment_by_name(name).id)
            actions.append(given)
        document = automation.model_dump()
        return {**document, "actions": actions}
