"""A history of runs on growing data: dataset versions with an evaluation of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

from ratchet import signatures
from ratchet.datasets import DatasetFolder
from ratchet.store import Store
from tests.builders import NOON
from tests.dataset_builders import example_set
from tests.store_builders import evaluation

SIGNATURE = "validate_completeness"
SCORES = {30: 0.60, 50: 0.66, 80: 0.70, 120: 0.73, 180: 0.755}


def grow(store: Store, folder: Path, sizes: Sequence[int]) -> dict[str, int]:
    """Publish a version of each size, a day apart; sizes by version."""
    found = DatasetFolder(folder)
    published = [
        found.publish(
            signatures.get(SIGNATURE), example_set(size), now=NOON + timedelta(days=number)
        )
        for number, size in enumerate(sizes)
    ]
    return {version.version: version.example_count for version in published}


def judge(
    store: Store, sizes: Mapping[str, int], scores: Mapping[int, float], **changes: Any
) -> None:
    """An evaluation for each version, an hour after it was published."""
    for number, (version, size) in enumerate(sizes.items()):
        if size in scores:
            fields: dict[str, Any] = {
                "dataset_version": version,
                "candidate_score": scores[size],
                "created_at": NOON + timedelta(days=number, hours=1),
                "details": {},
                "n": 200,
                "errors": 0,
            }
            store.evaluations.add(evaluation(f"e{number}", **{**fields, **changes}))
