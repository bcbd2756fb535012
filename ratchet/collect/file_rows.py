"""The rows of a file by its format, each with its line; what is broken is a row too, with why."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from ratchet.collect.archives import ARCHIVE_SUFFIXES
from ratchet.collect.json_rows import first_character, rows_of_document, rows_of_lines
from ratchet.collect.row import BrokenRow, Row

LINES_SUFFIXES = (".jsonl", ".ndjson")
DATA_SUFFIXES = (".json", *LINES_SUFFIXES, ".csv", ".tsv", ".yaml", ".yml", ".parquet")
SUFFIXES = (*DATA_SUFFIXES, *ARCHIVE_SUFFIXES)


def read_rows(path: Path) -> Iterator[Row | BrokenRow]:
    """Read the rows of `path`, which is no archive, in the format that its suffix says.

    JSONL is read line by line, JSON as an array, an object or `examples`; a file that is
    called .json and holds one object a line is read as JSONL. The rows before a break in a
    JSON or YAML file are given; those after it can not be found.
    """
    try:
        if problem := file_problem(path):
            yield BrokenRow(line=None, column=None, reason=problem)
        else:
            yield from _reader_of(path)(path)
    except OSError as error:
        reason = f"can not be read: {error.strerror or error}"
        yield BrokenRow(line=None, column=None, reason=reason)


def file_problem(path: Path) -> str | None:
    """Why a file can not be read at all, or None."""
    if not path.exists():
        return "does not exist"
    if path.is_dir():
        return "is a directory; name the files in it"
    if not path.is_file():
        return "is not a regular file"
    if path.suffix.lower() not in SUFFIXES:
        return f"is called {path.suffix or 'without a suffix'}; {', '.join(SUFFIXES)} can be read"
    if not path.stat().st_size:
        return "is empty"
    return None


def _reader_of(path: Path) -> Callable[[Path], Iterator[Row | BrokenRow]]:
    suffix = path.suffix.lower()
    if suffix in LINES_SUFFIXES and first_character(path) != "[":
        return rows_of_lines
    return _READERS.get(suffix, rows_of_document)


def _csv(path: Path) -> Iterator[Row | BrokenRow]:
    from ratchet.collect.csv_rows import rows_of_csv

    return rows_of_csv(path)


def _yaml(path: Path) -> Iterator[Row | BrokenRow]:
    from ratchet.collect.yaml_rows import rows_of_yaml

    return rows_of_yaml(path)


def _parquet(path: Path) -> Iterator[Row | BrokenRow]:
    from ratchet.collect.parquet_rows import rows_of_parquet

    return rows_of_parquet(path)


_READERS: Mapping[str, Callable[[Path], Iterator[Row | BrokenRow]]] = {
    ".csv": _csv,
    ".tsv": _csv,
    ".yaml": _yaml,
    ".yml": _yaml,
    ".parquet": _parquet,
}
