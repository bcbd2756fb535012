"""The bad rows of an import: listed, written to a file, and put into quarantine."""

from __future__ import annotations

import json
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from ratchet.cli.example_files import rejected_as_json, shortened
from ratchet.cli.validated import described, rejection_as_json
from ratchet.collect.files import RejectedRow
from ratchet.collect.quarantine import QuarantineFile
from ratchet.errors import StoreError
from ratchet.quality.validation_report import Rejection

if TYPE_CHECKING:
    from ratchet.collect.file_examples import RowContext

LISTED = 10_000  # bad rows that are held for the screen and --json; the files have all


class Refusals:
    """Takes bad rows one by one; on leaving, the files are in their places or not there."""

    def __init__(self, *, listing: Path | None, quarantine: QuarantineFile | None) -> None:
        self.quarantine_path: Path | None = None
        self.unread: list[str] = []
        self.refused: list[str] = []
        self.documents: list[dict[str, object]] = []
        self._listing, self._quarantine = listing, quarantine
        self._draft = None if listing is None else _draft_of(listing)
        self._stream = None if self._draft is None else self._draft.open("w", encoding="utf-8")

    def __enter__(self) -> Self:
        return self

    def add(self, row: RejectedRow | Rejection, context: RowContext) -> None:
        """Take a bad row of an import in this context."""
        if isinstance(row, RejectedRow):
            document, line, lines = rejected_as_json(row), str(shortened(row)), self.unread
        else:
            document, line, lines = rejection_as_json(row), described(row), self.refused
        if len(self.documents) < LISTED:
            self.documents.append(document)
            lines.append(line)
        if self._stream is not None:
            self._stream.write(json.dumps(document, ensure_ascii=False) + "\n")
        if self._quarantine is not None:
            self._quarantine.add(row, context)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._stream is not None and self._draft is not None and self._listing is not None:
            self._stream.close()
            if kind is None:
                self._draft.replace(self._listing)
            else:
                self._draft.unlink(missing_ok=True)
        if self._quarantine is None:
            return
        if kind is None:
            self.quarantine_path = self._quarantine.finish()
        else:
            self._quarantine.discard()


def _draft_of(path: Path) -> Path:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f".{path.name}.draft")
        draft.touch()
    except OSError as error:
        raise StoreError(f"{path} can not be written: {error.strerror or error}.") from error
    return draft
