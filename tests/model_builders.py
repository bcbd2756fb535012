"""Builders for tests of language models: tasks to learn, prompts, and scripted engines."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import dspy
from dspy import lm15

from ratchet.optimize.offline import InContextEngine
from ratchet.signatures.dspy_class import build
from ratchet.signatures.spec import SignatureSpec

Values = dict[str, Any]
MODEL = "offline/in-context"
NOUNS = [
    "invoice",
    "ledger",
    "session",
    "cursor",
    "webhook",
    "quota",
    "avatar",
    "receipt",
    "tenant",
    "basket",
    "coupon",
]
VERBS = [
    "archive",
    "throttle",
    "encrypt",
    "paginate",
    "rotate",
    "validate",
    "export",
    "compress",
    "index",
    "replay",
]
PLACES = [
    "midnight",
    "console",
    "gateway",
    "worker",
    "scheduler",
    "mailbox",
    "terminal",
    "dashboard",
]


@dataclass(frozen=True, kw_only=True)
class Labelled:
    """Inputs with their right outputs."""

    inputs: Values
    outputs: Values


def completeness_task(count: int, *, seed: int) -> list[Labelled]:
    """Implementations that tell of some requirements in half of their words.

    Half is less than the engine takes for evidence by itself, so it has to be shown.
    """
    rng = random.Random(seed)
    return [_completeness(rng) for _ in range(count)]


def _completeness(rng: random.Random) -> Labelled:
    requirements = [
        f"{rng.choice(VERBS).title()} {noun} records from {rng.choice(PLACES)} nightly"
        for noun in rng.sample(NOUNS, rng.randint(3, 5))
    ]
    missing = rng.sample(requirements, rng.choice((0, 0, 1, 2, 2)))
    told = [_retold(r, rng) for r in requirements if r not in missing]
    return Labelled(
        inputs={
            "implementation": "\n".join([*told, "Renamed a helper.", "Sorted the imports."]),
            "requirements": requirements,
        },
        outputs={
            "is_complete": not missing,
            "missing_requirements": [r for r in requirements if r in missing],
            "explanation": f"{len(told)} of {len(requirements)} are met.",
        },
    )


def _retold(requirement: str, rng: random.Random) -> str:
    words = requirement.lower().split()
    return f"Done in {rng.randint(10, 90)} rows: {words[0]} {words[1]} with a unit test."


def wrongly_labelled(examples: Sequence[Labelled]) -> list[Labelled]:
    """The same inputs, each with the outputs of the next."""
    shifted = [*examples[1:], examples[0]]
    return [
        Labelled(inputs=e.inputs, outputs=o.outputs) for e, o in zip(examples, shifted, strict=True)
    ]


def prompt(
    signature: type[dspy.Signature],
    inputs: Mapping[str, Any],
    demos: Sequence[Labelled] = (),
    *,
    adapter: dspy.Adapter | None = None,
    temperature: float | None = None,
    seed: int | None = None,
) -> lm15.Request:
    """The request that DSPy makes of a signature, its demonstrations and an input."""
    shown = [{**demo.inputs, **demo.outputs} for demo in demos]
    messages = (adapter or dspy.ChatAdapter()).format(signature, shown, dict(inputs))
    roles = {"user": lm15.Message.user, "assistant": lm15.Message.assistant}
    return lm15.Request(
        model=MODEL,
        system=messages[0]["content"],
        messages=tuple(roles[m["role"]](m["content"]) for m in messages[1:]),
        config=lm15.Config(temperature=temperature, seed=seed),
    )


def ask(
    signature: type[dspy.Signature],
    inputs: Mapping[str, Any],
    demos: Sequence[Labelled] = (),
    *,
    adapter: dspy.Adapter | None = None,
    **settings: Any,
) -> Values:
    """What our own model answers, parsed as DSPy parses it."""
    adapter = adapter or dspy.ChatAdapter()
    request = prompt(signature, inputs, demos, adapter=adapter, **settings)
    answer: Values = adapter.parse(signature, InContextEngine().complete(request).text)
    return answer


def mean_score(
    spec: SignatureSpec, held_out: Sequence[Labelled], demo_sets: Sequence[Sequence[Labelled]]
) -> float:
    """The mean metric of our own model on `held_out`, over all sets of demonstrations."""
    engine, signature, adapter = InContextEngine(), build(spec), dspy.ChatAdapter()
    scores = []
    for demos in demo_sets:
        for example in held_out:
            text = engine.complete(prompt(signature, example.inputs, demos)).text
            predicted = adapter.parse(signature, text)
            scores.append(spec.metric(example.inputs, example.outputs, predicted).value)
    return sum(scores) / len(scores)


def draws(pool: Sequence[Labelled], size: int, *, count: int, seed: int) -> list[list[Labelled]]:
    """`count` random sets of demonstrations."""
    rng = random.Random(seed)
    return [rng.sample(list(pool), size) for _ in range(count)]


class ScriptedEngine:
    """An engine that answers by a function and remembers the requests."""

    def __init__(self, answer: Callable[[lm15.Request], str] = lambda _: "hello") -> None:
        self.answer = answer
        self.requests: list[lm15.Request] = []

    def complete(self, request: lm15.Request) -> lm15.Response:
        self.requests.append(request)
        return lm15.Response(
            id=None,
            model=request.model,
            message=lm15.Message.assistant(self.answer(request)),
            finish_reason="stop",
            usage=lm15.Usage(input_tokens=1000, output_tokens=100),
        )
