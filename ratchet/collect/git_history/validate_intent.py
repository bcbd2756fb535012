"""Labels for validate_intent: a task with its own change, and with another or half of it."""

from __future__ import annotations

from collections.abc import Iterator

from ratchet.collect.git_history.drafts import Draft
from ratchet.collect.git_history.description import MIN_CHARACTERS
from ratchet.collect.git_history.explanations import coverage, evidence, gap
from ratchet.collect.git_history.history import Change, History
from ratchet.collect.git_history.work import Work, draw, is_silent, is_visible, variant, works_of

MAX_CANDIDATES = 20
MAX_TASK_BODY = 300
UNLABELLED_KINDS = frozenset(("build", "ci", "style"))


def label(history: History) -> Iterator[Draft]:
    """Yield for each visible task a satisfied and an unsatisfied draft.

    Satisfied is true because the author committed this change under this message, and the
    description speaks of every requirement. Unsatisfied is true because the change described
    was made for another task of the same area, belongs to no follow-up of this one, and is
    silent on every requirement; or because the part made for a requirement is not described.
    Both kinds are drawn from the same pool of tasks and of descriptions.
    """
    pool = [change for change in history.recent if _is_task(change, history)]
    works = {work.change.sha: work for work in works_of(history) if len(work.changes) == 1}
    for change in pool:
        yield _satisfied(change, history)
        work = works.get(change.sha)
        partly = _partly(change, work, history) if work is not None else None
        other = partly or _unsatisfied(change, pool, history)
        if other is not None:
            yield other


def requirements_shown(change: Change, history: History) -> tuple[str, ...]:
    """The demands of the body if the description speaks of all, otherwise the subject."""
    demands = change.requirements
    if demands and all(is_visible(demand, change, history.vocabulary) for demand in demands):
        return demands
    return (change.intent,)


def task_of(change: Change) -> str:
    """The task as a work item: what kind of change, where, and what the message says of it."""
    where = ", ".join(sorted(change.areas)[:2])
    text = f"{_KINDS.get(change.message.kind, 'Change')} in {where}: {change.message.subject}."
    body = " ".join(change.message.body.split())
    if not body:
        return text
    return f"{text} {body if len(body) <= MAX_TASK_BODY else body[:MAX_TASK_BODY].rstrip() + '…'}"


_KINDS = {
    "feat": "Feature",
    "fix": "Bug",
    "docs": "Documentation",
    "test": "Test",
    "refactor": "Refactoring",
    "perf": "Performance",
}


def _is_task(change: Change, history: History) -> bool:
    return (
        bool(change.intent)
        and change.message.kind not in UNLABELLED_KINDS
        and len(change.description) >= MIN_CHARACTERS
        and is_visible(change.intent, change, history.vocabulary)
    )


def _inputs(change: Change, implementation: str, requirements: tuple[str, ...]) -> dict[str, object]:
    return {
        "user_intent": change.intent,
        "work_item": task_of(change),
        "implementation": implementation,
        "requirements": list(requirements),
    }


def _satisfied(change: Change, history: History) -> Draft:
    requirements = requirements_shown(change, history)
    proof = [evidence(requirement, change.files) for requirement in requirements]
    return Draft(
        inputs=_inputs(change, change.description, requirements),
        outputs={
            "intent_satisfied": True,
            "missing_aspects": [],
            "explanation": " ".join([coverage(len(requirements), 0), *proof]),
        },
        change=change,
        notes="The change as its author committed it under this message.",
    )


def _unsatisfied(change: Change, pool: list[Change], history: History) -> Draft | None:
    requirements = requirements_shown(change, history)
    other = _other_change(change, requirements, pool, history)
    if other is None:
        return None
    gaps = [gap(requirement) for requirement in requirements]
    return Draft(
        inputs=_inputs(change, other.description, requirements),
        outputs={
            "intent_satisfied": False,
            "missing_aspects": list(requirements),
            "explanation": " ".join(
                [coverage(len(requirements), len(requirements)), *gaps, _does_instead(other)]
            ),
        },
        change=change,
        others=(other,),
        notes="The change described was made for another task of the same area.",
    )


def _partly(change: Change, work: Work, history: History) -> Draft | None:
    """The change without the part made for one of the requirements of its list."""
    left_out = draw(change.sha, "left out", below=len(work.parts))
    found = variant(work, (left_out,), history)
    if found is None:
        return None
    missing = work.parts[left_out].requirement
    proof = [
        evidence(part.requirement, part.files)
        for place, part in enumerate(work.parts)
        if place != left_out
    ]
    return Draft(
        inputs=_inputs(change, found.implementation, work.requirements),
        outputs={
            "intent_satisfied": False,
            "missing_aspects": [missing],
            "explanation": " ".join([coverage(len(work.parts), 1), gap(missing), *proof]),
        },
        change=change,
        others=found.stand_ins,
        notes="The part of the change made for the missing aspect is not described.",
    )


def _other_change(
    change: Change, requirements: tuple[str, ...], pool: list[Change], history: History
) -> Change | None:
    """The nearest change of the pool that is clearly about something else."""
    members = {member.sha for member in pool}
    near = (other for other in history.neighbours(change) if other.sha in members)
    for _, other in zip(range(MAX_CANDIDATES), near, strict=False):
        asked = (*requirements, change.intent)
        if all(is_silent(requirement, other, history.vocabulary) for requirement in asked):
            return other
    return None


def _does_instead(other: Change) -> str:
    return f"The change is about something else: {other.intent}."
