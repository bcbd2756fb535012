"""The ledger: what each role of the pipeline did and what its language model cost."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from ratchet.optimize.meter import Meter

ROLES = ("engineer", "checker", "verification", "target")


@dataclass(frozen=True, kw_only=True)
class RoleCost:
    """One line of the bill.

    `uses` counts what was asked of the role, `calls` what its language model answered, 0 for
    a role that works without one.
    """

    role: str
    name: str
    uses: int
    seconds: float
    calls: int
    input_tokens: int
    output_tokens: int
    cost_usd: float


@dataclass(kw_only=True)
class Ledger:
    """Books every use of a role; language models count into the child meter of their role."""

    meter: Meter = field(default_factory=lambda: Meter(name="problems"))
    clock: Callable[[], float] = time.perf_counter
    names: dict[str, str] = field(default_factory=dict)
    _uses: dict[str, int] = field(default_factory=lambda: dict.fromkeys(ROLES, 0))
    _seconds: dict[str, float] = field(default_factory=lambda: dict.fromkeys(ROLES, 0.0))

    @contextmanager
    def booked(self, role: str) -> Iterator[None]:
        """Count one use of `role` and the time it takes."""
        started = self.clock()
        try:
            yield
        finally:
            self._uses[role] += 1
            self._seconds[role] += self.clock() - started

    def lines(self) -> tuple[RoleCost, ...]:
        """The bill so far, a line for each role."""
        return tuple(self._line(role) for role in ROLES)

    def _line(self, role: str) -> RoleCost:
        usage = self.meter.child(role).snapshot()
        return RoleCost(
            role=role,
            name=self.names.get(role, ""),
            uses=self._uses[role],
            seconds=round(self._seconds[role], 4),
            calls=usage.calls,
            input_tokens=usage.input_tokens,
            output_tokens=usage.output_tokens,
            cost_usd=usage.cost_usd,
        )
