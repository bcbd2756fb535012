"""Canonical JSON and content hashes: the same content gives the same bytes and the same id."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from typing import Any


def canonical_json(value: Any) -> str:
    """Serialise `value` to the one JSON text that Ratchet hashes.

    Keys are sorted, no white space is added, text stays Unicode. NaN and infinities are
    refused, because no two JSON readers agree on them.

    >>> canonical_json({"b": [1, True], "a": "é"})
    '{"a":"é","b":[1,true]}'

    Raises:
        ValueError: `value` holds NaN or an infinity.
        TypeError: `value` holds something JSON has no form for.
    """
    return json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    )


def sha256_of_text(text: str) -> str:
    """Hash `text` in UTF-8; a lone surrogate is kept by its escape, so any string has a hash.

    >>> sha256_of_text("a")[:12]
    'ca978112ca1b'
    """
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def sha256_of(value: Any) -> str:
    """Hash the canonical JSON of `value`; 64 hexadecimal digits.

    >>> sha256_of({"a": 1, "b": 2}) == sha256_of({"b": 2, "a": 1})
    True
    """
    return sha256_of_text(canonical_json(value))


def sha256_of_lines(lines: Iterable[str]) -> str:
    """Hash `lines`, each ended by a newline, without joining them in memory first."""
    digest = hashlib.sha256()
    for line in lines:
        digest.update(line.encode("utf-8", "surrogatepass"))
        digest.update(b"\n")
    return digest.hexdigest()
