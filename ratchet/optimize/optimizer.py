"""Optimises a program with one of DSPy's optimisers, and says honestly what came of it.

The scores inside an optimiser are for the search alone: it counts a failed call as 0, so an
outage during its first trial makes any program look like a gain. The verdict comes from
`ratchet.optimize.evaluation`, on examples that no optimiser has seen.
"""

from __future__ import annotations

import contextvars
import threading
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import dspy

from ratchet.errors import ModelError
from ratchet.examples import Example
from ratchet.optimize.evaluation import MALFORMED, error_reason
from ratchet.optimize.search import (
    ADVISED_EXAMPLES,
    DEFAULT_OPTIONS,
    MIN_EXAMPLES,
    MIPRO_EXAMPLES,
    SEED_FOR_ZERO,
    OptimizerKind,
    OptimizerOptions,
    choose_kind,
    count_evaluations,
    search,
)
from ratchet.optimize.silence import silence
from ratchet.optimize.trials import (
    StageTime,
    TrialProgress,
    TrialScore,
    TrialsStopped,
    TrialWatch,
)
from ratchet.signatures.dspy_class import build, read_prediction, to_dspy_example
from ratchet.signatures.spec import Score, SignatureSpec

GRACE_SECONDS = 2.0  # for calls under way when the time is up


class Ending(StrEnum):
    """How an optimisation ended. Only after finished and stopped is there a program."""

    FINISHED = "finished"
    STOPPED = "stopped"
    VOID = "void"
    REFUSED = "refused"


@dataclass(frozen=True, kw_only=True)
class Optimization:
    """What an optimisation brought. `history` holds the optimiser's own scores.

    `program` is None when it was refused or void, or stopped before the first full trial.
    """

    signature: str
    kind: OptimizerKind
    ending: Ending
    reason: str
    program: dspy.Module | None = None
    trials: int = 0
    history: tuple[TrialScore, ...] = ()
    best_score: float | None = None
    errors: dict[str, int] = field(default_factory=dict)
    error_share: float = 0.0
    stages: tuple[StageTime, ...] = ()
    notes: tuple[str, ...] = ()


def baseline_program(spec: SignatureSpec) -> dspy.Predict:
    """The program before any optimisation: a plain `dspy.Predict` of the signature.

    Predict and not ChainOfThought, because the signatures ask for an explanation themselves;
    a reasoning field would make each answer dearer and the saved state harder to load.
    """
    return dspy.Predict(build(spec))


