"""Clarity: are the inputs and outputs well-formed, readable and free of noise?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rapidfuzz import fuzz, utils

from ratchet.quality.defects import FATAL, find_defects
from ratchet.quality.dimension import Dimension, Finding, dimension_from
from ratchet.quality.language import language_of
from ratchet.quality.roles import Roles

CODE_FENCE_FACTOR = 0.2  # an answer is prose: guidance says what to do and leaves the code
OTHER_LANGUAGE_FACTOR = 0.2
REPEATED_ITEM_RATIO = 92.0  # of rapidfuzz, 0..100: from here two items of a list are one
ONE_BAD_ITEM = 0.6  # of the loss that sound items beside a defective one make good
GIVEN_FORGIVENESS = 0.5  # defects of the inputs weigh half: people write inputs as they are


def judge_clarity(roles: Roles) -> Dimension:
    """Judge the writing: the outputs in full, the inputs with some forgiveness."""
    findings = [
        *_text_findings(roles.narratives, ends_sentences=True),
        *_list_findings(roles.findings),
        *_fences(roles),
        *_language(roles),
        *map(_forgiven, _text_findings(roles.given_texts, ends_sentences=False)),
        *map(_forgiven, _list_findings(roles.given_lists)),
    ]
    return dimension_from("clarity", findings, praise="the texts are well-formed")


def _text_findings(texts: dict[str, str], *, ends_sentences: bool) -> Iterator[Finding]:
    for name, text in texts.items():
        if text.strip():
            for defect in find_defects(text, ends_sentences=ends_sentences):
                yield Finding(factor=defect.factor, reason=f"{name} {defect.reason}")


def _list_findings(lists: dict[str, list[str]]) -> Iterator[Finding]:
    for name, items in lists.items():
        yield from _item_findings(name, items)
        if repeated := _repeated_items(items):
            factor = max(FATAL, 1 - repeated / (len(items) - 1))
            yield Finding(factor=factor, reason=f"{name} repeats {repeated} items")


def _item_findings(name: str, items: Sequence[str]) -> Iterator[Finding]:
    """One finding a list: the worst defect, forgiven in part when other items are sound."""
    defects = [
        min(found, key=lambda defect: defect.factor)
        for item in items
        if (found := list(find_defects(item, ends_sentences=False)))
    ]
    if defects:
        worst = min(defects, key=lambda defect: defect.factor)
        sound_share = 1 - len(defects) / len(items)
        factor = worst.factor + ONE_BAD_ITEM * (1 - worst.factor) * sound_share
        yield Finding(factor=factor, reason=f"{name} has an item that {worst.reason}")


def _repeated_items(items: Sequence[str]) -> int:
    plain = [utils.default_process(item) for item in items]
    return sum(
        any(fuzz.ratio(item, earlier) >= REPEATED_ITEM_RATIO for earlier in plain[:index])
        for index, item in enumerate(plain)
    )


def _fences(roles: Roles) -> Iterator[Finding]:
    for name, text in roles.narratives.items():
        if "```" in text or "~~~" in text:
            yield Finding(factor=CODE_FENCE_FACTOR, reason=f"{name} writes the code itself")


def _language(roles: Roles) -> Iterator[Finding]:
    given = language_of(" ".join(roles.given))
    for name, text in roles.narratives.items():
        found = language_of(text)
        if given and found and found != given:
            yield Finding(factor=OTHER_LANGUAGE_FACTOR, reason=f"{name} is in {found}, not {given}")


def _forgiven(finding: Finding) -> Finding:
    """Halve the loss of a defect, unless it makes the text worthless."""
    if finding.factor <= FATAL:
        return finding
    factor = 1 - (1 - finding.factor) * GIVEN_FORGIVENESS
    return Finding(factor=factor, reason=finding.reason)
