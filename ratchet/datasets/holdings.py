"""What each version holds, archived ones too: example by example, its side and its origin."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ratchet.datasets.archive_file import archive_path, archived_names, unpack
from ratchet.datasets.archiving import load_archived
from ratchet.datasets.content import provenance_line, provenance_sha256
from ratchet.datasets.folder import DatasetFolder
from ratchet.datasets.layout import (
    METADATA_FILE,
    PROVENANCE_FILE,
    signature_folder,
    version_folders,
    version_order,
)
from ratchet.datasets.reading import read_dataset
from ratchet.datasets.records import Dataset
from ratchet.errors import DatasetError
from ratchet.examples import ExampleId
from ratchet.splits import Side


@dataclass(frozen=True, kw_only=True)
class Holding:
    """One version: the provenance line of each of its examples, by id."""

    signature: str
    version: str
    path: Path
    is_archived: bool
    content_sha256: str
    lines: Mapping[ExampleId, Mapping[str, Any]] = field(repr=False)

    def side(self, example_id: ExampleId) -> Side | None:
        """The side of an example; None for one on no side."""
        split = self.lines[example_id].get("split")
        return Side(split) if split else None


def holdings(folder: DatasetFolder, signature: str) -> Iterator[Holding]:
    """Every version of a signature, the oldest first, one at a time.

    Raises:
        DatasetError: a version can not be read. Whoever deletes what no version holds must
            not take a damaged version for an empty one.
    """
    home = signature_folder(folder.root, signature)
    places = {name: archive_path(home, name) for name in archived_names(home)}
    places.update({path.name: path for path in version_folders(home)})
    for version in sorted(places, key=version_order):
        yield _holding(folder, signature, version, places[version])


def holding_signatures(folder: DatasetFolder) -> tuple[str, ...]:
    """The signatures that have versions or archives, sorted."""
    if not folder.root.is_dir():
        return ()
    return tuple(
        sorted(
            path.name
            for path in folder.root.iterdir()
            if path.is_dir() and (version_folders(path) or archived_names(path))
        )
    )


def load_version(folder: DatasetFolder, holding: Holding) -> Dataset:
    """The version with its content.

    Raises:
        DatasetError: it is damaged.
    """
    if holding.is_archived:
        return load_archived(folder, holding.signature, holding.version)
    return read_dataset(holding.path)


def _holding(folder: DatasetFolder, signature: str, version: str, path: Path) -> Holding:
    is_archived = path.is_file()
    try:
        metadata, lines = _parsed(path, is_archived=is_archived)
        by_id = {ExampleId(line["example_id"]): line for line in lines}
    except KeyError:  # the older form names no ids: they follow from the content
        dataset = load_archived(folder, signature, version) if is_archived else read_dataset(path)
        metadata, by_id = {}, _lines_of(dataset)
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise DatasetError(
            f"{path} can not be read: {error!r}. Restore it from a backup, or remove the version."
        ) from error
    return Holding(
        signature=signature,
        version=version,
        path=path,
        is_archived=is_archived,
        content_sha256=str(metadata.get("content_sha256", "")),
        lines=by_id,
    )


def _parsed(path: Path, *, is_archived: bool) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    if is_archived:
        # Metadata comes first in the archive and provenance second, before the content.
        said, lines = (unpack(path, only=name)[name] for name in (METADATA_FILE, PROVENANCE_FILE))
    else:
        said, lines = ((path / name).read_bytes() for name in (METADATA_FILE, PROVENANCE_FILE))
    metadata = json.loads(said)
    rows = [json.loads(line) for line in lines.splitlines() if line.strip()]
    if metadata.get("provenance_sha256", wanted := provenance_sha256(rows)) != wanted:
        raise ValueError("its lines are not those that metadata.json was written for")
    return metadata, rows


def _lines_of(dataset: Dataset) -> dict[ExampleId, dict[str, Any]]:
    return {
        example.example_id: provenance_line(
            example,
            split=None
            if example.example_id in dataset.excluded
            else dataset.sides.get(example.group_id),
        )
        for example in dataset.examples
    }
