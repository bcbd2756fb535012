"""Mining of git history: one streamed pass, labels by construction or by later evidence."""

from ratchet.collect.git_history.mining import LABELLERS, mine
from ratchet.collect.git_history.options import MiningOptions

__all__ = ["LABELLERS", "MiningOptions", "mine"]
