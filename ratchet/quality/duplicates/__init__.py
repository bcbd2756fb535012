"""Near-duplicates among many texts: pairs whose edit-distance ratio reaches a threshold."""

from ratchet.quality.duplicates.report import (
    DuplicateGroup,
    DuplicatePair,
    DuplicateReport,
    PairTable,
)
from ratchet.quality.duplicates.search import PAIR_LIMIT, find_duplicates

__all__ = [
    "PAIR_LIMIT",
    "DuplicateGroup",
    "DuplicatePair",
    "DuplicateReport",
    "PairTable",
    "find_duplicates",
]
