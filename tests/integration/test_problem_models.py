"""Roles of the problem pipeline played by a language model over a real connection."""

from __future__ import annotations

import json

from ratchet.collect.problems.models import RoleModels, build_pipeline
from ratchet.collect.problems.records import Order, Thresholds, Verdict
from ratchet.examples import Difficulty
from tests.builders import NOON
from tests.openai_server import Body, model_server
from tests.unit.collect.problems.test_pipeline import SOUND

ORDER = Order(
    subject="algebra",
    topic="quadratic equations",
    difficulty=Difficulty.EASY,
    seed_prompt=str(SOUND.inputs["seed_prompt"]),
)


class Script:
    """Plays every role; the target is right every second time."""

    def __init__(self) -> None:
        self.answers = 0

    def __call__(self, body: Body) -> str:
        """Answer in the format that DSPy asks for."""
        asked = str(body["messages"][0]["content"])
        if "is_valid" in asked:
            return fields(is_valid="True", score="0.9", reason="It is clear.")
        if "reasoning" in asked:
            self.answers += 1
            answer = "x = 4 or x = 5" if self.answers % 2 else "x = 4"
            return fields(reasoning="Factors.", answer=answer)
        return fields(**{n: v if isinstance(v, str) else json.dumps(v)
                         for n, v in SOUND.outputs.items()})  # fmt: skip


def fields(**values: str) -> str:
    """An answer with its fields marked."""
    marked = "\n\n".join(f"[[ ## {name} ## ]]\n{value}" for name, value in values.items())
    return f"{marked}\n\n[[ ## completed ## ]]"


def test_every_role_can_be_a_language_model_and_has_its_own_bill() -> None:
    """Engineer, checker and target answer over the wire; calls count where they were made."""
    with model_server(answer=Script()) as server:
        name = "openai/some-model"
        pipeline = build_pipeline(
            RoleModels(
                engineer=name, checker=name, solver=name, target=name,
                api_base=server.openai_address,
            ),
            seed=1,
            thresholds=Thresholds(attempts=4),
        )  # fmt: skip
        found = pipeline.run(ORDER, now=NOON)

    assert found.verdict is Verdict.ACCEPTED, found.explanation
    assert found.failure_rate == 0.5
    assert found.checker_score == 0.9
    calls = {line.role: line.calls for line in pipeline.ledger.lines()}
    assert calls == {"engineer": 1, "checker": 1, "verification": 0, "target": 4}


def test_a_model_that_answers_nonsense_costs_one_attempt() -> None:
    """The outcome is an error that says what was wrong."""
    with model_server(answer=lambda _: "no fields at all") as server:
        models = RoleModels(engineer="openai/some-model", api_base=server.openai_address)
        found = build_pipeline(models, seed=1).run(ORDER, now=NOON)

    assert found.verdict is Verdict.ERROR
