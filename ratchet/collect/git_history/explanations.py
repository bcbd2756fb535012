"""The sentences that justify a label, from the evidence that made it."""

from __future__ import annotations

from collections.abc import Sequence

from ratchet.collect.git_history.commits import FileChange
from ratchet.collect.git_history.description import functions_of
from ratchet.collect.git_history.paths import is_changelog, is_test


def coverage(total: int, missing: int) -> str:
    """How much was covered.

    >>> coverage(3, 1), coverage(1, 0)
    ('2 of 3 requirements are covered.', 'The one requirement is covered.')
    """
    if total == 1:
        return f"The one requirement is {'not ' if missing else ''}covered."
    return f"{total - missing} of {total} requirements are covered."


def evidence(requirement: str, files: Sequence[FileChange]) -> str:
    """Where the change that was made for a requirement is seen."""
    telling = [file for file in files if not is_changelog(file.path)] or list(files)
    telling.sort(key=lambda file: (is_test(file.path), -(file.added + file.deleted)))
    if not telling:
        return f"{_quoted(requirement)} is met."
    functions = functions_of(telling[0])[:2]
    where = f" ({', '.join(functions)})" if functions else ""
    return f"{_quoted(requirement)} is met by {telling[0].path}{where}."


def gap(requirement: str) -> str:
    """That nothing speaks of a requirement."""
    return f"{_quoted(requirement)} is missing: no file, function or test in the change is about it."


def _quoted(text: str) -> str:
    return f"“{text}”"
