"""`offline/in-context`: answers a DSPy prompt from the demonstrations inside it.

It reads nothing but the prompt, has no weights and knows no signature by name. For each
field it takes the way of answering that fits the demonstrations best, each of them answered
from the others, and without demonstrations a rule of thumb. It does not follow
instructions: their wording changes nothing. Token counts are estimates.
"""

from __future__ import annotations

import random
from functools import lru_cache, partial
from dspy import lm15

from ratchet.optimize.offline.learning import TEXTS, Way, agreement, ways_to_answer
from ratchet.optimize.offline.prompt import (
    Demonstration,
    PromptField,
    Task,
    Values,
    read_query,
    read_task,
    write_answer,
)
from ratchet.optimize.offline.proposing import propose, propose_from_text

CHARACTERS_PER_TOKEN = 4
REMEMBERED_LESSONS = 256  # sets of demonstrations whose ways are kept; answers do not change
NOISE = 0.2  # of likeness and coverage, both 0..1, at temperature 1
HEAD_START = 1.0  # demonstrations by which another way has to beat the rule of thumb


class InContextEngine:
    """The engine that DSPy calls; safe to share between threads.

    The same request gets the same answer. A temperature above 0 adds noise to its choices,
    drawn from the prompt and the request's seed.
    """

    def __init__(self) -> None:
        self._learn = lru_cache(maxsize=REMEMBERED_LESSONS)(_learn)

    def complete(self, request: lm15.Request) -> lm15.Response:
        system = request.system or ""
        if isinstance(system, tuple):
            system = "".join(getattr(part, "text", "") for part in system)
        turns = tuple(message.text or "" for message in request.messages)
        heat = request.config.temperature or 0.0
        rng = random.Random(f"{request.config.seed if heat else None}:{system}{turns}")
        text = self._answer(system, turns, heat=heat, rng=rng)
        return lm15.Response(
            id=None,
            model=request.model,
            message=lm15.Message.assistant(text),
            finish_reason="stop",
            usage=lm15.Usage(
                input_tokens=len(system + "".join(turns)) // CHARACTERS_PER_TOKEN,
                output_tokens=len(text) // CHARACTERS_PER_TOKEN,
            ),
        )

    def _answer(
        self, system: str, turns: tuple[str, ...], *, heat: float, rng: random.Random
    ) -> str:
        lesson = self._learn(system, turns[:-1])
        if lesson is None:
            return propose_from_text(turns[-1], rng)
        query = read_query(lesson.task, turns[-1])
        return write_answer(lesson.task, lesson.answer(query, heat=heat, rng=rng))


class Lesson:
    """Answers queries of one task; made once for a set of demonstrations."""

    def __init__(self, task: Task) -> None:
        self.task = task
        self._ways = {field.name: self._best_way(field) for field in task.outputs}

    def answer(self, query: Values, *, heat: float, rng: random.Random) -> Values:
        """A value of the right type for every output field; lists first, the rest follows."""
        asked = Demonstration(inputs=query, outputs={})
        noise = partial(rng.gauss, 0.0, NOISE * heat)
        for field in sorted(self.task.outputs, key=lambda field: field.type != TEXTS):
            asked.outputs[field.name] = (
                propose(query, rng)
                if _asks_for_instruction(field)
                else self._ways[field.name](self._shown(field), asked, noise)
            )
        return {field.name: asked.outputs[field.name] for field in self.task.outputs}

    def _shown(self, field: PromptField) -> list[Demonstration]:
        return [demo for demo in self.task.demonstrations if field.name in demo.outputs]

    def _best_way(self, field: PromptField) -> Way:
        """The way that answers most demonstrations rightly, each from the others alone."""
        ways, shown = ways_to_answer(field, self.task), self._shown(field)
        others = [[other for other in shown if other is not demo] for demo in shown]

        def score(way: Way) -> float:
            said = [way(rest, demo, _still) for rest, demo in zip(others, shown, strict=True)]
            right = map(agreement, said, (demo.outputs[field.name] for demo in shown))
            return sum(right) + HEAD_START * (way is ways[0])

        return max(ways, key=score)


def _still() -> float:
    return 0.0


def _learn(system: str, turns: tuple[str, ...]) -> Lesson | None:
    task = read_task(system, turns)
    return Lesson(task) if task else None


def _asks_for_instruction(field: PromptField) -> bool:
    asked = f"{field.name} {field.description}".lower()
    return "instruction" in asked and any(verb in asked for verb in ("propose", "new", "improve"))
