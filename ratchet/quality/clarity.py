"""Clarity: are the inputs and outputs well-formed, readable and free of noise?"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from rapidfuzz import fuzz, utils

from ratchet.quality.defects import FATAL, find_defects
from ratchet.quality.dimension import Dimension, Finding, dimension_from
from ratchet.quality.language import language_of, language_of_words, other_script
from ratchet.quality.roles import Roles
from ratchet.quality.words import distinct_words, words

CODE_FACTOR = 0.2  # an answer is prose: guidance says what to do and leaves the code
CODE_LINE_SHARE = 0.5  # of the lines: from here the text is code, fenced or not
MID_WORD_FACTOR = 0.2
SENTENCE_WORDS = 6  # a shorter text is a note and need not end like a sentence
ENDINGS = frozenset(
    ["s", "es", "d", "ed", "ing", "er", "ers", "r", "rs", "ly", "y", "al", "ion", "n"]
)
OTHER_LANGUAGE_FACTOR = 0.2
REPEATED_ITEM_RATIO = 92.0  # of rapidfuzz, 0..100: from here two items of a list are one
ONE_BAD_ITEM = 0.6  # of the loss that sound items beside a defective one make good
GIVEN_FORGIVENESS = 0.5  # defects of the inputs weigh half: people write inputs as they are

_CODE_LINE = re.compile(
    r"^\s*(?:import \w|from \w+ import|def \w+\(|class \w+[:({]|return\b|"
    r"(?:for|if|while|with)\b.*[:{]$|(?:const|let|var|public|private|func|fn) \w)|"
    r"[;{}]\s*$|^\s*[\w.\[\]]+ ?[-+]?= ?\S|"
    r"^\s*[\w.]+\([^)]*\)+\s*$|^\s*(?:SELECT|INSERT|UPDATE|DELETE|CREATE|ALTER) [A-Z*\w]"
)


def judge_clarity(roles: Roles) -> Dimension:
    """Judge the writing: the outputs in full, the inputs with some forgiveness."""
    findings = [
        *_text_findings(roles.narratives, ends_sentences=True),
        *_list_findings(roles.findings),
        *_mid_word_ends(roles),
        *_code(roles),
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
        if (found := find_defects(item, ends_sentences=False))
    ]
    if defects:
        worst = min(defects, key=lambda defect: defect.factor)
        sound_share = 1 - len(defects) / len(items)
        factor = worst.factor + ONE_BAD_ITEM * (1 - worst.factor) * sound_share
        yield Finding(factor=factor, reason=f"{name} has an item that {worst.reason}")


def _repeated_items(items: Sequence[str]) -> int:
    plain = [utils.default_process(item) for item in items]
    return sum(
        any(
            fuzz.ratio(item, earlier, score_cutoff=REPEATED_ITEM_RATIO) > 0
            for earlier in plain[:index]
        )
        for index, item in enumerate(plain)
    )


def _mid_word_ends(roles: Roles) -> Iterator[Finding]:
    """A text that ends in the first letters of a word of the example ran out of room."""
    for name, text in roles.narratives.items():
        if text.rstrip()[-1:].isalpha() and len(text.split()) >= SENTENCE_WORDS:
            last = words(text)[-1]
            known = Counter(word for each in (*roles.given, *roles.answers) for word in words(each))
            longer = [word for word in known if word.startswith(last) and word != last]
            if known[last] == 1 and any(word[len(last) :] not in ENDINGS for word in longer):
                reason = f"{name} is cut off in the middle of {longer[0]!r}"
                yield Finding(factor=MID_WORD_FACTOR, reason=reason)


def _code(roles: Roles) -> Iterator[Finding]:
    for name, text in roles.narratives.items():
        lines = [line for line in text.splitlines() if line.strip()]
        coded = sum(bool(_CODE_LINE.search(line)) for line in lines)
        if "```" in text or "~~~" in text or coded >= max(2, CODE_LINE_SHARE * len(lines)):
            yield Finding(factor=CODE_FACTOR, reason=f"{name} writes the code itself")


def _language(roles: Roles) -> Iterator[Finding]:
    found_in = {name: language_of(text) for name, text in roles.narratives.items()}
    given = _language_of_all(roles.given) if any(found_in.values()) else None
    for name, found in found_in.items():
        if given and found and found != given:
            yield Finding(factor=OTHER_LANGUAGE_FACTOR, reason=f"{name} is in {found}, not {given}")


def _language_of_all(texts: Sequence[str]) -> str | None:
    if script := other_script(" ".join(texts)):
        return script
    return language_of_words(frozenset().union(*map(distinct_words, texts)))


def _forgiven(finding: Finding) -> Finding:
    """Halve the loss of a defect, unless it makes the text worthless."""
    if finding.factor <= FATAL:
        return finding
    factor = 1 - (1 - finding.factor) * GIVEN_FORGIVENESS
    return Finding(factor=factor, reason=finding.reason)
