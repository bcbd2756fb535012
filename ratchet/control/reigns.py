"""The reigns of a signature's champions: who was it, from when to when, by which rollout."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from ratchet.rollout import Status
from ratchet.store import Champion, RolloutSummary, Store

_BY_ROLLOUT = "rollout "  # how the store begins the reason of a champion that a rollout made


@dataclass(frozen=True, kw_only=True)
class Reign:
    """One champion; `until` is None while it reigns.

    `experiment_id` is the rollout that made it champion, with the `baseline_version` that it
    was compared with (None: the app's own program). Both are None for one set by hand.
    """

    signature: str
    revision: int
    version: str
    previous_version: str | None
    since: datetime
    until: datetime | None
    actor: str
    reason: str
    experiment_id: str | None
    baseline_version: str | None

    def to_json(self) -> dict[str, Any]:
        """The reign as JSON values."""
        until = self.until.isoformat() if self.until else None
        return {**asdict(self), "since": self.since.isoformat(), "until": until}


def reigns_of(store: Store, signature: str) -> tuple[Reign, ...]:
    """The line of champions of a signature, the newest first.

    A reign ends with the next one, or when its rollout is taken back while the app's own
    program was its baseline, which is champion of nothing.
    """
    rollouts = {found.experiment_id: found for found in store.rollouts.list(signature=signature)}
    reigns: list[Reign] = []
    until: datetime | None = None
    for champion in store.programs.history(signature):
        rollout = _rollout_of(champion, rollouts)
        reigns.append(_reign(champion, rollout, until or _taken_back(champion, rollout)))
        until = champion.at
    return tuple(reigns)


def _reign(champion: Champion, rollout: RolloutSummary | None, until: datetime | None) -> Reign:
    return Reign(
        signature=champion.signature,
        revision=champion.revision,
        version=champion.version,
        previous_version=champion.previous_version,
        since=champion.at,
        until=until,
        actor=champion.actor,
        reason=champion.reason,
        experiment_id=rollout.experiment_id if rollout else None,
        baseline_version=rollout.baseline_version if rollout else None,
    )


def _rollout_of(champion: Champion, rollouts: dict[str, RolloutSummary]) -> RolloutSummary | None:
    if not champion.reason.startswith(_BY_ROLLOUT):
        return None
    name = champion.reason.removeprefix(_BY_ROLLOUT).partition(": ")[0]
    return rollouts.get(name)


def _taken_back(champion: Champion, rollout: RolloutSummary | None) -> datetime | None:
    if rollout is None or rollout.candidate_version != champion.version:
        return None
    return rollout.ended_at if rollout.status is Status.ROLLED_BACK else None
