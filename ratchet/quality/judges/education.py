"""Educational value: how much does a program, or a person, learn from this example?

An example teaches when there is something to tell apart, when it says why, and when neither a
constant nor a copy of the input would have done. Each of these is looked for as evidence in
the texts; their length is not.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from rapidfuzz import fuzz, utils

from ratchet.quality.dimension import Dimension, Finding, dimension_from
from ratchet.quality.judges.scorecard import EDUCATION
from ratchet.quality.roles import Roles
from ratchet.quality.words import content_stems, specifics, stems_of, words

ASPECTS = 3  # things to tell apart, from which an example is rich
ONE_ASPECT = 0.75  # what is left of an example with a single one
RICH_STEMS, POOR = 15, 0.3  # different content words of the inputs
TAUGHT = 4  # content words that an explanation adds to the label and shares with the evidence
UNTAUGHT = 0.2
FOREIGN_WORTH = 6  # so many words from outside the example say as much as one from inside
ADVISED = 6  # different content words for each item that advice is asked about
REASON = 0.8  # what is left of an explanation without a word that gives a reason
FAR_MISS = 0.75  # what is left when nothing in the evidence comes near to what is missing
GIVEN_AWAY = 0.4  # what is left when the inputs hold the answer word for word
VERBATIM = 97.0  # of rapidfuzz's partial ratio, 0..100
VERBATIM_WORDS = 4
EMPTY_HINT = 0.2  # what is left when no hint says anything
HINT_STEMS = 2
HINTS = 3

_REASONS = re.compile(
    r"\b(?:because|since|so|therefore|thus|hence|as|but|yet|only|nothing|no|not|never|neither|"
    r"which|while|when|where|if|until|without|instead|means?|shows?|gives?|leaves?|after|before|"
    r"then|by|per|would|can)\b|[:;()]",
    re.IGNORECASE,
)


def judge_education(roles: Roles) -> Dimension:
    """Judge how much there is to learn from an example."""
    findings = [
        *_aspects(roles),
        *_substance(roles),
        *_explanations(roles),
        *_near_miss(roles),
        *_given_away(roles),
        *_hints(roles),
    ]
    return dimension_from(EDUCATION, findings, praise="there is much to tell apart, and reasons")


def _aspects(roles: Roles) -> Iterator[Finding]:
    """Several points to consider teach to tell them apart; one alone can be guessed."""
    given = max((len(items) for items in roles.given_lists.values()), default=0)
    found = max((len(items) for items in roles.findings.values()), default=0)
    named = len(frozenset().union(*map(specifics, roles.given_texts.values())))
    aspects = max(given, found, min(named, ASPECTS))
    share = min(1.0, (aspects - 1) / (ASPECTS - 1)) if aspects else 0.0
    factor = ONE_ASPECT + (1 - ONE_ASPECT) * share
    yield Finding(factor=factor, reason=f"points to consider: {aspects}")


def _substance(roles: Roles) -> Iterator[Finding]:
    """What there is to read before the answer can be found."""
    stems = len(stems_of((*roles.given, *roles.narratives.values())))
    factor = POOR + (1 - POOR) * min(1.0, stems / RICH_STEMS)
    yield Finding(factor=factor, reason=f"{stems} different words of content")


def _explanations(roles: Roles) -> Iterator[Finding]:
    """An explanation adds evidence to the label, and says why it counts."""
    if roles.decision is None:
        yield from _advice(roles)
        return
    label = stems_of(item for items in roles.findings.values() for item in items)
    evidence = stems_of(roles.given)
    for name, text in roles.narratives.items():
        stems = content_stems(text)
        taught = len(stems & evidence - label) + len(stems - label - evidence) / FOREIGN_WORTH
        factor = UNTAUGHT + (1 - UNTAUGHT) * min(1.0, taught / TAUGHT)
        yield Finding(factor=factor, reason=f"{name} adds {taught:.0f} facts to the label")
        if not _REASONS.search(text):
            yield Finding(factor=REASON, reason=f"{name} gives no reason")


def _advice(roles: Roles) -> Iterator[Finding]:
    """Advice says something of its own about each item it was asked about."""
    asked = max((len(items) for items in roles.given_lists.values()), default=0)
    for name, text in roles.narratives.items():
        if asked:
            said = len(content_stems(text)) / asked
            factor = UNTAUGHT + (1 - UNTAUGHT) * min(1.0, said / ADVISED)
            yield Finding(factor=factor, reason=f"{name} says {said:.0f} things an item")


def _near_miss(roles: Roles) -> Iterator[Finding]:
    """A gap beside work that comes near to it is harder to see than one in the void."""
    items = [item for values in roles.findings.values() for item in values]
    if roles.decision is not False or not items:
        return
    evidence = stems_of(roles.given_texts.values())
    near = sum(bool(content_stems(item) & evidence) for item in items) / len(items)
    factor = FAR_MISS + (1 - FAR_MISS) * min(1.0, 2 * near)
    yield Finding(factor=factor, reason=f"{near:.0%} of the findings have work near them")


def _given_away(roles: Roles) -> Iterator[Finding]:
    """An answer that stands in the inputs word for word is copied, not found."""
    texts = [utils.default_process(text) for text in roles.given_texts.values()]
    items = [
        utils.default_process(item)
        for values in roles.findings.values()
        for item in values
        if len(words(item)) >= VERBATIM_WORDS
    ]
    if not items or not texts:
        return
    copied = sum(_stands_in(item, texts) for item in items) / len(items)
    factor = 1 - (1 - GIVEN_AWAY) * copied
    yield Finding(factor=factor, reason=f"{copied:.0%} of the answer stands in the inputs")


def _stands_in(item: str, texts: Sequence[str]) -> bool:
    return any(
        len(text) >= len(item) and fuzz.partial_ratio(item, text) >= VERBATIM for text in texts
    )


def _hints(roles: Roles) -> Iterator[Finding]:
    """Hints beside a text each say something, and something new."""
    if roles.decision is not None or len(roles.narratives) < 2:
        return
    for name, hints in roles.findings.items():
        if hints:
            telling = sum(len(content_stems(hint)) >= HINT_STEMS for hint in hints) / len(hints)
            factor = EMPTY_HINT + (1 - EMPTY_HINT) * telling
            yield Finding(factor=factor, reason=f"{telling:.0%} of the {name} say something")
