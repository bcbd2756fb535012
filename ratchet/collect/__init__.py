"""Sources of examples, one module each; every one of them returns a `Collection`."""

from ratchet.collect.collection import Collection

__all__ = ["Collection"]
