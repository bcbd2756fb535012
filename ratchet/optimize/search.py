"""DSPy's optimisers, set up so that nothing is left to their defaults."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import dspy

from ratchet.errors import ConfigurationError
from ratchet.optimize.evaluation import DEFAULT_THREADS

MIN_EXAMPLES = 10  # below it nothing is optimised
MIPRO_EXAMPLES = 50  # from it MIPROv2, below it BootstrapFewShot
ADVISED_EXAMPLES = 200
BOOTSTRAP_THRESHOLD = 0.70  # score from which an answer of the program may become a demo
MAX_DEMOS = 4
MAX_LABELED_DEMOS = 8
MINIBATCH_FROM = 50  # validation examples; DSPy's own bound
MINIBATCH_SIZE = 35
FULL_EVALUATION_STEPS = 5
SEED_FOR_ZERO = 10_007  # DSPy turns the seed 0 into 9 without a word
SIMBA_BATCH = 32


class OptimizerKind(StrEnum):
    """Which optimiser; auto chooses by the number of examples."""

    AUTO = "auto"
    MIPRO = "mipro"
    BOOTSTRAP = "bootstrap"
    GEPA = "gepa"
    SIMBA = "simba"


@dataclass(frozen=True, kw_only=True)
class OptimizerOptions:
    """How to optimise. `dataset_size` counts all examples, the sealed ones too.

    Raises:
        ConfigurationError: a number is out of range.
    """

    kind: OptimizerKind = OptimizerKind.AUTO
    trials: int = 50
    seed: int = 9
    max_seconds: float = 7200.0
    threads: int = DEFAULT_THREADS
    dataset_size: int | None = None
    max_error_share: float = 0.02

    def __post_init__(self) -> None:
        for name in ("trials", "max_seconds", "threads"):
            if getattr(self, name) <= 0:
                raise ConfigurationError(f"{name} is {getattr(self, name)}; it must be above 0.")
        if self.seed < 0:
            raise ConfigurationError(f"seed is {self.seed}; use 0 or more.")

    @property
    def dspy_seed(self) -> int:
        """The seed as DSPy takes it: never 0, which it would replace by 9."""
        return self.seed or SEED_FOR_ZERO

    @property
    def candidates(self) -> int:
        """Instructions and demonstration sets to choose from: a quarter of the trials, 3..12."""
        return max(3, min(12, round(self.trials / 4)))


DEFAULT_OPTIONS = OptimizerOptions()


def choose_kind(kind: OptimizerKind, examples: int) -> OptimizerKind | None:
    """The optimiser for so many examples; None when they are too few for any.

    >>> choose_kind(OptimizerKind.AUTO, 49), choose_kind(OptimizerKind.AUTO, 50)
    (<OptimizerKind.BOOTSTRAP: 'bootstrap'>, <OptimizerKind.MIPRO: 'mipro'>)
    >>> choose_kind(OptimizerKind.MIPRO, 9) is None
    True
    """
    if examples < MIN_EXAMPLES:
        return None
    if kind is not OptimizerKind.AUTO:
        return kind
    return OptimizerKind.MIPRO if examples >= MIPRO_EXAMPLES else OptimizerKind.BOOTSTRAP


def search(
    kind: OptimizerKind,
    student: dspy.Module,
    *,
    train: list[dspy.Example],
    validation: list[dspy.Example],
    metric: Callable[..., float],
    feedback: Callable[..., Any],
    lm: dspy.LM,
    options: OptimizerOptions,
) -> dspy.Module:
    """Run the optimiser `kind` on `student`; `feedback` is the metric that GEPA reads."""
    seed = options.dspy_seed
    match kind:
        case OptimizerKind.BOOTSTRAP:
            return _bootstrap(metric).compile(student, trainset=train)
        case OptimizerKind.GEPA:
            gepa = _gepa(feedback, options, len(validation), lm)
            return gepa.compile(student, trainset=train, valset=validation)
        case OptimizerKind.SIMBA:
            return _simba(metric, options, len(train)).compile(student, trainset=train, seed=seed)
    return _mipro(metric, options, lm).compile(
        student,
        trainset=train,
        valset=validation,
        num_trials=options.trials,
        minibatch=_is_minibatched(len(validation)),
        minibatch_size=min(MINIBATCH_SIZE, len(validation)),
        minibatch_full_eval_steps=FULL_EVALUATION_STEPS,
    )


def count_evaluations(kind: OptimizerKind, options: OptimizerOptions, validation: int) -> int:
    """How many evaluations the optimiser will make, for the progress bar."""
    if kind is not OptimizerKind.MIPRO:
        return options.trials if kind is OptimizerKind.GEPA else 2
    full = options.trials // FULL_EVALUATION_STEPS if _is_minibatched(validation) else 0
    return 1 + options.trials + full


def _is_minibatched(validation: int) -> bool:
    return validation > MINIBATCH_FROM


def _mipro(metric: Callable[..., float], options: OptimizerOptions, lm: dspy.LM) -> dspy.MIPROv2:
    return dspy.MIPROv2(
        metric=metric,
        prompt_model=lm,
        task_model=lm,
        auto=None,
        num_candidates=options.candidates,
        num_threads=options.threads,
        max_bootstrapped_demos=MAX_DEMOS,
        max_labeled_demos=MAX_LABELED_DEMOS,
        metric_threshold=BOOTSTRAP_THRESHOLD,
        seed=options.dspy_seed,
        max_errors=1_000_000,
    )


def _bootstrap(metric: Callable[..., float]) -> dspy.BootstrapFewShot:
    return dspy.BootstrapFewShot(
        metric=metric,
        metric_threshold=BOOTSTRAP_THRESHOLD,
        max_bootstrapped_demos=MAX_DEMOS,
        max_labeled_demos=MAX_LABELED_DEMOS,
        max_errors=1_000_000,
    )


def _gepa(
    metric: Callable[..., Any], options: OptimizerOptions, validation: int, lm: dspy.LM
) -> dspy.GEPA:
    return dspy.GEPA(
        metric=metric,
        max_metric_calls=options.trials * validation,
        reflection_lm=lm,
        num_threads=options.threads,
        seed=options.dspy_seed,
    )


def _simba(metric: Callable[..., float], options: OptimizerOptions, train: int) -> dspy.SIMBA:
    candidates = 6  # new programs a step; DSPy's own default
    return dspy.SIMBA(
        metric=metric,
        bsize=min(SIMBA_BATCH, train),
        num_candidates=candidates,
        max_steps=max(1, options.trials // candidates),
        max_demos=MAX_DEMOS,
        num_threads=options.threads,
    )
