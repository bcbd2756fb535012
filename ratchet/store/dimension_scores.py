"""Quality by judge and dimension, what people decided, and the calibrations of the judges."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, delete, func, insert, or_, select

from ratchet.errors import InputError
from ratchet.examples import ExampleId, Status
from ratchet.store import schema
from ratchet.store.bulk import chunks
from ratchet.store.columns import refuse_naive
from ratchet.store.engine import Database

CHUNK = 500  # examples in one transaction
HUMAN_STATUSES = (Status.APPROVED, Status.REJECTED)

_scores = schema.dimension_scores
_calibrations = schema.judge_calibrations
_judgements = schema.example_judgements
_examples = schema.examples


@dataclass(frozen=True, kw_only=True)
class DimensionScore:
    """What one judge gave one example in one dimension, 0..100, and why.

    Raises:
        InputError: the value is outside 0..100, or the time has no zone.
    """

    example_id: ExampleId
    judge: str
    dimension: str
    value: float
    reason: str
    at: datetime

    def __post_init__(self) -> None:
        refuse_naive(at=self.at)
        if not 0 <= self.value <= 100:
            raise InputError(f"{self.dimension} is {self.value}; it must be 0..100.")


@dataclass(frozen=True, kw_only=True)
class HumanDecision:
    """The last word of a person on one example."""

    example_id: ExampleId
    approved: bool
    actor: str
    at: datetime


@dataclass(frozen=True, kw_only=True)
class CalibrationRecord:
    """How far people agreed with one judge on one signature, at one time.

    `agreement` with its bounds is a share 0..1; None while there were too few decisions.
    `document` holds the rest: threshold, curve, confusion, kappa.

    Raises:
        InputError: the time has no zone.
    """

    judge: str
    signature: str
    at: datetime
    n: int
    agreement: float | None = None
    lower: float | None = None
    upper: float | None = None
    document: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        refuse_naive(at=self.at)


class DimensionScoreStore:
    """All scores of all judges, and their calibrations, the old ones too."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def put(self, scores: Iterable[DimensionScore]) -> int:
        """Store the scores, a later one of the same judge and dimension in place of the earlier.

        The scores of one example should follow each other: so many examples at a time are
        written in one transaction, whole or not at all. Scores of an example that is gone from
        the store in the meantime are left out.

        Returns:
            How many scores were written.

        Raises:
            StoreError: the database can not be written.
        """
        written = 0
        for chunk in chunks(_by_example(scores), CHUNK):
            with self._database.writing() as connection:
                written += _replace(connection, [score for group in chunk for score in group])
        return written

    def judged(self, judge: str, signature: str) -> frozenset[ExampleId]:
        """The examples of a signature that this very judge has scored."""
        query = _of_signature(select(_scores.c.example_id).distinct(), signature)
        with self._database.reading() as connection:
            rows = connection.execute(query.where(_scores.c.judge == judge)).scalars()
            return frozenset(ExampleId(row) for row in rows)

    def find(self, judge: str, signature: str) -> tuple[DimensionScore, ...]:
        """Every score of a judge for a signature, by example and dimension."""
        query = _of_signature(select(_scores), signature).where(_scores.c.judge == judge)
        query = query.order_by(_scores.c.example_id, _scores.c.dimension)
        with self._database.reading() as connection:
            return tuple(DimensionScore(**row) for row in connection.execute(query).mappings())

    def judges(self, signature: str) -> tuple[str, ...]:
        """The judges that have scored examples of a signature, the last to do so first."""
        query = _of_signature(select(_scores.c.judge, func.max(_scores.c.at)), signature)
        query = query.group_by(_scores.c.judge)
        query = query.order_by(func.max(_scores.c.at).desc(), _scores.c.judge)
        with self._database.reading() as connection:
            return tuple(row[0] for row in connection.execute(query))

    def decisions(
        self, signature: str, *, people: Collection[str] = ()
    ) -> tuple[HumanDecision, ...]:
        """The last approval or refusal of each example by a person, by example.

        People are the curators, revoked ones too, and whoever is named in `people`. A machine
        that changed the status later does not take back what a person said.
        """
        query = _decisions(signature, people)
        with self._database.reading() as connection:
            latest = {row.example_id: row for row in connection.execute(query)}
        return tuple(_to_decision(latest[example_id]) for example_id in sorted(latest))

    def add_calibration(self, calibration: CalibrationRecord) -> None:
        """Keep a calibration beside the earlier ones.

        Raises:
            StoreError: the database can not be written.
        """
        with self._database.writing() as connection:
            connection.execute(insert(_calibrations).values(asdict(calibration)))

    def calibrations(
        self, signature: str, *, judge: str | None = None
    ) -> tuple[CalibrationRecord, ...]:
        """The calibrations for a signature, of one judge or of all, the newest first."""
        columns = [c for c in _calibrations.c if c is not _calibrations.c.calibration_id]
        query = select(*columns).where(_calibrations.c.signature == signature)
        if judge is not None:
            query = query.where(_calibrations.c.judge == judge)
        query = query.order_by(_calibrations.c.calibration_id.desc())
        with self._database.reading() as connection:
            return tuple(CalibrationRecord(**row) for row in connection.execute(query).mappings())


def _by_example(scores: Iterable[DimensionScore]) -> Iterator[list[DimensionScore]]:
    group: list[DimensionScore] = []
    for score in scores:
        if group and score.example_id != group[0].example_id:
            yield group
            group = []
        group.append(score)
    if group:
        yield group


def _replace(connection: Connection, scores: Sequence[DimensionScore]) -> int:
    by_judge: dict[str, set[ExampleId]] = defaultdict(set)
    for score in scores:
        by_judge[score.judge].add(score.example_id)
    ids = sorted({score.example_id for score in scores})
    query = select(_examples.c.example_id).where(_examples.c.example_id.in_(ids))
    known = set(connection.execute(query).scalars())
    for judge, judged in by_judge.items():
        scored = _scores.c.example_id.in_(sorted(judged))
        connection.execute(delete(_scores).where(_scores.c.judge == judge, scored))
    rows = [asdict(score) for score in scores if score.example_id in known]
    if rows:
        connection.execute(insert(_scores), rows)
    return len(rows)


def _of_signature(query: Select[Any], signature: str) -> Select[Any]:
    joined = _scores.c.example_id == _examples.c.example_id
    return query.select_from(_scores.join(_examples, joined)).where(
        _examples.c.signature == signature
    )


def _decisions(signature: str, people: Collection[str]) -> Select[Any]:
    """The decisions of people in the order in which they were taken."""
    columns = (
        _judgements.c.example_id,
        _judgements.c.status_after,
        _judgements.c.actor,
        _judgements.c.at,
    )
    curators = select(schema.curators.c.name)
    joined = _judgements.c.example_id == _examples.c.example_id
    query = select(*columns).select_from(_judgements.join(_examples, joined))
    query = query.where(
        _examples.c.signature == signature,
        _judgements.c.status_after.in_([status.value for status in HUMAN_STATUSES]),
        or_(_judgements.c.actor.in_(curators), _judgements.c.actor.in_(sorted(people))),
    )
    return query.order_by(_judgements.c.judgement_id)


def _to_decision(row: Row[Any]) -> HumanDecision:
    return HumanDecision(
        example_id=ExampleId(row.example_id),
        approved=row.status_after == Status.APPROVED,
        actor=row.actor,
        at=row.at,
    )
