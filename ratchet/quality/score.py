"""The quality of an example, 0..100, from completeness, clarity, relevance and diversity.

The score is the weighted mean of the four, but never more than `HEADROOM` above the weakest
of the first three: an explanation in gibberish is not redeemed by its length. Diversity has
no such veto, because what is too similar is a duplicate and is refused as one.

The weights say what a training example is for: relevance and clarity carry what a program
learns; completeness is mostly the schema's business; diversity is a property of the set.
Every feature reads evidence in the text; none of them counts its length.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from ratchet.examples import Example, ExampleId
from ratchet.quality.clarity import judge_clarity
from ratchet.quality.completeness import judge_completeness
from ratchet.quality.difficulty import Assessment, assess_difficulty
from ratchet.quality.dimension import Dimension
from ratchet.quality.diversity import NO_BUCKETS, input_buckets, judge_diversity
from ratchet.quality.relevance import judge_relevance
from ratchet.quality.roles import roles_of
from ratchet.quality.vectors import Buckets
from ratchet.signatures.spec import SignatureSpec, Values

WEIGHTS = {"completeness": 0.20, "clarity": 0.30, "relevance": 0.35, "diversity": 0.15}
HEADROOM = 25.0


@dataclass(frozen=True, kw_only=True)
class Alone:
    """What an example is by itself, and by which words it is told from others."""

    dimensions: tuple[Dimension, ...]
    assessment: Assessment
    buckets: Buckets


NOTHING_KNOWN: Mapping[ExampleId, Alone] = MappingProxyType({})


@dataclass(frozen=True, kw_only=True)
class QualityScore:
    """The quality of one example, 0..100, the dimensions it was made from, and its difficulty."""

    value: float
    dimensions: tuple[Dimension, ...]
    assessment: Assessment

    @property
    def weakest(self) -> Dimension:
        """The dimension with the lowest value; the first of equals."""
        return min(self.dimensions, key=lambda dimension: dimension.value)

    @property
    def reason(self) -> str:
        """The score and what holds it down most, in a sentence."""
        return f"quality {self.value:.1f}: {self.weakest.name} is low, {self.weakest.reason}"


def score_examples(
    spec: SignatureSpec,
    examples: Sequence[Example],
    *,
    stored: Sequence[Example] = (),
    own: Mapping[ExampleId, Alone] = NOTHING_KNOWN,
    buckets: Mapping[ExampleId, Buckets] = NO_BUCKETS,
) -> tuple[QualityScore, ...]:
    """Score examples that hold the contract, in the order given.

    Args:
        spec: The contract; its field types tell which text plays which part.
        examples: The batch; each is compared with the rest of it for diversity.
        stored: What is there already; compared with, not scored.
        own: What is known of some examples by themselves; the others are judged here.
        buckets: The buckets of stored examples (`ratchet.quality.diversity`), if known.
    """
    found = {
        example.example_id: own.get(example.example_id)
        or judge_alone(spec, example.inputs, example.outputs)
        for example in examples
    }
    known = {example_id: alone.buckets for example_id, alone in found.items()}
    diversities = judge_diversity(examples, stored=stored, buckets={**known, **buckets})
    return tuple(
        _score(found[example.example_id], diversity)
        for example, diversity in zip(examples, diversities, strict=True)
    )


def judge_alone(spec: SignatureSpec, inputs: Values, outputs: Values) -> Alone:
    """Judge an example by itself: completeness, clarity and relevance."""
    roles = roles_of(spec, inputs, outputs)
    dimensions = (
        judge_completeness(spec, inputs, outputs),
        judge_clarity(roles),
        judge_relevance(roles),
    )
    return Alone(
        dimensions=dimensions,
        assessment=assess_difficulty(inputs),
        buckets=input_buckets(inputs),
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


def _score(alone: Alone, diversity: Dimension) -> QualityScore:
    dimensions = (*alone.dimensions, diversity)
    return QualityScore(
        value=combine(dimensions), dimensions=dimensions, assessment=alone.assessment
    )
