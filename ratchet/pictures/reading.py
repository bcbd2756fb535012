"""What pictures are drawn from, read from the store and the dataset versions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ratchet.pictures.rollout_timeline import draw_rollout_timeline
from ratchet.pictures.score_history import draw_score_history, score_points
from ratchet.pictures.style import Format

if TYPE_CHECKING:
    from datetime import datetime

    from ratchet.datasets import DatasetFolder
    from ratchet.store import RolloutRecord, Store

EVALUATIONS = 100  # the newest; more would be a blur


def picture_of_scores(
    store: Store, folder: DatasetFolder, signature: str, *, form: Format = Format.SVG
) -> bytes:
    """The score history of a signature.

    Raises:
        StoreError: the store can not be read.
    """
    evaluations = store.evaluations.list(signature=signature, limit=EVALUATIONS)
    sizes = {version.version: version.example_count for version in folder.versions(signature)}
    points = score_points(evaluations, sizes)
    return draw_score_history(points, signature=signature, form=form)


def picture_of_rollout(
    store: Store, record: RolloutRecord, *, now: datetime, form: Format = Format.SVG
) -> bytes:
    """The timeline of a rollout, with the figures of its requests.

    Raises:
        StoreError: the store can not be read.
    """
    figures = store.outcomes.statistics(record.experiment_id, record.state.policy.stages)
    return draw_rollout_timeline(record, figures, now=now, form=form)
