"""Ablation: what a source of examples is worth, by the score of a program made without it.

Programs with and without the source answer the same sealed examples. The interval of their
paired difference and the sign-flip test say what other examples would have shown, as for a
verdict. They do not know the luck of the search, so that is repeated with several seeds, and an
effect counts as shown only when all of them agree on its direction.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from statistics import fmean
from typing import Any

import numpy as np

from ratchet.optimize.interval import chance_of_gain, mean_interval
from ratchet.optimize.outcomes import PairedEvaluation, ProgramEvaluation
from ratchet.optimize.verdict import DEFAULT_POLICY, PromotionPolicy

SCHEMA_VERSION = 1
FEWEST_SEEDS = 2  # one search looks sure of what the next contradicts
SELDOM = (1 - DEFAULT_POLICY.confidence) / 2  # chance alone may do as much so often


class Worth(StrEnum):
    """What was shown of a source."""

    CARRIES = "carries"
    HARMS = "harms"
    UNCLEAR = "unclear"
    UNMEASURED = "not measured"


@dataclass(frozen=True, kw_only=True)
class SourceEffect:
    """What a source adds to the score: with it minus without it, in score points of 0..1.

    `examples` were left out of training and validation. `lower` and `upper` bound `effect` at
    95 %; `chance` is the probability that a source of no effect does as much in this direction.
    `by_seed` is the effect of each search. `obstacle` says why there is no figure.
    """

    source: str
    examples: int
    score_with: float | None = None
    score_without: float | None = None
    effect: float | None = None
    lower: float | None = None
    upper: float | None = None
    chance: float | None = None
    by_seed: tuple[float, ...] = ()
    pairs: int = 0
    obstacle: str = ""

    @property
    def worth(self) -> Worth:
        """Shown only when interval and test agree, and so do the searches of several seeds."""
        if self.lower is None or self.upper is None or self.chance is None:
            return Worth.UNMEASURED
        if self.chance > SELDOM or len(self.by_seed) < FEWEST_SEEDS:
            return Worth.UNCLEAR
        if self.lower > 0 and min(self.by_seed) > 0:
            return Worth.CARRIES
        if self.upper < 0 and max(self.by_seed) < 0:
            return Worth.HARMS
        return Worth.UNCLEAR

    @property
    def sentence(self) -> str:
        """The effect in words."""
        if self.effect is None:
            return f"{self.source}: not measured, {self.obstacle}"
        bounds = f"{self.effect:+.3f} (95 % interval {self.lower:+.3f} to {self.upper:+.3f})"
        said = {
            Worth.CARRIES: "carries the score",
            Worth.HARMS: "harms the score; look at its examples",
            Worth.UNCLEAR: "no effect is shown",
        }[self.worth]
        return f"{self.source}: {bounds}, {said}"


@dataclass(frozen=True, kw_only=True)
class Ablation:
    """What each source of a dataset version is worth, the most valuable first.

    `score` is that of the programs made of all sources, 0..1, on `test_examples` sealed ones.
    """

    signature: str
    dataset_version: str
    model: str
    optimizer: str
    seeds: tuple[int, ...]
    test_examples: int
    score: float | None
    effects: tuple[SourceEffect, ...]

    def to_json(self) -> dict[str, Any]:
        """Everything, as plain values."""
        effects = [
            {**asdict(one), "worth": one.worth.value, "sentence": one.sentence}
            for one in self.effects
        ]
        return {"schema_version": SCHEMA_VERSION, **asdict(self), "effects": effects}

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Ablation:
        """Read what `to_json` gave."""
        fields = {name: value for name, value in document.items() if name != "schema_version"}
        effects = [
            {name: value for name, value in one.items() if name not in {"worth", "sentence"}}
            for one in document["effects"]
        ]
        found = (SourceEffect(**{**one, "by_seed": tuple(one["by_seed"])}) for one in effects)
        return cls(**{**fields, "seeds": tuple(fields["seeds"]), "effects": tuple(found)})


def measure_effect(
    source: str,
    evaluations: Sequence[PairedEvaluation],
    *,
    examples: int,
    policy: PromotionPolicy = DEFAULT_POLICY,
) -> SourceEffect:
    """The effect of a source; never raises for what the scores are.

    Args:
        source: Which one was left out.
        evaluations: One for each seed, without the source as baseline and with it as
            candidate, all on the same examples.
        examples: How many were left out.
        policy: Its confidence, fewest pairs and share of errors hold.
    """
    obstacle = _obstacle(evaluations, policy)
    if obstacle:
        return SourceEffect(source=source, examples=examples, obstacle=obstacle)
    differences = np.asarray([fmean(found) for found in _differences(evaluations).values()])
    interval = mean_interval(differences, confidence=policy.confidence, seed=policy.seed)
    upwards = differences if interval.estimate >= 0 else -differences
    return SourceEffect(
        source=source,
        examples=examples,
        score_with=_mean([e.candidate for e in evaluations]),
        score_without=_mean([e.baseline for e in evaluations]),
        effect=interval.estimate,
        lower=interval.lower,
        upper=interval.upper,
        chance=chance_of_gain(upwards, seed=policy.seed),
        by_seed=tuple(fmean(c - b for b, c in e.pairs) for e in evaluations),
        pairs=len(differences),
    )


def by_worth(effects: Sequence[SourceEffect]) -> tuple[SourceEffect, ...]:
    """The most valuable first; what was not measured comes last."""
    return tuple(sorted(effects, key=lambda e: (e.effect is None, -(e.effect or 0.0), e.source)))


def _differences(evaluations: Sequence[PairedEvaluation]) -> dict[str, list[float]]:
    """With minus without by example, one value for each seed in which both were scored."""
    found: dict[str, list[float]] = {}
    for evaluation in evaluations:
        for example_id, scores in evaluation.scores.items():
            without, with_it = scores["baseline"], scores["candidate"]
            if without is not None and with_it is not None:
                found.setdefault(example_id, []).append(with_it - without)
    return found


def _obstacle(evaluations: Sequence[PairedEvaluation], policy: PromotionPolicy) -> str:
    """Why the evaluations say nothing, if they do not."""
    if not evaluations:
        return "there is no evaluation"
    fewest = min(len(evaluation.pairs) for evaluation in evaluations)
    if fewest < policy.min_pairs:
        return f"{fewest} sealed examples are too few; at least {policy.min_pairs} are needed"
    share = max(side.error_share for e in evaluations for side in (e.baseline, e.candidate))
    if share > policy.max_error_share:
        return f"{share:.0%} of the answers failed, above {policy.max_error_share:.0%}"
    return ""


def _mean(evaluations: Sequence[ProgramEvaluation]) -> float | None:
    means = [evaluation.mean for evaluation in evaluations if evaluation.mean is not None]
    return fmean(means) if means else None
