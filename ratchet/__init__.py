"""Ratchet keeps DSPy programs improving in production and never lets them slip back.

Importing the package is cheap; DSPy, Prefect and data frames are imported by the modules
that need them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ratchet.serving import Router
    from ratchet.serving.capture import capture, captured

__version__ = "0.1.0"
__all__ = ["Router", "__version__", "capture", "captured"]


def __getattr__(name: str) -> Any:
    if name == "Router":
        from ratchet.serving import Router

        return Router
    if name in {"capture", "captured"}:
        from ratchet.serving import capture as home

        return getattr(home, name)
    raise AttributeError(f"module 'ratchet' has no attribute {name!r}")
