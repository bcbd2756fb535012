"""What each source of examples is worth: measurements by leaving it out, the old ones too."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from ratchet.store import schema
from ratchet.store.bulk import insert_new
from ratchet.store.columns import refuse_naive
from ratchet.store.engine import Database

_ablations = schema.ablations


@dataclass(frozen=True, kw_only=True)
class AblationRecord:
    """One measurement; `document` is JSON: the effect of each source, and how it was measured.

    Raises:
        InputError: the time has no zone.
    """

    ablation_id: str
    signature: str
    at: datetime
    dataset_version: str
    model: str
    document: Mapping[str, Any]

    def __post_init__(self) -> None:
        refuse_naive(at=self.at)


class AblationStore:
    """All measurements of what sources are worth."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, record: AblationRecord) -> bool:
        """Store a measurement; False when its id is stored already, which changes nothing.

        Raises:
            StoreError: the database can not be written.
        """
        row = tuple(getattr(record, column.name) for column in _ablations.c)
        with self._database.writing() as connection:
            return bool(insert_new(connection, _ablations, [row]))

    def list(self, signature: str, *, limit: int = 100) -> tuple[AblationRecord, ...]:
        """The newest measurements of a signature first, at most `limit`."""
        query = select(_ablations).where(_ablations.c.signature == signature)
        query = query.order_by(_ablations.c.at.desc(), _ablations.c.ablation_id).limit(limit)
        with self._database.reading() as connection:
            return tuple(AblationRecord(**row) for row in connection.execute(query).mappings())
