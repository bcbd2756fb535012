"""Labels for validate_completeness: works described in whole, and with known parts left out."""

from __future__ import annotations

from collections.abc import Iterator

from ratchet.collect.git_history.difficulty import difficulty_of
from ratchet.collect.git_history.drafts import Draft
from ratchet.collect.git_history.explanations import coverage, evidence, gap
from ratchet.collect.git_history.history import History
from ratchet.collect.git_history.work import Variant, Work, draw, variant, works_of


def label(history: History) -> Iterator[Draft]:
    """Yield for each work one complete draft and one or two incomplete ones.

    A complete label is true because each requirement was committed together with its change,
    the description holds all these changes, and its words speak of each requirement. An
    incomplete label is true because the change made for a requirement is not described, and
    no word of what is described speaks of it. Roughly 40 % come out complete.
    """
    for work in works_of(history):
        for number, missing in enumerate(_choices(work)):
            extra = draw(work.change.sha, "extra", str(number), below=2)
            found = variant(work, missing, history, extra=extra)
            if found is not None:
                yield _draft(work, found, number)


def _choices(work: Work) -> list[tuple[int, ...]]:
    """Nothing missing; one part missing; and of larger works, about half or most of it."""
    count, sha = len(work.parts), work.change.sha
    order = sorted(range(count), key=lambda i: draw(sha, "order", str(i), below=1 << 30))
    choices = [(), tuple(order[:1])]
    if count > 2:
        several = 2 + draw(sha, "several", below=count - 2)
        choices.append(tuple(sorted(order[-several:])))
    return choices


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
    files = [file for part in work.parts for file in part.files]
    return Draft(
        inputs={"implementation": found.implementation, "requirements": requirements},
        outputs={
            "is_complete": not missing,
            "missing_requirements": missing,
            "explanation": " ".join(sentences),
        },
        change=work.change,
        others=(*(c for c in work.changes if c.sha != sha), *found.stand_ins),
        notes=_notes(found),
        difficulty=difficulty_of(files, areas=len(work.parts) - 1),
    )


def _notes(found: Variant) -> str:
    if not found.missing:
        return "Every requirement was committed with its change, and all changes are described."
    return "The changes made for the missing requirements are not part of the description."
