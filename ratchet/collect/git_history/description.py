"""The words in which a change is described to a validator; the same code for every label."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from ratchet.collect.git_history.commits import FileChange, Hunk
from ratchet.collect.git_history.paths import is_changelog, is_manifest, is_prose, is_test

MAX_CHARACTERS = 1_500
MIN_CHARACTERS = 120  # a shorter description has nothing to judge by
ENOUGH_CHARACTERS = 300  # below it, more of the changed lines are quoted
MAX_FILES = 10
MAX_NAMES = 7
MAX_FUNCTIONS = 4
MAX_QUOTE = 110

IDENTIFIER = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*")
DEFINITION = re.compile(
    r"^\s*(?:export\s+|pub(?:\([^)]*\))?\s+|public\s+|private\s+|protected\s+|static\s+|async\s+|default\s+|abstract\s+)*"
    r"(?:def|class|function|func|fn|struct|enum|interface|trait|type|module|const)\s+"
    r"(?:\([^)]*\)\s*)?(?P<name>[A-Za-z_$][\w$]*)"
)
FUNCTION = re.compile(
    r"(?:def|class|function|func|fn|struct|enum|interface|trait|impl|type|module|sub)\s+"
    r"(?:\([^)]*\)\s*)?(?P<name>[A-Za-z_$][\w$]*)|(?P<call>[A-Za-z_$~][\w$:~]*)\s*\("
)
COMMENT = re.compile(r"^\s*(?:#|//|/\*|\*|<!--|--\s)")
PROSE_WORD = re.compile(r"[A-Za-z][\w'-]{3,}")
HEXADECIMAL = re.compile(r"(?=\w*\d)[0-9a-f]{12,}")
KEYWORDS = frozenset(
    "and as assert async await break case catch class const continue def default del do elif else "
    "enum except export extends final finally fn for from func function global if implements import "
    "in interface is lambda let match mod mut new nil none nonlocal not null or package pass private "
    "protected pub public raise return self static struct super switch this throw trait true false "
    "try type typing undefined use var void where while with yield str int bool float list dict set "
    "tuple object any optional union cls args kwargs len print isinstance super pytest test tests "
    "the that this with from have will when which your into only also are for you can not".split()
)


def describe(files: Sequence[FileChange]) -> str:
    """Describe a change by its files, functions, counted lines and a few names from it.

    The text depends on the files alone, never on a requirement, so that nothing in it can
    tell the label. A changelog is only mentioned: it repeats the message. At most
    `MAX_CHARACTERS` long.
    """
    merged = merge(files)
    shown = [file for file in merged if not is_changelog(file.path)]
    head = _head(merged)
    lines = [_file_line(file) for file in shown[:MAX_FILES]]
    room = _room_for_each([len(line) + 1 for line in lines], MAX_CHARACTERS - len(head)) - 1
    text = "\n".join([head, *(_shorten(line, room) for line in lines)])
    if len(text) < ENOUGH_CHARACTERS:
        text = "\n".join([text, *_more_quotes(shown, ENOUGH_CHARACTERS - len(text))])
    return text[:MAX_CHARACTERS]


def merge(files: Iterable[FileChange]) -> tuple[FileChange, ...]:
    """One change a path: what several commits did to a file is taken as one; larger first."""
    merged: dict[str, FileChange] = {}
    for file in files:
        if (known := merged.get(file.path)) is None:
            merged[file.path] = file
            continue
        status = known.status if known.status == "added" else file.status
        joined = replace(file.with_hunks((*known.hunks, *file.hunks)), status=status)
        merged[file.path] = _with_counts(joined, known, file)
    return tuple(sorted(merged.values(), key=_size_first))


def functions_of(file: FileChange) -> tuple[str, ...]:
    """The names of the functions and classes touched, by the headers of the hunks."""
    if is_prose(file.path):
        return ()
    names = (function_name(hunk.function) for hunk in file.hunks)
    return tuple(dict.fromkeys(name for name in names if name))


def function_name(header: str) -> str:
    """The name in the line that git prints above a hunk.

    >>> function_name("def parse_args(self, ctx):"), function_name("static int read(FILE *f)")
    ('parse_args', 'read')
    """
    found = FUNCTION.search(header)
    return (found["name"] or found["call"]) if found else ""


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


def _with_counts(joined: FileChange, *parts: FileChange) -> FileChange:
    """`joined` with the lines of its parts, which may count more than what was kept."""
    counted = replace(
        joined, added=sum(p.added for p in parts), deleted=sum(p.deleted for p in parts)
    )
    counted.__dict__["hunks"] = joined.hunks
    return counted


def _new_words(words: Sequence[str], removed: str, *, by_length: bool = False) -> tuple[str, ...]:
    known = set(IDENTIFIER.findall(removed)) | set(PROSE_WORD.findall(removed)) | KEYWORDS
    new = [w for w in dict.fromkeys(words) if w not in known and w.lower() not in KEYWORDS]
    new = [w for w in new if len(w) > 2 and not HEXADECIMAL.fullmatch(w)]
    return tuple(sorted(new, key=_telling) if by_length else new)


def _telling(name: str) -> tuple[int, int]:
    """Names of several words say most; among equals the order of appearance stays."""
    parts = len(re.findall(r"[A-Z]?[a-z]+|[A-Z]+", name))
    return (-min(parts, 3), 0 if len(name) > 5 else 1)


def _head(files: Sequence[FileChange]) -> str:
    tests = [file for file in files if is_test(file.path)]
    added, deleted = sum(f.added for f in files), sum(f.deleted for f in files)
    head = f"Changed {_count(len(files), 'file')} (+{added} -{deleted} lines)"
    head += f", {_count(len(tests), 'test file')} among them" if tests else ", no tests"
    if any(is_changelog(file.path) for file in files):
        head += ", changelog updated"
    more = len([f for f in files if not is_changelog(f.path)]) - MAX_FILES
    return head + (f"; the {MAX_FILES} largest:" if more > 0 else ":")


def _file_line(file: FileChange) -> str:
    line = f"- {file.path} ({_counts(file)})"
    if functions := functions_of(file):
        line += f", in {_listed(functions, MAX_FUNCTIONS)}"
    if is_manifest(file.path):
        return line + _dependencies(file)
    if names := names_added(file)[:MAX_NAMES]:
        line += f": {'mentions' if is_prose(file.path) else 'adds'} {', '.join(names)}"
    if quote := next(_quotes(file), ""):
        line += f"; {quote}"
    return line


def _counts(file: FileChange) -> str:
    moved = f"{file.status} from {file.old_path}, " if file.old_path != file.path else ""
    what = {"added": "new, ", "deleted": "deleted, ", "mode": "mode only, "}.get(file.status, "")
    return f"{moved}{what}+{file.added} -{file.deleted}"


def _dependencies(file: FileChange) -> str:
    """Changed lines of a manifest, which are what it declares."""
    added = [line.strip() for hunk in file.hunks for line in hunk.added if len(line) > 3]
    removed = [line.strip() for hunk in file.hunks for line in hunk.removed if len(line) > 3]
    parts = []
    if added:
        parts.append("declares " + _listed([_shorten(line, 60) for line in added], 4))
    if removed:
        parts.append("drops " + _listed([_shorten(line, 60) for line in removed], 4))
    return ": " + "; ".join(parts) if parts else ""


def _quotes(file: FileChange) -> Iterator[str]:
    """Changed lines worth reading, the most telling first: code with names, prose with words."""
    rows = [
        (mark, line.strip())
        for hunk in file.hunks
        for mark, lines in (("+", hunk.added), ("-", hunk.removed))
        for line in lines
        if _is_telling_line(line)
    ]
    is_text = is_prose(file.path)
    rows.sort(
        key=lambda row: (
            row[0] == "-",
            not is_text and bool(COMMENT.match(row[1])),
            -min(len(row[1]), MAX_QUOTE),
        )
    )
    for mark, line in rows:
        yield f"`{mark} {_shorten(line, MAX_QUOTE)}`"


def _is_telling_line(line: str) -> bool:
    return len(re.findall(r"[A-Za-z]{3,}", line)) >= 2


def _more_quotes(files: Sequence[FileChange], room: int) -> list[str]:
    """Further lines of a small change, until there is enough to judge by."""
    quotes: list[str] = []
    for file in files:
        for quote in list(_quotes(file))[1:]:
            if room <= 0:
                return quotes
            quotes.append(f"  {quote}")
            room -= len(quote) + 3
    return quotes


def excerpt(hunk: Hunk, *, max_lines: int, max_characters: int) -> str:
    """The beginning of a hunk's added lines, as code, without their common indentation."""
    lines = [line for line in hunk.added if line.strip()][:max_lines]
    indent = min((len(line) - len(line.lstrip()) for line in lines), default=0)
    code: list[str] = []
    for line in lines:
        max_characters -= len(line) - indent + 1
        if max_characters < 0:
            break
        code.append(line[indent:].rstrip())
    return "\n".join(code)


def _listed(items: Sequence[str], limit: int) -> str:
    more = f" and {len(items) - limit} more" if len(items) > limit else ""
    return ", ".join(items[:limit]) + more


def _room_for_each(lengths: Sequence[int], room: int) -> int:
    """The longest any line may be so that all fit; short lines leave their room to the others.

    >>> _room_for_each([10, 50, 90], 120)
    60
    """
    limit = room
    for place, length in enumerate(sorted(lengths)):
        limit = room // (len(lengths) - place)
        if length > limit:
            break
        room -= length
    else:
        return max(lengths, default=room)
    return limit


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _shorten(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: max(0, limit - 1)].rstrip() + "…"


def _size_first(file: FileChange) -> tuple[bool, int, str]:
    return (is_test(file.path), -(file.added + file.deleted), file.path)
