"""The language of a text, told by its function words; enough to see that two texts differ."""

from __future__ import annotations

import unicodedata
from collections.abc import Set

from ratchet.quality.words import distinct_words

FUNCTION_WORDS = {
    "English": "the of and to is in that for with not are was be this by from it on as has have no",
    "German": "der die das und ist nicht den ein eine mit zu für auf von im dem wird werden sind",
    "French": "le la les des est et une dans pour pas que qui du sur avec sont aux ne cette en",
    "Spanish": "el los las una por para con del que es no se está son como pero más falta todos en",
    "Italian": "il gli che di è non per una con del della sono nel alla manca tutti questo anche",
    "Portuguese": "os uma para com não que do da em é se por são dos falta todos mais foi como",
    "Dutch": "het een van niet dat zijn voor met aan wordt ook naar maar deze werd door de en",
}
MIN_HITS = 3  # distinct function words before a language is named
MIN_LEAD = 2  # hits by which it must lead the next one: many words are shared
OTHER_SCRIPT_SHARE = 0.3  # of the letters

_SETS = {language: frozenset(text.split()) for language, text in FUNCTION_WORDS.items()}


def language_of(text: str) -> str | None:
    """Name the language, or the script if it is not Latin; None when there is no telling.

    >>> language_of("Die Anmeldung ist nicht gegen den Abbruch mit der Taste gesichert")
    'German'
    >>> language_of("login() in auth.py") is None
    True
    """
    if script := other_script(text):
        return script
    return language_of_words(distinct_words(text))


def language_of_words(found: Set[str]) -> str | None:
    """Name the language by its function words among `found`, or None.

    >>> language_of_words({"the", "lock", "is", "not", "released"})
    'English'
    """
    hits = sorted(((len(found & known), name) for name, known in _SETS.items()), reverse=True)
    (best, name), (second, _) = hits[0], hits[1]
    return name if best >= MIN_HITS and best - second >= MIN_LEAD else None


def other_script(text: str) -> str | None:
    """Name the script of a text that is not in Latin letters, or None."""
    if text.isascii():
        return None
    letters = [character for character in text if character.isalpha()]
    foreign = [c for c in letters if not c.isascii() and "LATIN" not in unicodedata.name(c, "?")]
    if not letters or len(foreign) < OTHER_SCRIPT_SHARE * len(letters):
        return None
    return f"{unicodedata.name(foreign[0], 'an unknown').split()[0].capitalize()} script"
