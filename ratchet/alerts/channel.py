"""A way by which alerts reach people: the one interface of all channels."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from ratchet.alerts.message import Message

MASK = "***"
PROBLEM_CHARS = 300
SHORTEST_SECRET = 4  # characters; shorter ones would mask half of any text


@dataclass(frozen=True, kw_only=True)
class Receipt:
    """How an attempt ended.

    `problem` says what went wrong, without secrets; with `is_delivered` it is what a receiver
    did not take, while the others did. `is_refused` says that trying again will not help
    before somebody mends a setting; `retry_after_seconds` is what the receiver asked for.
    """

    is_delivered: bool
    problem: str = ""
    is_refused: bool = False
    retry_after_seconds: float | None = None


DELIVERED = Receipt(is_delivered=True)


class Channel(Protocol):
    """One way to tell. `send` does not raise for what can go wrong on the way; it says so."""

    @property
    def name(self) -> str:
        """What settings and deliveries call it."""
        ...

    @property
    def is_record(self) -> bool:
        """Whether it keeps alerts rather than interrupting a person.

        What keeps them gets each one at once: no quiet hours, no digest, no silence.
        """
        ...

    def send(self, message: Message) -> Receipt:
        """Tell it, and say how that went."""
        ...


def without_secrets(text: str, secrets: Iterable[str]) -> str:
    """A problem in one line of bearable length, with every secret masked.

    >>> without_secrets("Bad login: hunter2", ["hunter2"])
    'Bad login: ***'
    """
    for secret in sorted(set(secrets), key=len, reverse=True):
        if len(secret) >= SHORTEST_SECRET:
            text = text.replace(secret, MASK)
    line = " ".join(text.split())
    return line if len(line) <= PROBLEM_CHARS else f"{line[: PROBLEM_CHARS - 3]}..."


def not_delivered(
    problem: str,
    *,
    secrets: Iterable[str] = (),
    is_refused: bool = False,
    retry_after_seconds: float | None = None,
) -> Receipt:
    """The receipt of an attempt that failed."""
    return Receipt(
        is_delivered=False,
        problem=without_secrets(problem, secrets),
        is_refused=is_refused,
        retry_after_seconds=retry_after_seconds,
    )
