"""What a source is worth: shown only when examples, chance and every search agree."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from ratchet.errors import InputError
from ratchet.increments.ablation import Ablation, SourceEffect, Worth, by_worth, measure_effect
from ratchet.increments.ablation_picture import effects_of_sources
from ratchet.optimize.outcomes import Answered, Outcome, PairedEvaluation, ProgramEvaluation

MANY = 20


def program(scores: Sequence[float | None]) -> ProgramEvaluation:
    """A program with these scores; None is an answer that failed."""
    return ProgramEvaluation(
        answers=tuple(
            Answered(
                example_id=f"e{place}",
                label="yes",
                difficulty="easy",
                outcome=Outcome(
                    score=score, latency_ms=1.0, error=None if score is not None else "timeout"
                ),
            )
            for place, score in enumerate(scores)
        )
    )


def compared(without: Sequence[float | None], with_it: Sequence[float | None]) -> PairedEvaluation:
    """One search without the source against one with it."""
    return PairedEvaluation(signature="s", baseline=program(without), candidate=program(with_it))


def effect(*evaluations: PairedEvaluation) -> SourceEffect:
    """What these evaluations say of a source."""
    return measure_effect("git", evaluations, examples=12)


def test_a_source_carries_what_is_lost_without_it() -> None:
    """Twenty examples fall by about a third in both searches: the interval leaves 0 out."""
    gains = [0.2, 0.4] * 10
    found = effect(*(compared([0.5] * MANY, [0.5 + gain for gain in gains]) for _ in range(2)))

    assert found.worth is Worth.CARRIES
    assert found.effect == pytest.approx(0.3)
    assert found.lower is not None
    assert found.upper is not None
    assert 0 < found.lower < 0.3 < found.upper
    assert found.by_seed == pytest.approx((0.3, 0.3))
    assert (found.score_with, found.score_without) == pytest.approx((0.8, 0.5))
    assert "git: +0.300 (95 % interval" in found.sentence


def test_a_source_harms_when_all_is_better_without_it() -> None:
    """The same the other way round."""
    found = effect(*(compared([0.8, 0.9] * 10, [0.5] * MANY) for _ in range(2)))

    assert found.worth is Worth.HARMS
    assert found.effect == pytest.approx(-0.35)


def test_one_search_shows_nothing_however_sure_it_looks() -> None:
    """The interval bounds what other examples would say, and nothing of another search."""
    found = effect(compared([0.5] * MANY, [0.8, 0.9] * 10))

    assert found.lower is not None
    assert found.lower > 0
    assert found.worth is Worth.UNCLEAR


def test_searches_that_contradict_each_other_show_nothing() -> None:
    """The mean is clearly above 0, but one of the searches says the opposite."""
    good = compared([0.2] * MANY, [0.8, 0.9] * 10)
    bad = compared([0.5] * MANY, [0.4] * MANY)

    found = effect(good, bad)

    assert found.lower is not None
    assert found.lower > 0
    assert found.worth is Worth.UNCLEAR
    assert "no effect is shown" in found.sentence


def test_a_few_examples_that_differ_show_nothing() -> None:
    """Four of twenty are better, and none worse: chance does as much once in sixteen times."""
    found = effect(compared([0.0] * MANY, [1.0] * 4 + [0.0] * 16))

    assert found.chance == pytest.approx(1 / 16)
    assert found.worth is Worth.UNCLEAR


def test_equal_programs_show_nothing() -> None:
    """Optimisers often choose the same demonstrations."""
    found = effect(compared([0.7] * MANY, [0.7] * MANY))

    assert (found.effect, found.lower, found.upper) == (0.0, 0.0, 0.0)
    assert found.worth is Worth.UNCLEAR


@pytest.mark.parametrize(
    ("evaluation", "obstacle"),
    [
        (compared([0.5] * 5, [0.9] * 5), "5 sealed examples are too few; at least 6"),
        (compared([None, *[0.5] * 19], [0.9] * MANY), "5% of the answers failed, above 2%"),
    ],
)
def test_what_can_not_be_measured_says_why(evaluation: PairedEvaluation, obstacle: str) -> None:
    """A failed answer is no score of 0, and few examples are no evidence."""
    found = effect(evaluation)

    assert found.worth is Worth.UNMEASURED
    assert obstacle in found.sentence


def an_ablation() -> Ablation:
    """Three sources, one of them not measured."""
    effects = (
        effect(compared([0.5] * MANY, [0.6, 0.7] * 10)),
        SourceEffect(source="import", examples=3, obstacle="too few"),
        SourceEffect(
            source="manual",
            examples=4,
            effect=0.5,
            lower=0.4,
            upper=0.6,
            chance=0.01,
            by_seed=(0.5, 0.5),
        ),
    )
    return Ablation(
        signature="s",
        dataset_version="v1",
        model="offline/in-context",
        optimizer="bootstrap",
        seeds=(1,),
        test_examples=MANY,
        score=0.65,
        effects=by_worth(effects),
    )


def test_the_most_valuable_source_comes_first_and_survives_json() -> None:
    """What was not measured comes last; the form on disk gives the same back."""
    found = an_ablation()

    assert [e.source for e in found.effects] == ["manual", "git", "import"]
    assert Ablation.from_json(found.to_json()) == found
    assert found.to_json()["effects"][0]["worth"] == "carries"


def test_the_picture_names_the_sources_that_were_measured() -> None:
    """An SVG with a line for each; with none there is nothing to draw."""
    found = an_ablation()
    drawn = effects_of_sources(found).decode()

    assert drawn.startswith("<?xml")
    assert "Sources of s, v1" in drawn
    assert "manual" in drawn
    with pytest.raises(InputError, match="nothing to draw"):
        effects_of_sources(Ablation(**{**vars(found), "effects": found.effects[-1:]}))
