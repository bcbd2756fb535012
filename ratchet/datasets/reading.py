"""Reading versions from disk, the older forms of their files too."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ratchet.datasets.content import UNKNOWN_TIME, example_from
from ratchet.datasets.layout import DATASET_FILE, METADATA_FILE, PROVENANCE_FILE, version_order
from ratchet.datasets.records import Dataset, DatasetVersion
from ratchet.datasets.statistics import statistics_from_json
from ratchet.errors import DatasetError, InputError
from ratchet.examples import Example, ExampleId
from ratchet.splits import Side

OLDER_SCHEMA = 0

Document = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class VersionFiles:
    """The three files of a version, parsed and not yet understood."""

    items: Sequence[Document]
    metadata: Document
    lines: Sequence[Document]


def read_version(folder: Path) -> DatasetVersion:
    """Read the record of a version from its metadata.json.

    Raises:
        DatasetError: the file is missing or damaged.
    """
    document = _read_object(folder / METADATA_FILE)
    try:
        return _version(folder, document)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise DatasetError(
            f"{folder / METADATA_FILE} is not the metadata of a version: {error!r}. "
            "Restore it from a backup, or remove the version."
        ) from error


def read_dataset(folder: Path) -> Dataset:
    """Read a version with its examples and sides.

    Raises:
        DatasetError: a file is missing or damaged.
    """
    version = read_version(folder)
    files = read_files(folder)
    examples: list[Example] = []
    sides: dict[str, Side] = {}
    excluded: set[ExampleId] = set()
    for number, (item, line) in enumerate(_with_lines(files), 1):
        try:
            example = example_from(item, line, signature=version.signature)
            side = Side(line["split"]) if line.get("split") else None
        except (KeyError, TypeError, ValueError, AttributeError, InputError) as error:
            raise DatasetError(
                f"{folder / DATASET_FILE}, example {number} can not be read: {error!r}."
            ) from error
        examples.append(example)
        if side:
            sides[example.group_id] = side
        elif "split" in line:
            excluded.add(example.example_id)
    return Dataset(
        version=version,
        examples=tuple(sorted(examples, key=lambda e: e.example_id)),
        sides=dict(sorted(sides.items())),
        excluded=frozenset(excluded),
    )


def read_files(folder: Path) -> VersionFiles:
    """Parse the three files of a version.

    Raises:
        DatasetError: one is missing or is not JSON of the right kind.
    """
    items = _parsed(folder / DATASET_FILE, _text(folder / DATASET_FILE))
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise DatasetError(f"{folder / DATASET_FILE} must be an array of examples.")
    return VersionFiles(
        items=items,
        metadata=_read_object(folder / METADATA_FILE),
        lines=_read_lines(folder / PROVENANCE_FILE),
    )


def _with_lines(files: VersionFiles) -> Iterator[tuple[Document, Document]]:
    """Each item with its provenance line: by id, or by position in the older form."""
    by_id: dict[Any, Document] = {}
    by_position: dict[Any, Document] = {}
    for position, line in enumerate(files.lines):
        if "example_id" in line:
            by_id[line["example_id"]] = line
        else:
            by_position[line.get("index", position)] = line
    for position, item in enumerate(files.items):
        example_id = (item.get("metadata") or {}).get("example_id")
        yield item, by_id.get(example_id) or by_position.get(position) or {}


def _version(folder: Path, document: Mapping[str, Any]) -> DatasetVersion:
    split = document.get("split", {})
    return DatasetVersion(
        signature=document.get("signature", folder.parent.name),
        version=folder.name,
        path=folder,
        created=_created(folder, document),
        example_count=int(document.get("example_count", document.get("total_examples", 0))),
        parent_version=document.get("parent_version"),
        content_sha256=document.get("content_sha256", ""),
        provenance_sha256=document.get("provenance_sha256", ""),
        schema_version=document.get("schema_version", OLDER_SCHEMA),
        notes=document.get("notes") or "",
        statistics=statistics_from_json(document),
        side_counts=dict(split.get("counts", {})),
        retired_sides={g: Side(s) for g, s in split.get("retired_sides", {}).items()},
    )


def _created(folder: Path, document: Mapping[str, Any]) -> datetime:
    """The time of publication; older forms may tell it by the folder's name only."""
    text = document.get("created") or document.get("created_at")
    try:
        time = datetime.fromisoformat(text or version_order(folder.name)[0].replace("_", "T"))
    except (TypeError, ValueError):
        return UNKNOWN_TIME
    return (time if time.tzinfo else time.replace(tzinfo=UTC)).astimezone(UTC)


def _read_object(path: Path) -> Document:
    document = _parsed(path, _text(path))
    if not isinstance(document, dict):
        raise DatasetError(f"{path} must be a JSON object.")
    return document


def _read_lines(path: Path) -> list[Document]:
    lines = [
        _parsed(path, text, line=number)
        for number, text in enumerate(_text(path).split("\n"), 1)
        if text.strip()
    ]
    if not all(isinstance(line, dict) for line in lines):
        raise DatasetError(f"{path} must hold one JSON object a line.")
    return lines


def _parsed(path: Path, text: str, *, line: int = 1) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        place = f"line {error.lineno + line - 1}, column {error.colno}"
        raise DatasetError(f"{path}, {place}: {error.msg}.") from error
    except RecursionError as error:
        raise DatasetError(f"{path} is nested too deeply to be read.") from error


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise DatasetError(f"{path} can not be read: {error.strerror or error}.") from error
    except UnicodeDecodeError as error:
        raise DatasetError(f"{path} is not UTF-8: {error.reason}.") from error
