"""The message of a commit, taken apart: subject, kind, body, list items, sentences, numbers."""

from __future__ import annotations

import re
from dataclasses import dataclass

KINDS_BY_TYPE = {
    "feat": "feat", "feature": "feat", "fix": "fix", "bugfix": "fix", "hotfix": "fix",
    "docs": "docs", "doc": "docs", "style": "style", "refactor": "refactor", "perf": "perf",
    "test": "test", "tests": "test", "testing": "test", "build": "build", "deps": "build",
    "ci": "ci", "chore": "chore", "revert": "revert", "security": "fix",
}  # fmt: skip
CONVENTIONAL = re.compile(
    r"^(?P<type>[A-Za-z]+)(?:\((?P<scope>[^)]*)\))?(?P<breaking>!)?:\s+(?=\S)"
)
SCOPE_PREFIX = re.compile(r"^(?:\[[\w ./,-]{1,40}\]|[\w./*{},-]{2,40}:)\s+(?=\S+\s+\S)")
DECORATION = re.compile(
    r"^(?:[^\w\s`'\"(\[<-]+|:[a-z0-9_+-]+:|\[[A-Z]{1,5}-\d+\]|[A-Z]{2,6}-\d+(?:\s*[:-]+)?)\s+"
)
ISSUE_PREFIX = re.compile(
    r"^(?:fix(?:e[sd])?|clos(?:es|ed|e)|refs?)?\s*(?:gh-|#|bpo-)\d+\s*[-:,.]*\s+", re.IGNORECASE
)
NUMBER_SUFFIX = re.compile(
    r"\s*(?:\(\s*(?:[a-z]+ )?(?:[\w./-]*#|gh-|!)\d+(?:[ ,]+(?:#|gh-)\d+)*\s*\)|"
    r"[-,.(]*\s*\b(?:fix(?:e[sd])?|clos(?:es|ed|e)|refs?|resolves?)\s*:?\s+(?:#|gh-)\d+\)?|"
    r"(?<!and)(?<!to)(?<!of)(?<!in)(?<!with)(?<!for)\s#\d+|\s\[skip ci\])\s*$",
    re.IGNORECASE,
)
PULL_REQUEST = re.compile(
    r"\(#(\d+)\)\s*$|^Merge pull request #(\d+)|^Merged in .*\(pull request #(\d+)\)|"
    r"^See merge request .*!(\d+)|^(?:PR-URL|Pull[ -]Request resolved): \S+/(?:pull|"
    r"merge_requests)/(\d+)",
    re.MULTILINE,
)
MERGE_SUBJECT = re.compile(r"^Merge (pull request|branch|remote-tracking|tag|commit)|^Merged in ")
REVERTED = re.compile(r"This reverts commit ([0-9a-f]{7,40})")
TRAILER = re.compile(
    r"^(?:[A-Z][A-Za-z]+(?:-[A-Za-z]+)+|Cc|CC|Link|Bug|Change-Id|Fixes|Closes|Refs?|Issue|PR|See|"
    r"Resolves|Ticket|Test Plan|Tags)\s*:\s*\S"
)
REFERENCE_LINE = re.compile(
    r"^[\s*-]*(?:(?:fix(?:e[sd])?|clos(?:es|ed|e)|refs?|resolve[sd]?|see|related(?: to)?|part of|"
    r"follow-?up (?:to|of)|"
    r"addresses|cherry[- ]picked from|backport of)[\s:]*)?(?:(?:issue|pr|pull request|commit)?\s*"
    r"(?:[\w./-]*#\d+|gh-\d+|<?https?://\S+>?|[0-9a-f]{8,40})[\s,.;&)]*(?:and\s+)?)+$",
    re.IGNORECASE,
)
NOISE_LINE = re.compile(
    r"^\s*(?:-{3,}|={3,}|\*{3,}|_{3,}|~{3,}|#{1,6} .*|<!--.*|.*-->|\[pre-commit\.ci\].*|"
    r"\(cherry picked from.*|"
    r"signed-off-by.*|co-authored-by.*|updated-dependencies:.*|.*review(?:ed)?[- ]by:.*)\s*$",
    re.IGNORECASE,
)
REFERENCE = re.compile(r"(?:#|gh-|pull/|issues/)\d+|https?://\S+$", re.IGNORECASE)
MAX_REFERENCE_WORDS = 7  # a short line with a number in it only points somewhere
WRAPPED_WIDTH, NARROW_WIDTH = 60, 40  # a shorter line was ended on purpose
ITEM = re.compile(
    r"^\s*(?:(?:[-*+•]|\(?\d{1,2}[.)])\s+|-(?=[A-Za-z]{3}))(?:\[[ xX]\]\s+)?(?P<text>\S.*)$"
)
FENCE = re.compile(r"^\s*(?:```|~~~)")
SENTENCE_END = re.compile(r"(?<=[.!?])[)\"'`]*\s+(?=[A-Z`\"'(\[])")
ABBREVIATION = re.compile(
    r"\b(?:e\.g|i\.e|etc|vs|cf|al|approx|resp|incl|no|Mr|Dr)\.$", re.IGNORECASE
)
EMAIL = re.compile(r"<?[\w.+-]+@[\w-]+\.[\w.-]+>?")

