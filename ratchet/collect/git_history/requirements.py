"""Which words of a message are requirements, how they read, and which come first."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from ratchet.collect.git_history.chatter import PERSONAL, is_chatter
from ratchet.collect.git_history.messages import NUMBER_SUFFIX, Message
from ratchet.collect.git_history.words import VERBS, base_verb, word_set

MIN_WORDS, MAX_WORDS = 3, 40
LOWEST_PRIORITY = 10
MAX_UNCLEAR_SHARE = 0.2  # of the entries of a list
MIN_DEMANDING_SHARE = 0.5  # of the entries of a list
MIN_PROSE_SHARE = 0.3  # of the sentences of a body; the others say why

MODAL = re.compile(
    r"\b(must|shall|should|needs? to|(?:is|are) required|required to)\b", re.IGNORECASE
)
CRITICAL = re.compile(
    r"\b(must|shall|critical|(?:is|are) required|security|vulnerab\w+|urgent|blocker|mandatory)\b",
    re.IGNORECASE,
)
OPTIONAL = re.compile(
    r"\b(optionally|nice[- ]to[- ]have|could|might|ideally|minor|cosmetic|if possible|typos?|"
    r"eventually)\b|\(optional\)|\boptional:|, optional$|^optional\b",
    re.IGNORECASE,
)
STRICT = re.compile(r"\b(must|shall|needs? to)\b", re.IGNORECASE)
STORY = re.compile(
    r"^(when|otherwise|by|according|as|since|because|if|for|we|i|you|this|that|so|but|however|"
    r"previously|currently|note|also|there|it)\b",
    re.IGNORECASE,
)
OPEN_ENDS = word_set("in of to for from with by at on the a an and or see via")
IMPERATIVE = re.compile(r"[A-Za-z-]+\b(?! (?:of|is|are|was|checks|now|in order)\b)(?![./_(=:])")
LABEL = re.compile(r"^[A-Za-z][\w -]{1,24}: +")
NEGATIVE_IMPERATIVE = re.compile(
    r"^(do not|don't|never|always|only|no longer|make sure|let|be)\b", re.IGNORECASE
)
ANNOUNCED = re.compile(
    r"^(?:also,? |this (?:commit|change|changeset|patch|pr|pull request|mr) (?:also |now |will )?)?"
    r"(?=(?P<verb>[a-z-]+)\b)",
    re.IGNORECASE,
)


@dataclass(frozen=True, kw_only=True)
class RankedRequirements:
    """Requirements, the most important first, with a priority (1 first, 10 last) for each."""

    requirements: tuple[str, ...]
    priorities: tuple[int, ...]


def requirements_of(message: Message) -> tuple[str, ...]:
    r"""What the body demands: its list items, then its imperative and strict sentences.

    A body is taken only if demands are what it is about. A list in which more than a few
    entries may or may not be demands, or most are notes of the author to himself (`fix
    lint`), gives nothing, for half a list would be a false label; prose that mainly tells a
    story gives nothing either.

    >>> from ratchet.collect.git_history.messages import parse_message
    >>> requirements_of(parse_message(
    ...     "Add login\n\nSessions must end soon. I like it.\n\n- Added a lock screen"))
    ('Add a lock screen', 'Sessions must end soon')
    """
    clear = [item for item in message.items if not is_chatter(_bare(item))]
    items = [demand for item in clear if (demand := as_demand(item))]
    if len(clear) - len(items) > MAX_UNCLEAR_SHARE * len(clear):
        return ()
    if len(items) < MIN_DEMANDING_SHARE * len(message.items):
        return ()
    sentences = [d for sentence in message.sentences if (d := as_sentence_demand(sentence))]
    statements = len(message.items) + len(message.sentences)
    if len(items) + len(sentences) < MIN_PROSE_SHARE * statements and not items:
        return ()
    return _distinct([*items, *sentences])


def as_demand(text: str) -> str:
    """A list item or a subject as a requirement in the imperative; empty when it is none.

    >>> as_demand("Adds a timeout to the pool (#12)."), as_demand("fix lint"), as_demand("WIP")
    ('Add a timeout to the pool', '', '')
    >>> as_demand("Docs: mention the new flag"), as_demand("The old code was slow")
    ('Mention the new flag', '')
    """
    bare = _bare(text)
    if not _is_substantial(bare) or is_chatter(bare) or PERSONAL.search(bare):
        return ""
    for candidate in (bare, LABEL.sub("", bare)):
        first = IMPERATIVE.match(candidate)
        if first and (verb := base_verb(first[0])):
            return verb.capitalize() + candidate[first.end() :]
        if NEGATIVE_IMPERATIVE.match(candidate):
            return candidate[:1].upper() + candidate[1:]
    if MODAL.search(bare) and not _speaks_of_the_past(bare):
        return _capitalised(bare)
    return ""


def as_sentence_demand(sentence: str) -> str:
    """A sentence of prose as a requirement; empty unless it is imperative or modal.

    >>> as_sentence_demand("This commit adds a cache for parsed templates.")
    'Add a cache for parsed templates'
    >>> as_sentence_demand("The old code was slow.")
    ''
    """
    bare = _bare(sentence)
    if not _is_substantial(bare) or is_chatter(bare) or bare[0].islower():
        return ""
    lead = ANNOUNCED.match(bare)
    verb = base_verb(lead["verb"]) if lead else ""
    if lead and verb and _acts(lead) and IMPERATIVE.match(bare, lead.end()):
        return verb.capitalize() + bare[lead.end() + len(lead["verb"]) :]
    if STRICT.search(bare) and not STORY.match(bare) and not _tells_a_story(bare):
        return _capitalised(bare)
    return ""


def intent_of(message: Message) -> str:
    """The subject as what the author wanted; empty when it does not say what to do.

    >>> from ratchet.collect.git_history.messages import parse_message
    >>> intent_of(parse_message("Adds retries to the client (#7)"))
    'Add retries to the client'
    >>> intent_of(parse_message("v2.1"))
    ''
    """
    return as_demand(message.subject)


def rank(requirements: Sequence[str]) -> RankedRequirements:
    """Order requirements by their words (must first, optional last), then as they were written.

    >>> rank(["Add docs, optional", "Log it", "Tokens must expire"]).requirements
    ('Tokens must expire', 'Log it', 'Add docs, optional')
    """
    ordered = tuple(sorted(requirements, key=_urgency))
    return RankedRequirements(
        requirements=ordered,
        priorities=tuple(min(place, LOWEST_PRIORITY) for place in range(1, len(ordered) + 1)),
    )


def _urgency(requirement: str) -> int:
    if OPTIONAL.search(requirement):
        return 2
    return 0 if CRITICAL.search(requirement) else 1


def _acts(lead: re.Match[str]) -> bool:
    """Imperative, or `this commit adds`; a bare `adding` or `added` of prose is a story."""
    verb = lead["verb"].lower()
    if lead.end():
        return True
    return verb in VERBS


def _capitalised(text: str) -> str:
    """A name of the code at the start (`app.py`, `run()`) keeps its case."""
    first = text.split(maxsplit=1)[0]
    return text[:1].upper() + text[1:] if first.isalpha() else text


def _tells_a_story(text: str) -> bool:
    return bool(PERSONAL.search(text)) or _speaks_of_the_past(text)


def _speaks_of_the_past(text: str) -> bool:
    return bool(re.search(r"\b(was|were|had|did|didn't|previously|used to)\b", text, re.IGNORECASE))


def _bare(text: str) -> str:
    text = re.sub(r"\s+", " ", text).strip().strip("*")
    while (shorter := NUMBER_SUFFIX.sub("", text.rstrip("."))) != text:
        text = shorter
    return re.sub(r"[\s,;]+(closing|closes|fixing|refs?|see|addresses)$", "", text.rstrip(" ,;:"))


def _is_substantial(text: str) -> bool:
    words = re.findall(r"[A-Za-z][\w'-]*", text)
    ends_open = bool(words) and words[-1].lower() in OPEN_ENDS
    return MIN_WORDS <= len(words) <= MAX_WORDS and len(text) <= 300 and not ends_open


def _distinct(texts: Sequence[str]) -> tuple[str, ...]:
    return tuple({text.lower(): text for text in reversed(texts)}.values())[::-1]
