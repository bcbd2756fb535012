"""Labels for validate_correctness: changes that had to be fixed, and changes that held."""

from __future__ import annotations

from collections.abc import Iterator
from math import log

from ratchet.collect.git_history.attempts import (
    Attempt,
    Place,
    attempts_of,
    code_difficulty,
    code_hunks,
    faulty_place,
    previous_attempts,
)
from ratchet.collect.git_history.commits import FileChange
from ratchet.collect.git_history.description import describe
from ratchet.collect.git_history.drafts import Draft
from ratchet.collect.git_history.history import Change, History
from ratchet.collect.git_history.paths import is_changelog, is_code, is_test
from ratchet.collect.git_history.quotes import excerpt
from ratchet.collect.git_history.work import draw

MIN_CODE_LINES = 3
MAX_EXCERPT_LINES = 14
MAX_EXCERPT_CHARACTERS = 700
SURVIVORS_FOR_EACH = 1.5
MIN_SURVIVORS = 4
CONTEXT = "Phase: implementation, Agent: human, Status: committed, Previous attempts: {}"
UNJUDGED_KINDS = frozenset(("style", "build", "ci", "docs", "test", "revert"))


def label(history: History) -> Iterator[Draft]:
    """Yield the changes that were fixed later, and about as many that were not.

    Incorrect is true because a later fix or revert replaced lines of this very change, and
    the issue is what that fix says it mends. Correct is true as far as history can tell: the
    change came with tests, nobody fixed it, and no line of it was replaced during the time
    and the number of commits that the options ask for. Correct ones are chosen to have the
    sizes of the incorrect ones, so that size does not tell the label. Both show an excerpt:
    of the incorrect the place that was fixed, of the correct any place that adds code.
    """
    attempts = [a for a in attempts_of(history) if _code_lines(a.change) >= MIN_CODE_LINES]
    shown = [
        (attempt, place) for attempt in attempts if (place := faulty_place(attempt)) is not None
    ]
    for attempt, place in shown:
        yield _incorrect(attempt, place, history)
    count = max(MIN_SURVIVORS, round(SURVIVORS_FOR_EACH * len(shown)))
    for change in _survivors(history, [attempt.change for attempt, _ in shown], count):
        yield _correct(change, history)


def _incorrect(attempt: Attempt, place: Place, history: History) -> Draft:
    issues = [finding.issue for finding in attempt.findings]
    fixes = tuple(dict.fromkeys(finding.fix.sha for finding in attempt.findings))
    follow_ups = len(fixes)
    days = min(
        (finding.fix.commit.committed_at - attempt.change.commit.committed_at).days
        for finding in attempt.findings
    )
    return Draft(
        inputs=_inputs(attempt.change, place, history),
        outputs={
            "is_correct": False,
            "issues": issues,
            "explanation": (
                f"{_count(follow_ups, 'later change')} had to mend these lines, the first after "
                f"{_count(days, 'day')}: {'; '.join(issues)}."
            ),
        },
        change=attempt.change,
        others=tuple(history.by_sha[sha] for sha in fixes),
        difficulty=code_difficulty(attempt.change),
        notes="A later fix or revert replaced lines of this change; the issues are its words.",
    )


def _correct(change: Change, history: History) -> Draft:
    tests = sum(is_test(file.path) for file in change.files)
    hunks = code_hunks(change.files)
    hunk = hunks[draw(change.sha, "excerpt", below=len(hunks))]
    first_line = draw(change.sha, "line", below=max(1, len(hunk.added) - MAX_EXCERPT_LINES // 2))
    return Draft(
        inputs=_inputs(change, Place(hunk=hunk, first_line=first_line), history),
        outputs={
            "is_correct": True,
            "issues": [],
            "explanation": (
                f"The code comes with {_count(tests, 'changed test file')}, and no defect in it is "
                "known: nobody had to fix it afterwards."
            ),
        },
        change=change,
        difficulty=code_difficulty(change),
        notes="Tested, and neither fixed nor replaced in the history that followed.",
    )


def _inputs(change: Change, place: Place, history: History) -> dict[str, object]:
    intent = change.intent or change.message.subject
    code = excerpt(
        place.hunk,
        first_line=place.first_line,
        max_lines=MAX_EXCERPT_LINES,
        max_characters=MAX_EXCERPT_CHARACTERS,
    )
    text = f"{intent}.\n{describe(change.files)}\nExcerpt of the added code:\n{code}"
    return {
        "implementation": text,
        "execution_context": CONTEXT.format(previous_attempts(change, history)),
    }


def _survivors(history: History, fixed: list[Change], count: int) -> list[Change]:
    """Of the survivors those nearest in size to the fixed ones, each taken once."""
    pool = [
        change
        for change in history.recent
        if change.sha in history.survivors
        and change.message.kind not in UNJUDGED_KINDS
        and any(is_test(file.path) for file in change.files)
        and _code_lines(change) >= MIN_CODE_LINES
        and code_hunks(change.files)
    ]
    if not fixed:
        return pool[-count:]
    chosen: list[Change] = []
    for place in range(min(count, len(pool))):
        model = fixed[place % len(fixed)]
        nearest = min(pool, key=lambda c: (abs(_size(c) - _size(model)), -c.place))
        pool.remove(nearest)
        chosen.append(nearest)
    return chosen


def _code_lines(change: Change) -> int:
    return sum(_added(file) for file in change.files if is_code(file.path))


def _added(file: FileChange) -> int:
    return 0 if is_changelog(file.path) else file.added


def _size(change: Change) -> float:
    return log(1 + sum(file.added + file.deleted for file in change.files))


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
