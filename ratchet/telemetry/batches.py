"""Batches: a piece of a spool file as rows, ready to be taken in by one transaction."""

from __future__ import annotations

from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ratchet.store.telemetry import (
    LabelRow,
    OutcomeRow,
    PayloadRow,
    QuarantinedRow,
    SpoolBatch,
)
from ratchet.telemetry.fields import CLOCK_TOLERANCE
from ratchet.telemetry.parsing import parse_line
from ratchet.telemetry.pieces import KEPT_BYTES, Piece

if TYPE_CHECKING:
    from ratchet.serving.redaction import Redactor


class BatchMaker:
    """Makes batches of pieces; `key_folder` holds the key of the pseudonyms.

    Apps redact what they record. Payloads in the older shape and lines that can not be used
    come from nobody knows where, so they are redacted here.
    """

    def __init__(self, *, now: datetime, key_folder: Path) -> None:
        self._now = now
        self._latest = now + CLOCK_TOLERANCE
        self._key_folder = key_folder

    def batch_of(self, file: str, piece: Piece, *, is_done: bool) -> SpoolBatch:
        """The rows of a piece, in the order of its lines."""
        outcomes: list[OutcomeRow] = []
        payloads: list[PayloadRow] = []
        labels: list[LabelRow] = []
        quarantined: list[QuarantinedRow] = []
        latest, lines = self._latest, 0
        if piece.reason:
            lines = 1
            row = self._quarantined(file, piece.start, piece.content, piece.reason)
            quarantined.append(row)
        else:
            for lines, line in enumerate(piece.lines(), 1):  # noqa: B007 - counts them
                parsed = parse_line(line.content, latest=latest)
                if parsed.outcome is not None:
                    outcomes.append(parsed.outcome)
                if parsed.payload is not None:
                    payload = parsed.payload
                    payloads.append(self._redacted(payload) if parsed.is_older else payload)
                if parsed.label is not None:
                    labels.append(parsed.label)
                if parsed.reason:
                    row = self._quarantined(file, line.offset_bytes, line.content, parsed.reason)
                    quarantined.append(row)
        return SpoolBatch(
            file=file,
            start=piece.start,
            end=piece.end,
            lines=lines,
            is_done=is_done,
            outcomes=outcomes,
            payloads=payloads,
            labels=labels,
            quarantined=quarantined,
        )

    def _quarantined(self, file: str, offset: int, content: bytes, reason: str) -> QuarantinedRow:
        text = self._redactor.text(content[:KEPT_BYTES].decode("utf-8", "replace"))
        return QuarantinedRow(file, offset, self._now, self._redactor.text(reason), text)

    def _redacted(self, payload: PayloadRow) -> PayloadRow:
        return payload._replace(
            inputs=self._redacted_values(payload.signature, payload.inputs),
            outputs=self._redacted_values(payload.signature, payload.outputs),
        )

    def _redacted_values(self, signature: str, values: Any) -> Any:
        if isinstance(values, dict):
            return self._redactor.fields(signature, values)
        return self._redactor.value(values)

    @cached_property
    def _redactor(self) -> Redactor:
        from ratchet.serving.pseudonyms import Pseudonyms, load_key
        from ratchet.serving.redaction import Redactor

        return Redactor(Pseudonyms(load_key(self._key_folder)))
