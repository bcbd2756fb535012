"""Slots of concurrency limits that a deployment's dead runs still hold."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ratchet.orchestration.api import PrefectApi
from ratchet.orchestration.deployments import DeploymentRecord, Deployments

HOLDING = ("PENDING", "RUNNING", "CANCELLING")
"""States in which Prefect lets a run hold a slot."""


@dataclass(frozen=True, kw_only=True)
class LeakedSlots:
    """A limit that counts more slots as taken than there are runs to hold them."""

    deployment: DeploymentRecord
    holding: int

    @property
    def count(self) -> int:
        """How many nobody holds."""
        return self.deployment.slots_taken - self.holding


def leaked_slots(
    deployments: Deployments, among: Iterable[DeploymentRecord]
) -> tuple[LeakedSlots, ...]:
    """The deployments whose limit is taken by runs that are not running.

    They are looked at twice: a run that begins or ends takes its slot and its state in two
    steps.
    """
    first = [found for found in (_leak(deployments, one) for one in among) if found]
    names = {found.deployment.full_name for found in first}
    again = deployments.list() if names else ()
    twice = [_leak(deployments, one) for one in again if one.full_name in names]
    return tuple(found for found in twice if found)


def release(api: PrefectApi, leak: LeakedSlots) -> None:
    """Let the limit count what is really held."""
    limit = leak.deployment.limit_id
    api.patch(f"/v2/concurrency_limits/{limit}", {"active_slots": leak.holding})


def _leak(deployments: Deployments, deployment: DeploymentRecord) -> LeakedSlots | None:
    if not deployment.limit_id or not deployment.slots_taken:
        return None
    holding = len(deployments.runs(deployment, HOLDING))
    found = LeakedSlots(deployment=deployment, holding=holding)
    return found if found.count > 0 else None
