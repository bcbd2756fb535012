"""Labels for validate_intent: a task with its own change, and with another or half of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import islice

from ratchet.collect.git_history.drafts import Draft
from ratchet.collect.git_history.explanations import coverage, evidence, gap
from ratchet.collect.git_history.history import Change, History
from ratchet.collect.git_history.work import (
    Work,
    draw,
    is_silent,
    is_task,
    is_visible,
    variant,
    works_of,
)

MAX_CANDIDATES = 20
MAX_TASK_PROSE = 300


def label(history: History) -> Iterator[Draft]:
    """Yield for each visible task a satisfied and an unsatisfied draft.

    Satisfied is true because the author committed this change under this message, and the
    description speaks of every requirement. Unsatisfied is true because the change described
    was made for another task of the same area, belongs to no follow-up of this one, and is
    silent on every requirement; or because the part made for a requirement is not described.
    Both kinds are drawn from the same pool of tasks and of descriptions.
    """
    pool = {c.sha: c for c in history.recent if is_task(c, history.vocabulary)}
    uses: Counter[str] = Counter()
    works = {work.change.sha: work for work in works_of(history) if len(work.changes) == 1}
    for change in pool.values():
        yield _satisfied(change, history)
        work = works.get(change.sha)
        partly = _partly(change, work, history) if work is not None else None
        other = partly or _unsatisfied(change, pool, uses, history)
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
    areas = ["the top level" if area == "." else area for area in sorted(change.areas)[:2]]
    kind = _KINDS.get(change.message.kind, "Change")
    text = f"{kind} in {', '.join(areas)}: {change.message.subject}."
    prose = " ".join(change.message.sentences)
    if not prose:
        return text
    shown = prose if len(prose) <= MAX_TASK_PROSE else prose[:MAX_TASK_PROSE].rstrip() + "…"
    return f"{text} {shown}"


_KINDS = {
    "feat": "Feature",
    "fix": "Bug",
    "docs": "Documentation",
    "test": "Test",
    "refactor": "Refactoring",
    "perf": "Performance",
}


def _inputs(
    change: Change, implementation: str, requirements: tuple[str, ...]
) -> dict[str, object]:
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


def _unsatisfied(
    change: Change, pool: Mapping[str, Change], uses: Counter[str], history: History
) -> Draft | None:
    requirements = requirements_shown(change, history)
    other = _other_change(change, requirements, pool, uses, history)
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
    change: Change,
    requirements: tuple[str, ...],
    pool: Mapping[str, Change],
    uses: Counter[str],
    history: History,
) -> Change | None:
    """A near change of the pool that is clearly about something else.

    Of those near, one that was not used yet and is described at about the same length; larger
    changes touch more files and would otherwise be near to everything.
    """
    near = (other for other in history.neighbours(change) if other.sha in pool)
    asked = (*requirements, change.intent)
    candidates = [
        other
        for other in islice(near, MAX_CANDIDATES)
        if all(is_silent(requirement, other, history.vocabulary) for requirement in asked)
    ]
    if not candidates:
        return None
    length = len(change.description)
    chosen = min(
        candidates,
        key=lambda other: (uses[other.sha], abs(len(other.description) - length), other.sha),
    )
    uses[chosen.sha] += 1
    return chosen


def _does_instead(other: Change) -> str:
    return f"The change is about something else: {other.intent}."
