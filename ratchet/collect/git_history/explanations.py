"""The sentences that justify a label, from the evidence that made it."""

from __future__ import annotations

from collections.abc import Sequence

from ratchet.collect.git_history.commits import FileChange
from ratchet.collect.git_history.evidence import terms_of
from ratchet.collect.git_history.names import functions_of, names_added
from ratchet.collect.git_history.paths import is_changelog, is_test


def coverage(total: int, missing: int) -> str:
    """How much was covered.

    >>> coverage(3, 1), coverage(1, 0)
    ('2 of 3 requirements covered.', 'The one requirement is covered.')
    """
    if total == 1:
        return f"The one requirement is {'not ' if missing else ''}covered."
    return f"{total - missing} of {total} requirements covered."


def evidence(requirement: str, files: Sequence[FileChange]) -> str:
    """Where the change that was made for a requirement is seen: the file that says most of it."""
    telling = [file for file in files if not is_changelog(file.path)] or list(files)
    if not telling:
        return f"{_quoted(requirement)} is met."
    wanted = terms_of(requirement)
    best = min(telling, key=lambda file: (-len(wanted & _terms(file)), is_test(file.path)))
    functions = functions_of(best)[:2]
    where = f" ({', '.join(functions)})" if functions else ""
    return f"{_quoted(requirement)} is met by {best.path}{where}."


def gap(requirement: str) -> str:
    """That nothing speaks of a requirement."""
    return (
        f"{_quoted(requirement)} is missing: no file, function or test in the change is about it."
    )


def _terms(file: FileChange) -> frozenset[str]:
    return terms_of(" ".join([file.path, *functions_of(file), *names_added(file)]))


def _quoted(text: str) -> str:
    return f"“{text}”"
