"""The quarantine of an import: bad rows in a file, to be mended by hand and tried again."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from ratchet.collect.column_mapping import ColumnMapping
from ratchet.collect.file_examples import RowContext
from ratchet.collect.files import RejectedRow, TakenRow, example_or_rejection
from ratchet.collect.json_values import BrokenJsonError, decode_value
from ratchet.collect.row import Row
from ratchet.errors import InputError, StoreError
from ratchet.examples import Source
from ratchet.files import read_jsonl
from ratchet.quality.validation_report import Rejection

SCHEMA_VERSION = 1
FIELD = re.compile(r"\b(?:input|output|metadata) (\w+)")


class QuarantineFile:
    """Writes bad rows as they come; the file appears under its name when it is finished.

    `path` is the file, or a folder: there the name follows from the content, so that the same
    bad rows give the same file and what somebody mended in it is never overwritten.
    """

    def __init__(self, path: Path, *, stem: str = "") -> None:
        self._path, self._stem = path, stem
        self._digest = hashlib.sha256()
        folder = path if stem else path.parent
        try:
            folder.mkdir(parents=True, exist_ok=True)
            handle, draft = tempfile.mkstemp(dir=folder, prefix=".quarantine.")
        except OSError as error:
            raise StoreError(
                f"{folder} can not be written: {error.strerror or error}. Name another file "
                "with --quarantine."
            ) from error
        self._draft, self._stream = Path(draft), os.fdopen(handle, "w", encoding="utf-8")
        self.count = 0

    def add(self, row: RejectedRow | Rejection, context: RowContext) -> None:
        """Add a row with its reason and all that reading it again takes.

        A file that can not be read as a whole is no row, and a duplicate needs no mending.
        """
        if isinstance(row, Rejection):
            if row.duplicate_of is not None:
                return
            entry = _of_rejection(row)
        elif row.line is None and row.value is None:
            return
        else:
            entry = _of_row(row, context)
        line = json.dumps(entry, ensure_ascii=False, default=str) + "\n"
        line = line.encode("utf-8", "replace").decode()
        self._digest.update(line.encode())
        self._stream.write(line)
        self.count += 1

    def finish(self) -> Path | None:
        """Put the file in its place; None, and no file, when there is no bad row."""
        self._stream.close()
        if not self.count:
            self._draft.unlink()
            if not self._stem:
                self._path.unlink(missing_ok=True)
            return None
        target = self._path
        if self._stem:
            target /= f"{self._stem}-{self._digest.hexdigest()[:12]}.jsonl"
            if target.exists():
                self._draft.unlink()
                return target
        self._draft.replace(target)
        return target

    def discard(self) -> None:
        """Leave nothing behind."""
        self._stream.close()
        with contextlib.suppress(OSError):
            self._draft.unlink()


@dataclass(frozen=True, kw_only=True)
class QuarantinedRow:
    """A row that is tried again, and what holds for it."""

    row: TakenRow | RejectedRow
    context: RowContext


def retry_rows(path: Path, *, now: datetime) -> Iterator[QuarantinedRow]:
    """Read the rows of a quarantine file again, with the mapping and facts of their import.

    Raises:
        InputError: the file is missing, or a line of it is no row of a quarantine.
    """
    for number, entry in enumerate(read_jsonl(path), 1):
        try:
            context = _context(entry, now)
            yield QuarantinedRow(row=_again(entry, context), context=context)
        except (KeyError, TypeError, AttributeError) as error:
            raise InputError(
                f"{path}, line {number} is no row of a quarantine file: {error!r}. Mend what "
                "stands under value or text and leave the rest as it is."
            ) from error


def _of_row(row: RejectedRow, context: RowContext) -> dict[str, Any]:
    return {
        **_place(row.file, row.line, row.column, row.row, row.reason, kind=row.kind),
        "signature": context.signature,
        "source": context.source.value,
        "facts": dict(context.facts),
        "mapping": dict(context.mapping.fields),
        "list_separator": context.mapping.list_separator,
        "is_text": row.is_text,
        "value": row.value,
        "text": row.text,
    }


def _of_rejection(rejection: Rejection) -> dict[str, Any]:
    """A row that was read well and then refused for what it says."""
    example = rejection.example
    document = example.to_json()
    for name in ("example_id", "status", "quality_score"):
        document["metadata"].pop(name)
    facts = example.provenance
    place = _place(
        str(facts.get("file", "")),
        None,
        None,
        facts.get("row"),
        "; ".join(rejection.reasons),
        kind="not accepted",
    )
    return {
        **place,
        "signature": example.signature,
        "source": example.source.value,
        "facts": {},
        "mapping": {},
        "list_separator": ColumnMapping().list_separator,
        "is_text": False,
        "value": document,
        "text": None,
    }


def _place(
    file: str, line: int | None, column: int | None, row: Any, reason: str, *, kind: str
) -> dict[str, Any]:
    found = FIELD.search(reason)
    return {
        "schema_version": SCHEMA_VERSION,
        "kind": kind,
        "file": file,
        "row": row,
        "line": line,
        "column": column,
        "field": found[1] if found else None,
        "reason": reason,
    }


def _context(entry: Mapping[str, Any], now: datetime) -> RowContext:
    if entry["schema_version"] != SCHEMA_VERSION:
        raise InputError(
            f"The quarantine file is of version {entry['schema_version']}; "
            f"this release reads {SCHEMA_VERSION}."
        )
    mapping = ColumnMapping(fields=entry["mapping"], list_separator=entry["list_separator"])
    return RowContext(
        signature=entry["signature"],
        source=Source.parse(entry["source"]),
        now=now,
        facts=entry["facts"],
        mapping=mapping,
    )


def _again(entry: Mapping[str, Any], context: RowContext) -> TakenRow | RejectedRow:
    file = str(entry["file"])
    value = entry["value"]
    rejected = RejectedRow(
        file=file,
        line=entry["line"],
        column=entry["column"],
        row=entry["row"],
        reason=entry["reason"],
        kind=entry["kind"],
        value=value,
        text=entry["text"],
        is_text=entry["is_text"],
    )
    if value is None and entry["text"] is None:
        return rejected
    if value is None:
        try:
            value, _ = decode_value(entry["text"], 0)
        except BrokenJsonError:
            return rejected
    row = Row(
        number=entry["row"] or 0, line=entry["line"] or 0, value=value, is_text=entry["is_text"]
    )
    return example_or_rejection(row, file=file, name=Path(file).name, context=context)
