"""The domain a subject belongs to, of those that STREAM curricula name."""

from __future__ import annotations

from ratchet.signatures.generate_problem import SUBJECTS

MATHEMATICS = "mathematics"
DOMAINS = ("science", "technology", "reading", "engineering", "arts", MATHEMATICS)
DOMAIN_WORDS = {
    "science": ("physics", "chemistry", "biology", "astronomy", "geology"),
    "technology": ("programming", "computer", "software", "algorithm"),
    "reading": ("literature", "language", "grammar"),
    "engineering": ("engineering", "mechanics", "electronics"),
    "arts": ("music", "painting", "history of art"),
}


def domain_of(subject: str) -> str:
    """The domain of a subject; mathematics unless a word says otherwise.

    >>> domain_of("Algebra"), domain_of("Organic Chemistry"), domain_of("")
    ('mathematics', 'science', 'mathematics')
    """
    plain = subject.lower()
    if plain in SUBJECTS:
        return MATHEMATICS
    named = (d for d, words in DOMAIN_WORDS.items() if any(word in plain for word in words))
    return next(named, MATHEMATICS)
