"""Whether every example still has its content, and stands where it was judged to stand."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence
from itertools import groupby, pairwise
from typing import Any

from sqlalchemy import Connection, RowMapping, select

from ratchet.canonical import sha256_of
from ratchet.examples import EXAMPLE_ID_DIGITS
from ratchet.store import schema
from ratchet.store.audit_report import Findings

PAGE = 1_000  # rows fetched at a time

_examples, _judgements = schema.examples.c, schema.example_judgements.c
_tombstones = schema.tombstones.c


class StandingCheck:
    """Reads examples and judgements side by side, in the order of the ids."""

    def __init__(self, connection: Connection, findings: Findings) -> None:
        self._connection = connection
        self._findings = findings

    def run(self) -> Iterator[int]:
        """Check everything; gives how many examples were looked at, page by page."""
        both = heapq.merge(self._stored(), self._judged(), key=lambda row: row["example_id"])
        looked_at = 0
        for example_id, rows in groupby(both, key=lambda row: row["example_id"]):
            example, judgements = _split(rows)
            if example is not None:
                self._check(example_id, example, judgements)
                looked_at += 1
            if looked_at % PAGE == 0:
                yield looked_at

    def _check(self, example_id: str, example: RowMapping, judged: Sequence[RowMapping]) -> None:
        if _content_id(example) != example_id:
            self._findings.add(
                f"The content of example {example_id} is not what its id says: it was changed."
            )
        if example["is_back_since"] is not None:
            return  # what was judged before it was cleaned up is of another stay
        standing = (example["status"], example["quality_score"])
        for before, after in pairwise(judged):
            if _after(before) != (after["status_before"], after["quality_before"]):
                self._findings.add(
                    f"Judgement {after['judgement_id']} of example {example_id} does not start "
                    f"from where {before['judgement_id']} left it."
                )
        if judged and _after(judged[-1]) != standing:
            self._findings.add(
                f"Example {example_id} is {_said(standing)}, but its last judgement "
                f"({judged[-1]['judgement_id']}) made it {_said(_after(judged[-1]))}."
            )

    def _stored(self) -> Iterator[RowMapping]:
        names = ("example_id", "signature", "inputs", "outputs", "status", "quality_score")
        query = (
            select(*(_examples[name] for name in names), _tombstones.at.label("is_back_since"))
            .outerjoin_from(
                schema.examples,
                schema.tombstones,
                _tombstones.example_id == _examples.example_id,
            )
            .order_by(_examples.example_id)
        )
        yield from self._connection.execute(query.execution_options(yield_per=PAGE)).mappings()

    def _judged(self) -> Iterator[RowMapping]:
        query = select(schema.example_judgements)
        query = query.order_by(_judgements.example_id, _judgements.judgement_id)
        yield from self._connection.execute(query.execution_options(yield_per=PAGE)).mappings()


def _split(rows: Iterator[RowMapping]) -> tuple[RowMapping | None, list[RowMapping]]:
    """The example, which comes first when it is stored, and its judgements."""
    example, judgements = None, []
    for row in rows:
        if "judgement_id" in row:
            judgements.append(row)
        else:
            example = row
    return example, judgements


def _content_id(example: RowMapping) -> str:
    content = {name: example[name] for name in ("signature", "inputs", "outputs")}
    return sha256_of(content)[:EXAMPLE_ID_DIGITS]


def _after(judgement: RowMapping) -> tuple[Any, Any]:
    return judgement["status_after"], judgement["quality_after"]


def _said(standing: tuple[Any, Any]) -> str:
    status, score = standing
    return f"{status} without a score" if score is None else f"{status} with a score of {score:g}"
