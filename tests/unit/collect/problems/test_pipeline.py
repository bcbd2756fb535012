"""The pipeline accepts what is right, new and failed by some; it says why it refuses the rest."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace

import pytest

from ratchet import signatures
from ratchet.collect import templates
from ratchet.collect.problems.generation import generate
from ratchet.collect.problems.pipeline import Pipeline
from ratchet.collect.problems.records import Draft, Order, Thresholds, Verdict
from ratchet.collect.problems.target import SimulatedStudent
from ratchet.collect.problems.verification import verify_text
from ratchet.errors import ConfigurationError
from ratchet.examples import Difficulty, Source
from tests.builders import NOON

ORDER = Order(subject="algebra", topic="quadratic equations", difficulty=Difficulty.EASY)
SOUND = Draft(
    inputs={
        "subject": "algebra",
        "topic": "quadratic equations",
        "difficulty_level": "easy",
        "seed_prompt": "A quadratic equation with whole solutions: x^2 - 9x + 20.",
    },
    outputs={
        "problem": "Find all real solutions of x^2 - 9x + 20 = 0.",
        "answer": "x = 4 or x = 5",
        "hints": {
            "0": "Write the quadratic as a product of two factors.",
            "1": "The constant is the product of the solutions.",
            "2": "Set each factor of the quadratic to zero.",
        },
        "solution": "The quadratic is a product of two linear factors, and each factor set to "
        "zero gives one of the solutions x = 4 or x = 5.",
    },
    group="test",
)


def with_outputs(**changes: object) -> Draft:
    """The sound draft with other outputs."""
    return replace(SOUND, outputs={**SOUND.outputs, **changes})


def student(rate: float) -> SimulatedStudent:
    """A student that slips with this probability, whatever the difficulty."""
    return SimulatedStudent(seed=3, slip_rates=dict.fromkeys(Difficulty, rate))


def judge(draft: Draft, *, rate: float = 0.5) -> tuple[Verdict, str, str]:
    """The verdict on a draft, with its reason and explanation."""
    found = Pipeline(target=student(rate)).judge(ORDER, draft, now=NOON)
    return found.verdict, found.reason, found.explanation


def test_a_sound_problem_that_some_fail_is_accepted() -> None:
    """It comes with its scores, its failure rate and the way it was verified."""
    found = Pipeline(target=student(0.5)).judge(ORDER, SOUND, now=NOON)

    assert found.verdict is Verdict.ACCEPTED
    assert found.example is not None
    facts = found.example.provenance
    assert found.example.source is Source.PIPELINE
    assert 70 <= (found.example.quality_score or 0) <= 100
    assert 0 <= facts["checker_score"] <= 1
    assert 0 < facts["failure_rate"] <= 0.8
    assert facts["target_model_failed"] is True
    assert facts["target"] == "simulated student"
    assert facts["verified_by"] == "computer algebra"


REFUSED = [
    (with_outputs(answer="x = 4"), "answer refuted", "4 or 5"),
    (with_outputs(problem="Find a maximum of x^2 - 4x + 3, please?"), "answer not verified", ""),
    (
        with_outputs(problem="Find the maximum of x^2-4x+3", answer="-1 at x=2"),
        "answer refuted",
        "no maximum",
    ),
    (with_outputs(hints={"0": "Try it."}), "malformed", "at least 3"),
    (
        with_outputs(hints={**SOUND.outputs["hints"], "3": "Check that x = 4 or x = 5 fits."}),
        "answer given away",
        "hint 3",
    ),
    (
        with_outputs(problem="Find all real solutions of x^2 - 9x + 20 = 0 (x = 4 or x = 5)."),
        "answer given away",
        "the problem",
    ),
    (with_outputs(solution="Obvious."), "checker refused", "solution explains nothing"),
]


@pytest.mark.parametrize(("draft", "reason", "said"), REFUSED, ids=[r[1] for r in REFUSED])
def test_what_is_wrong_is_discarded_with_the_reason(draft: Draft, reason: str, said: str) -> None:
    """Each way in which a problem can fail has a name and a sentence."""
    verdict, found, explanation = judge(draft)

    assert (verdict, found) == (Verdict.DISCARDED, reason)
    assert said in explanation


def test_the_maximum_that_is_a_minimum_is_refused() -> None:
    """A wrong key would make the target fail; it is refused before failure counts."""
    found = verify_text("find the maximum of x^2-4x+3", "-1 at x=2")

    assert found.is_refuted
    assert "no maximum" in found.reason
    assert "-1 at x = 2 is its minimum" in found.reason


def test_a_problem_that_nobody_or_everybody_fails_is_discarded() -> None:
    """The failure rate must be above 0 and at most the cap."""
    assert judge(SOUND, rate=0.0)[1] == "too easy"
    assert judge(SOUND, rate=1.0)[1] == "too hard"


def test_a_near_duplicate_is_discarded_and_other_numbers_are_none() -> None:
    """The same words with the same numbers are the same problem."""
    pipeline = Pipeline(target=student(0.5))
    pipeline.judge(ORDER, SOUND, now=NOON)

    again = with_outputs(problem="Find all real solutions of  x^2 - 9x + 20 = 0")
    other = with_outputs(
        problem="Find all real solutions of x^2 - 13x + 36 = 0.", answer="x = 4 or x = 9"
    )

    assert pipeline.judge(ORDER, again, now=NOON).reason == "near-duplicate"
    assert pipeline.judge(ORDER, other, now=NOON).reason != "near-duplicate"


@dataclass(kw_only=True)
class Broken:
    """An engineer whose model answers nonsense."""

    name: str = "broken"

    def write(self, order: Order) -> Draft | None:
        """Fail."""
        raise ValueError(f"no JSON for {order.topic}")


def test_a_failing_role_is_an_error_and_not_a_crash() -> None:
    """The attempt is lost, with what was said; the next one goes on."""
    found = Pipeline(engineer=Broken()).run(ORDER, now=NOON)

    assert found.verdict is Verdict.ERROR
    assert "no JSON for quadratic equations" in found.explanation


def test_solvers_decide_where_algebra_can_not_read() -> None:
    """Two of three independent answers verify a problem in unknown words, or refute it."""
    unread = with_outputs(
        problem="Which two numbers x satisfy the quadratic equation that has 9 as the sum and "
        "20 as the product of its solutions?"
    )
    answers = ["4 and 5", "x = 5 or x = 4", "7"]
    agreeing = Pipeline(target=student(1.0), solver=lambda _, n: answers[n])
    opposed = Pipeline(target=student(1.0), solver=lambda _, n: ["1", "1", "4 and 5"][n])

    assert agreeing.judge(ORDER, unread, now=NOON).reason == "too hard"  # verified, then tried
    assert opposed.judge(ORDER, unread, now=NOON).reason == "answer refuted"


def test_relaxed_thresholds_keep_the_truth() -> None:
    """A second round is laxer in taste; a wrong answer stays refused."""
    relaxed = Thresholds().relaxed()
    pipeline = Pipeline(target=student(0.5), thresholds=relaxed)

    assert relaxed.min_quality < Thresholds().min_quality
    assert pipeline.judge(ORDER, REFUSED[0][0], now=NOON).reason == "answer refuted"


def test_impossible_thresholds_are_refused() -> None:
    """The message shows the values."""
    with pytest.raises(ConfigurationError, match="4 of 3"):
        Thresholds(quorum=4)


def test_thirty_generated_problems_pass_the_gates_of_their_signature() -> None:
    """Difficulties have their shares, subjects vary, the bill names roles, seeds repeat."""
    pipeline = Pipeline()
    found = generate(30, seed=2, now=NOON, pipeline=pipeline).examples
    spec = signatures.get("generate_problem")

    assert Counter(e.difficulty.value for e in found) == {"easy": 9, "medium": 15, "hard": 6}
    assert len({e.category for e in found}) >= 8
    assert [p for e in found for p in spec.problems(e.inputs, e.outputs)] == []
    assert min(e.quality_score or 0 for e in found) >= spec.policy.min_quality
    again = templates.generate("generate_problem", 30, seed=2, now=NOON).examples
    assert len(again) == 30
    bill = {line.role: line for line in pipeline.ledger.lines()}
    assert bill["engineer"].uses >= 30
    assert bill["target"].name == "simulated student"
    assert sum(line.cost_usd for line in bill.values()) == 0


def test_the_metric_sees_right_wrong_and_foreign_problems() -> None:
    """The audit that guards optimisation passes on generated problems."""
    from ratchet.optimize.audit import audit_metric

    spec = signatures.get("generate_problem")
    found = generate(16, seed=4, now=NOON).examples

    audit = audit_metric(spec, found, seed=7)

    assert audit.findings == ()
    wrong = {**found[0].outputs, "answer": "123456789"}
    score = spec.metric(found[0].inputs, found[0].outputs, wrong)
    assert score.value <= 0.5
    assert "The answer is" in score.feedback
