"""Which commits are worth labelling, and the reason for each that is not."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from ratchet.collect.git_history.commits import Commit, FileChange
from ratchet.collect.git_history.messages import Message
from ratchet.collect.git_history.options import MiningOptions
from ratchet.collect.git_history.paths import is_changelog, matches

MAX_FILES = 60
MAX_LINES = 2_500  # of the files worth reading
MAX_COUNTED_LINES = 10_000  # of all files
BOT = re.compile(
    r"\[bot\]|dependabot|renovate|pre-?commit-ci|github-actions|greenkeeper|snyk-bot|pyup-bot|"
    r"mergify|codecov-io|allcontributors|imgbot|semantic-release|(^|[\s_-])bot$|^bot[\s_-]",
    re.IGNORECASE,
)
BOT_ADDRESS = re.compile(
    r"\[bot\]@|\bbot@|\+(dependabot|renovate)|noreply@(renovate|dependabot)", re.IGNORECASE
)


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """The files of a commit that are worth reading, or why it is left out."""

    files: tuple[FileChange, ...]
    reason: str


def judge(commit: Commit, message: Message, options: MiningOptions) -> Verdict:
    """Decide on one commit; the first reason that holds is given."""
    files = usable_files(commit.files, options)
    return Verdict(files=files, reason=_reason(commit, message, files, options))


def usable_files(files: Sequence[FileChange], options: MiningOptions) -> tuple[FileChange, ...]:
    """The files whose content teaches something and whose path the person wants."""
    return tuple(
        file
        for file in files
        if not file.skipped_as and matches(file.path, options.include, options.exclude)
    )


def is_bot(name: str, email: str) -> bool:
    """Whether a program wrote the commit.

    >>> is_bot("dependabot[bot]", ""), is_bot("Ada Abbott", "ada@example.org")
    (True, False)
    """
    return bool(BOT.search(name) or BOT_ADDRESS.search(email))


def _reason(
    commit: Commit, message: Message, files: Sequence[FileChange], options: MiningOptions
) -> str:
    length = len(commit.message.strip())
    checks = (
        (commit.is_merge and options.exclude_merges, "merge"),
        (is_bot(commit.author_name, commit.author_email), "bot"),
        (length == 0, "empty message"),
        (length < options.min_message_length, "short message"),
        (bool(options.types) and message.kind not in options.types, "other type"),
        (commit.file_count > MAX_FILES, "too large"),
        (commit.added + commit.deleted > MAX_COUNTED_LINES, "too large"),
    )
    found = (reason for holds, reason in checks if holds)
    return next(found, "") or _reason_by_files(commit, files)


def _reason_by_files(commit: Commit, files: Sequence[FileChange]) -> str:
    if not commit.files:
        return "no change"
    if not files:
        reasons = {file.skipped_as for file in commit.files}
        return "other path" if "" in reasons else f"only {min(reasons)}"
    if all(is_changelog(file.path) for file in files):
        return "only changelog"
    if sum(file.added + file.deleted for file in files) > MAX_LINES:
        return "too large"
    if not any(file.patch for file in files):
        return "no text change"
    return ""
