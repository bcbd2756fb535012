"""Which later fix or revert touches the lines of which earlier change, and what survives."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property

from ratchet.collect.git_history.commits import Commit, FileChange
from ratchet.collect.git_history.issues import mends_a_defect
from ratchet.collect.git_history.ledger import LineLedger, Touch, main_owner
from ratchet.collect.git_history.messages import Message
from ratchet.collect.git_history.options import MiningOptions
from ratchet.collect.git_history.paths import is_code

MAX_FIX_LINES = 250  # a larger one changes more than what was wrong
MAX_FIX_FILES = 8
MAX_MARKED_OWNERS = 50


@dataclass(frozen=True, kw_only=True)
class FollowUp:
    """A fix or revert of an earlier change, with the lines by which it is known."""

    attempt: str
    fix: str
    touches: tuple[Touch, ...]


@dataclass(kw_only=True)
class Watch:
    """Sees the commits pass, oldest first, and links each fix to the change it mends.

    A link needs all of: a message that speaks of a defect of the product; a small change to
    code; at least half of the earlier lines it replaces, or of the functions it adds lines
    to, written by one change; not more than `followup_days` later. A revert that names its
    commit needs nothing else.
    """

    options: MiningOptions
    follow_ups: list[FollowUp] = field(default_factory=list)
    mended: set[str] = field(default_factory=set)
    soon_touched: set[str] = field(default_factory=set)
    _seen: list[tuple[str, datetime]] = field(default_factory=list)
    _ledger: LineLedger = field(default_factory=LineLedger)

    def see(self, commit: Commit, message: Message, files: Sequence[FileChange]) -> None:
        """Take the next commit."""
        number = len(self._seen)
        self._seen.append((commit.sha, commit.committed_at))
        touches = self._ledger.take(number, files)
        self._mark(commit, message, touches)
        attempt = self._reverted(message) or self._mended(commit, message, files, touches)
        if attempt and attempt != commit.sha:
            self.follow_ups.append(
                FollowUp(
                    attempt=attempt,
                    fix=commit.sha,
                    touches=tuple(t for t in touches if self._seen[t.owner][0] == attempt),
                )
            )
            self.mended.add(attempt)

    def has_survived(self, commit: Commit) -> bool:
        """Whether nobody had to touch the lines of `commit`, though there was time to."""
        if commit.sha in self.mended or commit.sha in self.soon_touched:
            return False
        times = self._times
        later = len(times) - bisect_right(times, commit.committed_at)
        if not later or later < self.options.survival_commits:
            return False
        return times[-1] - commit.committed_at >= timedelta(days=self.options.survival_days)

    @cached_property
    def _times(self) -> list[datetime]:
        """The times of all commits, once they have passed."""
        return sorted(at for _, at in self._seen)

    def _mark(self, commit: Commit, message: Message, touches: Sequence[Touch]) -> None:
        """Any doubt is enough to be no survivor: a word of fixing, or a line soon replaced."""
        soon = timedelta(days=self.options.survival_days)
        for touch in touches[:MAX_MARKED_OWNERS]:
            if touch.owner < 0:
                continue
            sha, at = self._seen[touch.owner]
            if message.kind in ("fix", "revert") or mends_a_defect(message):
                self.mended.add(sha)
            elif touch.lines and commit.committed_at - at < soon:
                self.soon_touched.add(sha)

    def _reverted(self, message: Message) -> str:
        if not message.reverts:
            return ""
        return next((sha for sha, _ in self._seen if sha.startswith(message.reverts)), "")

    def _mended(
        self,
        commit: Commit,
        message: Message,
        files: Sequence[FileChange],
        touches: Sequence[Touch],
    ) -> str:
        code = [file for file in files if is_code(file.path)]
        if not code or len(code) > MAX_FIX_FILES or not mends_a_defect(message):
            return ""
        if sum(file.added + file.deleted for file in code) > MAX_FIX_LINES:
            return ""
        owner = main_owner(touch for touch in touches if is_code(touch.path))
        if owner is None:
            return ""
        sha, at = self._seen[owner]
        within = timedelta(days=self.options.followup_days)
        return sha if commit.committed_at - at <= within else ""
