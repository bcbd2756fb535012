"""Which versions of a program production is served by, and with what share of the traffic."""

from __future__ import annotations

from dataclasses import dataclass

from ratchet.rollout import Status
from ratchet.store import RolloutSummary, Store

ALL_PERCENT = 100.0


@dataclass(frozen=True, kw_only=True)
class LiveShare:
    """A version and its share of the traffic, 0..100; `why` names the rollout or the champion."""

    version: str
    percent: float
    why: str


def live_shares(store: Store, signature: str) -> tuple[LiveShare, ...]:
    """The stored versions that get traffic, the largest share first.

    The rollout that the routing follows says it; without one, it is the champion. The app's
    own program is no stored version and not listed.
    """
    _, speaking = store.rollouts.routing()
    rollout = next((found for found in speaking if found.signature == signature), None)
    if rollout is not None:
        return _of_rollout(rollout)
    champion = store.programs.champion(signature)
    if champion is None:
        return ()
    return (
        LiveShare(
            version=champion.version,
            percent=ALL_PERCENT,
            why=f"champion since {champion.at:%Y-%m-%d}, by {champion.actor}",
        ),
    )


def deployed_versions(store: Store, signature: str) -> tuple[str, ...]:
    """The versions that production may be served by, now or at the next step; sorted.

    That is the champion, both sides of a rollout that has not ended, and whatever gets
    traffic.
    """
    found = {share.version for share in live_shares(store, signature)}
    for rollout in store.rollouts.list(signature=signature, only_active=True):
        found |= {rollout.candidate_version, *_known(rollout.baseline_version)}
    champion = store.programs.champion(signature)
    found |= {champion.version} if champion else set()
    return tuple(sorted(found))


def _of_rollout(rollout: RolloutSummary) -> tuple[LiveShare, ...]:
    percent = 0.0 if rollout.status is Status.ROLLED_BACK else rollout.percent
    why = f"rollout {rollout.experiment_id}, {rollout.status}"
    shares = [LiveShare(version=rollout.candidate_version, percent=percent, why=why)]
    shares += [
        LiveShare(version=version, percent=ALL_PERCENT - percent, why=why)
        for version in _known(rollout.baseline_version)
    ]
    served = [share for share in shares if share.percent > 0]
    return tuple(sorted(served, key=lambda share: (-share.percent, share.version)))


def _known(version: str | None) -> tuple[str, ...]:
    return () if version is None else (version,)
