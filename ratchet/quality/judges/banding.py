"""Which score the bands act on: a judge's own, or what people make of it once it is calibrated.

A calibration belongs to one judge with its model and the version of its rules. Scores of another
one mean something else, so its calibration is not used for them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from ratchet.examples import ExampleId
from ratchet.quality.judges.curves import Curve
from ratchet.quality.judges.heuristic import HEURISTIC
from ratchet.quality.judges.questions import PROMPT_VERSION
from ratchet.quality.judges.recalibration import stored_cards
from ratchet.store.dimension_scores import CalibrationRecord, DimensionScoreStore

PERCENT = 100.0
_OF_RULES = re.compile(r"heuristic-\d+")
_OF_CLAUDE = re.compile(r"claude:(?P<model>.+):p\d+")

Kind = Literal["calibrated", "raw"]


@dataclass(frozen=True, kw_only=True)
class Banding:
    """Which score decides on the band of an example of a signature.

    `judge` is the current one: the last that scored examples, "" when none has. `sentence`
    says which score it is and why, and when a calibration is stale the command that renews it.
    """

    signature: str
    judge: str
    sentence: str
    curve: Curve | None = None
    is_stale: bool = False

    @property
    def kind(self) -> Kind:
        """Whether the bands act on the calibrated score."""
        return "raw" if self.curve is None else "calibrated"

    def score(self, raw: float) -> float:
        """What is held against the bands, 0..100: of a calibrated judge the chance in percent."""
        return raw if self.curve is None else round(PERCENT * self.curve.chance(raw), 1)


def read_banding(
    scores: DimensionScoreStore, signature: str, *, judge: str | None = None
) -> Banding:
    """Find the current judge of a signature, or take the one given, and its calibration.

    Raises:
        StoreError: the store can not be read.
    """
    judges = scores.judges(signature)
    current = judge or (judges[0] if judges else "")
    records = scores.calibrations(signature)
    own = next((record for record in records if record.judge == current), None)
    if own is not None and _version_now(current) == current:
        return Banding(
            signature=signature, judge=current, curve=_curve(own), sentence=_calibrated(own)
        )
    return _raw(signature, current, records[0] if records else None)


def calibrated_scores(scores: DimensionScoreStore, banding: Banding) -> Mapping[ExampleId, float]:
    """The calibrated score of each example that the judge has scored; empty when it is raw."""
    if banding.curve is None:
        return {}
    cards = stored_cards(scores, banding.judge, banding.signature)
    return {card.example_id: banding.score(card.overall) for card in cards}


def _raw(signature: str, current: str, newest: CalibrationRecord | None) -> Banding:
    """The bands act on scores as they are; the sentence says what there is to do."""
    whose = f"the raw score of {current}" if current else "the raw quality of validation"
    renewal = _renewal(signature, current or (newest.judge if newest else ""))
    if current and _version_now(current) != current:
        why = (
            f"its rules have changed since (now {_version_now(current)}), so scores and "
            f"calibration are stale. Renew them: {renewal}"
        )
    elif newest is not None:
        why = (
            f"the calibration there is, of {newest.at:%Y-%m-%d}, is stale: it is of "
            f"{newest.judge}. Renew it: {renewal}"
        )
    elif current:
        why = f"it is not calibrated to what people decided. Calibrate it: {renewal}"
    else:
        why = f"no judge has scored an example. Next: {renewal}"
    is_stale = newest is not None or bool(current and _version_now(current) != current)
    sentence = f"The bands act on {whose}: {why}"
    return Banding(signature=signature, judge=current, sentence=sentence, is_stale=is_stale)


def _calibrated(record: CalibrationRecord) -> str:
    bounds = ""
    if None not in (record.agreement, record.lower, record.upper):
        bounds = f", agreement {record.agreement:.0%} ({record.lower:.0%}-{record.upper:.0%})"
    return (
        f"The bands act on the calibrated score of {record.judge}: the chance, in percent, that "
        f"a person approves ({record.n} decisions{bounds})."
    )


def _curve(record: CalibrationRecord) -> Curve:
    found = record.document["curve"]
    return Curve(kind=found["kind"], scores=tuple(found["scores"]), chances=tuple(found["chances"]))


def _version_now(judge: str) -> str:
    """The name that the same judge has in this version of Ratchet.

    >>> _version_now("claude:claude-haiku-4-5:p0").startswith("claude:claude-haiku-4-5:p")
    True
    """
    if _OF_RULES.fullmatch(judge):
        return HEURISTIC
    if found := _OF_CLAUDE.fullmatch(judge):
        return f"claude:{found['model']}:p{PROMPT_VERSION}"
    return judge


def _renewal(signature: str, judge: str) -> str:
    """The command that has the judge score what people decided on, and calibrates it.

    >>> _renewal("mine", "claude:claude-haiku-4-5:p1")
    'ratchet quality judge --signature mine --decided --judge claude \
--lm anthropic/claude-haiku-4-5'
    """
    found = _OF_CLAUDE.fullmatch(judge)
    by = f" --judge claude --lm anthropic/{found['model']}" if found else ""
    return f"ratchet quality judge --signature {signature} --decided{by}"