def optimize(
    spec: SignatureSpec,
    *,
    program: dspy.Module | None = None,
    train: Sequence[Example],
    validation: Sequence[Example],
    lm: dspy.LM,
    options: OptimizerOptions = DEFAULT_OPTIONS,
    progress: Callable[[TrialProgress], None] | None = None,
    on_budget: Callable[[Optimization], None] | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> Optimization:
    """Search for a better `program` (the baseline when None).

    It runs in a thread of its own with its own DSPy settings: several signatures may run
    side by side, and time that is up ends it at once, even inside a call.

    Args:
        spec: The signature.
        program: Where to start.
        train: Gives demonstrations.
        validation: Scores the trials; always passed on, as MIPROv2 by default takes the last
            80 % of the training list for it.
        lm: Runs the program and proposes the instructions.
        options: Optimiser, trials, seed, limits.
        progress: Called after each trial, from another thread.
        on_budget: Given what was found so far, before what stopped the run is raised.
        clock: Seconds, monotonic.

    Raises:
        RunStopped: the budget is used up, or the model refused.
        ModelError: the model refused the key, the account or the name.
    """
    size = options.dataset_size or len(train) + len(validation)
    kind = choose_kind(options.kind, size)
    if refusal := _refusal(kind, size, train, validation):
        return Optimization(
            signature=spec.name, kind=kind or options.kind, ending=Ending.REFUSED, reason=refusal
        )
    assert kind is not None  # noqa: S101 - for mypy: a refusal says so
    watch = TrialWatch(
        spec=spec,
        validation_size=len(validation),
        total=count_evaluations(kind, options, len(validation)),
        clock=clock,
        progress=progress,
    )
    job = _Job(spec=spec, kind=kind, options=options, watch=watch)
    student = program.deepcopy() if program is not None else baseline_program(spec)
    return job.run(student, train=train, validation=validation, lm=lm, on_budget=on_budget)


@dataclass(kw_only=True, eq=False)
class _Job:
    """One optimisation in a thread of its own."""

    spec: SignatureSpec
    kind: OptimizerKind
    options: OptimizerOptions
    watch: TrialWatch
    found: dspy.Module | None = None
    failure: BaseException | None = None

    def run(
        self,
        student: dspy.Module,
        *,
        train: Sequence[Example],
        validation: Sequence[Example],
        lm: dspy.LM,
        on_budget: Callable[[Optimization], None] | None,
    ) -> Optimization:
        data = [[to_dspy_example(self.spec, e) for e in part] for part in (train, validation)]
        target = contextvars.copy_context().run
        worker = threading.Thread(
            target=target, args=(self._work, student, *data, lm), name="optimize", daemon=True
        )
        worker.start()
        try:
            worker.join(self.options.max_seconds)
            if worker.is_alive():
                self.watch.stop(f"the time limit of {self.options.max_seconds:.0f} seconds")
                worker.join(GRACE_SECONDS)
        except BaseException:  # Ctrl-C: no thread may go on paying
            self.watch.stop("interrupted")
            raise
        return self._result(on_budget)

    def _work(
        self,
        student: dspy.Module,
        train: list[dspy.Example],
        validation: list[dspy.Example],
        lm: dspy.LM,
    ) -> None:
        settings: dict[str, Any] = {
            "lm": lm,
            "callbacks": [self.watch],
            "num_threads": self.options.threads,
            "max_errors": 1_000_000,  # DSPy must not turn a failing trial into a score of 0
        }
        with silence():
            try:
                with dspy.context(**settings):
                    self.found = self._compiled(student, train, validation, lm)
            except BaseException as error:  # noqa: BLE001 - handed to the thread that asked
                # DSPy's bars draw once more when they are freed; here they do so unseen.
                traceback.clear_frames(error.__traceback__)
                self.failure = error

    def _compiled(
        self,
        student: dspy.Module,
        train: list[dspy.Example],
        validation: list[dspy.Example],
        lm: dspy.LM,
    ) -> dspy.Module:
        compiled = search(
            self.kind,
            student,
            train=train,
            validation=validation,
            metric=self._metric,
            feedback=self._feedback,
            lm=lm,
            options=self.options,
        )
        if self.kind is not OptimizerKind.MIPRO:  # the others do not score where they began
            self._score(student, validation)
            self._score(compiled, validation)
        return compiled

    def _score(self, program: dspy.Module, validation: list[dspy.Example]) -> None:
        dspy.Evaluate(devset=validation, metric=self._metric, num_threads=self.options.threads)(
            program
        )

    def _metric(self, example: dspy.Example, prediction: Any, trace: Any = None) -> float:  # noqa: ARG002 - DSPy passes it
        return self._judge(example, prediction).value

    def _feedback(
        self,
        gold: dspy.Example,
        pred: Any,
        trace: Any,  # noqa: ARG002 - the shape that GEPA asks for
        pred_name: str | None,  # noqa: ARG002
        pred_trace: Any,  # noqa: ARG002
    ) -> Any:
        score = self._judge(gold, pred)
        return dspy.Prediction(score=score.value, feedback=score.feedback)

    def _judge(self, example: dspy.Example, prediction: Any) -> Score:
        reading = read_prediction(self.spec, prediction)
        if reading.is_malformed:
            self.watch.count_failure(MALFORMED)
            return Score(value=0.0, feedback="; ".join(reading.problems))
        inputs = {name: example[name] for name in self.spec.input_names}
        gold = {name: example[name] for name in self.spec.output_names}
        try:
            return self.spec.metric(inputs, gold, reading.outputs)
        except Exception as error:
            self.watch.count_failure(error_reason(error))
            raise

    def _result(self, on_budget: Callable[[Optimization], None] | None) -> Optimization:
        watch, failure = self.watch, self.failure
        if failure is None and self.found is not None:
            ending, reason = Ending.FINISHED, "all trials were made"
        elif isinstance(failure, Exception):
            ending, reason = Ending.VOID, f"the optimiser failed: {failure!r}"
        else:
            ending, reason = Ending.STOPPED, f"stopped by {watch.stop_reason or failure!r}"
        if watch.error_share > self.options.max_error_share:
            ending, reason = Ending.VOID, self._outage()
        result = self._record(ending, reason)
        if isinstance(failure, ModelError):
            raise failure
        if failure is not None and not isinstance(failure, Exception | TrialsStopped):
            if on_budget is not None:
                on_budget(result)
            raise failure
        return result

    def _outage(self) -> str:
        watch = self.watch
        parts = ", ".join(f"{count} {reason}" for reason, count in sorted(watch.errors.items()))
        return (
            f"{sum(watch.errors.values())} of {watch.calls} calls failed ({parts}), and the "
            f"optimiser counts each as a score of 0; above {self.options.max_error_share:.0%} "
            "its choice says nothing"
        )

    def _record(self, ending: Ending, reason: str) -> Optimization:
        watch = self.watch
        program = self.found if ending is Ending.FINISHED else watch.best_program
        return Optimization(
            signature=self.spec.name,
            kind=self.kind,
            ending=ending,
            reason=reason,
            program=None if ending is Ending.VOID else program,
            trials=max(0, len(watch.history) - 1),
            history=tuple(watch.history),
            best_score=watch.best_score,
            errors=dict(watch.errors),
            error_share=watch.error_share,
            stages=watch.stages(),
            notes=_notes(self.options),
        )


def _refusal(
    kind: OptimizerKind | None,
    size: int,
    train: Sequence[Example],
    validation: Sequence[Example],
) -> str | None:
    if kind is None:
        return (
            f"{size} examples are too few; at least {MIN_EXAMPLES} are needed, "
            f"{MIPRO_EXAMPLES} for MIPROv2, and {ADVISED_EXAMPLES} are advised"
        )
    if not train or not validation:
        return f"{len(train)} training and {len(validation)} validation examples; both are needed"
    return None


def _notes(options: OptimizerOptions) -> tuple[str, ...]:
    if options.seed:
        return ()
    return (f"DSPy replaces the seed 0 by 9 without a word; {SEED_FOR_ZERO} was used instead.",)
