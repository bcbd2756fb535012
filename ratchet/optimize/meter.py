"""The meter of language model calls, and the budget that stops a run at once."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from ratchet.errors import ConfigurationError

Clock = Callable[[], float]


class RunStopped(BaseException):
    """No further call may be made; ends whatever DSPy is doing.

    It derives from BaseException on purpose: DSPy's evaluator, bootstrapper and proposer
    catch every `Exception`, score it as 0 and go on. Catch it once, where the run began.
    """


class BudgetExceeded(RunStopped):
    """The next call would exceed the budget. `usage` is what was spent until then."""

    def __init__(self, message: str, *, usage: Usage) -> None:
        super().__init__(message)
        self.usage = usage


class ModelRefused(RunStopped):
    """The model refused the credentials or the name before; calling it again is no use."""


@dataclass(frozen=True, kw_only=True)
class Usage:
    """What was spent on a language model.

    `calls` counts answered calls, `errors` failed attempts (a retry that then succeeds is
    one error and one call), `cached_calls` answers that cost nothing. `seconds` is the sum
    of the waiting of all threads, not wall time. `unpriced_calls` were answered at an
    unknown price; `cost_usd` leaves them out.
    """

    calls: int = 0
    cached_calls: int = 0
    errors: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cost_usd: float = 0.0
    unpriced_calls: int = 0
    seconds: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Budget:
    """What a run may spend; None leaves that side open.

    `max_calls` counts attempts, answered or not, without those served by the cache.
    `max_seconds` is wall time since the meter was made.

    Raises:
        ConfigurationError: a limit is negative.
    """

    max_cost_usd: float | None = None
    max_calls: int | None = None
    max_seconds: float | None = None

    def __post_init__(self) -> None:
        for name in ("max_cost_usd", "max_calls", "max_seconds"):
            value = getattr(self, name)
            if value is not None and value < 0:
                raise ConfigurationError(f"{name} is {value}; it must not be negative.")


@dataclass(eq=False, kw_only=True)
class Meter:
    """Counts calls, tokens, dollars and seconds; safe to share between threads.

    Whatever a child counts, its parents count too, and the budgets of all of them hold.
    Two children of the same name are the same child.
    """

    name: str = "run"
    budget: Budget = field(default_factory=Budget)
    clock: Clock = time.monotonic
    parent: Meter | None = None

    def __post_init__(self) -> None:
        self._lock: threading.RLock = self.parent._lock if self.parent else threading.RLock()
        self._usage = Usage()
        self._in_flight = 0
        self._refusal: str | None = None
        self._children: dict[str, Meter] = {}
        self._started = self.clock()

    def child(self, name: str, *, budget: Budget | None = None) -> Meter:
        """The meter of one part of the work: a signature, a stage.

        `budget` holds for that part; it is set when the child is first asked for.
        """
        with self._lock:
            if name not in self._children:
                self._children[name] = Meter(
                    name=name, budget=budget or Budget(), clock=self.clock, parent=self
                )
            return self._children[name]

    def snapshot(self) -> Usage:
        """What was spent so far, children included."""
        with self._lock:
            return self._usage

    def children(self) -> Mapping[str, Meter]:
        """The children by name, in the order in which they were made."""
        with self._lock:
            return dict(self._children)

    @property
    def limits_cost(self) -> bool:
        """Whether this meter or one above it has a limit in dollars."""
        return any(meter.budget.max_cost_usd is not None for meter in self._chain())

    def begin(self) -> None:
        """Ask leave for one call; every leave ends in `answered` or `failed`.

        Raises:
            BudgetExceeded: a limit is reached, here or above.
            ModelRefused: `refuse` was called before.
        """
        with self._lock:
            for meter in self._chain():
                meter._check()
            for meter in self._chain():
                meter._in_flight += 1

    def answered(
        self, *, input_tokens: int, output_tokens: int, cost_usd: float | None, seconds: float
    ) -> None:
        """Count an answered call; `cost_usd` is None when its price is unknown."""
        self._end(
            calls=1,
            input_tokens=input_tokens,
            output_tokens=output_tokens,
            cost_usd=cost_usd or 0.0,
            unpriced_calls=int(cost_usd is None),
            seconds=seconds,
        )

    def failed(self, *, seconds: float) -> None:
        """Count an attempt that brought no answer."""
        self._end(errors=1, seconds=seconds)

    def cached(self) -> None:
        """Count an answer that came from the cache; no leave is needed for it."""
        with self._lock:
            for meter in self._chain():
                meter._add(cached_calls=1)

    def refuse(self, reason: str) -> None:
        """Let no further call begin, here or below: the model will not answer."""
        with self._lock:
            self._refusal = reason

    @property
    def is_refused(self) -> bool:
        """Whether `refuse` was called, here or above."""
        return any(meter._refusal is not None for meter in self._chain())

    def _chain(self) -> list[Meter]:
        chain, meter = [self], self.parent
        while meter is not None:
            chain.append(meter)
            meter = meter.parent
        return chain

    def _end(self, **counts: float) -> None:
        with self._lock:
            for meter in self._chain():
                meter._in_flight -= 1
                meter._add(**counts)

    def _add(self, **counts: float) -> None:
        sums = {name: getattr(self._usage, name) + count for name, count in counts.items()}
        self._usage = replace(self._usage, **sums)

    def _check(self) -> None:
        if self._refusal is not None:
            raise ModelRefused(self._refusal)
        if reason := self._exceeded():
            spent = self._usage
            raise BudgetExceeded(
                f"The budget of {self.name!r} is used up: {reason}. "
                f"{spent.calls} calls were answered for {spent.cost_usd:.4f} USD; "
                "raise the limit and start again, answers in the cache are not paid twice.",
                usage=spent,
            )

    def _exceeded(self) -> str | None:
        budget, usage = self.budget, self._usage
        attempts = usage.calls + usage.errors + self._in_flight
        if budget.max_calls is not None and attempts >= budget.max_calls:
            return f"{budget.max_calls} calls"
        if budget.max_cost_usd is not None and self._expected_cost() >= budget.max_cost_usd:
            return f"{budget.max_cost_usd} USD"
        if budget.max_seconds is not None and self.clock() - self._started >= budget.max_seconds:
            return f"{budget.max_seconds} seconds"
        return None

    def _expected_cost(self) -> float:
        """Dollars spent, plus the mean price of a call for each one under way."""
        usage = self._usage
        mean = usage.cost_usd / usage.calls if usage.calls else 0.0
        return usage.cost_usd + mean * self._in_flight
