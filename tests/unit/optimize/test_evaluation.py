from __future__ import annotations

import itertools
import time
from typing import Any

import dspy
import pytest
from dspy import lm15

from ratchet import signatures
from ratchet.optimize.constants import constant_predictors
from ratchet.optimize.evaluation import CUT_OFF, MALFORMED, evaluate, evaluate_program
from ratchet.optimize.meter import RunStopped
from ratchet.optimize.optimizer import baseline_program
from ratchet.optimize.verdict import Action, decide
from tests.optimize_builders import (
    ScriptedEngine,
    completeness_examples,
    fields_text,
    reply,
    right_answer,
    right_when_shown,
    scripted_lm,
    wrong_answer,
)

SPEC = signatures.get("validate_completeness")
EXAMPLES = completeness_examples(20)


def shown_program() -> dspy.Predict:
    """The baseline with a demonstration."""
    program = baseline_program(SPEC)
    example = completeness_examples(1)[0]
    program.demos = [dspy.Example(**example.inputs, **example.outputs)]
    return program


class FaultyEngine(ScriptedEngine):
    """Fails whenever the prompt holds one of `marks`, in the way that `fault` says."""

    def __init__(self, fault: str, *marks: str) -> None:
        super().__init__(right_answer)
        self.fault, self.marks = fault, marks

    def complete(self, request: lm15.Request) -> lm15.Response:
        text = request.messages[-1].text or ""
        if not any(mark in text for mark in self.marks):
            return super().complete(request)
        if self.fault == "outage":
            raise lm15.ServerError("overloaded", provider="test")
        if self.fault == "cut off":
            return reply(request, self.text_of(request), finish_reason="length")
        if self.fault == "budget":
            raise RunStopped("no more")
        return reply(request, self.fault)


def test_both_programs_answer_every_example() -> None:
    """Scores are paired by example, with constants, labels and difficulties beside them."""
    lm = scripted_lm(ScriptedEngine(right_when_shown))

    found = evaluate(
        SPEC,
        baseline_program(SPEC),
        shown_program(),
        EXAMPLES,
        lm=lm,
        seed=1,
        constants=constant_predictors(SPEC, completeness_examples(40)),
    )

    assert found.baseline.mean == pytest.approx(0.5)
    assert found.candidate.mean == pytest.approx(1.0)
    assert found.pairs == tuple((1.0, 1.0) if i % 2 == 0 else (0.0, 1.0) for i in range(20))
    assert found.baseline.by_label == {"complete": 1.0, "incomplete": 0.0}
    assert set(found.candidate.by_difficulty) == {"easy", "medium", "hard"}
    assert (found.baseline.balanced_accuracy, found.candidate.balanced_accuracy) == (0.5, 1.0)
    assert found.best_constant is not None
    assert found.best_constant.mean == pytest.approx(0.5)
    assert found.candidate.answers[1].outcome.feedback.startswith("is_complete is right")


def test_the_order_within_a_pair_is_drawn_and_pairs_stay_together() -> None:
    """Neither program always goes first, and each example is asked twice in a row."""
    engine = ScriptedEngine()

    evaluate(SPEC, baseline_program(SPEC), shown_program(), EXAMPLES, lm=scripted_lm(engine),
             seed=1, threads=1)  # fmt: skip

    order = [len(request.messages) > 1 for request in engine.requests]
    texts = [request.messages[-1].text for request in engine.requests]
    assert texts[0::2] == texts[1::2]
    assert set(order[0::2]) == {True, False}


def test_the_order_follows_the_seed() -> None:
    """The same seed asks in the same order, another seed in another."""

    def order(seed: int) -> list[int]:
        engine = ScriptedEngine()
        evaluate(SPEC, baseline_program(SPEC), shown_program(), EXAMPLES, lm=scripted_lm(engine),
                 seed=seed, threads=1)  # fmt: skip
        return [len(request.messages) for request in engine.requests]

    assert order(1) == order(1)
    assert order(1) != order(2)


def test_an_outage_is_counted_and_never_scored() -> None:
    """A call that fails has a reason and no score; the verdict is void."""
    lm = scripted_lm(FaultyEngine("outage", "Case 3:", "Case 4:"))

    found = evaluate(SPEC, baseline_program(SPEC), shown_program(), EXAMPLES, lm=lm, seed=1)

    assert found.baseline.errors == {"language model: server": 2}
    assert found.baseline.mean == 1.0
    assert len(found.pairs) == 18
    assert decide(found).action is Action.VOID


