"""Labels for generate_guidance: an attempt, what was amiss, and what its follow-ups did."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ratchet.collect.git_history.attempts import (
    Attempt,
    Finding,
    attempts_of,
    code_difficulty,
    previous_attempts,
)
from ratchet.collect.git_history.commits import FileChange
from ratchet.collect.git_history.drafts import Draft
from ratchet.collect.git_history.history import Change, History
from ratchet.collect.git_history.issues import severity, warnings_of
from ratchet.collect.git_history.names import functions_of
from ratchet.collect.git_history.paths import is_changelog, is_code, is_test
from ratchet.collect.git_history.requirements import as_sentence_demand

MAX_ATTEMPTS = 5
MAX_FUNCTIONS = 2
MAX_ADVICE = 200


def label(history: History) -> Iterator[Draft]:
    """Yield one draft for each attempt that follow-ups mended.

    The guidance is true because it is what was done and held: each step is the follow-up's
    own message, with the place it changed and the tests by which it was checked. Steps are
    in the order in which the follow-ups came, `priority_order` takes the gravest first.
    Warnings are sentences of the messages, or there are none.
    """
    for attempt in attempts_of(history):
        if attempt.change.intent:
            yield _draft(attempt, history)


def _draft(attempt: Attempt, history: History) -> Draft:
    change, findings = attempt.change, attempt.findings
    issues = [finding.issue for finding in findings]
    fixes = tuple({finding.fix.sha: finding.fix for finding in findings}.values())
    return Draft(
        inputs={
            "user_intent": change.intent,
            "requirements": list(change.requirements or (change.intent,)),
            "issues": issues,
            "attempt_number": min(MAX_ATTEMPTS, 1 + previous_attempts(change, history)),
        },
        outputs={
            "guidance": "\n".join(
                f"{number}. {_step(finding)}" for number, finding in enumerate(findings, 1)
            ),
            "priority_order": _order(issues),
            "warnings": list(warnings_of([change.message, *(fix.message for fix in fixes)])),
        },
        change=change,
        others=fixes,
        difficulty=code_difficulty(change),
        notes="The guidance is what the follow-ups of this attempt say they did.",
    )


def _step(finding: Finding) -> str:
    """One step: what to do, where, why, and how to check it; never code."""
    files = [file for file in finding.fix.files if not is_changelog(file.path)]
    step = finding.step
    if place := _place(files):
        step += f" in {place}"
    advice = _advice(finding.fix, finding.step)
    return f"{step}.{advice}{_check(files)}"


def _place(files: Sequence[FileChange]) -> str:
    code = [file for file in files if is_code(file.path)] or [
        f for f in files if not is_test(f.path)
    ]
    if not code:
        return ""
    largest = max(code, key=lambda file: file.added + file.deleted)
    functions = functions_of(largest)[:MAX_FUNCTIONS]
    return largest.path + (f" ({', '.join(functions)})" if functions else "")


def _advice(fix: Change, step: str) -> str:
    """A sentence of the message's body that says how."""
    demands = (as_sentence_demand(sentence) for sentence in fix.message.sentences)
    for demand in demands:
        if demand and demand.lower() != step.lower() and len(demand) <= MAX_ADVICE:
            return f" {demand}."
    return ""


def _check(files: Sequence[FileChange]) -> str:
    tests = [file.path for file in files if is_test(file.path)]
    return f" Check it with a test in {tests[0]}." if tests else ""


def _order(issues: Sequence[str]) -> list[int]:
    places = range(1, len(issues) + 1)
    return sorted(places, key=lambda place: (severity(issues[place - 1]), place))
