"""Examples written by Claude, each label checked by a second call that sees the inputs alone.

`ratchet.collect.claude.generation` does it. It is imported where it is used: its client takes
seconds to load, which a run that asks nothing of Claude need not pay.
"""

from ratchet.collect.claude.batches.options import BatchOptions, Patience
from ratchet.collect.claude.collected import GeneratedCollection
from ratchet.collect.claude.commission import Commission, Progress, Recipe
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
    "Progress",
    "Recipe",
    "Seeds",
]