@pytest.mark.parametrize(
    "answer",
    [
        "I would rather not say.",
        fields_text({"is_complete": True, "missing_requirements": "none", "explanation": "x"}),
        fields_text({"is_complete": "perhaps", "missing_requirements": [], "explanation": "x"}),
    ],
)
def test_malformed_output_is_counted_and_never_scored(answer: str) -> None:
    """An answer that does not parse into the typed fields is an error of its own kind."""
    lm = scripted_lm(FaultyEngine(answer, "Case 5:"))

    found = evaluate_program(SPEC, baseline_program(SPEC), EXAMPLES, lm=lm)

    assert found.errors == {MALFORMED: 1}
    assert found.mean == 1.0


def test_cut_off_output_is_counted_even_when_it_parses() -> None:
    """An answer that ended at its token limit may lack items; it is no score."""
    lm = scripted_lm(FaultyEngine("cut off", "Case 5:"))

    found = evaluate_program(SPEC, baseline_program(SPEC), EXAMPLES, lm=lm)

    assert found.errors == {CUT_OFF: 1}
    assert len(found.scored) == 19


def test_a_used_up_budget_stops_everything() -> None:
    """What derives from BaseException is no outcome: it ends the evaluation at once."""
    engine = FaultyEngine("budget", "Case 0:", "Case 1:", "Case 2:")

    with pytest.raises(RunStopped):
        evaluate_program(SPEC, baseline_program(SPEC), EXAMPLES, lm=scripted_lm(engine), threads=1)

    assert len(engine.requests) == 0


def test_dspys_cache_answers_nothing() -> None:
    """Each evaluation asks the model afresh, even of a model whose cache is on."""
    engine = ScriptedEngine()
    lm = dspy.LM("test/cached", engine=engine, cache=True)

    for _ in range(2):
        evaluate_program(SPEC, baseline_program(SPEC), EXAMPLES[:3], lm=lm)

    assert len(engine.requests) == 6


def test_latency_is_measured_per_answer() -> None:
    """Each outcome holds its own time; shares of them are read in order."""
    ticks = itertools.count()

    found = evaluate_program(
        SPEC,
        baseline_program(SPEC),
        EXAMPLES[:5],
        lm=scripted_lm(ScriptedEngine()),
        threads=1,
        clock=lambda: float(next(ticks) ** 2),
    )

    assert [a.outcome.latency_ms for a in found.answers] == [1e3, 5e3, 9e3, 13e3, 17e3]
    assert found.latency_ms(0.5) == 9e3
    assert found.latency_ms(0.95) == 17e3


def test_threads_share_nothing_but_the_model() -> None:
    """Eight threads give the scores that one gives."""

    def scores(threads: int) -> list[float | None]:
        lm = scripted_lm(ScriptedEngine(wrong_answer))
        found = evaluate_program(SPEC, baseline_program(SPEC), EXAMPLES, lm=lm, threads=threads)
        return [a.outcome.score for a in found.answers]

    assert scores(8) == scores(1)


def test_progress_counts_the_answers() -> None:
    """A bar can be drawn: it is told of every answer, up to all of them."""
    seen: list[tuple[int, int]] = []

    evaluate(SPEC, baseline_program(SPEC), shown_program(), EXAMPLES[:2],
             lm=scripted_lm(ScriptedEngine()), seed=1,
             progress=lambda done, total: seen.append((done, total)))  # fmt: skip

    assert seen == [(1, 4), (2, 4), (3, 4), (4, 4)]


def test_a_waiting_model_is_asked_in_parallel() -> None:
    """Four threads wait for four answers at a time."""
    waiting: list[float] = []

    class SlowEngine(ScriptedEngine):
        def complete(self, request: lm15.Request) -> lm15.Response:
            waiting.append(time.perf_counter())
            barrier.wait(timeout=10)
            return super().complete(request)

    import threading

    barrier = threading.Barrier(4)
    evaluate_program(SPEC, baseline_program(SPEC), EXAMPLES[:8],
                     lm=scripted_lm(SlowEngine()), threads=4)  # fmt: skip

    assert len(waiting) == 8


def test_an_evaluation_is_json() -> None:
    """The whole record can be written to a report."""
    import json

    found: dict[str, Any] = evaluate(
        SPEC, baseline_program(SPEC), shown_program(), EXAMPLES[:4],
        lm=scripted_lm(ScriptedEngine()), seed=1,
        constants=constant_predictors(SPEC, EXAMPLES),
    ).to_json()  # fmt: skip

    document = json.loads(json.dumps(found))

    assert document["pairs"] == 4
    assert document["candidate"]["mean"] == 1.0
    assert document["constants"][0]["name"] == "always is_complete=True"
