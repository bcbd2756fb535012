"""A version before it is published: its examples, their sides, and the files to be written."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from ratchet.datasets.content import (
    content_sha256,
    dataset_item,
    provenance_line,
    provenance_sha256,
)
from ratchet.datasets.layout import DATASET_FILE, METADATA_FILE, PROVENANCE_FILE
from ratchet.datasets.publication import json_bytes, jsonl_bytes
from ratchet.datasets.records import SCHEMA_VERSION, Dataset, Statistics
from ratchet.datasets.statistics import statistics_to_json, summarise
from ratchet.errors import DatasetError
from ratchet.examples import Example, ExampleId
from ratchet.signatures.spec import SignatureSpec
from ratchet.splits import Side, Split, split_examples


@dataclass(frozen=True, kw_only=True)
class SplitOptions:
    """How a version is to be split; see `split_examples`."""

    shares: Mapping[Side, float]
    salt: str
    linked: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, kw_only=True)
class Draft:
    """Everything of a version but its name."""

    spec: SignatureSpec
    examples: tuple[Example, ...]
    split: Split
    salt: str
    parent_version: str | None
    retired_sides: Mapping[str, Side]
    notes: str
    created: datetime

    @cached_property
    def items(self) -> list[dict[str, Any]]:
        """The content of dataset.json, ordered by example id."""
        return [dataset_item(example) for example in self.examples]

    @cached_property
    def lines(self) -> list[dict[str, Any]]:
        """The content of provenance.jsonl, in the same order."""
        return [
            provenance_line(example, split=self.side_of[example.example_id])
            for example in self.examples
        ]

    @cached_property
    def side_of(self) -> Mapping[ExampleId, Side | None]:
        """The side of every example; None for one that would leak."""
        excluded = {conflict.example_id for conflict in self.split.report.excluded}
        return {
            e.example_id: None if e.example_id in excluded else self.split.sides[e.group_id]
            for e in self.examples
        }

    @cached_property
    def content_sha256(self) -> str:
        """The hash of the content."""
        return content_sha256(self.items)

    @cached_property
    def statistics(self) -> Statistics:
        """The counts and the quality of the content."""
        labels = (self.spec.label(example.outputs) for example in self.examples)
        return summarise(self.examples, labels=labels)

    def is_same_as(self, dataset: Dataset) -> bool:
        """Whether `dataset` holds this content already, on these sides."""
        return dataset.version.content_sha256 == self.content_sha256 and self.side_of == {
            e.example_id: None
            if e.example_id in dataset.excluded
            else dataset.sides.get(e.group_id)
            for e in dataset.examples
        }

    def files(self, version: str) -> Mapping[str, bytes]:
        """The three files of this draft as `version`."""
        return {
            DATASET_FILE: json_bytes(self.items),
            METADATA_FILE: json_bytes(self._metadata(version)),
            PROVENANCE_FILE: jsonl_bytes(self.lines),
        }

    def _metadata(self, version: str) -> dict[str, Any]:
        return {
            "version": version,
            "signature": self.spec.name,
            "created": self.created.astimezone(UTC).isoformat(),
            "example_count": len(self.examples),
            "parent_version": self.parent_version,
            "content_sha256": self.content_sha256,
            "provenance_sha256": provenance_sha256(self.lines),
            "schema_version": SCHEMA_VERSION,
            "notes": self.notes,
            "statistics": statistics_to_json(self.statistics),
            "split": {
                "salt": self.salt,
                "shares": dict(self.split.report.target_shares),
                "counts": {
                    **{side: len(self.split.side(side)) for side in Side},
                    "excluded": len(self.split.report.excluded),
                },
                "retired_sides": dict(self.retired_sides),
            },
        }


def make_draft(
    spec: SignatureSpec,
    examples: Iterable[Example],
    *,
    parent: Dataset | None,
    options: SplitOptions,
    notes: str,
    now: datetime,
) -> Draft:
    """Split `examples` so that no group leaves the side it has or once had in `parent`.

    Raises:
        DatasetError: there are none, or one breaks the contract of `spec`.
    """
    unique = {example.example_id: example for example in reversed(tuple(examples))}
    ordered = tuple(unique[i] for i in sorted(unique))
    _check(spec, ordered)
    earlier = {**parent.version.retired_sides, **parent.sides} if parent else {}
    split = split_examples(
        spec,
        ordered,
        previous=earlier,
        shares=options.shares,
        salt=options.salt,
        linked=options.linked,
        excluded=parent.excluded if parent else (),
    )
    return Draft(
        spec=spec,
        examples=ordered,
        split=split,
        salt=options.salt,
        parent_version=parent.version.version if parent else None,
        retired_sides={g: earlier[g] for g in sorted(set(earlier) - set(split.sides))},
        notes=notes,
        created=now,
    )


def _check(spec: SignatureSpec, examples: Sequence[Example]) -> None:
    if not examples:
        raise DatasetError(f"There is no example of {spec.name} to publish.")
    for example in examples:
        if example.signature != spec.name:
            raise DatasetError(
                f"Example {example.example_id} is of {example.signature}, not of {spec.name}."
            )
        if problems := spec.problems(example.inputs, example.outputs):
            raise DatasetError(
                f"Example {example.example_id} breaks the contract of {spec.name}: "
                f"{'; '.join(problems)}. Validate the examples before publishing them."
            )
