"""Labels for extract_requirements: what the body of a message demands, in its own words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ratchet.collect.git_history.drafts import Draft
from ratchet.collect.git_history.history import Change, History
from ratchet.collect.git_history.messages import Message, parse_message
from ratchet.collect.git_history.requirements import intent_of, rank, requirements_of
from ratchet.examples import Difficulty
from ratchet.signatures.matching import text_similarity

MAX_REQUIREMENTS = 12
MAX_CONTEXT = 3_000
SAME = 0.9  # similarity from which a demand is the same text again
EASY_ITEMS, HARD_ITEMS = 2, 6
EASY_CHARACTERS, HARD_CHARACTERS = 250, 900


def label(history: History) -> Iterator[Draft]:
    """Yield one draft for each commit or pull request whose message states a requirement.

    The label is true because the authors wrote the items down as what the change is for; the
    diff is not looked at. A pull request that was merged with its commits is read as if it
    had been squashed: its title, then the subjects of its commits as a list. Order and words
    give the priorities (see `requirements.rank`).
    """
    for change in history.recent:
        yield from _drafts(change.message, change, ())
    for number, changes in _merged_branches(history):
        items = "\n\n".join(f"* {change.message.subject}" for change in changes)
        message = parse_message(f"{history.titles[number]}\n\n{items}")
        if len(requirements_of(message)) > 1:
            yield from _drafts(message, changes[-1], tuple(changes[:-1]))


def _merged_branches(history: History) -> Iterator[tuple[int, list[Change]]]:
    branches: dict[int, list[Change]] = {}
    for change in history.recent:
        number = history.pull_requests.get(change.sha, 0)
        if number in history.titles and not change.commit.is_merge:
            branches.setdefault(number, []).append(change)
    yield from ((number, found) for number, found in branches.items() if len(found) > 1)


def _drafts(message: Message, change: Change, members: tuple[Change, ...]) -> Iterator[Draft]:
    demands, body = requirements_of(message), message.body
    if not 1 <= len(demands) <= MAX_REQUIREMENTS or len(body) > MAX_CONTEXT:
        return
    intent = intent_of(message)
    if not intent or _only_repeats((intent, body), demands):
        return
    ranked = rank(demands)
    yield Draft(
        inputs={"user_intent": message.subject, "context": body},
        outputs={
            "requirements": list(ranked.requirements),
            "priorities": list(ranked.priorities),
        },
        change=change,
        members=members,
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
