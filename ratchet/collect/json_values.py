"""Strict JSON: the values of a text with their offsets, and what is refused with where it is."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Generator
from typing import Any

import orjson

from ratchet.canonical import is_plain
from ratchet.errors import InputError

MAX_DEPTH = 64  # no signature nests deeper than 3; a bomb is refused long before Python fails
HALF_PAIR = "a text holds half of a surrogate pair, which is no character"
TOO_DEEP = f"is nested deeper than {MAX_DEPTH} levels"
EXAMPLES_KEY = "examples"

_KEY_APART = re.compile(r'"[ \t\r\n]+:')  # white space between a key and its colon
_SPACE = re.compile(r"[ \t\r\n]*")
_SURROGATE = re.compile("[\ud800-\udfff]")


class BrokenJsonError(InputError):
    """A value that is refused, `offset` characters into the text; caught by `file_rows`.

    `end` is the offset behind the value, when it is known and the reading can go on.
    """

    def __init__(self, reason: str, offset: int, *, end: int | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.offset = offset
        self.end = end


def values_of(text: str, start: int) -> Generator[tuple[int, Any], None, None]:
    """The examples of a document with their offsets; for a refused one, the error.

    Raises:
        BrokenJsonError: the document can not be read on.
    """
    if text[start] == "[":
        end = yield from _array(text, start)
    elif text[start] == "{" and (inner := _examples_array(text, start)) is not None:
        end = yield from _array(text, inner)
        end = _closed_object(text, end)
    else:
        value, end = decode_value(text, start)
        yield start, value
    if (rest := skip_space(text, end)) < len(text):
        raise BrokenJsonError("there is more after the end of the JSON", rest)


def _array(text: str, start: int) -> Generator[tuple[int, Any], None, int]:
    """The items of the array at `start` with their offsets; returns where it ends."""
    offset = skip_space(text, start + 1)
    if text.startswith("]", offset):
        return offset + 1
    while True:
        value, end = _value_or_error(text, offset)
        yield offset, value
        end = skip_space(text, end)
        if text.startswith("]", end):
            return end + 1
        offset = skip_space(text, _expect(",", text, end, "between two examples"))


def _value_or_error(text: str, offset: int) -> tuple[Any, int]:
    try:
        return decode_value(text, offset)
    except BrokenJsonError as error:
        if error.end is None:
            raise
        return error, error.end


def _examples_array(text: str, start: int) -> int | None:
    """The offset of the array under "examples", when the object at `start` has one."""
    offset = skip_space(text, start + 1)
    while text.startswith('"', offset):
        key, end = decode_value(text, offset)
        offset = skip_space(text, _expect(":", text, skip_space(text, end), "after a key"))
        if key == EXAMPLES_KEY and text.startswith("[", offset):
            return offset
        _, end = decode_value(text, offset)
        end = skip_space(text, end)
        if not text.startswith(",", end):
            return None
        offset = skip_space(text, end + 1)
    return None


def _closed_object(text: str, end: int) -> int:
    """Read on from behind the examples to the end of the object around them."""
    end = skip_space(text, end)
    while text.startswith(",", end):
        _, end = decode_value(text, skip_space(text, end + 1))
        end = _expect(":", text, skip_space(text, end), "after a key")
        _, end = decode_value(text, skip_space(text, end))
        end = skip_space(text, end)
    return _expect("}", text, end, "after the examples")


def _expect(character: str, text: str, offset: int, place: str) -> int:
    if not text.startswith(character, offset):
        found = repr(text[offset]) if offset < len(text) else "the end of the file"
        raise BrokenJsonError(f"broken JSON: {character!r} is due {place}, not {found}", offset)
    return offset + 1


def skip_space(text: str, offset: int) -> int:
    """The offset of the first character from `offset` on that is no white space."""
    found = _SPACE.match(text, offset)
    return found.end() if found else offset


def quick_value(text: str) -> Any:
    """The value that `text` is, read by a quicker reader; None when the slow reader has to look.

    orjson is as strict, but takes the last of two equal keys, and a float for an integer of more
    than 64 bits. So a value with a float is left to the slow reader, and one whose keys are not as
    many as the colons behind a quotation mark: where no key and no text can hide one, that tells
    that no key was there twice. What holds an escape may be half a character, or NUL.
    """
    if "\\u" in text or '\\":' in text or _KEY_APART.search(text):
        return None
    if text.count("{") + text.count("[") > MAX_DEPTH:
        return None
    try:
        value = orjson.loads(text)
    except ValueError:
        return None
    return value if is_plain(value) and _count_keys(value) == text.count('":') else None


def _count_keys(value: Any) -> int:
    if type(value) is dict:
        return len(value) + sum(map(_count_keys, value.values()))
    return sum(map(_count_keys, value)) if type(value) is list else 0


def decode_value(text: str, offset: int) -> tuple[Any, int]:
    """Decode one value; also gives the offset behind it.

    Raises:
        BrokenJsonError: it is broken, or no two JSON readers agree on it, or no store holds it.
    """
    try:
        value, end = _DECODER.raw_decode(text, offset)
    except json.JSONDecodeError as error:
        raise BrokenJsonError(f"broken JSON: {error.msg}", error.pos) from error
    except RecursionError as error:
        raise BrokenJsonError(TOO_DEEP, offset) from error
    except ValueError as error:  # of a hook below, or of an integer of thousands of digits
        reason = (
            str(error) if isinstance(error, _RefusedError) else "an integer has too many digits"
        )
        raise BrokenJsonError(reason, offset, end=_end_of(text, offset)) from error
    if problem := value_problem(value):
        raise BrokenJsonError(problem, offset, end=end)
    return value, end


def _end_of(text: str, offset: int) -> int | None:
    """Where a refused value ends, so that the next one can be read; None when it is broken too."""
    try:
        return _LENIENT_DECODER.raw_decode(text, offset)[1]
    except (ValueError, RecursionError):
        return None


def value_problem(value: Any) -> str | None:
    """What no store can hold: deep nesting, half a surrogate pair, a NUL character.

    >>> value_problem({"a": [chr(0)]})
    'a text holds a NUL character'
    """
    level = [value]
    for _ in range(MAX_DEPTH):
        texts = [item for item in level if isinstance(item, str)]
        texts += [key for item in level if isinstance(item, dict) for key in item]
        joined = "\n".join(texts)
        if "\0" in joined:
            return "a text holds a NUL character"
        if not joined.isascii() and any(map(_SURROGATE.search, texts)):
            return HALF_PAIR
        level = [
            inner
            for item in level
            if isinstance(item, dict | list)
            for inner in (item.values() if isinstance(item, dict) else item)
        ]
        if not level:
            return None
    return TOO_DEEP


class _RefusedError(ValueError):
    """Legal to Python's reader, but not JSON that all readers agree on."""


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise _RefusedError(f"the key {twice!r} is there twice in one object")
    return found


def _constant(name: str) -> float:
    raise _RefusedError(f"{name} is no JSON; use null, or a number")


def _float(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise _RefusedError(f"the number {text[:40]} is too large")
    return number


_DECODER = json.JSONDecoder(object_pairs_hook=_object, parse_constant=_constant, parse_float=_float)
_LENIENT_DECODER = json.JSONDecoder(parse_int=str)  # finds the end of what is refused
