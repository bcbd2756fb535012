"""Spans of flow runs, for an OpenTelemetry collector; see `ratchet.tracing`."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from prefect.client.schemas.objects import State
from prefect.runtime import flow_run

from ratchet.settings import read_settings
from ratchet.tracing import span, start_tracing

P = ParamSpec("P")
R = TypeVar("R")


def traced(function: Callable[P, R]) -> Callable[P, R]:
    """Measure a flow's function as a span when a collector is configured.

    Write it below `@flow`. The parameters are not in the span, its name and state are.
    """

    @functools.wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        settings = read_settings().metrics
        is_on = start_tracing(settings.otlp_endpoint, timeout_seconds=settings.otlp_timeout_seconds)
        if not is_on:
            return function(*args, **kwargs)
        about = {
            "prefect.flow_run.id": str(flow_run.id),
            "prefect.flow_run.name": str(flow_run.name),
        }
        with span(function.__name__, about) as measured:
            result = function(*args, **kwargs)
            if isinstance(result, State):
                measured.set({"prefect.state": result.name or result.type.value})
            return result

    # Prefect reads parameters from the signature, and names of types from where `call` is.
    signature = inspect.signature(function, eval_str=True)
    vars(call)["__signature__"] = signature
    call.__annotations__ = {name: one.annotation for name, one in signature.parameters.items()}
    del vars(call)["__wrapped__"]
    return call
