"""How two versions differ: example by example, and in their statistics."""

from __future__ import annotations

from collections.abc import Iterator

from ratchet.datasets.content import METADATA_FIELDS, dataset_item
from ratchet.datasets.records import Dataset, DatasetDiff, MetadataChange
from ratchet.datasets.statistics import quality_change, share_drift
from ratchet.examples import Example


def compare(old: Dataset, new: Dataset) -> DatasetDiff:
    """Compare two versions of one signature."""
    before = {example.example_id: example for example in old.examples}
    after = {example.example_id: example for example in new.examples}
    changes = [
        change for i in sorted(set(before) & set(after)) for change in _changes(before[i], after[i])
    ]
    old_statistics, new_statistics = old.version.statistics, new.version.statistics
    return DatasetDiff(
        signature=new.version.signature,
        old=old.version.version,
        new=new.version.version,
        added=tuple(sorted(set(after) - set(before))),
        removed=tuple(sorted(set(before) - set(after))),
        changed=tuple(changes),
        drift=share_drift(old_statistics, new_statistics),
        quality_change=quality_change(old_statistics, new_statistics),
    )


def _changes(old: Example, new: Example) -> Iterator[MetadataChange]:
    before, after = dataset_item(old)["metadata"], dataset_item(new)["metadata"]
    for name in METADATA_FIELDS:
        if before[name] != after[name]:
            yield MetadataChange(
                example_id=old.example_id, field=name, old=before[name], new=after[name]
            )
