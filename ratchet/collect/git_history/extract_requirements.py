"""Labels for extract_requirements: what the body of a message demands, in its own words."""

from __future__ import annotations

from collections.abc import Iterator

from ratchet.collect.git_history.drafts import Draft
from ratchet.collect.git_history.history import History
from ratchet.collect.git_history.requirements import rank
from ratchet.examples import Difficulty

MIN_REQUIREMENTS, MAX_REQUIREMENTS = 2, 12
MAX_CONTEXT = 3_000
EASY_ITEMS, HARD_ITEMS = 2, 6
EASY_CHARACTERS, HARD_CHARACTERS = 250, 900


def label(history: History) -> Iterator[Draft]:
    """Yield one draft for each commit whose body states two or more requirements.

    The label is true because the author wrote the items down as what the commit is for; the
    diff is not looked at. A body with one demand is left out: there it can not be told from
    the intent itself. Order and words give the priorities (see `requirements.rank`).
    """
    for change in history.recent:
        demands, body = change.requirements, change.message.body
        if not MIN_REQUIREMENTS <= len(demands) <= MAX_REQUIREMENTS or len(body) > MAX_CONTEXT:
            continue
        ranked = rank(demands)
        yield Draft(
            inputs={"user_intent": change.message.subject, "context": body},
            outputs={
                "requirements": list(ranked.requirements),
                "priorities": list(ranked.priorities),
            },
            change=change,
            notes="Requirements are the list items and demanding sentences of the message body.",
            difficulty=_difficulty(len(demands), len(body)),
        )


def _difficulty(demands: int, characters: int) -> Difficulty:
    """By what has to be read: few demands in a short text are easy, many in a long one hard."""
    if demands <= EASY_ITEMS and characters < EASY_CHARACTERS:
        return Difficulty.EASY
    if demands >= HARD_ITEMS or characters >= HARD_CHARACTERS:
        return Difficulty.HARD
    return Difficulty.MEDIUM
