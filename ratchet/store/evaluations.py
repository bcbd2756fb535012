"""Evaluations with their verdicts, and every look that was taken at a sealed test split."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Column, RowMapping, Table, select

from ratchet.errors import InputError
from ratchet.store import schema
from ratchet.store.bulk import insert_new
from ratchet.store.columns import refuse_naive
from ratchet.store.engine import Database

_evaluations = schema.evaluations
_uses = schema.test_split_uses


@dataclass(frozen=True, kw_only=True)
class EvaluationRecord:
    """A candidate compared with a baseline on one split, and what was decided.

    Scores are 0..1, or None when the evaluation is void; `lower` and `upper` bound their
    difference. `n` examples were asked, `errors` of them failed and are in no score.
    `reasons` are sentences for an operator; `details` is JSON.

    Raises:
        InputError: a naive time, or counts that can not be.
    """

    evaluation_id: str
    signature: str
    dataset_version: str
    baseline_version: str
    candidate_version: str
    split: str
    n: int
    verdict: str
    created_at: datetime
    run_id: str | None = None
    baseline_score: float | None = None
    candidate_score: float | None = None
    lower: float | None = None
    upper: float | None = None
    errors: int = 0
    reasons: tuple[str, ...] = ()
    model: str = ""
    details: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        refuse_naive(created_at=self.created_at)
        if self.n < 0 or self.errors < 0:
            raise InputError(f"n is {self.n} and errors {self.errors}; neither can be negative.")


@dataclass(frozen=True, kw_only=True)
class SplitUse:
    """One look at the sealed test split of a dataset version, `n` examples of it.

    Record it before looking, under the id that the evaluation will have: a look that
    crashed has been a look.

    Raises:
        InputError: `at` has no time zone.
    """

    evaluation_id: str
    signature: str
    dataset_version: str
    n: int
    purpose: str
    actor: str
    at: datetime
    run_id: str | None = None

    def __post_init__(self) -> None:
        refuse_naive(at=self.at)


class EvaluationStore:
    """All evaluations and all uses of test splits."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, evaluation: EvaluationRecord) -> bool:
        """Store an evaluation; False when its id is stored already, which changes nothing.

        Raises:
            StoreError: the database can not be written.
        """
        return self._insert(_evaluations, evaluation)

    def get(self, evaluation_id: str) -> EvaluationRecord | None:
        """One evaluation, or None."""
        query = select(_evaluations).where(_evaluations.c.evaluation_id == evaluation_id)
        with self._database.reading() as connection:
            row = connection.execute(query).mappings().first()
        return None if row is None else _to_evaluation(row)

    def list(
        self,
        *,
        signature: str | None = None,
        run_id: str | None = None,
        candidate_version: str | None = None,
        limit: int = 100,
    ) -> tuple[EvaluationRecord, ...]:
        """The newest evaluations first, at most `limit`, narrowed by what is given."""
        wanted: dict[Column[Any], str | None] = {
            _evaluations.c.signature: signature,
            _evaluations.c.run_id: run_id,
            _evaluations.c.candidate_version: candidate_version,
        }
        query = select(_evaluations).where(
            *(column == value for column, value in wanted.items() if value is not None)
        )
        query = query.order_by(_evaluations.c.created_at.desc(), _evaluations.c.evaluation_id)
        with self._database.reading() as connection:
            rows = connection.execute(query.limit(limit)).mappings()
            return tuple(_to_evaluation(row) for row in rows)

    def record_test_use(self, use: SplitUse) -> bool:
        """Write down a look at the test split; False when this one is written down already.

        Raises:
            StoreError: the database can not be written; then do not look.
        """
        return self._insert(_uses, use)

    def test_uses(self, signature: str, dataset_version: str | None = None) -> tuple[SplitUse, ...]:
        """Every look at the test split of a dataset version, or of all; the oldest first."""
        query = select(_uses).where(_uses.c.signature == signature)
        if dataset_version is not None:
            query = query.where(_uses.c.dataset_version == dataset_version)
        query = query.order_by(_uses.c.at, _uses.c.evaluation_id)
        with self._database.reading() as connection:
            return tuple(SplitUse(**row) for row in connection.execute(query).mappings())

    def _insert(self, table: Table, record: EvaluationRecord | SplitUse) -> bool:
        row = tuple(getattr(record, column.name) for column in table.c)
        with self._database.writing() as connection:
            return bool(insert_new(connection, table, [row]))


def _to_evaluation(row: RowMapping) -> EvaluationRecord:
    return EvaluationRecord(**{**row, "reasons": tuple(row["reasons"])})
