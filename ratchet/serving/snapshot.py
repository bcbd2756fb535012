"""A cheap copy of what the app may change after a call: fields down to plain JSON values.

Texts and numbers can not change and are shared; containers are copied, other objects are
turned into plain values at once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

MAX_DEPTH = 32
MAX_REPRESENTATION = 2_000  # characters of an object that has no plain form
_CONTAINER_COST = 16
_TEXTS = frozenset({str})
_NUMBERS = frozenset({int, float, bool, type(None)})
_EXAMPLES = frozenset({"Example", "Prediction"})  # DSPy's, told by name so as not to import it


class _TooLargeError(Exception):
    """The payload has more characters than may wait in memory."""


def snapshot(values: Mapping[str, Any], *, max_chars: int) -> dict[str, Any] | None:
    """Copy the fields of a request or an answer.

    Args:
        values: Fields by name; anything may be in them.
        max_chars: The most characters, in all texts together, with 16 for a container.

    Returns:
        The copy, or None when it would be larger, or when an object in it fails while it
        is read.

    >>> inputs = {"requirements": ["log in"]}
    >>> copied = snapshot(inputs, max_chars=1_000)
    >>> inputs["requirements"].clear()
    >>> copied
    {'requirements': ['log in']}
    >>> snapshot({"text": "x" * 1_001}, max_chars=1_000)
    """
    left = max_chars
    try:
        copied = dict(values)
        for name, value in copied.items():  # most fields are texts, and every request pays this
            kind = type(value)
            if kind is str:
                left -= len(value)
            elif kind is list:
                copied[name] = items = value.copy()
                before, left = left, left - _CONTAINER_COST
                for item in items:  # a loop is cheaper here than what would replace it
                    if type(item) is not str:
                        copied[name], left = _nested(items, before)
                        break
                    left -= len(item) + _CONTAINER_COST
            elif kind not in _NUMBERS:
                copied[name], left = _nested(value, left)
        return copied if left >= 0 else None
    except Exception:  # noqa: BLE001 - an object of the app's may raise anything when it is read
        return None


def _nested(value: Any, left: int) -> tuple[Any, int]:
    """The copy of a value that is no text and no number, and what it leaves of the limit."""
    remaining = [left]
    return _copied(value, remaining, 0), remaining[0]


def _copied(value: Any, left: list[int], depth: int) -> Any:
    kind = type(value)
    if kind is str:
        left[0] -= len(value)
        if left[0] < 0:
            raise _TooLargeError
        return value
    if kind in _NUMBERS:
        return value
    left[0] -= _CONTAINER_COST
    if left[0] < 0 or depth > MAX_DEPTH:
        raise _TooLargeError
    if kind is list and _TEXTS.issuperset(map(type, value)):
        left[0] -= sum(map(len, value)) + _CONTAINER_COST * len(value)
        return value.copy()
    if kind is list or kind is tuple:
        return [_copied(item, left, depth + 1) for item in value]
    if kind is dict:
        return {
            key if type(key) is str else str(key): _copied(item, left, depth + 1)
            for key, item in value.items()
        }
    return _copied(_plain(value), left, depth + 1)


def _plain(value: Any) -> Any:
    """The value in builtin types; their subclasses lose what makes them special."""
    if hasattr(value, "toDict") and type(value).__name__ in _EXAMPLES:
        return dict(value.items())
    if hasattr(value, "model_dump"):  # pydantic
        return value.model_dump(mode="json")
    for kinds, plain in _BUILTIN:
        if isinstance(value, kinds):
            return plain(value)
    return repr(value)[:MAX_REPRESENTATION]


_BUILTIN: tuple[tuple[tuple[type, ...], Callable[[Any], Any]], ...] = (
    ((str,), str.__str__),
    ((float,), float),
    ((int,), int),
    ((Mapping,), dict),
    ((list, tuple, set, frozenset), list),
)
