"""Labels for extract_requirements: what the body of a message demands, in its own words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ratchet.collect.git_history.drafts import Draft
from ratchet.collect.git_history.history import History
from ratchet.collect.git_history.requirements import rank
from ratchet.examples import Difficulty
from ratchet.signatures.matching import text_similarity

MAX_REQUIREMENTS = 12
MAX_CONTEXT = 3_000
SAME = 0.9  # similarity from which a demand is the same text again
EASY_ITEMS, HARD_ITEMS = 2, 6
EASY_CHARACTERS, HARD_CHARACTERS = 250, 900


def label(history: History) -> Iterator[Draft]:
    """Yield one draft for each commit whose body states a requirement.

    The label is true because the author wrote the items down as what the commit is for; the
    diff is not looked at. Order and words give the priorities (see `requirements.rank`).
    """
    for change in history.recent:
        demands, body = change.requirements, change.message.body
        if not 1 <= len(demands) <= MAX_REQUIREMENTS or len(body) > MAX_CONTEXT:
            continue
        if not change.intent or _only_repeats((change.intent, body), demands):
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


def _only_repeats(texts: Sequence[str], demands: Sequence[str]) -> bool:
    """Whether there is nothing to extract: the one demand is the subject, or all of the body."""
    return len(demands) == 1 and any(text_similarity(t, demands[0]) >= SAME for t in texts)


def _difficulty(demands: int, characters: int) -> Difficulty:
    """By what has to be read: few demands in a short text are easy, many in a long one hard."""
    if demands <= EASY_ITEMS and characters < EASY_CHARACTERS:
        return Difficulty.EASY
    if demands >= HARD_ITEMS or characters >= HARD_CHARACTERS:
        return Difficulty.HARD
    return Difficulty.MEDIUM
