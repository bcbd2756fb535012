"""Templates of extract_requirements: a request in prose whose requirements are known."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

from ratchet.collect.templates.change import draw_facets
from ratchet.collect.templates.domains import FEATURES
from ratchet.collect.templates.draft import Draft, Grammar
from ratchet.collect.templates.grammar import Facet, Feature, capitalised, lowered
from ratchet.collect.templates.plan import Cell
from ratchet.collect.templates.requests import (
    ASIDES,
    ASKS,
    DAYS,
    REFUSALS,
    REGISTERS,
    Register,
    Weight,
)
from ratchet.examples import Difficulty

SIZES = {Difficulty.EASY: (2, 3), Difficulty.MEDIUM: (4, 6), Difficulty.HARD: (7, 9)}
ASIDE_COUNTS = {Difficulty.EASY: (0, 1), Difficulty.MEDIUM: (1, 3), Difficulty.HARD: (3, 5)}
REFUSAL_COUNTS = {Difficulty.EASY: (0, 0), Difficulty.MEDIUM: (0, 1), Difficulty.HARD: (1, 1)}


@dataclass(frozen=True, kw_only=True)
class Wish:
    """A requirement that is asked for, and how much it matters."""

    facet: Facet
    weight: Weight


def write(feature: Feature, cell: Cell, rng: random.Random) -> Draft:
    """Write a request for `feature` among sentences that ask for nothing."""
    register = rng.choice(REGISTERS)
    size, refusals = (rng.randint(*c[cell.difficulty]) for c in (SIZES, REFUSAL_COUNTS))
    facets = draw_facets(feature, size + refusals, language=feature.languages[0], rng=rng)
    wishes = [Wish(facet=facet, weight=rng.choice(list(Weight))) for facet in facets[:size]]
    sentences = _sentences(wishes, facets[size:], cell.difficulty, rng)
    ranked = sorted(wishes, key=lambda wish: wish.weight)  # stable: ties keep their order
    return Draft(
        inputs={
            "user_intent": f"{feature.intent}.",
            "context": _context(feature, register, sentences, rng),
        },
        outputs={
            "requirements": [wish.facet.requirement for wish in ranked],
            "priorities": list(range(1, len(ranked) + 1)),
        },
        category=feature.category,
        notes=f"{size} requirements in the style of {register.name}, ranked by words of weight.",
        facts={
            "register": register.name,
            "requirement_types": sorted({facet.kind.value for facet in facets[:size]}),
            "refused": [facet.requirement for facet in facets[size:]],
        },
    )


def _sentences(
    wishes: Sequence[Wish],
    refused: Sequence[Facet],
    difficulty: Difficulty,
    rng: random.Random,
) -> list[str]:
    """The wishes in their order, with asides and refusals at random places between them."""
    sentences = [_asked(rng.choice(ASKS[wish.weight]), wish.facet) for wish in wishes]
    others = [_asked(rng.choice(REFUSALS), facet) for facet in refused]
    others += rng.sample(ASIDES, rng.randint(*ASIDE_COUNTS[difficulty]))
    for other in others:
        sentences.insert(rng.randint(0, len(sentences)), other)
    return sentences


def _asked(phrase: str, facet: Facet) -> str:
    ask = lowered(facet.requirement)
    return phrase.format(ask=ask, Ask=capitalised(ask))


def _context(
    feature: Feature, register: Register, sentences: Sequence[str], rng: random.Random
) -> str:
    slots = {
        **feature.slots,
        "Name": capitalised(feature.name),
        "package": feature.package,
        "number": rng.randint(100, 4999),
        "points": rng.choice((2, 3, 5, 8)),
        "day": rng.choice(DAYS),
    }
    opening = rng.choice(register.openings).format_map(slots)
    closing = rng.choice(register.closings).format_map(slots)
    return opening + register.separator.join(sentences) + closing


GRAMMAR = Grammar(parents=FEATURES, parent_name=lambda feature: feature.package, write=write)
