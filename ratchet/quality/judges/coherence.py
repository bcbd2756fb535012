"""Coherence: do inputs, findings and explanation belong together and agree in every figure?"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import get_args

from ratchet.examples import Example
from ratchet.quality.defects import find_defects
from ratchet.quality.dimension import Dimension, Finding, dimension_from
from ratchet.quality.judges.claims import count_claims, sentences
from ratchet.quality.judges.scorecard import COHERENCE
from ratchet.quality.roles import Roles
from ratchet.quality.words import content_stems, stems_of
from ratchet.signatures.spec import SignatureSpec

WRONG_COUNT = 0.3  # "3 of 4" where there are five
FOREIGN_TEXT = 0.25  # what is left of a text that shares no word with its example
ENOUGH_SHARED = 0.25  # of the content words of a text: from here it belongs to its example
ENOUGH_GIVEN = 0.17  # of them in the inputs alone: findings of another example vouch for it
FOREIGN_LIST = 0.3  # what is left when no item shares a word with the inputs
UNNAMED = 0.35  # what is left when the explanation speaks of none of the findings
NAMED_SHARE = 0.34  # of the content words of a finding, or two of them: it is spoken of
ENOUGH_NAMED = 0.75  # of the findings
FOREIGN_NAMES = 0.7  # what is left when no identifier of a text is known to its example
CUT_OFF = 0.4
END_WORDS = 5  # a shorter text is a note and need not end like a sentence
MIXED_STEPS = 0.3  # what is left when every step answers another item than that of its number
ENOUGH_PLACED = 0.66  # of the steps that share a word with any item
WRONG_STEPS = 0.35  # steps and their order differ in number
LOST_ANSWER = 0.4  # the way to the answer ends elsewhere
UNUSED_NUMBERS = 0.35  # what is left when a problem uses none of the numbers asked for
REPEATED = 0.5  # what is left when all items say the same

_ENDS = re.compile(r"[.!?:)\]}\"'`…。]\s*$")
_STEP = re.compile(r"^\s*(\d{1,2})[.)]\s+", re.MULTILINE)
_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_NAME = re.compile(
    r"`([^`]+)`|\b(\w+\(\))|\b([A-Za-z_]\w+(?:[/.][A-Za-z_]\w+)+)|"
    r"\b([a-z]+[A-Z]\w+)|\b(\w+_\w+)"
)


def judge_coherence(spec: SignatureSpec, example: Example, roles: Roles) -> Dimension:
    """Judge whether the parts of the example belong together; `roles` are its own."""
    findings = [
        *_counts(roles),
        *_belonging_texts(spec, roles),
        *_belonging_lists(roles),
        *_named_findings(roles),
        *_known_names(roles),
        *_ends(roles),
        *_steps(spec, example, roles),
        *_answer(spec, example, roles),
        *_repetitions(roles),
    ]
    return dimension_from(COHERENCE, findings, praise="inputs, findings and explanation agree")


def _counts(roles: Roles) -> Iterator[Finding]:
    """A count "n of m" must be that of one of the given lists and of the findings."""
    totals = {len(items) for items in roles.given_lists.values()}
    gaps = {len(items) for items in roles.findings.values()} or {0}
    if roles.decision is None or not totals:
        return
    for name, text in roles.narratives.items():
        for claim in count_claims(text):
            if claim.total not in totals:
                reason = f"{name} says {claim.quoted!r}, there are {min(totals)}"
                yield Finding(factor=WRONG_COUNT, reason=reason)
            elif claim.total - claim.done not in gaps:
                reason = f"{name} says {claim.quoted!r}, {min(gaps)} are listed as missing"
                yield Finding(factor=WRONG_COUNT, reason=reason)


def _belonging_texts(spec: SignatureSpec, roles: Roles) -> Iterator[Finding]:
    """A text shares a good part of its words with the rest of its example."""
    has_value = any(field.is_value for field in spec.outputs)
    given = stems_of(roles.given)
    for name, text in roles.narratives.items():
        others = [other for key, other in roles.narratives.items() if key != name]
        items = [item for values in roles.findings.values() for item in values]
        found = items if roles.decision is not None or has_value else ()
        about = stems_of([*roles.given, *found, *(others if has_value else ())])
        stems = content_stems(text)
        if not stems:
            continue
        share = len(stems & about) / len(stems)
        if roles.decision is not None:
            share = min(share, len(stems & given) / len(stems) * ENOUGH_SHARED / ENOUGH_GIVEN)
        factor = FOREIGN_TEXT + (1 - FOREIGN_TEXT) * min(1.0, share / ENOUGH_SHARED)
        yield Finding(
            factor=factor, reason=f"{share:.0%} of the words of {name} are of the example"
        )


def _belonging_lists(roles: Roles) -> Iterator[Finding]:
    """Without an explanation, the items themselves must speak of the inputs."""
    if roles.narratives:
        return
    given = stems_of(roles.given)
    for name, items in roles.findings.items():
        if items:
            share = sum(bool(content_stems(item) & given) for item in items) / len(items)
            factor = FOREIGN_LIST + (1 - FOREIGN_LIST) * share
            yield Finding(factor=factor, reason=f"{share:.0%} of {name} speak of the inputs")


def _named_findings(roles: Roles) -> Iterator[Finding]:
    """The explanation of a decision speaks of each finding."""
    if roles.decision is None or not roles.narratives:
        return
    text = stems_of(roles.narratives.values())
    for name, items in roles.findings.items():
        if items:
            share = sum(_is_named(item, text) for item in items) / len(items)
            factor = UNNAMED + (1 - UNNAMED) * min(1.0, share / ENOUGH_NAMED)
            yield Finding(factor=factor, reason=f"the explanation names {share:.0%} of {name}")


def _is_named(item: str, text: frozenset[str]) -> bool:
    stems = content_stems(item)
    return len(stems & text) >= min(2, NAMED_SHARE * len(stems))


def _known_names(roles: Roles) -> Iterator[Finding]:
    """Identifiers, files and quoted code of an explanation are those of its example."""
    if roles.decision is None:
        return
    items = [item for values in roles.findings.values() for item in values]
    known = " ".join((*roles.given, *items)).casefold()
    for name, text in roles.narratives.items():
        named = {"".join(groups) for groups in _NAME.findall(text)}
        if foreign := sorted(one for one in named if one.casefold().strip("()") not in known):
            share = len(foreign) / len(named)
            factor = 1 - (1 - FOREIGN_NAMES) * share
            yield Finding(factor=factor, reason=f"{name} names {foreign[0]!r}, which is not there")


def _ends(roles: Roles) -> Iterator[Finding]:
    for name, text in roles.narratives.items():
        plain = text.rstrip()
        if len(plain.split()) < END_WORDS:
            continue
        defects = find_defects(plain, ends_sentences=True)
        if not _ENDS.search(plain) or any("cut off" in d.reason for d in defects):
            yield Finding(factor=CUT_OFF, reason=f"{name} is cut off at {plain[-20:]!r}")


def _steps(spec: SignatureSpec, example: Example, roles: Roles) -> Iterator[Finding]:
    """Numbered steps are as many as their order names, and each answers the item it counts."""
    orders = [f.name for f in spec.outputs if get_args(f.type) == (int,)]
    if roles.decision is not None or not orders:
        return
    order = example.outputs[orders[0]]
    for name, text in roles.narratives.items():
        steps = _numbered(text)
        if not steps:
            continue
        if len(steps) != len(order):
            reason = f"{name} has {len(steps)} steps, {orders[0]} orders {len(order)}"
            yield Finding(factor=WRONG_STEPS, reason=reason)
        lists = [items for items in roles.given_lists.values() if len(items) == len(steps) > 1]
        if lists:
            share = _placed_share(steps, max(lists, key=lambda items: sum(_fits(steps, items))))
            factor = MIXED_STEPS + (1 - MIXED_STEPS) * min(1.0, share / ENOUGH_PLACED)
            reason = f"{share:.0%} of the steps of {name} answer the item of their number"
            yield Finding(factor=factor, reason=reason)


def _placed_share(steps: Sequence[str], items: Sequence[str]) -> float:
    """How many of the steps share most with the item of their own number, 0..1."""
    best = _fits(steps, items)
    comparable = [place for place, fit in enumerate(best) if fit > 0]
    right = sum(_fit(steps[place], items, place) >= best[place] - 1e-9 for place in comparable)
    return right / len(comparable) if comparable else 0.0


def _fits(steps: Sequence[str], items: Sequence[str]) -> list[float]:
    """How much each step shares with the item it is nearest to."""
    return [max(_fit(step, items, place) for place in range(len(items))) for step in steps]


def _fit(step: str, items: Sequence[str], place: int) -> float:
    """The content words that a step shares with one item; a word of many items counts less."""
    common = Counter(stem for item in items for stem in content_stems(item))
    return sum(1 / common[stem] for stem in content_stems(items[place]) & content_stems(step))


def _numbered(text: str) -> list[str]:
    parts = _STEP.split(text)
    return [part.strip() for part in parts[2::2]]


def _answer(spec: SignatureSpec, example: Example, roles: Roles) -> Iterator[Finding]:
    """The way to an answer states it, and a problem uses the numbers that were asked for."""
    values = [f.name for f in spec.outputs if f.is_value]
    if not values or not roles.narratives:
        return
    answer = _plain(str(example.outputs[values[0]]))
    core = answer.rpartition("=")[2] if answer.count("=") == 1 else answer
    way = list(roles.narratives.values())[-1]
    if not core or core not in _plain(way):
        yield Finding(factor=LOST_ANSWER, reason=f"the last text does not arrive at {core[:40]!r}")
    asked = {number for text in roles.given_texts.values() for number in _NUMBER.findall(text)}
    if asked:
        used = set(_NUMBER.findall(next(iter(roles.narratives.values()))))
        share = len(asked & used) / len(asked)
        factor = UNUSED_NUMBERS + (1 - UNUSED_NUMBERS) * min(1.0, share / ENOUGH_NAMED)
        yield Finding(factor=factor, reason=f"{share:.0%} of the numbers asked for are used")


def _plain(text: str) -> str:
    return re.sub(r"\s+", "", text).casefold()


def _repetitions(roles: Roles) -> Iterator[Finding]:
    """Lists whose items and texts whose sentences say one thing again and again."""
    for name, items in {**roles.findings, **_sentences(roles)}.items():
        if len(items) > 1:
            different = len({frozenset(content_stems(item)) for item in items})
            share = (len(items) - different) / (len(items) - 1)
            if share > 0:
                factor = 1 - (1 - REPEATED) * share
                yield Finding(factor=factor, reason=f"{name} repeats itself")


def _sentences(roles: Roles) -> dict[str, list[str]]:
    return {
        name: [part for part in sentences(text) if content_stems(part)]
        for name, text in roles.narratives.items()
    }
