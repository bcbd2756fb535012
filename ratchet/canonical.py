"""Canonical JSON and content hashes: the same content gives the same bytes and the same id."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from typing import Any

import orjson

_ENCODER = json.JSONEncoder(
    sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
)
_PLAIN = frozenset([str, int, bool, type(None)])
_TEXT = frozenset([str])


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
    return _ENCODER.encode(value) if (quick := quick_json(value)) is None else quick.decode()


def quick_json(value: Any, *, sort_keys: bool = True) -> bytes | None:
    """The canonical JSON of `value` in UTF-8 by the quicker writer, or None.

    That one is quicker, and writes the same bytes for texts, integers, booleans,
    null, lists and objects of them. It has its own form of some floats, null for NaN, and takes
    things that are no JSON: whatever holds another type is left to the slow one.
    """
    if not is_plain(value):
        return None
    try:
        return orjson.dumps(value, option=orjson.OPT_SORT_KEYS if sort_keys else None)
    except TypeError:  # an integer of more than 64 bits, a lone surrogate, too deep a nesting
        return None


def is_plain(value: Any) -> bool:
    """Whether `value` is made of texts, integers, booleans, null, lists and objects alone."""
    kind = type(value)
    if kind is dict:
        if value and set(map(type, value)) != _TEXT:
            return False
        value = value.values()
    elif kind is not list:
        return kind in _PLAIN
    if _PLAIN.issuperset(map(type, value)):
        return True
    return all(map(is_plain, value))


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
    quick = quick_json(value)
    if quick is None:
        return sha256_of_text(canonical_json(value))
    return hashlib.sha256(quick).hexdigest()


def sha256_of_lines(lines: Iterable[str]) -> str:
    """Hash `lines`, each ended by a newline, without joining them in memory first."""
    digest = hashlib.sha256()
    for line in lines:
        digest.update(line.encode("utf-8", "surrogatepass"))
        digest.update(b"\n")
    return digest.hexdigest()