FIRST_WORDS = {
    "fix": "fix|fixes|fixed|fixing|bugfix|hotfix|correct|corrects|corrected|prevent|prevents|"
    r"avoid|avoids|repair|handle|handles|restore",
    "feat": "add|adds|added|implement|implements|implemented|support|supports|introduce|"
    r"introduces|allow|allows|enable|expose|provide|create|new",
    "docs": "doc|docs|document|documents|documented|documentation|readme|typo|typos|changelog|"
    r"docstring",
    "test": "test|tests|testing",
    "refactor": "refactor|refactors|refactored|rename|renamed|move|moved|moves|extract|extracted|"
    r"simplify|simplified|cleanup|clean|inline|split|reorganize|deduplicate|remove|removed|drop|"
    r"delete",
    "build": "bump|bumps|upgrade|upgrades|pin|unpin|release|version|prepare",
    "style": "format|reformat|black|lint|isort|ruff|flake8|pep8|whitespace",
    "perf": "optimize|optimise|optimized|speed|speedup|cache|faster",
    "ci": "ci|travis|tox|workflow|actions",
    "revert": "revert|reverts|reverted|rollback|backout",
}  # fmt: skip
KIND_BY_WORD = {word: kind for kind, words in FIRST_WORDS.items() for word in words.split("|")}


@dataclass(frozen=True, kw_only=True)
class Message:
    """A commit message without what is there for machines.

    `kind` is a conventional-commit type, by prefix or by the first word; `other` if neither
    tells. `body` is the text a person wrote, its paragraphs kept. `items` are the entries of
    its lists, `sentences` those of the prose around them.
    """

    subject: str
    kind: str
    scope: str
    body: str
    items: tuple[str, ...]
    sentences: tuple[str, ...]
    pull_request: int | None
    reverts: str | None


