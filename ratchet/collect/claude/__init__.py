"""Examples written by Claude, each label checked by a second call that sees the inputs alone."""

from ratchet.collect.claude.batches.service import Patience
from ratchet.collect.claude.batches.writing import BatchOptions
from ratchet.collect.claude.collected import GeneratedCollection
from ratchet.collect.claude.generation import Commission, Recipe, generate, generate_async
from ratchet.collect.claude.mixing import Mix
from ratchet.collect.claude.prices import Price
from ratchet.collect.claude.seeds import Failure, Seeds
from ratchet.collect.claude.settings import DEFAULT_MODEL, ClaudeSettings

__all__ = [
    "DEFAULT_MODEL",
    "BatchOptions",
    "ClaudeSettings",
    "Commission",
    "Failure",
    "GeneratedCollection",
    "Mix",
    "Patience",
    "Price",
    "Recipe",
    "Seeds",
    "generate",
    "generate_async",
]
