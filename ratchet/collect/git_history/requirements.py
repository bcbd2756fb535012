"""Which words of a message are requirements, how they read, and which come first."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from ratchet.collect.git_history.messages import NUMBER_SUFFIX, Message

MIN_WORDS, MAX_WORDS = 3, 40
LOWEST_PRIORITY = 10
MAX_UNCLEAR_SHARE = 0.2  # of the entries of a list

VERBS = (
    "abort accept add adjust adopt align allow annotate append apply assert assign avoid backport block "
    "break bring build bump cache call capture catch change check clarify clean clear close collect "
    "combine compare compile complete compute configure consider consolidate constrain construct convert copy correct "
    "count cover create cut deduplicate default define delegate delete demonstrate deprecate derive describe detect "
    "disable disallow display document drop emit enable encode enforce ensure escape exclude execute "
    "expand explain export expose extend extract fail filter find finish fix flush forbid force "
    "format forward freeze generate give group guard handle hash hide honor honour ignore implement "
    "import improve include increase index infer inherit initialize inline insert inspect install "
    "integrate introduce invalidate isolate join keep label launch limit link list load lock log "
    "lower make map mark match measure mention merge migrate mock modify monitor move name narrow normalize "
    "notify obey omit open optimize optimise order override parametrize parse pass patch perform "
    "permit persist pick pin populate port prefer prepare preserve prevent print process prohibit "
    "propagate protect provide publish pull push put quote raise read rebuild recognize reconcile record "
    "redirect reduce refactor refer refuse register reject relax release reload remove rename "
    "render reorder repair replace report request require reset resolve respect restore restrict "
    "retain retry return reuse revert rewrite round run save scan select send separate serialize "
    "serve set share show simplify skip sort specify speed split start stop store stream strip "
    "support suppress swap switch synchronize tell terminate test throw tighten track translate "
    "treat trigger trim turn unify unpin unset update upgrade use validate verify wait warn wrap "
    "write yield"
).split()  # fmt: skip
IRREGULAR = {
    "built": "build", "broke": "break", "brought": "bring", "caught": "catch", "cut": "cut",
    "found": "find", "froze": "freeze", "gave": "give", "hid": "hide", "kept": "keep",
    "made": "make", "put": "put", "read": "read", "ran": "run", "sent": "send", "set": "set",
    "split": "split", "told": "tell", "threw": "throw", "wrote": "write", "rewrote": "rewrite",
    "running": "run", "set-up": "set",
}  # fmt: skip
MODAL = re.compile(r"\b(must|shall|should|needs? to|(?:is|are) required|required to)\b", re.I)
CRITICAL = re.compile(
    r"\b(must|critical|required?|security|vulnerab\w+|urgent|blocker|essential|mandatory)\b", re.I
)
OPTIONAL = re.compile(
    r"\b(optional(?:ly)?|nice[- ]to[- ]have|could|might|ideally|minor|cosmetic|if possible|"
    r"typos?|cleanup|clean up|eventually|later)\b",
    re.I,
)
HEDGED = re.compile(
    r"\b(should (?:probably|be (?:fine|safe|ok|okay|good|enough|no|faster)|fix|work|help|not (?:matter|"
    r"change|affect|break)|have|already)|i (?:think|guess|believe)|maybe we|not sure|used to|"
    r"would have|was never|were never|has never|had to|have to (?:be )?(?:admit|say))\b|\?$",
    re.I,
)
OPEN_ENDS = frozenset("in of to for from with by at on the a an and or see via".split())
PERSONAL = re.compile(r"\b(i|i'm|i've|my|me|you|thanks|lgtm|hopefully|sorry|oops)\b", re.I)
NOISE = re.compile(
    r"^(merge (branch|remote|pull|tag|master|main|upstream|in)\b|wip\b|fixup!|squash!|apply suggestions?|"
    r"(address|fix|resolve|apply|incorporate)\w* .{0,30}(review|comment|feedback|nit|suggestion|conflict)|"
    r"(fix|fixed|fixes|run|apply|satisfy|please|remove|appease)\b.{0,12}\b(lint\w*|format\w*|black|isort|flake8|ruff|"
    r"mypy|pep ?8|typos?|style|whitespace|ci|tests?|build|pre-commit|coverage|docs?|spelling|grammar|"
    r"indent\w*|imports?|changelog|news|merge|type hints?|typing|type checks?)\b.{0,20}$|"
    r"(update|bump|edit|modify|change|add|tweak|delete|create|rename|drop)\w* (the )?[\w./-]+\.(md|rst|txt|py|toml|cfg|yml|yaml|js|ts|go|rs|json|in|ini)$|"
    r"(update|add|edit|tweak|adjust|drop)\w* (the |a |an |to )?(changelog|change log|news|authors|readme|history|release notes?|comments?)\b.{0,25}$|"
    r"bump(s|ed|ing)? |(update|upgrade)\w* ([\w.-]+ ){0,2}(dependenc|requirements?$|pre-commit|hooks?$|deps)|(version|release|prepare) v?\d|lint\w*$|typos?$|nits?$|format\w*$|"
    r"clean ?ups?\b.{0,12}$|(some |more |minor |small )*(changes|tweaks|updates|improvements|edits|fixes|tests)$|"
    r"(try|trying|attempt|again|run \w*(ruff|black|lint\w*|testing|format\w*|scripts?)|test commit|initial commit|empty commit|trigger)\b|"
    r"revert \"|revert (commit|unrelated|change)|(revert )?\"?update \w+\.?\w*\"?$|co-?authored|signed-off|\[pre-commit|https?://)",
    re.I,
)
PROCESS = re.compile(
    r"\b(noqa|red tests?|failing|unneeded|unrelated|outdated|leftovers?|tests? pass|rebased?|conflicts?|"
    r"nits?|review(?:er)?s?|suggest\w+ by|previous commit|code style|code ?review\w*|as discussed|feel free)\b|#\d+|\b[0-9a-f]{10,40}\b",
    re.I,
)
IMPERATIVE = re.compile(r"[A-Za-z-]+\b(?! (?:of|is|are|was|checks|now|in order)\b)(?![./_(=:])")
LABEL = re.compile(r"^[A-Za-z][\w -]{1,24}: +")
NEGATIVE_IMPERATIVE = re.compile(r"^(do not|don't|never|always|only|no longer|make sure|let|be)\b", re.I)
WE_DID = re.compile(
    r"^(?:this|the|my)?\s*(?:commit|change|changeset|patch|pr|pull request|mr|it|this|we)?\s*"
    r"(?:also |now |therefore |will |we )*(?=(?P<verb>[a-z-]+)\b)",
    re.I,
)


@dataclass(frozen=True, kw_only=True)
class RankedRequirements:
    """Requirements, the most important first, with a priority (1 first, 10 last) for each."""

    requirements: tuple[str, ...]
    priorities: tuple[int, ...]


def base_verb(word: str) -> str:
    """The imperative of a verb that messages use, or an empty text.

    >>> base_verb("Added"), base_verb("caches"), base_verb("stopping"), base_verb("table")
    ('add', 'cache', 'stop', '')
    """
    return _FORMS.get(word.lower(), "")


def requirements_of(message: Message) -> tuple[str, ...]:
    """What the body demands: its list items, then its imperative and modal sentences.

    A list with more than a few entries that may or may not be demands is not taken at all:
    half a list would be a false label. Notes of the author to himself (`fix lint`) do not count.

    >>> from ratchet.collect.git_history.messages import parse_message
    >>> requirements_of(parse_message(
    ...     "Add login\\n\\nSessions must end after an hour. I like it.\\n\\n- Added a lock screen"))
    ('Add a lock screen', 'Sessions must end after an hour')
    """
    items = [as_demand(item) for item in message.items if not _is_chatter(_bare(item))]
    taken = [item for item in items if item]
    if len(items) - len(taken) > MAX_UNCLEAR_SHARE * len(items):
        return ()
    sentences = [as_sentence_demand(sentence) for sentence in message.sentences]
    return _distinct([*taken, *(sentence for sentence in sentences if sentence)])


def as_demand(text: str) -> str:
    """A list item or a subject as a requirement in the imperative; empty when it is none.

    >>> as_demand("Adds a timeout to the pool (#12)."), as_demand("fix lint"), as_demand("WIP")
    ('Add a timeout to the pool', '', '')
    >>> as_demand("Docs: mention the new flag"), as_demand("The old code was slow")
    ('Mention the new flag', '')
    """
    bare = _bare(text)
    if not _is_substantial(bare) or _is_chatter(bare) or PERSONAL.search(bare):
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
    if not _is_substantial(bare) or _is_chatter(bare):
        return ""
    lead = WE_DID.match(bare)
    verb = base_verb(lead["verb"]) if lead else ""
    if lead and verb and _acts(lead) and IMPERATIVE.match(bare, lead.end()):
        return verb.capitalize() + bare[lead.end() + len(lead["verb"]) :]
    if MODAL.search(bare) and not PERSONAL.search(bare) and not _speaks_of_the_past(bare):
        return _capitalised(bare)
    return ""


def intent_of(message: Message) -> str:
    """The subject as what the author wanted; empty when it does not say what to do.

    >>> from ratchet.collect.git_history.messages import parse_message
    >>> intent_of(parse_message("Adds retries to the client (#7)")), intent_of(parse_message("v2.1"))
    ('Add retries to the client', '')
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


def _is_chatter(text: str) -> bool:
    return bool(NOISE.match(text) or PROCESS.search(text) or HEDGED.search(text))


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


def _speaks_of_the_past(text: str) -> bool:
    return bool(re.search(r"\b(was|were|had|did|didn't|previously|used to)\b", text, re.I))


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


def _forms(verb: str) -> list[str]:
    stem = verb.removesuffix("e")
    doubled = verb + verb[-1]
    plural = verb + ("es" if verb.endswith(("s", "x", "ch", "sh", "z")) else "s")
    if verb.endswith("y") and verb[-2] not in "aeiou":
        return [verb, verb[:-1] + "ies", verb[:-1] + "ied", verb + "ing"]
    return [verb, plural, stem + "ed", stem + "ing", doubled + "ed", doubled + "ing"]


_FORMS = {form: verb for verb in VERBS for form in _forms(verb)} | IRREGULAR
