"""What the language model used for one call of a program, read from DSPy while it runs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import dspy

from ratchet.serving.telemetry_records import NO_USAGE, Usage


class CallHistory:
    """Stands among DSPy's calling modules, which are told of every call of a model."""

    def __init__(self) -> None:
        self.history: list[dict[str, Any]] = []

    def usage(self) -> Usage:
        """The sums of all calls; None where a call did not say."""
        if not self.history:
            return NO_USAGE
        used = [entry.get("usage") or {} for entry in self.history]
        return Usage(
            input_tokens=_sum([one.get("prompt_tokens") for one in used]),
            output_tokens=_sum([one.get("completion_tokens") for one in used]),
            cost_usd=_sum([entry.get("cost") for entry in self.history]),
            model=self.history[-1].get("model"),
        )


@contextmanager
def watched_calls() -> Iterator[CallHistory]:
    """Collect the calls of models that are made inside, by this thread and those DSPy starts."""
    calls = CallHistory()
    callers = [*(dspy.settings.caller_modules or ()), calls]
    with dspy.settings.context(caller_modules=callers):
        yield calls


def _sum(numbers: list[Any]) -> Any:
    known = [number for number in numbers if number is not None]
    return sum(known) if known else None
