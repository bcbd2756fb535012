"""Recalibration: a judge is held against what people decided, anew whenever either changed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from ratchet.canonical import sha256_of
from ratchet.examples import ExampleId
from ratchet.quality.dimension import Dimension
from ratchet.quality.judges.calibration import Calibration, Decided, TooFew, calibrate
from ratchet.quality.judges.scorecard import Scorecard
from ratchet.store.dimension_scores import CalibrationRecord, DimensionScore, DimensionScoreStore

FINGERPRINT = "fingerprint"


@dataclass(frozen=True, kw_only=True)
class Recalibration:
    """What came of holding a judge against people.

    `unjudged` decisions are on examples that the judge has not scored. `is_new` says that it
    was written down; an unchanged one is not, and too few decisions are none.
    """

    judge: str
    signature: str
    found: Calibration | TooFew
    unjudged: int
    is_new: bool


def recalibrate(
    scores: DimensionScoreStore,
    judge: str,
    signature: str,
    *,
    min_decisions: int,
    now: datetime,
    people: Collection[str] = (),
) -> Recalibration:
    """Calibrate a judge to the decisions there are, and keep it beside the earlier ones.

    A judge of another name or version has no calibration yet and so gets one of its own.

    Raises:
        StoreError: the store can not be read or written.
    """
    cards = {card.example_id: card for card in stored_cards(scores, judge, signature)}
    decisions = {d.example_id: d.approved for d in scores.decisions(signature, people=people)}
    decided = {
        example_id: Decided(score=cards[example_id].overall, approved=approved)
        for example_id, approved in decisions.items()
        if example_id in cards
    }
    found = calibrate(list(decided.values()), min_decisions=min_decisions)
    is_new = False
    if isinstance(found, Calibration):
        fingerprint = _fingerprint(decided)
        is_new = not _is_known(scores, judge, signature, fingerprint)
        if is_new:
            scores.add_calibration(_record(judge, signature, found, fingerprint, now))
    return Recalibration(
        judge=judge,
        signature=signature,
        found=found,
        unjudged=len(decisions) - len(decided),
        is_new=is_new,
    )


def stored_cards(scores: DimensionScoreStore, judge: str, signature: str) -> tuple[Scorecard, ...]:
    """The scorecards of a judge for a signature, by example."""
    rows: dict[ExampleId, list[DimensionScore]] = defaultdict(list)
    for row in scores.find(judge, signature):
        rows[row.example_id].append(row)
    return tuple(
        Scorecard(
            example_id=example_id,
            judge=judge,
            dimensions=tuple(
                Dimension(name=one.dimension, value=one.value, reason=one.reason) for one in found
            ),
        )
        for example_id, found in rows.items()
    )


def rows_of(card: Scorecard, *, at: datetime) -> tuple[DimensionScore, ...]:
    """A scorecard as the store keeps it."""
    return tuple(
        DimensionScore(
            example_id=card.example_id,
            judge=card.judge,
            dimension=one.name,
            value=one.value,
            reason=one.reason,
            at=at,
        )
        for one in card.dimensions
    )


def _fingerprint(decided: Mapping[ExampleId, Decided]) -> str:
    return sha256_of({key: [one.score, one.approved] for key, one in sorted(decided.items())})


def _is_known(scores: DimensionScoreStore, judge: str, signature: str, fingerprint: str) -> bool:
    """Whether the newest calibration rests on the same scores and decisions."""
    before = scores.calibrations(signature, judge=judge)
    return bool(before) and before[0].document.get(FINGERPRINT) == fingerprint


def _record(
    judge: str, signature: str, found: Calibration, fingerprint: str, now: datetime
) -> CalibrationRecord:
    return CalibrationRecord(
        judge=judge,
        signature=signature,
        at=now,
        n=found.n,
        agreement=found.agreement.estimate,
        lower=found.agreement.lower,
        upper=found.agreement.upper,
        document={**found.to_json(), FINGERPRINT: fingerprint},
    )
