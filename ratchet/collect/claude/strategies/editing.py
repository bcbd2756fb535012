"""How much of a text was edited, for the strategies that start from a parent."""

from __future__ import annotations

from rapidfuzz.distance import Levenshtein

from ratchet.canonical import canonical_json
from ratchet.signatures.spec import Values


def edit_share(before: Values, after: Values) -> float:
    """The share of the words that an edit touched, 0..1; 0 is the same text.

    >>> edit_share({"a": "one two three four"}, {"a": "one two three five"})
    0.25
    >>> edit_share({"a": ["x y"]}, {"a": ["x y"]})
    0.0
    """
    return round(Levenshtein.normalized_distance(_words(before), _words(after)), 4)


def _words(values: Values) -> list[str]:
    """The words of all fields in the order of their names, without JSON's marks."""
    words: list[str] = []
    for name in sorted(values):
        value = values[name]
        text = value if isinstance(value, str) else canonical_json(value)
        words.extend(text.replace('","', " ").strip('[]{}"').split())
    return words
