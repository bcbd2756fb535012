"""Deployments of Ratchet on the server: their schedules, which are paused, and their runs."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from ratchet.errors import InputError
from ratchet.orchestration.api import PrefectApi

TAG = "ratchet"
WAITING, WORKING = ("SCHEDULED",), ("PENDING", "RUNNING", "CANCELLING", "PAUSED")
ENDED = frozenset({"COMPLETED", "FAILED", "CRASHED", "CANCELLED"})


@dataclass(frozen=True, kw_only=True)
class ScheduleRecord:
    """One schedule; `when` is cron, an interval or a rule, in words."""

    schedule_id: str
    slug: str
    when: str
    is_active: bool


@dataclass(frozen=True, kw_only=True)
class DeploymentRecord:
    """One deployment, known by flow/name; `parameters` are its own."""

    deployment_id: str
    full_name: str
    is_paused: bool
    schedules: tuple[ScheduleRecord, ...]
    parameters: Mapping[str, Any]
    limit_id: str | None
    slots: int
    slots_taken: int

    @property
    def is_scheduled(self) -> bool:
        """Whether it will start by itself."""
        return not self.is_paused and any(schedule.is_active for schedule in self.schedules)


@dataclass(frozen=True, kw_only=True)
class FlowRun:
    """One run of a deployment; `state` is Prefect's word, "COMPLETED"."""

    run_id: str
    name: str
    state: str
    message: str
    address: str

    @property
    def has_ended(self) -> bool:
        """Whether nothing will follow."""
        return self.state in ENDED


class Deployments:
    """The deployments that carry the tag of Ratchet."""

    def __init__(self, api: PrefectApi) -> None:
        self._api = api

    def list(self) -> tuple[DeploymentRecord, ...]:
        """All of them, by name."""
        flows = {flow["id"]: flow["name"] for flow in self._api.pages("/flows/filter", {})}
        tagged = {"deployments": {"tags": {"all_": [TAG]}}}
        found = self._api.pages("/deployments/filter", tagged)
        records = [_deployment(row, flows[row["flow_id"]]) for row in found]
        return tuple(sorted(records, key=lambda record: record.full_name))

    def find(self, name: str) -> DeploymentRecord:
        """The deployment of that name, or the only one of the flow of that name.

        Raises:
            InputError: there is none; the message says which there are.
        """
        everything = self.list()
        exact = [one for one in everything if one.full_name == name]
        of_flow = [one for one in everything if one.full_name.partition("/")[0] == name]
        if len(found := exact or of_flow) == 1:
            return found[0]
        from ratchet.signatures.nearest import nearest_name

        names = [one.full_name for one in everything]
        best = nearest_name(name, names)
        hint = f" Did you mean {best}?" if best else ""
        known = ", ".join(names) or "none; `ratchet up` applies them"
        raise InputError(f"There is no deployment {name!r}.{hint} There are: {known}.")

    def set_active(self, deployment: DeploymentRecord, *, is_active: bool) -> bool:
        """Pause or resume every schedule of a deployment; whether anything changed.

        Runs that were planned by a schedule and are not due yet go with its pause.
        """
        changed = False
        for schedule in deployment.schedules:
            if schedule.is_active != is_active:
                path = f"/deployments/{deployment.deployment_id}/schedules/{schedule.schedule_id}"
                self._api.patch(path, {"active": is_active})
                changed = True
        if is_active and deployment.is_paused:
            self._api.post(f"/deployments/{deployment.deployment_id}/resume_deployment", {})
            changed = True
        return changed

    def runs(
        self, deployment: DeploymentRecord, states: Collection[str] = (*WAITING, *WORKING)
    ) -> tuple[FlowRun, ...]:
        """Runs in these states, the earliest first."""
        body = {
            "deployments": {"id": {"any_": [deployment.deployment_id]}},
            "flow_runs": {"state": {"type": {"any_": list(states)}}},
            "sort": "EXPECTED_START_TIME_ASC",
        }
        return tuple(map(self._run, self._api.pages("/flow_runs/filter", body)))

    def cancel(self, run: FlowRun) -> None:
        """Ask that a run ends; one that no worker has begun ends at once."""
        body = {"state": {"type": "CANCELLING", "name": "Cancelling"}, "force": False}
        self._api.post(f"/flow_runs/{run.run_id}/set_state", body)

    def start(
        self,
        deployment: DeploymentRecord,
        parameters: Mapping[str, Any],
        *,
        idempotency_key: str | None,
    ) -> FlowRun:
        """Start a run; the same key gives the run that it gave before."""
        body: dict[str, Any] = {"parameters": dict(parameters), "state": {"type": "SCHEDULED"}}
        if idempotency_key is not None:
            body["idempotency_key"] = idempotency_key
        path = f"/deployments/{deployment.deployment_id}/create_flow_run"
        return self._run(self._api.post(path, body))

    def run(self, run_id: str) -> FlowRun:
        """One run as it stands."""
        return self._run(self._api.get(f"/flow_runs/{run_id}"))

    def _run(self, row: Mapping[str, Any]) -> FlowRun:
        state = row.get("state") or {}
        return FlowRun(
            run_id=row["id"],
            name=row["name"],
            state=state.get("type") or row.get("state_type") or "",
            message=state.get("message") or "",
            address=f"{self._api.address.ui}/runs/flow-run/{row['id']}",
        )


def _deployment(row: Mapping[str, Any], flow: str) -> DeploymentRecord:
    limit = row.get("global_concurrency_limit") or {}
    return DeploymentRecord(
        deployment_id=row["id"],
        full_name=f"{flow}/{row['name']}",
        is_paused=bool(row.get("paused")),
        schedules=tuple(map(_schedule, row.get("schedules") or ())),
        parameters=row.get("parameters") or {},
        limit_id=limit.get("id"),
        slots=limit.get("limit") or 0,
        slots_taken=limit.get("active_slots") or 0,
    )


def _schedule(row: Mapping[str, Any]) -> ScheduleRecord:
    rule = row.get("schedule") or {}
    words = rule.get("cron") or rule.get("rrule") or f"every {rule.get('interval')} seconds"
    zone = rule.get("timezone")
    return ScheduleRecord(
        schedule_id=row["id"],
        slug=row.get("slug") or "",
        when=f"{words} {zone}" if zone else words,
        is_active=bool(row.get("active")),
    )
