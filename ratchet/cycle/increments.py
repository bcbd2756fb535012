"""Which signatures are due for another optimisation, as the settings want it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from ratchet.cycle.workspace import Workspace
from ratchet.datasets import DatasetFolder
from ratchet.increments.status import Look, read_increment
from ratchet.increments.triggers import Decision, Increment, Policy, decide
from ratchet.settings import Settings
from ratchet.store import open_store


@dataclass(frozen=True, kw_only=True)
class Weighed:
    """What is new for a signature, and what follows from it."""

    increment: Increment
    decision: Decision


def weigh_increments(
    workspace: Workspace, names: Iterable[str], settings: Settings, *, now: datetime
) -> tuple[Weighed, ...]:
    """Decide for each signature whether another optimisation is due.

    Raises:
        StoreError: the store can not be read.
        DatasetError: a dataset version is damaged.
    """
    folder, policy, look = DatasetFolder(workspace.datasets), policy_of(settings), Look(now=now)
    with open_store(workspace.store_url) as store:
        found = [read_increment(store, folder, name, look=look) for name in names]
    return tuple(
        Weighed(increment=increment, decision=decide(increment, policy, now=now))
        for increment in found
    )


def policy_of(settings: Settings) -> Policy:
    """The triggers as they are configured."""
    given = settings.increments
    return Policy(
        is_on=settings.optimisation.reoptimize_on_new_data,
        first_examples=settings.optimisation.auto_enable_threshold,
        min_new_examples=given.min_new_examples,
        min_growth_share=given.min_growth_share,
        production_quality_drop=given.production_quality_drop,
        min_judged_requests=given.min_judged_requests,
        dataset_quality_drop=given.dataset_quality_drop,
        min_hours_between=given.min_hours_between,
    )