def parse_message(text: str) -> Message:
    r"""Take a message apart.

    >>> message = parse_message("fix(auth): Reject empty tokens (#12)\n\n- Log the attempt\n")
    >>> message.subject, message.kind, message.items, message.pull_request
    ('Reject empty tokens', 'fix', ('Log the attempt',), 12)
    """
    text = EMAIL.sub("(address)", text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", ""))
    first, _, rest = text.strip().partition("\n")
    pull_request = _pull_request(text)
    if MERGE_SUBJECT.match(first):
        first, rest = _title_of_merge(first, rest)
    first, rest = _rejoined(first.strip(), rest)
    subject, kind, scope = _read_subject(first)
    lines = _body_lines(rest)
    items, sentences = _items_and_sentences(lines)
    reverted = REVERTED.search(text)
    return Message(
        subject=subject,
        kind="revert" if reverted else kind,
        scope=scope,
        body=_body(lines),
        items=items,
        sentences=sentences,
        pull_request=pull_request,
        reverts=reverted[1] if reverted else None,
    )


def _pull_request(text: str) -> int | None:
    found = PULL_REQUEST.search(text)
    return next(int(number) for number in found.groups() if number) if found else None


def _title_of_merge(first: str, rest: str) -> tuple[str, str]:
    """The title of the pull request, which stands below git's own words."""
    lines = [line for line in rest.strip().split("\n") if not line.startswith("See merge request")]
    if not lines or not lines[0].strip():
        return first, ""
    return lines[0], "\n".join(lines[1:])


def _rejoined(first: str, rest: str) -> tuple[str, str]:
    """Undo the cut that hosting sites make in a long title."""
    bare = NUMBER_SUFFIX.sub("", first)
    body = rest.lstrip("\n")
    for dots in ("…", "..."):
        if bare.endswith(dots) and body.startswith(dots):
            tail, _, rest = body[len(dots) :].partition("\n")
            return bare[: -len(dots)] + tail, rest
    return first, rest


def _read_subject(line: str) -> tuple[str, str, str]:
    """Subject without prefixes and numbers, its kind, its scope."""
    line = DECORATION.sub("", line)
    kind = scope = ""
    if (found := CONVENTIONAL.match(line)) and found["type"].lower() in KINDS_BY_TYPE:
        kind, scope = KINDS_BY_TYPE[found["type"].lower()], found["scope"] or ""
        line = line[found.end() :]
    elif found := SCOPE_PREFIX.match(line):
        scope = found[0].strip(" []:")
        line = line[found.end() :]
    bare = ISSUE_PREFIX.sub("", DECORATION.sub("", line))
    while (shorter := NUMBER_SUFFIX.sub("", bare)) != bare:
        bare = shorter
    bare = bare.strip().rstrip(".")
    return bare[:1].upper() + bare[1:], kind or _kind_by_words(line, scope), scope


def _kind_by_words(subject: str, scope: str) -> str:
    words = re.findall(r"[a-z0-9]+", f"{subject}".lower())[:1] + scope.lower().split()[:1]
    return next((KIND_BY_WORD[word] for word in words if word in KIND_BY_WORD), "other")


def _body_lines(rest: str) -> list[str]:
    """The lines a person wrote: no trailers, references, rules, headings or code."""
    lines: list[str] = []
    in_code = False
    for raw in rest.split("\n"):
        line = raw.expandtabs(4).rstrip()
        if FENCE.match(line):
            in_code = not in_code
            continue
        if in_code or TRAILER.match(line) or NOISE_LINE.match(line):
            continue
        if not _is_reference(line, previous=lines[-1] if lines else ""):
            lines.append(line)
    return lines


def _is_reference(line: str, *, previous: str) -> bool:
    """Whether a line only points somewhere; the end of a wrapped sentence never does."""
    if not line.strip():
        return False
    if REFERENCE_LINE.match(line):
        return True
    if len(previous) >= WRAPPED_WIDTH:
        return False
    return bool(REFERENCE.search(line)) and len(line.split()) <= MAX_REFERENCE_WORDS


def _body(lines: list[str]) -> str:
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def _items_and_sentences(lines: list[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    items: list[str] = []
    paragraphs: list[str] = [""]
    in_item = False
    previous = ""
    for line in lines:
        if not line:
            in_item = False
            paragraphs.append("")
        elif found := ITEM.match(line):
            items.append(found["text"])
            in_item = True
        elif in_item:  # a line that goes on with the item above
            items[-1] += " " + line.strip()
        elif not line.startswith("  "):  # else it is indented code
            if _was_ended(previous, line):
                paragraphs.append("")
            paragraphs[-1] += " " + line.strip()
        previous = line
    sentences = [sentence for paragraph in paragraphs for sentence in _sentences(paragraph)]
    return tuple(item.strip() for item in items), tuple(sentences)


def _was_ended(previous: str, line: str) -> bool:
    """Whether the line before was ended on purpose, and not because it was full."""
    if line[0].isupper():
        return 0 < len(previous) < WRAPPED_WIDTH
    return previous[:1].islower() and len(previous) < NARROW_WIDTH


def _sentences(paragraph: str) -> list[str]:
    """Sentences of one paragraph; an abbreviation does not end one.

    >>> _sentences("Use a pool, e.g. Redis. It must be closed.")
    ['Use a pool, e.g. Redis.', 'It must be closed.']
    """
    sentences: list[str] = []
    for part in SENTENCE_END.split(paragraph.strip()):
        if sentences and ABBREVIATION.search(sentences[-1]):
            sentences[-1] += " " + part
        elif part:
            sentences.append(part)
    return sentences
