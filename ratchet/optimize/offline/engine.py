"""`offline/in-context`: answers a DSPy prompt from the demonstrations inside it.

It reads nothing but the prompt, has no weights and knows no signature by name. It learns
anew from each set of demonstrations: which input items or sentences an answer repeats, a
logistic rule for choosing among them, naive Bayes over words for the decisions, and the
nearest demonstration for everything else. Without demonstrations it follows a rule of
thumb for each type of field. It does not follow instructions: their wording changes
nothing in its answers. Token counts are estimates, four characters a token.
"""

from __future__ import annotations

import random
from functools import lru_cache

from dspy import lm15

from ratchet.optimize.offline.lesson import Lesson
from ratchet.optimize.offline.prompt import Turn, read_query, read_task, turns_of, write_answer
from ratchet.optimize.offline.proposing import propose_from_text

CHARACTERS_PER_TOKEN = 4
REMEMBERED_LESSONS = 256  # sets of demonstrations whose lesson is kept; answers do not change


class InContextEngine:
    """The engine that DSPy calls; safe to share between threads.

    The same request gets the same answer. A temperature above 0 adds noise to its choices,
    drawn from the prompt and the request's seed.
    """

    def __init__(self) -> None:
        self._learn = lru_cache(maxsize=REMEMBERED_LESSONS)(_learn)

    def complete(self, request: lm15.Request) -> lm15.Response:
        turns = turns_of(request)
        noise = request.config.temperature or 0.0
        seed = f"{request.config.seed}:{turns}" if noise else str(turns)
        text = self._answer(turns, noise=noise, rng=random.Random(seed))
        asked = sum(len(said) for _, said in turns)
        return lm15.Response(
            id=None,
            model=request.model,
            message=lm15.Message.assistant(text),
            finish_reason="stop",
            usage=lm15.Usage(
                input_tokens=asked // CHARACTERS_PER_TOKEN,
                output_tokens=len(text) // CHARACTERS_PER_TOKEN,
            ),
        )

    def _answer(self, turns: tuple[Turn, ...], *, noise: float, rng: random.Random) -> str:
        lesson = self._learn(turns[:-1])
        asked = turns[-1][1]
        if lesson is None:
            return propose_from_text(asked, rng)
        query = read_query(lesson.task, asked)
        return write_answer(lesson.task, lesson.answer(query, noise=noise, rng=rng))


def _learn(turns: tuple[Turn, ...]) -> Lesson | None:
    task = read_task((*turns, ("user", "")))
    return None if task is None else Lesson(task)
