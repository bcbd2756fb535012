"""What a gap means, by kind of requirement, and how an explanation says it."""

from __future__ import annotations

from collections.abc import Sequence

from ratchet.collect.templates.change import Change
from ratchet.collect.templates.grammar import Facet, Kind, lowered

CONSEQUENCES = {
    Kind.FUNCTIONAL: "users do not get what they asked for",
    Kind.SECURITY: "an attacker can use the gap",
    Kind.PERFORMANCE: "people wait longer than they were promised",
    Kind.SCALABILITY: "the work does not grow with the load",
    Kind.TESTING: "a fault there would go unnoticed",
    Kind.DOCUMENTATION: "people have to ask or to guess",
    Kind.ERROR_HANDLING: "a failure leaves users without help",
    Kind.LOGGING: "operators can not find out what happened",
}


def explain(change: Change, *, noun: str) -> str:
    """Say how many of the `noun`s are covered, and for each gap what is said and what follows."""
    total = len(change.asked)
    covered = total - len(change.missing)
    if not change.missing:
        return f"{covered}/{total} {noun} are covered: {_evidence(change.asked)}"
    gaps = " ".join(_gap(facet, half_done=facet in change.half_done) for facet in change.missing)
    return f"{covered}/{total} {noun} are covered. {gaps}"


def _evidence(asked: Sequence[Facet]) -> str:
    """The evidence of the first three requirements, as a reader would cite it."""
    return " ".join(f'"{facet.requirement}" is met: {facet.evidence}' for facet in asked[:3])


def _gap(facet: Facet, *, half_done: bool) -> str:
    found = f"the text says instead: {facet.shortcoming}" if half_done else "there is no evidence."
    return f'For "{lowered(facet.requirement)}" {found} So {CONSEQUENCES[facet.kind]}.'
