"""The nearest right name for a wrong one."""

from __future__ import annotations

from collections.abc import Iterable

MIN_SIMILARITY = 55.0  # below it a suggestion misleads more often than it helps


def nearest_name(name: str, candidates: Iterable[str]) -> str | None:
    """Return the candidate that `name` was most likely meant to be, or None.

    >>> nearest_name("missing_reqs", ["is_complete", "missing_requirements"])
    'missing_requirements'
    >>> nearest_name("zzz", ["is_complete"]) is None
    True
    """
    from rapidfuzz import fuzz, process

    found = process.extractOne(
        name.lower().replace("-", "_"),
        list(candidates),
        scorer=fuzz.WRatio,
        score_cutoff=MIN_SIMILARITY,
    )
    return str(found[0]) if found else None
