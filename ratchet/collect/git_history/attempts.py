"""An earlier change together with the fixes that followed it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ratchet.collect.git_history.commits import FileChange, Hunk
from ratchet.collect.git_history.difficulty import CODE_ALONE, difficulty_of
from ratchet.collect.git_history.followups import FollowUp
from ratchet.collect.git_history.history import Change, History
from ratchet.collect.git_history.issues import as_defect, steps_of
from ratchet.collect.git_history.paths import area_of, is_code
from ratchet.examples import Difficulty

MAX_ISSUES = 6
LINES_BEFORE = 3  # the first replaced one
MAX_PREVIOUS_ATTEMPTS = 4
NO_ATTEMPTS = frozenset(("style", "build", "ci", "docs", "test", "revert"))


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One defect: its issue, the step that mended it, and the fix that says so."""

    issue: str
    step: str
    fix: Change


@dataclass(frozen=True, kw_only=True)
class Place:
    """A line among those that a hunk adds, counted from 0."""

    hunk: Hunk
    first_line: int


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """A change and everything its follow-ups found amiss in it, the earliest first."""

    change: Change
    findings: tuple[Finding, ...]
    follow_ups: tuple[FollowUp, ...]


def attempts_of(history: History) -> Iterator[Attempt]:
    """All attempts of which the change or a fix lies in the days that were asked for."""
    by_attempt: dict[str, list[FollowUp]] = {}
    for follow_up in history.follow_ups:
        by_attempt.setdefault(follow_up.attempt, []).append(follow_up)
    for sha, follow_ups in by_attempt.items():
        change = history.by_sha.get(sha)
        if change is None or change.message.kind in NO_ATTEMPTS:
            continue
        known = [f for f in follow_ups if f.fix in history.by_sha]
        fixes = [history.by_sha[f.fix] for f in known]
        findings = _findings(fixes)
        if findings and (change.is_recent or any(fix.is_recent for fix in fixes)):
            yield Attempt(change=change, findings=findings, follow_ups=tuple(known))


def previous_attempts(change: Change, history: History) -> int:
    """How many changes before this one it had to mend, and they in turn; at most four."""
    attempt_by_fix = {f.fix: f.attempt for f in history.follow_ups}
    count, sha = 0, change.sha
    while sha in attempt_by_fix and count < MAX_PREVIOUS_ATTEMPTS:
        sha = attempt_by_fix[sha]
        count += 1
    return count


def code_difficulty(change: Change) -> Difficulty:
    """The difficulty of the product's code alone; tests and texts are no part of a defect."""
    code = [file for file in change.files if is_code(file.path)]
    areas = len({area_of(file.path) for file in code})
    return difficulty_of(code, areas=areas, limits=CODE_ALONE)


def faulty_place(attempt: Attempt) -> Place | None:
    """Where the attempt added most of the lines that its fixes replaced."""
    touches = [touch for follow_up in attempt.follow_ups for touch in follow_up.touches]
    texts = {line for touch in touches for line in touch.lines}
    texts |= {_plain(touch.inserted_into) for touch in touches if touch.inserted_into}
    best, most = None, 0
    for hunk in code_hunks(attempt.change.files):
        hits = [number for number, line in enumerate(hunk.added) if _plain(line) in texts]
        if len(hits) > most:
            best, most = Place(hunk=hunk, first_line=max(0, hits[0] - LINES_BEFORE)), len(hits)
    return best


def code_hunks(files: tuple[FileChange, ...]) -> list[Hunk]:
    """The hunks that add code to the product."""
    return [
        hunk
        for file in files
        if is_code(file.path)
        for hunk in file.hunks
        if any(line.strip() for line in hunk.added)
    ]


def _plain(line: str) -> str:
    return " ".join(line.split())


def _findings(fixes: list[Change]) -> tuple[Finding, ...]:
    found: dict[str, Finding] = {}
    for fix in fixes:
        for step in steps_of(fix.message):
            issue = as_defect(step)
            found.setdefault(issue.lower(), Finding(issue=issue, step=step, fix=fix))
    return tuple(found.values())[:MAX_ISSUES]
