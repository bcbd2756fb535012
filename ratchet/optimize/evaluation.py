"""The evaluation: programs answer the sealed examples, and each answer is scored or explained.

Baseline and candidate run side by side on each example, in an order drawn for each pair, so
that a slow or failing hour hits both alike.

Every call is fresh as far as DSPy is concerned: its own cache is off. The durable call cache
of a run (`ratchet.optimize.call_cache`) stays in force below it. Sealed examples are never
asked during an optimisation, so that cache can only hold answers of this evaluation itself:
one that was killed and started again repeats no paid call, and gives the same figures.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import copy_context
from copy import copy
from dataclasses import dataclass, field
from typing import Any

import dspy
from dspy.utils.exceptions import AdapterParseError, LMError

from ratchet.errors import ModelError
from ratchet.examples import Example
from ratchet.optimize.constants import ConstantPredictor, score_constants
from ratchet.optimize.outcomes import Answered, Outcome, PairedEvaluation, ProgramEvaluation
from ratchet.signatures.dspy_class import read_prediction
from ratchet.signatures.spec import SignatureSpec

Clock = Callable[[], float]
Progress = Callable[[int, int], None]
"""Takes how many answers there are and how many there will be."""

DETAIL_LENGTH = 300  # characters of an error kept for the report
DEFAULT_THREADS = 4
MALFORMED = "malformed output"
CUT_OFF = "cut-off output"


def evaluate(
    spec: SignatureSpec,
    baseline: dspy.Module,
    candidate: dspy.Module,
    examples: Sequence[Example],
    *,
    lm: dspy.LM,
    seed: int,
    threads: int = DEFAULT_THREADS,
    constants: Sequence[ConstantPredictor] = (),
    clock: Clock = time.perf_counter,
    progress: Progress | None = None,
) -> PairedEvaluation:
    """Run both programs on the same sealed `examples`, interleaved.

    `constants` come from the training part (`constant_predictors`). Failed calls are
    outcomes with a reason, never a score of 0.

    Raises:
        RunStopped: the budget is used up or the model refuses; nothing is lost that the
            call cache holds.
        ModelError: the model refuses the key, the account or the name.
    """
    rng = random.Random(seed)
    asks = []
    for index in range(len(examples)):
        pair = [_Ask(index=index, side=0), _Ask(index=index, side=1)]
        rng.shuffle(pair)
        asks.extend(pair)
    runner = _Runner(spec=spec, programs=(baseline, candidate), examples=examples, clock=clock)
    outcomes = runner.run(asks, lm=lm, threads=threads, progress=progress)
    sides = [[outcomes[_Ask(index=i, side=s)] for i in range(len(examples))] for s in (0, 1)]
    return PairedEvaluation(
        signature=spec.name,
        baseline=_collect(spec, examples, sides[0]),
        candidate=_collect(spec, examples, sides[1]),
        constants=score_constants(spec, constants, examples),
    )


def evaluate_program(
    spec: SignatureSpec,
    program: dspy.Module,
    examples: Sequence[Example],
    *,
    lm: dspy.LM,
    threads: int = DEFAULT_THREADS,
    clock: Clock = time.perf_counter,
    progress: Progress | None = None,
) -> ProgramEvaluation:
    """Run one program alone on `examples`; raises what `evaluate` raises."""
    asks = [_Ask(index=index, side=0) for index in range(len(examples))]
    runner = _Runner(spec=spec, programs=(program,), examples=examples, clock=clock)
    outcomes = runner.run(asks, lm=lm, threads=threads, progress=progress)
    return _collect(spec, examples, [outcomes[ask] for ask in asks])


def error_reason(error: Exception) -> str:
    """The kind of a failed answer in two or three words, the same for all of its kind."""
    if isinstance(error, AdapterParseError):
        return MALFORMED
    if isinstance(error, LMError):
        return f"language model: {(error.code or 'error').replace('_', ' ')}"
    return f"program: {type(error).__name__}"


@dataclass(frozen=True, kw_only=True)
class _Ask:
    """One example to one program (0 baseline, 1 candidate)."""

    index: int
    side: int


@dataclass(frozen=True, kw_only=True)
class _Runner:
    """Asks programs in threads, in the given order."""

    spec: SignatureSpec
    programs: Sequence[dspy.Module]
    examples: Sequence[Example]
    clock: Clock
    stops: list[BaseException] = field(default_factory=list)

    def run(
        self, asks: Sequence[_Ask], *, lm: dspy.LM, threads: int, progress: Progress | None
    ) -> dict[_Ask, Outcome]:
        """One outcome for each ask; what stops a run stops all threads."""
        with _fresh(lm), _pool(threads) as pool:
            futures: dict[_Ask, Future[Outcome]] = {
                ask: pool.submit(copy_context().run, self._answer, ask) for ask in asks
            }
            outcomes = {}
            for ask, future in futures.items():
                outcomes[ask] = future.result()
                if progress is not None:
                    progress(len(outcomes), len(asks))
        return outcomes

    def _answer(self, ask: _Ask) -> Outcome:
        """One outcome; what stops one answer keeps those still waiting from starting."""
        if self.stops:
            raise self.stops[0]
        try:
            return self._ask(ask)
        except BaseException as stop:
            self.stops.append(stop)
            raise

    def _ask(self, ask: _Ask) -> Outcome:
        example = self.examples[ask.index]
        program = copy(self.programs[ask.side])
        program.history = []  # of this answer alone
        started = self.clock()
        try:
            prediction = program(**example.inputs)
            latency_ms = (self.clock() - started) * 1000
            if _is_cut_off(program):
                return Outcome(score=None, latency_ms=latency_ms, error=CUT_OFF)
            return self._scored(example, prediction, latency_ms)
        except ModelError:
            raise
        except Exception as error:  # noqa: BLE001 - whatever fails is an outcome with its reason
            reason = CUT_OFF if _is_cut_off(program) else error_reason(error)
            return Outcome(
                score=None,
                latency_ms=(self.clock() - started) * 1000,
                error=reason,
                error_detail=str(error)[:DETAIL_LENGTH],
            )

    def _scored(self, example: Example, prediction: Any, latency_ms: float) -> Outcome:
        reading = read_prediction(self.spec, prediction)
        if reading.is_malformed:
            detail = "; ".join(reading.problems)[:DETAIL_LENGTH]
            return Outcome(score=None, latency_ms=latency_ms, error=MALFORMED, error_detail=detail)
        predicted, decides = reading.outputs, self.spec.decision
        score = self.spec.metric(example.inputs, example.outputs, predicted)
        decision = None if decides is None else bool(predicted[decides])
        return Outcome(
            score=score.value, feedback=score.feedback, latency_ms=latency_ms, decision=decision
        )


@contextmanager
def _fresh(lm: dspy.LM) -> Iterator[None]:
    """DSPy's settings of an evaluation: this model without DSPy's cache, and its history."""
    with dspy.context(lm=lm.copy(cache=False), callbacks=[], max_history_size=100, trace=None):
        yield


@contextmanager
def _pool(threads: int) -> Iterator[ThreadPoolExecutor]:
    """A pool that drops what has not begun when the run stops."""
    pool = ThreadPoolExecutor(max_workers=threads, thread_name_prefix="evaluate")
    try:
        yield pool
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _is_cut_off(program: dspy.Module) -> bool:
    """Whether the last answer of the model ended at its token limit.

    Such an answer may still parse, with items missing; its score would blame the program.
    """
    if not program.history:
        return False
    response = program.history[-1].get("response")
    answers = [response, *(getattr(response, "choices", None) or [])]  # DSPy's own shape, LiteLLM's
    return any(getattr(answer, "finish_reason", None) == "length" for answer in answers)


def _collect(
    spec: SignatureSpec, examples: Sequence[Example], outcomes: Sequence[Outcome]
) -> ProgramEvaluation:
    return ProgramEvaluation(
        answers=tuple(
            Answered(
                example_id=example.example_id,
                label=spec.label(example.outputs),
                difficulty=example.difficulty.value,
                outcome=outcome,
                gold=None if spec.decision is None else bool(example.outputs[spec.decision]),
            )
            for example, outcome in zip(examples, outcomes, strict=True)
        )
    )
