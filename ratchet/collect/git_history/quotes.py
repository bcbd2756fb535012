"""Lines of a change worth quoting, cut to what differs."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from ratchet.collect.git_history.commits import FileChange, Hunk
from ratchet.collect.git_history.names import COMMENT
from ratchet.collect.git_history.paths import is_prose

LEAD = 25  # characters shown before the first that differs
MAX_QUOTE = 110


def quotes_of(file: FileChange) -> Iterator[str]:
    """Changed lines worth reading: added before removed, code before comments, longer first."""
    is_text = is_prose(file.path)
    rows = [
        (mark, line, others)
        for hunk in file.hunks
        for mark, lines, others in (
            ("+", hunk.added, hunk.removed),
            ("-", hunk.removed, hunk.added),
        )
        for line in lines
        if _is_telling_line(line)
    ]
    rows.sort(
        key=lambda row: (
            row[0] == "-",
            not is_text and bool(COMMENT.match(row[1])),
            -min(len(row[1].strip()), MAX_QUOTE),
        )
    )
    for mark, line, others in rows:
        yield f"`{mark} {shorten(_from_difference(line, others), MAX_QUOTE)}`"


def excerpt(hunk: Hunk, *, first_line: int, max_lines: int, max_characters: int) -> str:
    """Added lines of a hunk from `first_line` on, as code, without their common indentation."""
    lines = [line for line in hunk.added[first_line:] if line.strip()][:max_lines]
    indent = min((len(line) - len(line.lstrip()) for line in lines), default=0)
    code: list[str] = []
    for line in lines:
        max_characters -= len(line) - indent + 1
        if max_characters < 0:
            break
        code.append(line[indent:].rstrip())
    return "\n".join(code)


def shorten(text: str, limit: int) -> str:
    """Cut a text to `limit` characters, the last one a sign that it was cut.

    >>> shorten("abcdef", 4)
    'abc…'
    """
    return text if len(text) <= limit else text[: max(0, limit - 1)].rstrip() + "…"


def _from_difference(line: str, others: Sequence[str]) -> str:
    """Of a long line the part that differs from the line it replaces, or that replaces it.

    >>> _from_difference("x" * 200 + " new words", ["x" * 200 + " old words"])
    '…xxxxxxxxxxxxxxxxxxxxxxxx new words'
    """
    plain = line.strip()
    if len(plain) <= MAX_QUOTE:
        return plain
    shared = max((_shared_length(plain, other.strip()) for other in others), default=0)
    return plain if shared <= LEAD else "…" + plain[shared - LEAD :]


def _is_telling_line(line: str) -> bool:
    return len(re.findall(r"[A-Za-z]{3,}", line)) >= 2


def _shared_length(one: str, other: str) -> int:
    """How many characters both begin with."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((place for place, (a, b) in pairs if a != b), min(len(one), len(other)))
