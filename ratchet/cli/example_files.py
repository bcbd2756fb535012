"""The files of examples that a command is given: found below folders, read, sorted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from ratchet.collect.file_rows import SUFFIXES
from ratchet.collect.files import FileCollection, RejectedRow, read_examples
from ratchet.datasets.layout import DATASET_FILE, METADATA_FILE
from ratchet.errors import InputError
from ratchet.examples import Example, Source, Status
from ratchet.files import read_jsonl, write_jsonl

STORED_SUFFIX = ".jsonl"
OTHER_SIGNATURE = "of another signature"


def read_files(
    paths: Iterable[Path], *, signature: str | None, now: datetime, source: Source = Source.MANUAL
) -> FileCollection:
    """Read examples as Ratchet writes them, or as `ratchet import` takes them.

    Every example comes as a candidate, whatever its file says of it. With a `signature`,
    the stored examples of others are counted and left out.

    Raises:
        InputError: a path does not exist, or a folder holds no such file.
    """
    found = FileCollection()
    for path in files_below(paths):
        part = _stored(path, signature)
        if part is None:
            part = read_examples([path], signature=signature, source=source, now=now)
        joined = found + part
        found = FileCollection(
            examples=tuple(e.evolve(status=Status.CANDIDATE) for e in joined.examples),
            skipped=joined.skipped,
            notes=joined.notes,
            rejected=(*found.rejected, *part.rejected),
        )
    return found


def files_below(paths: Iterable[Path]) -> tuple[Path, ...]:
    """The files that `paths` name: themselves, or those in a folder, in the order of names.

    The folder of a dataset version stands for its examples.

    Raises:
        InputError: a path does not exist, or a folder holds no JSON and no JSONL.
    """
    return tuple(dict.fromkeys(file for path in paths for file in _files_of(path)))


def by_signature(examples: Iterable[Example]) -> dict[str, tuple[Example, ...]]:
    """The examples of each signature, by name."""
    sorted_out: dict[str, list[Example]] = {}
    for example in examples:
        sorted_out.setdefault(example.signature, []).append(example)
    return {name: tuple(sorted_out[name]) for name in sorted(sorted_out)}


def add_to_file(path: Path, examples: Sequence[Example]) -> int:
    """Write the examples to a file beside those it holds; how many there are now.

    Raises:
        InputError: the file is there and holds something else.
        StoreError: the folder can not be written.
    """
    held = [Example.from_json(row) for row in read_jsonl(path)] if path.exists() else []
    merged = {example.example_id: example for example in (*examples, *held)}
    write_examples(path, merged.values())
    return len(merged)


def write_examples(path: Path, examples: Iterable[Example]) -> None:
    """Write examples one a line, in the form that loses nothing.

    Raises:
        StoreError: the folder can not be written.
    """
    write_jsonl(path, (example.to_json() for example in examples))


def _files_of(path: Path) -> Iterator[Path]:
    if not path.exists():
        raise InputError(f"{path} does not exist.")
    if not path.is_dir():
        yield path
        return
    if (path / DATASET_FILE).is_file() and (path / METADATA_FILE).is_file():
        yield path / DATASET_FILE
        return
    files = sorted(p for p in path.iterdir() if p.suffix.lower() in SUFFIXES and p.is_file())
    if not files:
        raise InputError(f"{path} holds no {' and no '.join(SUFFIXES)} file.")
    yield from files


def _stored(path: Path, signature: str | None) -> FileCollection | None:
    """The examples of a file that Ratchet wrote; None when it is of another form."""
    if path.suffix.lower() != STORED_SUFFIX:
        return None
    try:
        examples = tuple(Example.from_json(row) for row in read_jsonl(path))
        is_whole = all(isinstance(e.inputs, dict) and isinstance(e.outputs, dict) for e in examples)
        if not examples or not is_whole or not all(e.example_id for e in examples):
            return None
    except (InputError, TypeError, ValueError):  # explained row by row by the other reader
        return None
    wanted = tuple(e for e in examples if signature in {None, e.signature})
    others = len(examples) - len(wanted)
    return FileCollection(examples=wanted, skipped={OTHER_SIGNATURE: others} if others else {})


def rejected_as_json(row: RejectedRow) -> dict[str, object]:
    """A rejected row as JSON holds it."""
    place = {"file": row.file, "line": row.line, "column": row.column, "row": row.row}
    return {**place, "reason": row.reason}


def shortened(row: RejectedRow, *, characters: int = 300) -> RejectedRow:
    """The row with a reason that a terminal can show."""
    if len(row.reason) <= characters:
        return row
    return replace(row, reason=f"{row.reason[: characters - 3]}...")
