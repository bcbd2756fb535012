"""What production apps import: the router that picks a program and the recorder beside it.

Nothing is loaded before it is used, and DSPy not before a program is.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ratchet.serving.counting import RouterCounters
    from ratchet.serving.options import FieldRules, TelemetryOptions
    from ratchet.serving.recorder import Recorder, RecorderCounters
    from ratchet.serving.request import Request, request_id_of
    from ratchet.serving.router import Router
    from ratchet.serving.routes import Route, RouteStatus, RoutingConfig

_HOMES = {
    "FieldRules": "options",
    "Recorder": "recorder",
    "RecorderCounters": "recorder",
    "Request": "request",
    "Route": "routes",
    "RouteStatus": "routes",
    "Router": "router",
    "RouterCounters": "counting",
    "RoutingConfig": "routes",
    "TelemetryOptions": "options",
    "request_id_of": "request",
}

__all__ = [
    "FieldRules",
    "Recorder",
    "RecorderCounters",
    "Request",
    "Route",
    "RouteStatus",
    "Router",
    "RouterCounters",
    "RoutingConfig",
    "TelemetryOptions",
    "request_id_of",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
