"""What checking the audit trail found: problems in its order, notes, and what was looked at."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

Move = Callable[[int, int, str], None]
"""Takes how many steps are done, how many there are, and a remark."""

MOST_PROBLEMS = 100  # told one by one; the others are counted


@dataclass(frozen=True, kw_only=True)
class AuditProblem:
    """Something that is not as the trail says; `entry_id` is None where no entry speaks of it."""

    what: str
    entry_id: int | None = None

    def __str__(self) -> str:
        return self.what if self.entry_id is None else f"entry {self.entry_id} {self.what}"


@dataclass(frozen=True, kw_only=True)
class AuditReport:
    """The state of the trail and of what it speaks of.

    `head` is the newest hash and `head_id` the number of its entry, both None in a trail
    without one. `unchained` counts entries older than the chain. `examples` and `judgements`
    count rows that were compared with their entries, the `older_...` ones those from before
    the trail spoke of them. Of the problems the first 100 are listed, `problem_count` counts
    all.
    """

    entries: int
    unchained: int
    head: str | None
    head_id: int | None
    examples: int
    older_examples: int
    judgements: int
    older_judgements: int
    problems: tuple[AuditProblem, ...]
    problem_count: int
    notes: tuple[str, ...]

    @property
    def is_whole(self) -> bool:
        """Whether nothing is wrong."""
        return not self.problem_count


class Findings:
    """Collects problems and notes while checking."""

    def __init__(self) -> None:
        self.problems: list[AuditProblem] = []
        self.problem_count = 0
        self.notes: list[str] = []

    def add(self, what: str, *, entry_id: int | None = None) -> None:
        """Take down a problem; a text that follows "entry 7", or a sentence of its own."""
        self.problem_count += 1
        if len(self.problems) < MOST_PROBLEMS:
            self.problems.append(AuditProblem(what=what, entry_id=entry_id))

    def note(self, text: str) -> None:
        """Take down what is worth knowing and no problem."""
        if len(self.notes) < MOST_PROBLEMS:
            self.notes.append(text)
