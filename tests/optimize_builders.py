"""Builders for the optimisation tests: examples with variety, and a language model of our own."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Sequence
from typing import Any

import dspy
from dspy.lm15 import Message, Request, Response, Usage

from ratchet.examples import Difficulty, Example
from ratchet.optimize.outcomes import Answered, Outcome, PairedEvaluation, ProgramEvaluation
from tests.builders import completeness_example

PARTS = ("login", "logout", "search", "export", "billing", "audit", "backup", "upload", "mail")
Answer = Callable[[str, str], dict[str, Any]]
"""Takes the text of the last message and the whole prompt; returns the output fields."""


def completeness_examples(count: int) -> list[Example]:
    """Examples of validate_completeness, half complete; what is missing varies."""
    return [_completeness(index) for index in range(count)]


def _completeness(index: int) -> Example:
    names = [PARTS[(index + k) % len(PARTS)] for k in range(3)]
    wanted = tuple(f"Provide {name} number {index}" for name in names)
    missing = wanted[2:] if index % 2 else ()
    done = wanted[:2] if index % 2 else wanted
    difficulty = (Difficulty.EASY, Difficulty.MEDIUM, Difficulty.HARD)[index % 3]
    return completeness_example(
        requirements=wanted,
        missing=missing,
        implementation=f"Case {index}: " + "; ".join(f"done {text}" for text in done),
        difficulty=difficulty,
        group_id=f"g{index}",
    )


def right_answer(text: str, prompt: str) -> dict[str, Any]:
    """Solves `completeness_examples` from the input alone."""
    wanted = re.findall(r"Provide \w+ number \d+", text.partition("[[ ## requirements")[2])
    done = text.partition("[[ ## requirements")[0]
    missing = [item for item in dict.fromkeys(wanted) if f"done {item}" not in done]
    return {
        "is_complete": not missing,
        "missing_requirements": missing,
        "explanation": f"{len(missing)} are missing.",
    }


def wrong_answer(text: str, prompt: str) -> dict[str, Any]:
    """Always says complete."""
    return {"is_complete": True, "missing_requirements": [], "explanation": "It is all there."}


def right_when_shown(text: str, prompt: str) -> dict[str, Any]:
    """Right only when the prompt holds a demonstration."""
    shown = prompt.count("[[ ## implementation ## ]]") > 2
    return (right_answer if shown else wrong_answer)(text, prompt)


class ScriptedEngine:
    """A language model engine: answers fields by a function, everything else by a sentence."""

    def __init__(self, answer: Answer = right_answer) -> None:
        self.answer = answer
        self.requests: list[Request] = []
        self._lock = threading.Lock()

    def __deepcopy__(self, memo: dict[int, object]) -> ScriptedEngine:
        return self

    def complete(self, request: Request) -> Response:
        with self._lock:
            self.requests.append(request)
        return reply(request, self.text_of(request))

    def text_of(self, request: Request) -> str:
        """The reply to `request`, in the form that DSPy's chat adapter reads."""
        last = request.messages[-1].text or ""
        prompt = "\n".join([str(request.system), *(m.text or "" for m in request.messages)])
        if "[[ ## is_complete ## ]]" in str(request.system):
            fields = self.answer(last, prompt)
        else:
            fields = dict.fromkeys(re.findall(r"`\[\[ ## (\w+) ## \]\]`", last), "Judge it well.")
            fields.pop("completed", None)
        return fields_text(fields)


def fields_text(fields: dict[str, Any]) -> str:
    """Output fields as DSPy's chat adapter reads them."""
    parts = [
        f"[[ ## {name} ## ]]\n{value if isinstance(value, str) else json.dumps(value)}"
        for name, value in fields.items()
    ]
    return "\n\n".join([*parts, "[[ ## completed ## ]]"])


def reply(request: Request, text: str, *, finish_reason: str = "stop") -> Response:
    """A response of the language model."""
    return Response(
        id=None,
        model=request.model,
        message=Message.assistant(text),
        finish_reason=finish_reason,  # type: ignore[arg-type]
        usage=Usage(input_tokens=1, output_tokens=1),
    )


def scripted_lm(engine: object) -> dspy.LM:
    """A language model over `engine`, without a cache and without retries."""
    return dspy.LM("test/scripted", engine=engine, cache=False, num_retries=0)


def program_evaluation(
    scores: Sequence[float | None], *, decisions: Sequence[bool] | None = None, gold: bool = True
) -> ProgramEvaluation:
    """A program's scores; None is a failed call. Gold decisions alternate when given any."""
    return ProgramEvaluation(
        answers=tuple(
            Answered(
                example_id=str(index),
                label="complete" if index % 2 else "incomplete",
                difficulty="easy",
                gold=None if decisions is None else bool(index % 2),
                outcome=Outcome(
                    score=score,
                    latency_ms=10.0 + index,
                    error="malformed output" if score is None else None,
                    decision=None if decisions is None else decisions[index],
                ),
            )
            for index, score in enumerate(scores)
        )
    )


def paired(
    baseline_scores: Sequence[float | None],
    candidate_scores: Sequence[float | None],
    **changes: Any,
) -> PairedEvaluation:
    """An evaluation with these scores."""
    fields: dict[str, Any] = {
        "signature": "validate_completeness",
        "baseline": program_evaluation(baseline_scores),
        "candidate": program_evaluation(candidate_scores),
    }
    return PairedEvaluation(**{**fields, **changes})
