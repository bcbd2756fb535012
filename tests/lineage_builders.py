"""Builders for lineage and life: a stock with dataset versions, programs and their prompts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from ratchet.datasets import DatasetFolder, DatasetVersion
from ratchet.examples import Example
from ratchet.programs import publish_program
from ratchet.rollout import RolloutPolicy, start
from ratchet.signatures import get
from ratchet.store import ProgramKind, RolloutRecord, Store
from ratchet.store.programs import program_record
from tests.builders import NOON

SPEC = get("validate_completeness")


@dataclass(frozen=True, kw_only=True)
class Stock:
    """A store with the folders of datasets and programs beside it."""

    store: Store
    root: Path

    @property
    def folder(self) -> DatasetFolder:
        return DatasetFolder(self.root / "training_data")

    @property
    def programs(self) -> Path:
        return self.root / ".ratchet" / "programs"

    def publish(self, examples: Sequence[Example], *, hours: int = 0) -> DatasetVersion:
        """A dataset version of exactly these examples, so many hours after noon."""
        return self.folder.publish(SPEC, examples, now=NOON + timedelta(hours=hours))

    def program(
        self,
        *demos: dict[str, Any],
        dataset: DatasetVersion | None = None,
        parent: str | None = None,
        created: datetime = NOON,
    ) -> str:
        """A stored program with these demonstrations; its version."""
        published = publish_program(
            self.programs,
            signature=SPEC.name,
            state={"signature": {"instructions": "Judge.", "fields": []}, "demos": list(demos)},
            created=created,
            optimizer="mipro",
            model="offline/in-context",
            dataset_version=dataset.version if dataset else None,
            parent=parent,
        )
        kind = ProgramKind.CANDIDATE if dataset else ProgramKind.BASELINE
        self.store.programs.add(program_record(self.programs, published, kind))
        return published.version

    def crown(self, version: str) -> None:
        """Make a program champion."""
        before = self.store.programs.champion(SPEC.name)
        self.store.programs.set_champion(
            SPEC.name,
            version,
            expected_previous=before.version if before else None,
            actor="ada",
            reason="better",
            at=NOON,
        )

    def roll_out(self, candidate: str, *, baseline: str | None) -> None:
        """Start a rollout of the candidate."""
        state = start(
            RolloutPolicy(), experiment_id="x", signature=SPEC.name, salt="salt", now=NOON
        )
        self.store.rollouts.add(
            RolloutRecord(
                state=state,
                baseline_version=baseline,
                candidate_version=candidate,
                started_by="ada",
            )
        )


def labelled(example: Example) -> dict[str, Any]:
    """The demonstration that shows an example with its label."""
    return {**example.inputs, **example.outputs}


def answered(example: Example) -> dict[str, Any]:
    """The demonstration that a program answered itself, from the inputs of an example."""
    answer = {**example.outputs, "explanation": "In the program's own words."}
    return {"augmented": True, **example.inputs, **answer}
