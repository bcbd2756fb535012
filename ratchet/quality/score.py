"""The quality of an example, 0..100, from completeness, clarity, relevance and diversity.

The score is the weighted mean of the four, but never more than `HEADROOM` above the weakest
of the first three: an explanation in gibberish is not redeemed by its length. Diversity has
no such veto, because what is too similar is a duplicate and is refused as one.

The weights say what a training example is for: relevance and clarity carry what a program
learns; completeness is mostly the schema's business; diversity is a property of the set.
Every feature reads evidence in the text; none of them counts its length.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ratchet.examples import Example
from ratchet.quality.clarity import judge_clarity
from ratchet.quality.completeness import judge_completeness
from ratchet.quality.dimension import Dimension
from ratchet.quality.diversity import judge_diversity
from ratchet.quality.relevance import judge_relevance
from ratchet.quality.roles import roles_of
from ratchet.signatures.spec import SignatureSpec

WEIGHTS = {"completeness": 0.20, "clarity": 0.30, "relevance": 0.35, "diversity": 0.15}
HEADROOM = 25.0


@dataclass(frozen=True, kw_only=True)
class QualityScore:
    """The quality of one example, 0..100, and the dimensions it was made from."""

    value: float
    dimensions: tuple[Dimension, ...]

    @property
    def weakest(self) -> Dimension:
        """The dimension with the lowest value; the first of equals."""
        return min(self.dimensions, key=lambda dimension: dimension.value)

    @property
    def reason(self) -> str:
        """The score and what holds it down most, in a sentence."""
        return f"quality {self.value:.1f}: {self.weakest.name} is low, {self.weakest.reason}"


def score_examples(
    spec: SignatureSpec, examples: Sequence[Example], *, stored: Sequence[Example] = ()
) -> tuple[QualityScore, ...]:
    """Score examples that hold the contract, in the order given.

    Args:
        spec: The contract; its field types tell which text plays which part.
        examples: The batch; each is compared with the rest of it for diversity.
        stored: What is there already; compared with, not scored.
    """
    diversities = judge_diversity(examples, stored=stored)
    return tuple(
        _score(spec, example, diversity)
        for example, diversity in zip(examples, diversities, strict=True)
    )


def combine(dimensions: Sequence[Dimension]) -> float:
    """Weigh the dimensions into one score, 0..100, one decimal.

    >>> named = dict(completeness=100, clarity=10, relevance=100, diversity=100)
    >>> combine([Dimension(name=n, value=v, reason="") for n, v in named.items()])
    35.0
    """
    mean = sum(WEIGHTS[dimension.name] * dimension.value for dimension in dimensions)
    weakest = min(d.value for d in dimensions if d.name != "diversity")
    return round(min(mean, weakest + HEADROOM), 1)


def _score(spec: SignatureSpec, example: Example, diversity: Dimension) -> QualityScore:
    roles = roles_of(spec, example.inputs, example.outputs)
    dimensions = (
        judge_completeness(spec, example.inputs, example.outputs),
        judge_clarity(roles),
        judge_relevance(roles),
        diversity,
    )
    return QualityScore(value=combine(dimensions), dimensions=dimensions)
