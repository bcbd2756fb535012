"""The records of dataset versions: what a version is, what is in it, how two of them differ."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from ratchet.examples import Example, ExampleId
from ratchet.splits import Side, SplitReport

SCHEMA_VERSION = 1


@dataclass(frozen=True, kw_only=True)
class QualityScores:
    """The quality scores of a set, 0..100; None when no example has one."""

    mean: float | None = None
    min: float | None = None
    p50: float | None = None
    max: float | None = None


@dataclass(frozen=True, kw_only=True)
class Statistics:
    """How many examples there are of each kind, and their quality."""

    sources: Mapping[str, int] = field(default_factory=dict)
    difficulty: Mapping[str, int] = field(default_factory=dict)
    categories: Mapping[str, int] = field(default_factory=dict)
    labels: Mapping[str, int] = field(default_factory=dict)
    quality_scores: QualityScores = QualityScores()


@dataclass(frozen=True, kw_only=True)
class DatasetVersion:
    """A published version, as its metadata.json tells it.

    `is_new` is False when `publish` found the same content already there and returned that
    version. `content_sha256` and `provenance_sha256` are empty in versions of the older form,
    which did not record them (`schema_version` 0). `split_report` is there right after
    publishing only; `side_counts` always.
    """

    signature: str
    version: str
    path: Path
    created: datetime
    example_count: int
    parent_version: str | None = None
    content_sha256: str = ""
    provenance_sha256: str = ""
    schema_version: int = SCHEMA_VERSION
    notes: str = ""
    statistics: Statistics = Statistics()
    side_counts: Mapping[str, int] = field(default_factory=dict)
    retired_sides: Mapping[str, Side] = field(default_factory=dict)
    is_new: bool = False
    split_report: SplitReport | None = None

    @property
    def is_archived(self) -> bool:
        """Whether `path` is an archive, to be restored before the version can be loaded."""
        return self.path.suffix == ".gz"


@dataclass(frozen=True, kw_only=True)
class Dataset:
    """A version with its examples, ordered by id, and the side of every group.

    `excluded` are the ids of examples that are on no side, because they would leak.
    """

    version: DatasetVersion
    examples: tuple[Example, ...]
    sides: Mapping[str, Side]
    excluded: frozenset[ExampleId] = frozenset()

    def side(self, side: Side) -> tuple[Example, ...]:
        """The examples on `side`; a group without a side, as in older versions, is on none."""
        return tuple(
            example
            for example in self.examples
            if self.sides.get(example.group_id) == side and example.example_id not in self.excluded
        )


@dataclass(frozen=True, kw_only=True)
class MetadataChange:
    """One metadata field of an example that two versions tell differently."""

    example_id: ExampleId
    field: str
    old: Any
    new: Any


@dataclass(frozen=True, kw_only=True)
class DatasetDiff:
    """What happened between two versions.

    `drift` is the change of the share (0..1) of each source, difficulty, category and label
    that changed; `quality_change` that of the mean quality, relative to the old one (-0.1 is
    a drop of 10 %), None when either is unknown.
    """

    signature: str
    old: str
    new: str
    added: tuple[ExampleId, ...]
    removed: tuple[ExampleId, ...]
    changed: tuple[MetadataChange, ...]
    drift: Mapping[str, Mapping[str, float]]
    quality_change: float | None

    @property
    def is_empty(self) -> bool:
        """Whether the two hold the same content."""
        return not (self.added or self.removed or self.changed)
