"""The assignment of a key to a variant: one published hash that every language can compute.

`docs/assignment_hash.md` holds the definition, test vectors and a reference in JavaScript.
Serving imports this module for every request, so it imports nothing but `hashlib`.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import Final

BASELINE: Final = "baseline"
CANDIDATE: Final = "candidate"
VARIANTS: Final = (BASELINE, CANDIDATE)
BUCKETS: Final = 10_000  # a share may have two decimals of a percent
_HASH_BYTES: Final = 6  # 48 bits: exact in the double of JavaScript, and even over 10,000


@dataclass(frozen=True, kw_only=True)
class Assignment:
    """The side on which a key stands, with the stage and share that put it there.

    `percent` is the candidate's share of traffic when the key was assigned, 0..100.
    """

    variant: str
    stage: int
    percent: float


def bucket_of(salt: str, key: str) -> int:
    """The bucket of `key`, 0..9999: the first 48 bits of sha256(salt, 0, key) modulo 10,000.

    Both texts are in UTF-8 with one zero byte between them. A lone surrogate, which UTF-8 can
    not hold, is read as U+FFFD, as browsers do.

    >>> bucket_of("salt", "user-1")
    8380
    """
    try:
        text = f"{salt}\0{key}".encode()
    except UnicodeEncodeError:
        text = f"{_mended(salt)}\0{_mended(key)}".encode()
    return int.from_bytes(sha256(text).digest()[:_HASH_BYTES], "big") % BUCKETS


def buckets_below(percent: float) -> int:
    """How many of the 10,000 buckets belong to a share of `percent`.

    Rounded, because 0.07 * 100 is a little above 7 in floating point.

    >>> buckets_below(0.07), buckets_below(25)
    (7, 2500)
    """
    return round(percent * (BUCKETS // 100))


def variant_of(salt: str, key: str, percent: float) -> str:
    """`candidate` when the bucket of `key` lies below the share, else `baseline`.

    A growing share never moves a key back to the baseline.

    >>> [variant_of("salt", "user-6", percent) for percent in (10, 25, 50)]
    ['baseline', 'baseline', 'candidate']
    """
    return CANDIDATE if bucket_of(salt, key) < buckets_below(percent) else BASELINE


def _mended(text: str) -> str:
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
