"""A small language model of our own: deterministic, without weights, network or key."""

from ratchet.optimize.offline.engine import InContextEngine

__all__ = ["InContextEngine"]
