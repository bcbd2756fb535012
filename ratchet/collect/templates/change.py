"""The change: a feature, what is asked of it, and an implementation with known gaps."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from ratchet.collect.templates.chores import CHORES, HEADERS
from ratchet.collect.templates.grammar import (
    HIDDEN_KINDS,
    Facet,
    Feature,
    Kind,
    Language,
    capitalised,
)
from ratchet.collect.templates.qualities import AMBIGUOUS, QUALITIES
from ratchet.examples import Difficulty

SIZES = {Difficulty.EASY: (3, 3), Difficulty.MEDIUM: (5, 7), Difficulty.HARD: (10, 10)}
OWN_SHARE = 0.65  # of the requirements are the feature's own, the others are qualities
AMBIGUOUS_SHARE = 0.15  # of the changes ask for something vague
SHORTCOMING_SHARE = 0.6  # of the gaps are half-done work, the others are plain silence
OVER = 1.6  # sentences a requirement from which a complete change counts as over-implemented
COMPLETION_LEVELS = (0.8, 0.5, 0.2)  # of an incomplete change


class Pattern(StrEnum):
    """How a change falls short, or what makes a complete one hard to judge."""

    NONE = "none"
    OBVIOUS = "obvious omission"
    SUBTLE = "subtle omission"
    HIDDEN = "hidden requirement"
    AMBIGUOUS = "ambiguous requirement"
    OVER_IMPLEMENTED = "over-implemented"


@dataclass(frozen=True, kw_only=True)
class Change:
    """An implementation of `feature` in which everything but `missing` can be found.

    `half_done` is the part of `missing` that the implementation claims and does not meet.
    """

    feature: Feature
    language: Language
    asked: tuple[Facet, ...]
    missing: tuple[Facet, ...]
    half_done: tuple[Facet, ...]
    pattern: Pattern
    level: float
    implementation: str

    @property
    def requirements(self) -> list[str]:
        return [facet.requirement for facet in self.asked]

    @property
    def gaps(self) -> list[str]:
        """The missing requirements in the words of the input."""
        return [facet.requirement for facet in self.missing]

    @property
    def facts(self) -> dict[str, Any]:
        """The choices by which the change was made, for its provenance."""
        return {
            "language": self.language.name,
            "completion": self.level,
            "pattern": self.pattern.value,
            "requirement_types": sorted({facet.kind.value for facet in self.asked}),
            "half_done": [facet.requirement for facet in self.half_done],
        }


def draw_change(
    feature: Feature, difficulty: Difficulty, *, complete: bool, rng: random.Random
) -> Change:
    """Draw a change whose text gives `complete` away to nobody who has not read what is asked.

    A complete change and its twin have as many sentences of evidence and as many shortcomings
    of qualities; in the complete one they are shortcomings of what nobody asked for.
    """
    language = rng.choice(feature.languages)
    asked = draw_facets(feature, rng.randint(*SIZES[difficulty]), language=language, rng=rng)
    level = rng.choice(COMPLETION_LEVELS)
    gaps = _draw_missing(asked, level, rng)
    half_done = tuple(facet for facet in gaps if rng.random() < SHORTCOMING_SHARE)
    if complete:
        harmless = sum(facet not in feature.facets for facet in half_done)
        level, gaps, half_done = 1.0, (), ()
    else:
        harmless = 0
    said = _said(feature, language, asked, gaps, half_done, harmless=harmless, rng=rng)
    return Change(
        feature=feature,
        language=language,
        asked=asked,
        missing=gaps,
        half_done=half_done,
        pattern=_pattern(gaps, half_done, asked, over=len(said) > OVER * len(asked)),
        level=level,
        implementation=_rendered(feature, language, said, rng),
    )


def draw_facets(
    feature: Feature, count: int, *, language: Language, rng: random.Random
) -> tuple[Facet, ...]:
    """Draw `count` requirements: some of the feature's own, the others qualities."""
    own = rng.sample(feature.facets, min(len(feature.facets), round(OWN_SHARE * count)))
    vague = [rng.choice(AMBIGUOUS)] if rng.random() < AMBIGUOUS_SHARE else []
    others = [*vague, *rng.sample(_apart(feature), count - len(own) - len(vague))]
    facets = [*own, *(facet.filled(quality_slots(feature, language, rng)) for facet in others)]
    rng.shuffle(facets)
    return tuple(facets)


def _apart(feature: Feature) -> list[Facet]:
    """The qualities whose evidence can not be taken for that of the feature's own facets."""
    kinds = {facet.kind for facet in feature.facets} - {Kind.FUNCTIONAL}
    return [facet for facet in QUALITIES if facet.kind not in kinds]


