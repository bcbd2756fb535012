"""Whether a version on disk still is what was published."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from ratchet.datasets.content import content_sha256, provenance_sha256
from ratchet.datasets.layout import LATEST, latest_folder
from ratchet.datasets.reading import OLDER_SCHEMA, VersionFiles, read_dataset, read_files
from ratchet.datasets.records import Dataset
from ratchet.datasets.statistics import statistics_from_json, summarise
from ratchet.errors import DatasetError

SHOWN = 5


def problems_of(folder: Path) -> list[str]:
    """List what is wrong with the version in `folder`, in sentences; empty when it is whole."""
    return [*_link_problems(folder.parent), *problems_of_content(folder)]


def problems_of_content(folder: Path) -> list[str]:
    """The same of the files alone, wherever they lie: the link `latest` is not looked at."""
    found: list[str] = []
    try:
        files, dataset = read_files(folder), read_dataset(folder)
    except DatasetError as error:
        return [str(error)]
    if dataset.version.schema_version == OLDER_SCHEMA:
        found.append("The version is of the older form without hashes; its content is unproven.")
    else:
        found += [*_hash_problems(files), *_id_problems(files, dataset), *_side_problems(files)]
    return [*found, *_count_problems(files, dataset)]


def _link_problems(parent: Path) -> Iterator[str]:
    link = parent / LATEST
    if not link.is_symlink():
        yield f"{link} is missing, or is no link; publishing makes it anew."
    elif latest_folder(parent) is None:
        yield f"{link} shows {link.readlink()}, which does not exist."
    elif link.readlink().is_absolute():
        yield f"{link} is an absolute link; it breaks when the folder moves."


def _hash_problems(files: VersionFiles) -> Iterator[str]:
    hashes = {"content_sha256": content_sha256, "provenance_sha256": provenance_sha256}
    for name, hash_of in hashes.items():
        rows = files.items if name == "content_sha256" else files.lines
        try:
            actual = hash_of(rows)
        except (KeyError, TypeError, ValueError) as error:
            yield f"{name} can not be computed: {error!r}."
            continue
        if actual != files.metadata.get(name):
            yield f"{name} is {actual}, but metadata.json says {files.metadata.get(name)}."


def _id_problems(files: VersionFiles, dataset: Dataset) -> Iterator[str]:
    said = [item["metadata"].get("example_id") for item in files.items]
    if wrong := sorted({str(i) for i in said} - {e.example_id for e in dataset.examples}):
        yield f"The content of these examples is not what their id says: {_some(wrong)}."
    lines = [line.get("example_id") for line in files.lines]
    if missing := sorted({str(i) for i in said} - {str(i) for i in lines}):
        yield f"These examples have no provenance line: {_some(missing)}."
    if extra := sorted({str(i) for i in lines} - {str(i) for i in said}):
        yield f"These provenance lines have no example: {_some(extra)}."
    by_id = {line.get("example_id"): line for line in files.lines}
    for item in files.items:
        yield from _disagreements(item["metadata"], by_id.get(item["metadata"].get("example_id")))


def _disagreements(metadata: Mapping[str, Any], line: Mapping[str, Any] | None) -> Iterator[str]:
    for name in ("source", "group_id", "quality_score") if line else ():
        if line and line.get(name) != metadata.get(name):
            yield (
                f"Example {metadata.get('example_id')} has the {name} {metadata.get(name)!r} in "
                f"dataset.json and {line.get(name)!r} in provenance.jsonl."
            )


def _side_problems(files: VersionFiles) -> Iterator[str]:
    sides: dict[str, set[str]] = {}
    for line in files.lines:
        if line.get("split"):
            sides.setdefault(str(line.get("group_id")), set()).add(str(line["split"]))
    for group_id, found in sorted(sides.items()):
        if len(found) > 1:
            yield f"The group {group_id} is torn across {', '.join(sorted(found))}."


def _count_problems(files: VersionFiles, dataset: Dataset) -> Iterator[str]:
    said, actual = dataset.version.example_count, len(files.items)
    if said != actual:
        yield f"metadata.json counts {said} examples; there are {actual}."
    if len(files.lines) != actual:
        yield f"There are {len(files.lines)} provenance lines for {actual} examples."
    if dataset.version.schema_version != OLDER_SCHEMA:
        labels = dataset.version.statistics.labels  # need the contract; counted, not recomputed
        actual_statistics = replace(summarise(dataset.examples, labels=()), labels=labels)
        if actual_statistics != statistics_from_json(files.metadata):
            yield "The statistics in metadata.json are not those of the examples."
        if sum(labels.values()) != actual:
            yield f"The labels in metadata.json count {sum(labels.values())} of {actual} examples."


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more
