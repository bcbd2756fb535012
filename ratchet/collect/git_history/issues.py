"""What a fix says was wrong, as a defect and as a step that mends it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ratchet.collect.git_history.messages import NUMBER_SUFFIX, Message
from ratchet.collect.git_history.requirements import as_demand
from ratchet.collect.git_history.words import base_verb, word_set

MENDS = re.compile(
    r"\b(fix(?:e[sd]|ing)?|bug ?fix|bug|hotfix|regression|crash\w*|incorrect\w*|wrong\w*|broken|"
    r"leak\w*|"
    r"deadlock|race condition|prevent|avoid|correct(?:ly)?|restore|repair|revert)\b",
    re.IGNORECASE,
)
NO_DEFECT = re.compile(
    r"\b(typos?|lint\w*|mypy|pyright|flake8|pylint|ruff|isort|black|codespell|spelling|grammar|"
    r"format\w* (?:of|in) "
    r"(?:the )?(?:docs|code)|docs?|documentation|docstrings?|readme|changelog|comments?|wording|"
    r"ci|travis|"
    r"workflows?|github actions|coverage|tests?|test suite|flaky|fixtures?|type (?:hints?|"
    r"annotations?|checks?)|typing|"
    r"annotations?|pre-commit|dependenc\w+|badges?|links?|urls? in|whitespace|style|warnings? in|"
    r"build|rtd|"
    r"sphinx|release|version|packaging|sdist|wheel|indentation|merge|conflicts?|leftovers?)\b",
    re.IGNORECASE,
)
DENIED_VERBS = word_set(
    "accept allow catch check close ensure escape handle honor honour ignore include keep "
    "limit pass preserve raise reject respect show skip stop strip support treat validate"
)
OTHER_FORMS = {"correct": "Incorrect {}", "restore": "Lost: {}"}
FIX_LEAD = re.compile(
    r"^(?:fix(?:e[sd]|ing)?|bug ?fix|hotfix|repair(?:s|ed)?|resolve[sd]?)\s*:?\s+"
    r"(?:(?:an? |the )?(?:bug|issue|problem|error|case|regression)s? (?:where|when|in which|that|"
    r"with|of)\s+|for (?:the |a )?)?",
    re.IGNORECASE,
)
AVOID_LEAD = re.compile(r"^(?:prevent|avoid)(?:s|ed|ing)?\s+(?:an? |the )?", re.IGNORECASE)
SAYS_WHAT_IS_AMISS = re.compile(
    r"\b(crash\w*|broken|wrong\w*|incorrect\w*|missing|miss(?:es|ed)|error\w*|exception\w*|"
    r"\w+Error|\w+Exception|fail\w*|"
    r"regression|leak\w*|race|deadlock|hang\w*|bug|lost|ignored|unexpected\w*|invalid|"
    r"duplicate\w*|spurious|"
    r"infinite|overflow|corrupt\w*|unhandled|not|never|no longer|cannot|can't|doesn't|isn't|slow|"
    r"undefined|"
    r"is|are|was|were|does|raises?|gets?|returns?|being|instead|mismatch|malformed|problem|issue|"
    r"failure|off-by-one)\b",
    re.IGNORECASE,
)
DO_NOT_LEAD = re.compile(r"^(?:do not|don't|never)\s+", re.IGNORECASE)
REVERT_SUBJECT = re.compile(r'^revert\w*:?\s+"?(?P<what>.+?)"?$', re.IGNORECASE)
INTRODUCED = re.compile(
    r",? (?:introduced|caused|added|broken) (?:in|by) \S*(?:\d\S*){2,}$", re.IGNORECASE
)
MIN_WORDS = 3

SEVERITIES = (
    re.compile(
        r"\b(security|vulnerab\w+|cve|injection|leak\w*|secret|password|xss|csrf|escap\w+)\b",
        re.IGNORECASE,
    ),
    re.compile(
        r"\b(crash\w*|data loss|corrupt\w*|deadlock|hang\w*|race|exception|error|fail\w*|"
        r"overflow)\b",
        re.IGNORECASE,
    ),
    re.compile(r"\b(wrong\w*|incorrect\w*|regression|broken|missing|lost|bug)\b", re.IGNORECASE),
)
WARNING = re.compile(
    r"\b(must not|must never|beware|breaking|careful|caution|do not rely|never (?:use|call|pass)|"
    r"backwards?[- ]incompatible|incompatible|deprecated|dangerous|unsafe)\b|^(?:note|warning|"
    r"nb)\b",
    re.IGNORECASE,
)


def mends_a_defect(message: Message) -> bool:
    """Whether the subject speaks of a defect of the product, not of its tests, docs or style.

    >>> from ratchet.collect.git_history.messages import parse_message
    >>> mends_a_defect(parse_message("Fix crash on empty input"))
    True
    >>> mends_a_defect(parse_message("Fix typo in docs"))
    False
    """
    if message.kind not in ("fix", "revert") and not MENDS.search(message.subject):
        return False
    return not NO_DEFECT.search(f"{message.scope} {message.subject}")


def defects_of(message: Message) -> tuple[str, ...]:
    """What was wrong, one sentence a defect, in the words of the fix; may be empty.

    A fix that lists several defects gives all; otherwise its subject does. Words stay: only
    the verb that says `mended` is turned into one that says `amiss`.

    >>> from ratchet.collect.git_history.messages import parse_message
    >>> defects_of(parse_message("Fix crash when the list is empty (#12)"))
    ('Crash when the list is empty',)
    >>> defects_of(parse_message("Handle missing headers in replies"))
    ('Does not handle missing headers in replies',)
    """
    return tuple(defect for step in steps_of(message) if (defect := as_defect(step)))


def steps_of(message: Message) -> tuple[str, ...]:
    """What the fix did, in the imperative; as many as `defects_of` gives."""
    fixes = [item for item in message.items if MENDS.search(item) and not NO_DEFECT.search(item)]
    demands = [demand for item in fixes if (demand := as_demand(item)) and as_defect(demand)]
    if len(demands) > 1:
        return tuple(dict.fromkeys(demands))
    if message.kind == "revert" and (found := REVERT_SUBJECT.match(message.subject)):
        return (f"Take back: {NUMBER_SUFFIX.sub('', found['what'].rstrip('.'))}",)
    demand = as_demand(message.subject)
    return (demand,) if demand and as_defect(demand) else ()


def as_defect(step: str) -> str:
    """A mending step as the defect it mends; empty when its words do not tell.

    >>> as_defect("Fix bug where names are cut"), as_defect("Do not send cookies to other hosts")
    ('Names are cut', 'Must not send cookies to other hosts')
    >>> as_defect("Fix default value of app.env")
    'Defect in default value of app.env'
    """
    if step.startswith("Take back: "):
        return f"Had to be reverted: {step.removeprefix('Take back: ')}"
    if found := FIX_LEAD.match(step):
        amiss = step[found.end() :]
        return _sentence(amiss if SAYS_WHAT_IS_AMISS.search(amiss) else f"Defect in {amiss}")
    if found := AVOID_LEAD.match(step):
        return _sentence(step[found.end() :])
    if found := DO_NOT_LEAD.match(step):
        return _sentence(f"Must not {step[found.end() :]}")
    verb, _, rest = step.partition(" ")
    verb = base_verb(verb)
    if verb in DENIED_VERBS:
        return _sentence(f"Does not {verb} {rest}")
    form = OTHER_FORMS.get(verb)
    return _sentence(form.format(rest)) if form else ""


def severity(issue: str) -> int:
    """0 for security, 1 for failures, 2 for wrong results, 3 for the rest.

    >>> severity("Password is logged"), severity("Crash on empty input"), severity("Slow start")
    (0, 1, 3)
    """
    matches = (rank for rank, words in enumerate(SEVERITIES) if words.search(issue))
    return next(matches, len(SEVERITIES))


def warnings_of(messages: Sequence[Message]) -> tuple[str, ...]:
    r"""The sentences of the messages that warn, as they stand.

    >>> from ratchet.collect.git_history.messages import parse_message
    >>> warnings_of([parse_message("Fix it\n\nThis is a breaking change for plugins. Fine.")])
    ('This is a breaking change for plugins.',)
    """
    sentences = [text for m in messages for text in (*m.sentences, *m.items)]
    return tuple(
        dict.fromkeys(text for text in sentences if WARNING.search(text) and len(text) <= 300)
    )


def _sentence(text: str) -> str:
    text = INTRODUCED.sub("", text.strip(" ."))
    if len(text.split()) < MIN_WORDS:
        return ""
    first = text.split(maxsplit=1)[0]
    return text[:1].upper() + text[1:] if first.isalpha() else text