def quality_slots(feature: Feature, language: Language, rng: random.Random) -> dict[str, object]:
    """What the slots of a quality stand for in this change."""
    module = rng.choice(feature.modules)
    return {
        **feature.slots,
        "module": module,
        "tests": f"`{language.test_path(feature.package, module)}`",
        "n": rng.randint(3, 9),
        "fast": rng.randint(41, 180),
        "slow": rng.randint(320, 990),
    }


def _draw_missing(asked: Sequence[Facet], level: float, rng: random.Random) -> tuple[Facet, ...]:
    count = max(1, round(len(asked) * (1 - level)))
    chosen = rng.sample(range(len(asked)), count)
    return tuple(asked[index] for index in sorted(chosen))


def _said(
    feature: Feature,
    language: Language,
    asked: Sequence[Facet],
    missing: Sequence[Facet],
    half_done: Sequence[Facet],
    *,
    harmless: int,
    rng: random.Random,
) -> list[str]:
    """The sentences of the implementation, in random order.

    `harmless` is the number of shortcomings of things that nobody asked for. Other work that
    nobody asked for makes up the number of sentences, so that it tells nothing.
    """
    said = [facet.evidence for facet in asked if facet not in missing]
    said += [facet.shortcoming for facet in half_done]
    goal = len(asked) + max(1, len(asked) // 2) + rng.randint(0, 1)
    qualities = _unasked_qualities(feature, language, asked, rng)
    said += [facet.shortcoming for facet in qualities[:harmless]]
    own = [facet for facet in feature.facets if facet not in asked]
    unasked = [*own, *qualities[harmless:]]
    rng.shuffle(unasked)
    said += [facet.evidence for facet in unasked[: max(0, goal - len(said))]]
    slots = {**feature.slots, "module": rng.choice(feature.modules)}
    said += [chore.format_map(slots) for chore in rng.sample(CHORES, rng.randint(0, 2))]
    rng.shuffle(said)
    return said


def _unasked_qualities(
    feature: Feature, language: Language, asked: Sequence[Facet], rng: random.Random
) -> list[Facet]:
    slots = quality_slots(feature, language, rng)
    requirements = {facet.requirement for facet in asked}
    filled = [facet.filled(slots) for facet in _apart(feature)]
    unasked = [facet for facet in filled if facet.requirement not in requirements]
    return rng.sample(unasked, len(unasked))


def _pattern(
    missing: Sequence[Facet], half_done: Sequence[Facet], asked: Sequence[Facet], *, over: bool
) -> Pattern:
    vague = {facet.step for facet in AMBIGUOUS}
    if any(facet.step in vague for facet in (missing or asked)):
        return Pattern.AMBIGUOUS
    if missing and all(facet.kind in HIDDEN_KINDS for facet in missing):
        return Pattern.HIDDEN
    if half_done:
        return Pattern.SUBTLE
    if missing:
        return Pattern.OBVIOUS
    return Pattern.OVER_IMPLEMENTED if over else Pattern.NONE


def _rendered(feature: Feature, language: Language, said: Sequence[str], rng: random.Random) -> str:
    header = rng.choice(HEADERS).format(
        name=feature.name,
        Name=capitalised(feature.name),
        language=language.name,
        files=rng.randint(2, 14),
        added=rng.randint(40, 900),
        removed=rng.randint(3, 200),
    )
    style = rng.choice((_paragraph, _bullets, _by_file))
    return style(header, feature, language, said, rng)


def _paragraph(
    header: str, _: Feature, __: Language, said: Sequence[str], ___: random.Random
) -> str:
    return f"{header} {' '.join(said)}"


def _bullets(header: str, _: Feature, __: Language, said: Sequence[str], ___: random.Random) -> str:
    return "\n".join([header, *(f"- {sentence}" for sentence in said)])


def _by_file(
    header: str, feature: Feature, language: Language, said: Sequence[str], rng: random.Random
) -> str:
    """Sentences under the source files; the place of a sentence says nothing about it."""
    paths = [language.source_path(feature.package, module) for module in feature.modules]
    cuts = sorted(rng.sample(range(1, len(said)), min(len(paths), len(said)) - 1))
    bounds = zip([0, *cuts], [*cuts, len(said)], strict=True)
    parts = [
        f"{path} (+{rng.randint(8, 190)}): {' '.join(said[start:end])}"
        for path, (start, end) in zip(paths, bounds, strict=False)
    ]
    return "\n".join([header, *parts])
