"""A round of judging: which examples a judge has not seen, and what follows from its scores."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from ratchet.examples import Example, Status
from ratchet.quality.judges.banding import Banding
from ratchet.quality.judges.bands import band_of
from ratchet.quality.judges.heuristic import judge_by_evidence
from ratchet.quality.judges.recalibration import rows_of
from ratchet.quality.judges.scorecard import Scorecard
from ratchet.signatures.spec import SignatureSpec
from ratchet.store import Judgement, Store
from ratchet.store.dimension_scores import DimensionScore

if TYPE_CHECKING:
    from ratchet.configuration.quality import QualitySettings

REFUSABLE = (Status.CANDIDATE, Status.ACCEPTED)
"""What a judge may reject: never what was approved or rejected already."""

Move = Callable[[int, int, str], None]
"""Takes how many examples are done, how many there are, and a remark."""


@dataclass(frozen=True, kw_only=True)
class Round:
    """The examples that wait for a judge, and the others of the signature."""

    signature: str
    judge: str
    waiting: tuple[Example, ...]
    others: tuple[Example, ...]


def plan_round(
    store: Store,
    signature: str,
    judge: str,
    *,
    limit: int | None = None,
    again: bool = False,
    only_decided: bool = False,
    people: Collection[str] = (),
) -> Round:
    """Choose what a judge is to look at: what this very judge has not scored yet.

    Args:
        store: Holds the examples and the scores.
        signature: Whose examples.
        judge: The name with its version; another version has scored nothing yet.
        limit: At most so many, the oldest first.
        again: Also what it has scored already.
        only_decided: Only what a person decided on, which is what a calibration needs.
        people: Who counts as a person beside the curators.
    """
    done = frozenset() if again else store.dimension_scores.judged(judge, signature)
    decided = {d.example_id for d in store.dimension_scores.decisions(signature, people=people)}
    kept = [status for status in Status if status is not Status.ARCHIVED]
    waiting: list[Example] = []
    others: list[Example] = []
    for example in store.examples.find(signature, statuses=kept):
        is_wanted = example.example_id not in done
        is_wanted = is_wanted and (not only_decided or example.example_id in decided)
        is_wanted = is_wanted and (limit is None or len(waiting) < limit)
        (waiting if is_wanted else others).append(example)
    return Round(signature=signature, judge=judge, waiting=tuple(waiting), others=tuple(others))


def judge_round(
    store: Store, spec: SignatureSpec, plan: Round, *, now: datetime, move: Move
) -> tuple[Scorecard, ...]:
    """Have the heuristic judge look at a round and keep its scores as they come.

    Raises:
        StoreError: the store can not be written.
    """
    cards: list[Scorecard] = []

    def rows() -> Iterator[DimensionScore]:
        for card in judge_by_evidence(spec, plan.waiting, stored=plan.others):
            cards.append(card)
            move(len(cards), len(plan.waiting), card.judge)
            yield from rows_of(card, at=now)

    store.dimension_scores.put(rows())
    return tuple(cards)


def refuse_weak(
    store: Store,
    plan: Round,
    cards: Sequence[Scorecard],
    *,
    settings: QualitySettings,
    banding: Banding,
    now: datetime,
) -> int:
    """Reject the candidates and accepted examples whose score is in the rejection band.

    The score is the calibrated one when the judge is calibrated; the reason says which. What
    a person decided on stands, also when that was while the judge was at work.

    Returns:
        How many changed their status.
    """
    decided = {d.example_id for d in store.dimension_scores.decisions(plan.signature)}
    judgements = [
        Judgement(
            example_id=card.example_id,
            status=Status.REJECTED,
            reason=(
                f"{_quality(card, banding)} is below {settings.reject_below:g}: "
                f"{card.weakest.name} {card.weakest.value:g}, {card.weakest.reason}"
            ),
        )
        for card in cards
        if card.example_id not in decided
        and band_of(banding.score(card.overall), settings) == "reject"
    ]
    judged = store.examples.judge(judgements, actor=plan.judge, at=now, only=REFUSABLE)
    return judged.changed


def _quality(card: Scorecard, banding: Banding) -> str:
    """The score that the band was decided by, in words."""
    if banding.kind == "raw":
        return f"raw quality {card.overall:g}"
    return f"calibrated quality {banding.score(card.overall):g} (raw {card.overall:g})"
