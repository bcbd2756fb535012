"""`offline/in-context`: answers a DSPy prompt from the demonstrations inside it.

It reads nothing but the prompt, has no weights and knows no signature by name. Each field
has several ways to be answered. The first is a rule of thumb; another takes its place when
it answers clearly more demonstrations rightly, each from the others alone, so that
demonstrations which teach nothing change nothing. Instructions are not followed: their
wording changes no answer. Token counts are estimates.
"""

from __future__ import annotations

import math
import random
from functools import lru_cache, partial
from typing import Any

from dspy import lm15

from ratchet.optimize.offline import prompt
from ratchet.optimize.offline.learning import TEXTS, Noise, Way, likeness, ways_to_answer
from ratchet.optimize.offline.prompt import Case, PromptField, Task, Values
from ratchet.optimize.offline.proposing import asks_for_instruction, propose, propose_from_text

CHARACTERS_PER_TOKEN = 4
NOISE = 0.3  # added to likeness and coverage, both 0..1, at temperature 1
STILL: Noise = float  # called without an argument, it gives 0.0


class InContextEngine:
    """The engine that DSPy calls; safe to share between threads.

    The same request gets the same answer. A temperature above 0 adds noise to its choices,
    drawn from the prompt and the request's seed.
    """

    def complete(self, request: lm15.Request) -> lm15.Response:
        system = lm15.Message.user(request.system).text if request.system else ""
        turns = tuple(message.text or "" for message in request.messages)
        heat = request.config.temperature or 0.0
        rng = random.Random(f"{request.config.seed if heat else None}:{system}{turns}")
        text = _answer(system or "", turns, heat=heat, rng=rng)
        asked = len(f"{system}{turns}") // CHARACTERS_PER_TOKEN
        said = len(text) // CHARACTERS_PER_TOKEN
        return lm15.Response(
            id=None,
            model=request.model,
            message=lm15.Message.assistant(text),
            finish_reason="stop",
            usage=lm15.Usage(input_tokens=asked, output_tokens=said),
        )


def _answer(system: str, turns: tuple[str, ...], *, heat: float, rng: random.Random) -> str:
    lesson = _learned(system, turns[:-1])
    if lesson is None:
        return propose_from_text(turns[-1], rng)
    query = prompt.read_query(lesson.task, turns[-1])
    return prompt.write_answer(lesson.task, lesson.answer(query, rng=rng, noise=NOISE * heat))


@lru_cache(maxsize=256)
def _learned(system: str, turns: tuple[str, ...]) -> Lesson | None:
    """Kept, as an optimiser asks many queries of the same demonstrations."""
    task = prompt.read_task(system, turns)
    return Lesson(task) if task else None


class Lesson:
    """Answers queries of one task; made once for a set of demonstrations."""

    def __init__(self, task: Task) -> None:
        self.task = task
        self._ways = {field.name: self._best_way(field) for field in task.outputs}

    def answer(self, query: Values, *, rng: random.Random, noise: float) -> Values:
        """A value of the right type for every output field; lists first, the rest follows."""
        case = Case(inputs=query, outputs={})
        for field in sorted(self.task.outputs, key=lambda field: field.type != TEXTS):
            case.outputs[field.name] = (
                propose(query, rng)
                if asks_for_instruction(field.name, field.description)
                else self._ways[field.name](self._shown(field), case, partial(rng.gauss, 0, noise))
            )
        return {field.name: case.outputs[field.name] for field in self.task.outputs}

    def _shown(self, field: PromptField) -> list[Case]:
        return [demo for demo in self.task.demonstrations if field.name in demo.outputs]

    def _best_way(self, field: PromptField) -> Way:
        """The way that answers most demonstrations, if it is not luck.

        Two that toss coins differ by sqrt(n / 2) of n answers, as one standard deviation; by so
        much another way has to beat the rule of thumb.
        """
        ways, shown = ways_to_answer(field, self.task), self._shown(field)
        folds = [([other for other in shown if other is not demo], demo) for demo in shown]
        head_start = math.sqrt(len(shown) / 2)

        def score(way: Way) -> float:
            right = (agreement(way(rest, d, STILL), d.outputs[field.name]) for rest, d in folds)
            return sum(right) + (head_start if way is ways[0] else 0.0)

        return max(ways, key=score)


def agreement(said: Any, right: Any) -> float:
    """How far two answers agree, 0..1; for lists, half is whether there is anything.

    >>> agreement(True, False), agreement([], []), agreement(["Add a cache"], ["Drop it"])
    (0.0, 1.0, 0.5)
    """
    if said == right or not isinstance(right, str | list | dict):
        return float(said == right)
    alike = likeness(str(said), str(right))
    return (alike + (bool(said) == bool(right))) / 2 if isinstance(right, list) else alike
