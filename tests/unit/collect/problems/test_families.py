"""The library of families: broad, honest about its levels, and right."""

from __future__ import annotations

import random
from collections import Counter

import pytest

from ratchet.collect.problems.engineer import write_from
from ratchet.collect.problems.families import FAMILIES, Family
from ratchet.collect.problems.reading import read_problem
from ratchet.collect.problems.verification import ALGEBRA, verify_text
from ratchet.examples import Difficulty
from ratchet.signatures.generate_problem import SPEC, SUBJECTS


def test_the_library_spans_ten_subjects_and_forty_topics() -> None:
    """Every family has a name, every subject stands in the vocabulary, every level is filled."""
    assert len({family.name for family in FAMILIES}) == len(FAMILIES)
    assert {family.subject for family in FAMILIES} == set(SUBJECTS)
    assert len(SUBJECTS) >= 10
    assert len({family.topic for family in FAMILIES}) >= 40
    assert min(Counter(f.difficulty for f in FAMILIES)[d] for d in Difficulty) >= 10


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_every_wording_is_read_back_and_the_answer_is_right(family: Family) -> None:
    """From the text alone, computer algebra comes to the answer made by construction."""
    for seed in range(3):
        slots = {name: str(value) for name, value in family.draw(random.Random(seed)).items()}
        for wording in family.phrasings:
            problem = wording.format_map(slots)
            reading = read_problem(problem)
            assert reading is not None, problem
            assert reading.family == family.name
            found = verify_text(problem, slots["answer"])
            assert found.is_verified, (problem, found.reason)
            assert found.method == ALGEBRA


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_a_wrong_answer_is_refuted(family: Family) -> None:
    """Verification can say no: an answer that is off by one is wrong in every family."""
    draft = write_from(family, random.Random(5))

    found = verify_text(draft.outputs["problem"], "123456789 + 1/7")

    assert found.is_refuted


def test_drafts_have_types_hints_and_no_open_slot() -> None:
    """Whatever is drawn has the types of the contract."""
    for family in FAMILIES:
        draft = write_from(family, random.Random(3))
        types = [f.problem(draft.inputs[f.name]) for f in SPEC.inputs]
        types += [f.problem(draft.outputs[f.name]) for f in SPEC.outputs]
        assert types == [None] * len(types)
        assert "{" not in str(draft.outputs["problem"]) + draft.outputs["solution"]
