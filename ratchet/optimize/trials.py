"""Watches an optimisation from inside DSPy: trials, failures, stages, and the order to stop.

DSPy's optimisers say little: a failed call is scored 0, progress goes to a bar, and a run
that is stopped loses its best program. All of that passes DSPy's callbacks, so it is read
there, whatever the optimiser.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import dspy
from dspy.utils.callback import BaseCallback

from ratchet.optimize.evaluation import error_reason
from ratchet.optimize.meter import RunStopped
from ratchet.signatures.spec import SignatureSpec

OUTAGE_SHARE = 0.20  # of failed calls, from which going on is a waste
OUTAGE_CALLS = 20  # calls before that is judged


class TrialsStopped(RunStopped):
    """The optimisation was told to stop; raised at its next call of the language model."""


@dataclass(frozen=True, kw_only=True)
class TrialProgress:
    """Where an optimisation stands; `best_score` is 0..1 on the validation part."""

    trial: int
    total: int
    best_score: float | None
    seconds: float


@dataclass(frozen=True, kw_only=True)
class TrialScore:
    """One evaluation the optimiser made: 0..1 on `examples` of the validation part."""

    trial: int
    score: float
    examples: int
    full: bool
    seconds: float


@dataclass(frozen=True, kw_only=True)
class StageTime:
    """What a stage of the optimisation took: bootstrap, propose or search."""

    name: str
    seconds: float
    lm_calls: int


@dataclass(kw_only=True, eq=False)
class TrialWatch(BaseCallback):  # type: ignore[misc]  # DSPy is not typed
    """One optimisation under watch; its methods are called from DSPy's threads."""

    spec: SignatureSpec
    validation_size: int
    total: int
    clock: Callable[[], float]
    progress: Callable[[TrialProgress], None] | None = None
    history: list[TrialScore] = field(default_factory=list)
    errors: Counter[str] = field(default_factory=Counter)
    calls: int = 0
    best_program: dspy.Module | None = None
    best_score: float | None = None
    stop_reason: str | None = None

    def __post_init__(self) -> None:
        self._lock = threading.RLock()
        self._started = self.clock()
        self._marks: list[tuple[str, float, int]] = [("bootstrap", self._started, 0)]
        self._lm_calls = 0
        self._ours: set[str] = set()
        self._programs: dict[str, tuple[dspy.Module, int]] = {}

    @property
    def error_share(self) -> float:
        """The share of the program's calls that failed, 0..1."""
        return sum(self.errors.values()) / self.calls if self.calls else 0.0

    def stop(self, reason: str) -> None:
        """Let no further call of the language model begin; the first reason stays."""
        with self._lock:
            self.stop_reason = self.stop_reason or reason

    def count_failure(self, reason: str) -> None:
        """Count an answer of the program that has no score; an outage stops the run."""
        with self._lock:
            self.errors[reason] += 1
            if self.calls >= OUTAGE_CALLS and self.error_share > OUTAGE_SHARE:
                self.stop(f"an outage: {self.error_share:.0%} of the calls fail")

    def stages(self) -> tuple[StageTime, ...]:
        """Seconds and language model calls of each stage so far."""
        with self._lock:
            ends = [*self._marks[1:], ("end", self.clock(), self._lm_calls)]
            return tuple(
                StageTime(name=name, seconds=end - start, lm_calls=calls_after - calls)
                for (name, start, calls), (_, end, calls_after) in zip(
                    self._marks, ends, strict=True
                )
            )

    def on_lm_start(self, call_id: str, instance: Any, inputs: dict[str, Any]) -> None:  # noqa: ARG002 - DSPy names them
        with self._lock:
            if self.stop_reason is not None:
                raise TrialsStopped(self.stop_reason)
            self._lm_calls += 1

    def on_module_start(self, call_id: str, instance: Any, inputs: dict[str, Any]) -> None:  # noqa: ARG002 - as above
        with self._lock:
            if self._is_ours(instance):
                self._ours.add(call_id)
            elif isinstance(instance, dspy.Predict):
                self._mark("propose")

    def on_module_end(
        self,
        call_id: str,
        outputs: Any | None,  # noqa: ARG002 - as above
        exception: BaseException | None = None,
    ) -> None:
        with self._lock:
            if call_id not in self._ours:
                return
            self._ours.discard(call_id)
            self.calls += 1
            if isinstance(exception, Exception):
                self.count_failure(error_reason(exception))

    def on_evaluate_start(self, call_id: str, instance: Any, inputs: dict[str, Any]) -> None:
        with self._lock:
            self._mark("search")
            examples = inputs.get("devset") or instance.devset
            self._programs[call_id] = (inputs["program"], len(examples))

    def on_evaluate_end(
        self, call_id: str, outputs: Any | None, exception: BaseException | None = None
    ) -> None:
        with self._lock:
            program, size = self._programs.pop(call_id)
            if exception is not None or outputs is None:
                return
            self._record(program, size, outputs.score / 100)
            state = self._progress()
        if self.progress is not None:
            self.progress(state)

    def _record(self, program: dspy.Module, size: int, score: float) -> None:
        full = size >= self.validation_size
        self.history.append(
            TrialScore(
                trial=len(self.history),
                score=score,
                examples=size,
                full=full,
                seconds=self.clock() - self._started,
            )
        )
        if full and (self.best_score is None or score > self.best_score):
            self.best_score, self.best_program = score, program.deepcopy()

    def _progress(self) -> TrialProgress:
        return TrialProgress(
            trial=min(len(self.history), self.total),
            total=self.total,
            best_score=self.best_score,
            seconds=self.clock() - self._started,
        )

    def _mark(self, stage: str) -> None:
        if stage not in [name for name, *_ in self._marks] and self._marks[-1][0] != "search":
            self._marks.append((stage, self.clock(), self._lm_calls))

    def _is_ours(self, instance: Any) -> bool:
        return isinstance(instance, dspy.Predict) and set(instance.signature.input_fields) == set(
            self.spec.input_names
        )
