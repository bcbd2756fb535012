"""The words in which a change is described to a validator; the same code for every label."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice

from ratchet.collect.git_history.commits import FileChange
from ratchet.collect.git_history.names import functions_of, names_added
from ratchet.collect.git_history.paths import is_changelog, is_manifest, is_prose, is_test
from ratchet.collect.git_history.quotes import quotes_of, shorten

MAX_CHARACTERS = 1_500
MIN_CHARACTERS = 120  # a shorter description has nothing to judge by
ENOUGH_CHARACTERS = 300  # below it, more of the changed lines are quoted
MAX_FILES = 10
MIN_NAMES, MAX_NAMES = 5, 12  # of a file; the more places it changed, the more
MANY_HUNKS = 4  # from which a second line is quoted
MAX_FUNCTIONS = 4


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
    text = "\n".join([head, *(shorten(line, room) for line in lines)])
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
        merged[file.path] = _joined(known, file)
    return tuple(sorted(merged.values(), key=_size_first))


def _joined(earlier: FileChange, later: FileChange) -> FileChange:
    """Both changes of a file as one; more lines may be counted than were kept."""
    return later.with_hunks(
        (*earlier.hunks, *later.hunks),
        status=earlier.status if earlier.status == "added" else later.status,
        added=earlier.added + later.added,
        deleted=earlier.deleted + later.deleted,
    )


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
    limit = min(MAX_NAMES, MIN_NAMES + len(file.hunks) // 2)
    if names := names_added(file)[:limit]:
        line += f": {'mentions' if is_prose(file.path) else 'adds'} {', '.join(names)}"
    for quote in islice(quotes_of(file), 2 if len(file.hunks) >= MANY_HUNKS else 1):
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
        parts.append("declares " + _listed([shorten(line, 60) for line in added], 4))
    if removed:
        parts.append("drops " + _listed([shorten(line, 60) for line in removed], 4))
    return ": " + "; ".join(parts) if parts else ""


def _more_quotes(files: Sequence[FileChange], room: int) -> list[str]:
    """Further lines of a small change, until there is enough to judge by."""
    quotes: list[str] = []
    for file in files:
        for quote in list(quotes_of(file))[1:]:
            if room <= 0:
                return quotes
            quotes.append(f"  {quote}")
            room -= len(quote) + 3
    return quotes


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


def _size_first(file: FileChange) -> tuple[bool, int, str]:
    return (is_test(file.path), -(file.added + file.deleted), file.path)
