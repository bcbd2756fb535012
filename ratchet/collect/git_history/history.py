"""A history as the labellers see it: usable changes, what followed them, what was left out."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property

from ratchet.collect.git_history.branches import Node, pull_requests_by_merge
from ratchet.collect.git_history.commits import Commit, FileChange
from ratchet.collect.git_history.description import describe
from ratchet.collect.git_history.evidence import Vocabulary, terms_of
from ratchet.collect.git_history.filters import is_bot, judge, usable_files
from ratchet.collect.git_history.followups import FollowUp, Watch
from ratchet.collect.git_history.groups import group_ids
from ratchet.collect.git_history.log import LogRequest, read_log
from ratchet.collect.git_history.messages import Message, parse_message
from ratchet.collect.git_history.options import MiningOptions
from ratchet.collect.git_history.paths import area_of, is_changelog, is_test
from ratchet.collect.git_history.repository import Repository
from ratchet.collect.git_history.requirements import intent_of, requirements_of

NEIGHBOURS = 400


@dataclass(frozen=True, kw_only=True)
class Change:
    """A usable commit: its message taken apart, and the files worth reading.

    `place` is its number in the history read, oldest first; `is_recent` whether it lies in
    the days that were asked for.
    """

    place: int
    commit: Commit
    message: Message
    files: tuple[FileChange, ...]
    is_recent: bool

    @property
    def sha(self) -> str:
        """The id of the commit."""
        return self.commit.sha

    @cached_property
    def intent(self) -> str:
        """What the author wanted, or empty."""
        return intent_of(self.message)

    @cached_property
    def requirements(self) -> tuple[str, ...]:
        """What the body of the message demands."""
        return requirements_of(self.message)

    @cached_property
    def description(self) -> str:
        """The whole change in words."""
        return describe(self.files)

    @cached_property
    def terms(self) -> frozenset[str]:
        """The telling words of the description."""
        return terms_of(self.description)

    @cached_property
    def areas(self) -> frozenset[str]:
        """The parts of the project it changes, tests and changelog aside."""
        areas = {area_of(f.path) for f in self.files if not is_test(f.path)}
        return frozenset(areas) or frozenset(area_of(f.path) for f in self.files)

    @cached_property
    def paths(self) -> frozenset[str]:
        """The files it changes, the changelog aside."""
        return frozenset(f.path for f in self.files if not is_changelog(f.path))


@dataclass(frozen=True, kw_only=True)
class History:
    """Everything a labeller may use.

    `pull_requests` gives the number for a commit, `titles` the title for a number, as far as
    a merge tells it.
    """

    repository: Repository
    changes: tuple[Change, ...]
    follow_ups: tuple[FollowUp, ...]
    survivors: frozenset[str]
    pull_requests: Mapping[str, int]
    titles: Mapping[int, str]
    shas: tuple[str, ...]
    skipped: Mapping[str, int]

    @property
    def commits_read(self) -> int:
        """How many commits git gave."""
        return len(self.shas)

    @cached_property
    def groups(self) -> dict[str, str]:
        """The group of every commit, by pull requests and follow-ups."""
        return self.groups_joined(())

    def groups_joined(self, members: Iterable[tuple[str, str]]) -> dict[str, str]:
        """The groups when these pairs of commits must stay together as well."""
        links = [(link.attempt, link.fix) for link in self.follow_ups]
        return group_ids(
            self.shas,
            pull_requests=self.pull_requests,
            links=[*links, *members],
            repository=self.repository.short_name,
        )

    @cached_property
    def recent(self) -> tuple[Change, ...]:
        """The changes of the days that were asked for, oldest first."""
        return tuple(change for change in self.changes if change.is_recent)

    @cached_property
    def by_sha(self) -> dict[str, Change]:
        """The usable changes by commit id."""
        return {change.sha: change for change in self.changes}

    @cached_property
    def vocabulary(self) -> Vocabulary:
        """How common each word is in this project's changes."""
        return Vocabulary.of(change.terms | terms_of(change.intent) for change in self.recent)

    def neighbours(self, change: Change) -> Iterator[Change]:
        """Recent changes of other groups: those of the same files first, then areas, by time.

        Only the nearest in time are looked at, so that a long history costs no more a change.
        """
        place = bisect_left(self.recent, change.place, key=lambda other: other.place)
        near = self.recent[max(0, place - NEIGHBOURS // 2) : place + NEIGHBOURS // 2]
        others = [c for c in near if self.groups[c.sha] != self.groups[change.sha]]
        others.sort(key=lambda other: _distance(change, other))
        yield from others


@dataclass(kw_only=True)
class _Reading:
    options: MiningOptions
    since: datetime
    watch: Watch
    changes: list[Change] = field(default_factory=list)
    nodes: list[Node] = field(default_factory=list)
    skipped: Counter[str] = field(default_factory=Counter)
    titles: dict[int, str] = field(default_factory=dict)
    seen_before: set[tuple[object, ...]] = field(default_factory=set)

    def take(self, commit: Commit) -> None:
        message = parse_message(commit.message)
        self.nodes.append(
            Node(sha=commit.sha, parents=commit.parents, pull_request=message.pull_request)
        )
        if commit.is_merge and message.pull_request is not None:
            self.titles[message.pull_request] = message.subject
        verdict = judge(commit, message, self.options)
        reason = verdict.reason or self._repeated(commit, message)
        is_recent = commit.committed_at >= self.since
        if not commit.is_merge and reason != "duplicate" and not is_bot(commit.author_name, ""):
            self.watch.see(commit, message, usable_files(commit.files, MiningOptions()))
        if not reason:
            self.changes.append(
                Change(
                    place=len(self.nodes),
                    commit=commit,
                    message=message,
                    files=verdict.files,
                    is_recent=is_recent,
                )
            )
        if is_recent:
            self._count(commit, reason)

    def _count(self, commit: Commit, reason: str) -> None:
        if reason:
            self.skipped[reason] += 1
        for file in commit.files:
            if file.skipped_as:
                self.skipped[f"file: {file.skipped_as.removesuffix(' file')}"] += 1

    def _repeated(self, commit: Commit, message: Message) -> str:
        """A change picked to another branch is the same change."""
        key = (message.subject, *((f.path, f.added, f.deleted) for f in commit.files))
        if key in self.seen_before:
            return "duplicate"
        self.seen_before.add(key)
        return ""


def read_history(repository: Repository, options: MiningOptions, *, now: datetime) -> History:
    """Read the days that were asked for, and before them as many as a fix may look back.

    Raises:
        InputError: git is missing, failed, or was killed.
    """
    since = now - timedelta(days=options.since_days)
    request = LogRequest(
        max_commits=options.max_commits,
        since=since - timedelta(days=options.followup_days),
        until=now,
        merge_patches=not options.exclude_merges,
    )
    reading = _Reading(options=options, since=since, watch=Watch(options=options))
    for commit in read_log(repository, request):
        if commit.sha in repository.cut:
            reading.skipped["history is cut here"] += 1
            continue
        reading.take(commit)
    return _history(repository, reading)


def _history(repository: Repository, reading: _Reading) -> History:
    watch = reading.watch
    own = {n.sha: n.pull_request for n in reading.nodes if n.pull_request is not None}
    pull_requests = pull_requests_by_merge(reading.nodes) | own
    return History(
        repository=repository,
        changes=tuple(reading.changes),
        follow_ups=tuple(watch.follow_ups),
        survivors=frozenset(c.sha for c in reading.changes if watch.has_survived(c.commit)),
        pull_requests=pull_requests,
        titles=reading.titles,
        shas=tuple(node.sha for node in reading.nodes),
        skipped=dict(reading.skipped),
    )


def _distance(one: Change, other: Change) -> tuple[int, int, str]:
    near = 0 if one.paths & other.paths else 1 if one.areas & other.areas else 2
    return (near, abs(one.place - other.place), other.sha)
