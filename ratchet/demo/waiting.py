"""Waiting for the controllers, so that simulated time goes no faster than they do."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from datetime import datetime
from typing import Any

from ratchet.errors import StoreError
from ratchet.store import RolloutSummary, Store

POLL_SECONDS = 0.01


def wait_for_ticks(
    store: Store, moment: datetime, runs: Sequence[Future[Any]]
) -> Mapping[str, float]:
    """Wait until every active rollout was looked at in this moment; their shares in percent.

    Raises:
        StoreError: a flow ended while its rollout was still under way.
    """
    while True:
        rollouts = store.rollouts.list()
        if all(_is_looked_at(found, moment) for found in rollouts):
            return {found.signature: found.percent for found in rollouts}
        _refuse_dead(rollouts, runs)
        time.sleep(POLL_SECONDS)


def _is_looked_at(found: RolloutSummary, moment: datetime) -> bool:
    return not found.is_active or (found.ticked_at is not None and found.ticked_at >= moment)


def _refuse_dead(rollouts: Sequence[RolloutSummary], runs: Sequence[Future[Any]]) -> None:
    active = sum(found.is_active for found in rollouts)
    if active <= sum(not run.done() for run in runs):
        return
    failures = [str(run.exception() or run.result()) for run in runs if run.done()]
    raise StoreError(f"A rollout's flow ended too early: {'; '.join(failures)}")
