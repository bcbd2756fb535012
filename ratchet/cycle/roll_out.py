"""After the verdict: whether the candidate is to be rolled out, and how that went."""

from __future__ import annotations

from dataclasses import dataclass

from ratchet.cycle.evaluate import Judged
from ratchet.cycle.optimize import Optimized
from ratchet.cycle.workspace import Workspace
from ratchet.optimize.verdict import Action
from ratchet.rollout import Status
from ratchet.store import open_store


@dataclass(frozen=True, kw_only=True)
class RolloutRequest:
    """What a verdict asks for. `evaluation_id` names the verdict: one is one rollout."""

    signature: str
    candidate_version: str
    evaluation_id: str

    @property
    def command(self) -> str:
        """How a person starts it."""
        chosen = f"--signature {self.signature} --candidate {self.candidate_version}"
        return f"ratchet rollout start {chosen}"


@dataclass(frozen=True, kw_only=True)
class RolloutStart:
    """Whether a rollout of the candidate was started, and what to say of it."""

    is_started: bool
    message: str


def rollout_request(judged: Judged, optimized: Optimized) -> RolloutRequest | None:
    """What the verdict asks for; None unless it is promote."""
    candidate = optimized.candidate_version
    if judged.verdict != Action.PROMOTE.value or candidate is None:
        return None
    return RolloutRequest(
        signature=judged.signature,
        candidate_version=candidate,
        evaluation_id=judged.evaluation_id,
    )


def known_rollout(workspace: Workspace, request: RolloutRequest) -> RolloutStart | None:
    """What speaks against starting one: a rollout that there is, or was; None when nothing does.

    Raises:
        StoreError: the database can not be read.
    """
    with open_store(workspace.store_url) as store:
        found = store.rollouts.list(signature=request.signature)
    for one in found:
        if one.candidate_version == request.candidate_version:
            is_gone = one.status is Status.ROLLED_BACK
            again = f" To try it again: {request.command}" if is_gone else ""
            said = f"The candidate has a rollout, {one.experiment_id}: {one.status.value}.{again}"
            return RolloutStart(is_started=not is_gone, message=said)
    for one in found:
        if one.is_active:
            return by_hand(request, f"the rollout {one.experiment_id} is under way; let it end")
    return None


def started(flow_run: str) -> RolloutStart:
    """What to say of a rollout that the flow run of that name drives."""
    return RolloutStart(is_started=True, message=f"The flow run {flow_run} rolls it out.")


def by_hand(request: RolloutRequest, why: str) -> RolloutStart:
    """What to say when no rollout was started."""
    return RolloutStart(
        is_started=False, message=f"It is not rolled out: {why}. By hand: {request.command}"
    )
