"""Relevance: do the outputs speak of these inputs, and do they say what the label says?

Evidence is lexical: content words shared between outputs and inputs, in the direction in
which the signature works. What contradicts (an explanation that praises what the decision
refuses) or merely copies the input makes an example worthless, so those factors are small.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence

from rapidfuzz import fuzz, utils

from ratchet.quality.dimension import Dimension, Finding, dimension_from
from ratchet.quality.polarity import read_polarity
from ratchet.quality.roles import Roles
from ratchet.quality.words import content_stems, distinct_words, remembered, specifics, stems_of

GROUNDED_SHARE = 0.60  # of an item's content words found in the inputs: fully grounded
GROUNDED_HITS = 4  # or so many content words found, however long the item
HALF_GROUNDED_HITS = 1.5  # content words shared with the example that halve the doubt
NAMES_ALL = 0.85  # what it is worth to name every finding, however few words they have
RESCUING_HITS, RESCUED = 3, 0.6  # words of the input in an explanation, and what that is worth
SIDE_REMARK = 0.2  # of the loss, for a list beside the answer: warnings may bring in news
CONCRETE_PLACES = 3  # identifiers, paths and numbers in an example that can be looked up
UNCONCRETE = 0.85  # what is left without one
TOUCHED_SHARE = 0.30  # of an item's content words found in a text that speaks of it
ENOUGH_TOUCHED = 0.60  # of the items: a text that speaks of so many speaks of the list
CONTRADICTION, DOUBT, COPY, PARROT = 0.15, 0.6, 0.15, 0.35
UNGROUNDED, UNTOUCHED, VAGUE = 0.15, 0.45, 0.35  # what is left at none at all
COPY_RATIO, COPY_WORDS = 90.0, 4  # rapidfuzz ratio 0..100, among texts of so many words
LONG_COPY_WORDS = 12  # an item as long as a whole input copies it, however right it is
NEW_SHARE = 0.10  # of the content words of advice: below it advice repeats the question
VAGUE_SHARE = 0.30  # content words among the words of a free text that are no function words
UNTRACED = 0.65  # what is left of a yes without any trace of what was asked

_SENTENCE = re.compile(r"[.!?]\s+|\n+|[.!?]$")


_plain = remembered(utils.default_process)


def judge_relevance(roles: Roles) -> Dimension:
    """Judge the outputs against the inputs, and the explanation against the decision."""
    findings = [
        *_list_grounding(roles),
        *_narrative_grounding(roles),
        *_coverage(roles),
        *_vagueness(roles),
        *_copies(roles),
        *_contradictions(roles),
        *_untraced_yes(roles),
        *_abstraction(roles),
    ]
    return dimension_from("relevance", findings, praise="the outputs speak of the inputs")


def _list_grounding(roles: Roles) -> Iterator[Finding]:
    """Each item of an output list should share words with what was given.

    Findings put in other words than the input are rescued by an explanation that is grounded.
    """
    given = stems_of(roles.given)
    rescue = min(1.0, len(stems_of(roles.narratives.values()) & given) / RESCUING_HITS) * RESCUED
    for name, items in roles.findings.items():
        if not items:
            continue
        shares = [_grounded(item, given, roles.given) for item in items]
        mean = max(sum(shares) / len(shares), rescue)
        factor = UNGROUNDED + (1 - UNGROUNDED) * mean
        unrelated = sum(share < 0.5 for share in shares)
        if not _is_main(roles, name):
            factor = 1 - (1 - factor) * SIDE_REMARK
        reason = f"{name}: {mean:.0%} grounded in the inputs, {unrelated} of {len(items)} hardly"
        yield Finding(factor=factor, reason=reason)


def _is_main(roles: Roles, name: str) -> bool:
    """A list is a side remark when the answer itself is a free text."""
    return roles.decision is not None or not roles.narratives or name in roles.given_lists


def _grounded(item: str, given: frozenset[str], texts: Sequence[str]) -> float:
    stems = content_stems(item)
    if not stems:
        plain = utils.default_process(item)
        return 1.0 if plain and plain in utils.default_process(" ".join(texts)) else 0.0
    hits = len(stems & given)
    share = max(hits / len(stems) / GROUNDED_SHARE, hits / GROUNDED_HITS)
    return math.sqrt(min(1.0, share))


def _narrative_grounding(roles: Roles) -> Iterator[Finding]:
    """A free text should name things that the example is about."""
    items = [item for values in roles.findings.values() for item in values]
    about = stems_of(roles.given) | stems_of(items)
    for name, text in roles.narratives.items():
        hits = len(content_stems(text) & about)
        named = _touched(items, content_stems(text)) if items else 0.0
        share = max(1 - 0.5 ** (hits / HALF_GROUNDED_HITS), NAMES_ALL * named)
        reason = f"{name} names {hits} things of the inputs"
        yield Finding(factor=UNGROUNDED + (1 - UNGROUNDED) * share, reason=reason)


def _coverage(roles: Roles) -> Iterator[Finding]:
    """An explanation speaks of the findings; advice speaks of the items it was asked about."""
    if not roles.narratives:
        return
    text = stems_of(roles.narratives.values())
    lists = roles.findings if roles.decision is not None else roles.given_lists
    filled = {name: items for name, items in lists.items() if items}
    if not filled:
        return
    touched = {name: _touched(items, text) for name, items in filled.items()}
    name = max(touched, key=lambda name: touched[name])
    share = min(1.0, touched[name] / ENOUGH_TOUCHED)
    reason = f"the text speaks of {touched[name]:.0%} of {name}"
    yield Finding(factor=UNTOUCHED + (1 - UNTOUCHED) * share, reason=reason)


def _touched(items: Sequence[str], text: frozenset[str]) -> float:
    hits = 0
    for item in items:
        stems = content_stems(item)
        shared = len(stems & text)
        hits += shared >= 2 or shared >= TOUCHED_SHARE * max(1, len(stems))
    return hits / len(items)


def _vagueness(roles: Roles) -> Iterator[Finding]:
    """Words of any task ("improve the code, handle the issues properly") say nothing."""
    for name, text in roles.narratives.items():
        content = len(content_stems(text)) + len(specifics(text))
        share = content / max(1, len(distinct_words(text)))
        if share < VAGUE_SHARE:
            factor = VAGUE + (1 - VAGUE) * share / VAGUE_SHARE
            yield Finding(factor=factor, reason=f"{name} is vague")


def _copies(roles: Roles) -> Iterator[Finding]:
    given_texts = [text for text in roles.given_texts.values() if len(text.split()) >= COPY_WORDS]
    joined = [" ".join(items) for items in roles.given_lists.values() if items]
    for name, text in roles.narratives.items():
        copied = any(_is_copy(text, other) for other in (*given_texts, *joined))
        if copied or _is_pasted(text, roles):
            yield Finding(factor=COPY, reason=f"{name} copies the input")
        elif roles.decision is None and _adds_nothing(text, roles):
            yield Finding(factor=PARROT, reason=f"{name} says nothing that the input does not")
    for name, items in roles.findings.items():
        if _copies_whole_input(items, roles):
            yield Finding(factor=COPY, reason=f"{name} copies the input")


def _is_copy(text: str, other: str) -> bool:
    if len(text.split()) < COPY_WORDS:
        return False
    ratio = fuzz.ratio(_plain(text), _plain(other), score_cutoff=COPY_RATIO)
    return ratio >= COPY_RATIO


def _is_pasted(text: str, roles: Roles) -> bool:
    """Whether each sentence stands in the inputs word for word."""
    if len(text.split()) < COPY_WORDS:
        return False
    sentences = filter(None, map(utils.default_process, _SENTENCE.split(text)))
    first = next(sentences, None)
    if first is None:
        return False
    given = utils.default_process("\n".join(roles.given))
    return first in given and all(sentence in given for sentence in sentences)


def _adds_nothing(text: str, roles: Roles) -> bool:
    stems = content_stems(text)
    return bool(stems) and len(stems - stems_of(roles.given)) < NEW_SHARE * len(stems)


def _copies_whole_input(items: Sequence[str], roles: Roles) -> bool:
    """Nothing but whole long inputs, or one item that leaves the other inputs unread.

    A finding that names one of the listed inputs is an answer, not a copy.
    """
    if not items or roles.decision is not None:
        return False
    texts = roles.given_texts.values()
    copied = [item for item in items if any(_is_copy(item, text) for text in texts)]
    if len(copied) < len(items):
        return False
    if max(len(item.split()) for item in copied) >= LONG_COPY_WORDS:
        return True
    unread = [text for text in texts if not any(_is_copy(item, text) for item in items)]
    return len(stems_of(unread) - stems_of(items)) >= 2 * COPY_WORDS


def _contradictions(roles: Roles) -> Iterator[Finding]:
    if roles.decision is None:
        return
    for name, text in roles.narratives.items():
        polarity = read_polarity(text)
        if polarity.contradicts(decision=roles.decision):
            yield Finding(factor=CONTRADICTION, reason=f"{name} contradicts the decision")
        elif polarity.doubts(decision=roles.decision):
            yield Finding(factor=DOUBT, reason=f"{name} speaks against the decision")


def _untraced_yes(roles: Roles) -> Iterator[Finding]:
    """A yes needs traces of the listed items in the evidence, the richest of the inputs.

    Names in code and words of a wish differ, so a missing trace only lowers the trust.
    """
    items = [item for values in roles.given_lists.values() for item in values]
    if not roles.decision or not items or not roles.given_texts:
        return
    evidence = max(map(content_stems, roles.given_texts.values()), key=len)
    share = sum(bool(content_stems(item) & evidence) for item in items) / len(items)
    factor = UNTRACED + (1 - UNTRACED) * min(1.0, share / ENOUGH_TOUCHED)
    yield Finding(factor=factor, reason=f"a yes with traces of {share:.0%} of the items")


def _abstraction(roles: Roles) -> Iterator[Finding]:
    """Names and numbers that a reader can look up make an example concrete."""
    places = len(frozenset().union(*map(specifics, (*roles.given, *roles.answers))))
    share = min(1.0, places / CONCRETE_PLACES)
    reason = f"it has {places} names or numbers that can be looked up"
    yield Finding(factor=UNCONCRETE + (1 - UNCONCRETE) * share, reason=reason)
