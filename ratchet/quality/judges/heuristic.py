"""The judge that needs no language model: every dimension read from evidence in the example."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ratchet.examples import Example
from ratchet.quality.dimension import Dimension
from ratchet.quality.diversity import judge_diversity
from ratchet.quality.judges.accuracy import judge_accuracy
from ratchet.quality.judges.coherence import judge_coherence
from ratchet.quality.judges.education import judge_education
from ratchet.quality.judges.relevance import judge_relevance
from ratchet.quality.judges.scorecard import JUDGED, Scorecard
from ratchet.quality.roles import roles_of
from ratchet.signatures.spec import SignatureSpec

HEURISTIC = "heuristic-1"
"""The name and version of this judge; another number when its rules change."""


def judge_by_evidence(
    spec: SignatureSpec, examples: Sequence[Example], *, stored: Sequence[Example] = ()
) -> Iterator[Scorecard]:
    """Judge examples in four dimensions, and by their distance to the others in a fifth.

    The same examples get the same scores every time. Status and earlier scores are not read.

    Args:
        spec: The contract of the signature.
        examples: Those to judge, in the order of the answer.
        stored: Others of the signature; compared with for diversity, not judged.
    """
    diversities = judge_diversity(examples, stored=stored)
    for example, diversity in zip(examples, diversities, strict=True):
        yield Scorecard(
            example_id=example.example_id,
            judge=HEURISTIC,
            dimensions=(*judge_example(spec, example), diversity),
        )


def judge_example(spec: SignatureSpec, example: Example) -> tuple[Dimension, ...]:
    """The four dimensions of one example by itself.

    Values of a wrong type can not be read further, so they cost all four.
    """
    if problem := _unreadable(spec, example):
        return tuple(Dimension(name=name, value=0.0, reason=problem) for name in JUDGED)
    roles = roles_of(spec, example.inputs, example.outputs)
    return (
        judge_accuracy(spec, example, roles),
        judge_coherence(spec, example, roles),
        judge_relevance(roles),
        judge_education(roles),
    )


def _unreadable(spec: SignatureSpec, example: Example) -> str | None:
    """The first field that is missing or not as its type says; invariants are judged, not this."""
    for fields, values in ((spec.inputs, example.inputs), (spec.outputs, example.outputs)):
        for field in fields:
            if field.name not in values:
                return f"{field.name} is missing"
            if problem := field.problem(values[field.name]):
                return problem
    return None
