"""The names in a change: functions it touches, identifiers and words it brings in."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ratchet.collect.git_history.commits import FileChange
from ratchet.collect.git_history.paths import is_prose
from ratchet.collect.git_history.words import KEYWORDS

MAX_NAME = 60
IDENTIFIER = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*")
DEFINITION = re.compile(
    r"^\s*(?:export\s+|pub(?:\([^)]*\))?\s+|public\s+|private\s+|protected\s+|static\s+|async\s+|"
    r"default\s+|abstract\s+)*"
    r"(?:def|class|function|func|fn|struct|enum|interface|trait|type|module|const)\s+"
    r"(?:\([^)]*\)\s*)?(?P<name>[A-Za-z_$][\w$]*)"
)
FUNCTION = re.compile(
    r"(?:def|class|function|func|fn|struct|enum|interface|trait|impl|type|module|sub)\s+"
    r"(?:\([^)]*\)\s*)?(?P<name>[A-Za-z_$][\w$]*)|(?P<call>[A-Za-z_$~][\w$:~]*)\s*\("
)
PROSE_WORD = re.compile(r"[A-Za-z][\w'-]{3,}")
HEXADECIMAL = re.compile(r"(?=\w*\d)[0-9a-f]{12,}")
COMMENT = re.compile(r"^\s*(?:#|//|/\*|\*|<!--|--\s)")


def functions_of(file: FileChange) -> tuple[str, ...]:
    """The names of the functions and classes touched, by the headers of the hunks."""
    if is_prose(file.path):
        return ()
    names = (function_name(hunk.function) for hunk in file.hunks)
    return tuple(dict.fromkeys(name for name in names if name))


def function_name(header: str) -> str:
    """The name in the line that git prints above a hunk.

    >>> function_name("def parse_args(self, ctx):"), function_name("unsigned read(FILE *f)")
    ('parse_args', 'read')
    >>> function_name("from collections import (")
    ''
    """
    found = FUNCTION.search(header)
    if found is None:
        return ""
    if found["name"]:
        return found["name"]
    is_call = "=" in header[: found.start()] or header.split(maxsplit=1)[0].lower() in KEYWORDS
    return "" if is_call or found["call"].lower() in KEYWORDS else found["call"]


def names_added(file: FileChange) -> tuple[str, ...]:
    """The names that the change brings in: definitions first, then others, rarest shape first.

    Of prose, the longer words that are new.
    """
    added = [line for hunk in file.hunks for line in hunk.added]
    removed = "\n".join(line for hunk in file.hunks for line in hunk.removed)
    if is_prose(file.path):
        return _new_words(PROSE_WORD.findall(" ".join(added)), removed, by_length=True)
    defined = [found["name"] for line in added if (found := DEFINITION.match(line))]
    used = [name for line in added if not COMMENT.match(line) for name in IDENTIFIER.findall(line)]
    return tuple(
        dict.fromkeys((*_new_words(defined, removed), *_new_words(used, removed, by_length=True)))
    )


def _new_words(words: Sequence[str], removed: str, *, by_length: bool = False) -> tuple[str, ...]:
    known = set(IDENTIFIER.findall(removed)) | set(PROSE_WORD.findall(removed)) | KEYWORDS
    new = [w for w in dict.fromkeys(words) if w not in known and w.lower() not in KEYWORDS]
    new = [w for w in new if 2 < len(w) <= MAX_NAME and not HEXADECIMAL.fullmatch(w)]
    return tuple(sorted(new, key=_telling) if by_length else new)


def _telling(name: str) -> tuple[int, int]:
    """Names of several words say most; among equals the order of appearance stays."""
    parts = len(re.findall(r"[A-Z]?[a-z]+|[A-Z]+", name))
    return (-min(parts, 3), 0 if len(name) > 5 else 1)
