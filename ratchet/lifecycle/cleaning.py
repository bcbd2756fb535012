"""Carrying a clean-up out: what refers to what is looked up first, and the plan made from it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from ratchet.datasets import DatasetFolder
from ratchet.examples import ExampleId
from ratchet.lifecycle.cleanup import CleanupPlan, CleanupPolicy, plan_cleanup
from ratchet.lifecycle.references import find_references
from ratchet.signatures.spec import SignatureSpec
from ratchet.store import Store


@dataclass(frozen=True, kw_only=True)
class CleanupReport:
    """What a clean-up of a signature planned and did.

    `removed` is None when nothing was to be done in earnest. `held_late` are the ids that
    somebody approved, or wrote an audit record about, after the plan was made.
    """

    signature: str
    plan: CleanupPlan
    removed: int | None = None
    held_late: tuple[ExampleId, ...] = ()


def clean_up(
    store: Store,
    folder: DatasetFolder,
    programs: Path,
    spec: SignatureSpec,
    policy: CleanupPolicy,
    *,
    actor: str,
    now: datetime,
    dry_run: bool,
) -> CleanupReport:
    """Clean up one signature, or with `dry_run` only say what would leave.

    Raises:
        DatasetError: a dataset version can not be read; nothing was deleted.
        StoreError: the store or a deployed program can not be read, or not be written.
        InputError: the folder of a deployed program is gone; nothing was deleted.
    """
    references = find_references(store, folder, programs, spec)
    plan = plan_cleanup(store.removals.shelved(spec.name), references, policy, now)
    if dry_run:
        return CleanupReport(signature=spec.name, plan=plan)
    reasons = {removal.example_id: removal.reason for removal in plan.removals}
    cleaned = store.removals.clean(reasons, actor=actor, at=now)
    return CleanupReport(
        signature=spec.name, plan=plan, removed=cleaned.removed, held_late=cleaned.held
    )
