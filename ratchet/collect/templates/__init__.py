"""Examples from templates: a grammar over domains whose labels hold by construction."""

from ratchet.collect.templates.generation import generate

__all__ = ["generate"]
