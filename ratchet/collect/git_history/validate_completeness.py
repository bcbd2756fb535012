"""Labels for validate_completeness: works described in whole, and with known parts left out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ratchet.collect.git_history.drafts import Draft
from ratchet.collect.git_history.explanations import coverage, evidence, gap
from ratchet.collect.git_history.history import History
from ratchet.collect.git_history.work import Variant, Work, draw, variant, works_of
from ratchet.examples import Difficulty

EASY_PARTS, EASY_FILES = 2, 5
HARD_PARTS, HARD_FILES = 4, 13


def label(history: History) -> Iterator[Draft]:
    """Yield for each work one complete draft and one or two incomplete ones.

    A complete label is true because each requirement was committed together with its change,
    the description holds all these changes, and its words speak of each requirement. An
    incomplete label is true because the change made for a requirement is not described, and
    no word of what is described speaks of it. Roughly 40 % come out complete.
    """
    for work in works_of(history):
        for number, choices in enumerate(_choices(work)):
            found = _first_variant(work, choices, history, number)
            if found is not None:
                yield _draft(work, found, number)


def _first_variant(
    work: Work, choices: Sequence[tuple[int, ...]], history: History, number: int
) -> Variant | None:
    """The first choice that can be described; half of the time with one stand-in more."""
    extra = draw(work.change.sha, "extra", str(number), below=2)
    attempts = ((missing, count) for count in range(extra, -1, -1) for missing in choices)
    variants = (variant(work, missing, history, extra=count) for missing, count in attempts)
    return next((found for found in variants if found is not None), None)


def _choices(work: Work) -> list[list[tuple[int, ...]]]:
    """What may be missing in each draft, in the order in which it is tried.

    Nothing; one part; and of larger works two or more, of smaller ones the other part.
    """
    count, sha = len(work.parts), work.change.sha
    order = sorted(range(count), key=lambda i: draw(sha, "order", str(i), below=1 << 30))
    ones: list[tuple[int, ...]] = [(place,) for place in order]
    if count == 2:
        return [[()], ones[:1], ones[1:]]
    several = 2 + draw(sha, "several", below=count - 2)
    more = [tuple(sorted((order * 2)[start : start + several])) for start in range(count)]
    return [[()], ones, more]


def _draft(work: Work, found: Variant, number: int) -> Draft:
    """Requirements stand in an order of their own each time, so that place tells nothing."""
    sha = work.change.sha
    order = sorted(
        range(len(work.parts)), key=lambda i: draw(sha, "shown", str(number), str(i), below=1 << 30)
    )
    requirements = [work.parts[i].requirement for i in order]
    missing = [work.parts[i].requirement for i in order if i in found.missing]
    sentences = [coverage(len(requirements), len(missing))]
    sentences += [
        gap(work.parts[i].requirement)
        if i in found.missing
        else evidence(work.parts[i].requirement, work.parts[i].files)
        for i in order
    ]
    return Draft(
        inputs={"implementation": found.implementation, "requirements": requirements},
        outputs={
            "is_complete": not missing,
            "missing_requirements": missing,
            "explanation": " ".join(sentences),
        },
        change=work.change,
        members=tuple(change for change in work.changes if change.sha != sha),
        others=found.stand_ins,
        notes=_notes(found),
        difficulty=_difficulty(work),
    )


def _difficulty(work: Work) -> Difficulty:
    """By how much there is to match: two requirements and few files are easy."""
    files = len({file.path for part in work.parts for file in part.files})
    if len(work.parts) <= EASY_PARTS and files <= EASY_FILES:
        return Difficulty.EASY
    if len(work.parts) >= HARD_PARTS or files >= HARD_FILES:
        return Difficulty.HARD
    return Difficulty.MEDIUM


def _notes(found: Variant) -> str:
    if not found.missing:
        return "Every requirement was committed with its change, and all changes are described."
    return "The changes made for the missing requirements are not part of the description."
