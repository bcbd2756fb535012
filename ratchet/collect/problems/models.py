"""The roles of the pipeline played by language models, each metered on its own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import dspy

from ratchet import signatures
from ratchet.collect.problems.checker import RuleChecker
from ratchet.collect.problems.ledger import Ledger
from ratchet.collect.problems.pipeline import Pipeline
from ratchet.collect.problems.records import SIGNATURE, Checked, Draft, Order, Thresholds
from ratchet.collect.problems.target import Attempt, SimulatedStudent
from ratchet.errors import ModelError
from ratchet.examples import Difficulty
from ratchet.optimize.models import connect
from ratchet.signatures.dspy_class import build, read_prediction

TEMPERATURE = 1.0  # attempts must differ


class Review(dspy.Signature):  # type: ignore[misc]  # DSPy is not typed
    """Judge a mathematics problem that somebody else wrote.

    It is valid when it is complete in itself, clear, and has exactly one right answer. Hints
    must lead on without saying the answer.
    """

    problem: str = dspy.InputField()
    hints: dict[str, str] = dspy.InputField()
    solution: str = dspy.InputField()
    is_valid: bool = dspy.OutputField()
    score: float = dspy.OutputField(desc="0 to 1")
    reason: str = dspy.OutputField()


class Solve(dspy.Signature):  # type: ignore[misc]  # DSPy is not typed
    """Solve the mathematics problem step by step and give the exact answer alone."""

    problem: str = dspy.InputField()
    answer: str = dspy.OutputField(desc="the answer alone, such as 3/4 or x = 2 or x = 5")


@dataclass(frozen=True, kw_only=True)
class RoleModels:
    """Which language model plays which role, as provider/model; "" keeps the offline one.

    Without a `solver`, problems in words that computer algebra does not know are discarded.
    """

    engineer: str = ""
    checker: str = ""
    solver: str = ""
    target: str = ""
    api_base: str | None = None
    api_key: str | None = None


class ModelEngineer:
    """Has the signature's own program write problems."""

    def __init__(self, lm: Any) -> None:
        self.name = str(lm.model)
        self._lm, self._spec = lm, signatures.get(SIGNATURE)

    def write(self, order: Order) -> Draft | None:
        """Write a draft.

        Raises:
            ModelError: the answer has not the fields of the signature.
        """
        with dspy.context(lm=self._lm):
            said = dspy.Predict(build(self._spec))(
                **order.inputs, config={"rollout_id": order.attempt + 1, "temperature": 1.0}
            )
        reading = read_prediction(self._spec, said)
        if reading.is_malformed:
            raise ModelError(f"{self.name} wrote no problem: {'; '.join(reading.problems)}.")
        group = f"{order.subject}/{order.topic}/{order.seed}/{order.attempt}"
        return Draft(inputs=order.inputs, outputs=dict(reading.outputs), group=group)


class ModelChecker:
    """Has a model judge what the rules let pass; it does not see the answer."""

    def __init__(self, lm: Any) -> None:
        self.name = str(lm.model)
        self._lm, self._rules = lm, RuleChecker()

    def check(self, draft: Draft) -> Checked:
        """Judge the draft; a problem that breaks a rule costs no call."""
        by_rules = self._rules.check(draft)
        if not by_rules.is_valid:
            return by_rules
        shown = {name: draft.outputs[name] for name in ("problem", "hints", "solution")}
        with dspy.context(lm=self._lm):
            said = dspy.Predict(Review)(**shown)
        score = min(1.0, max(0.0, float(said.score)))
        return Checked(is_valid=said.is_valid is True, score=score, reasons=(str(said.reason),))


class ModelSolver:
    """Answers problems; a target, or one of the independent solvers."""

    def __init__(self, lm: Any) -> None:
        self.name = str(lm.model)
        self._lm = lm

    def attempt(self, problem: str, *, difficulty: Difficulty, number: int) -> Attempt:  # noqa: ARG002 - a model sees the problem alone
        """Answer once; another number is another attempt."""
        return Attempt(answer=self.solve(problem, number))

    def solve(self, problem: str, number: int) -> str:
        """The answer alone."""
        config = {"rollout_id": number + 1, "temperature": TEMPERATURE}
        with dspy.context(lm=self._lm):
            return str(dspy.ChainOfThought(Solve)(problem=problem, config=config).answer)


def build_pipeline(
    models: RoleModels,
    *,
    seed: int,
    ledger: Ledger | None = None,
    thresholds: Thresholds | None = None,
) -> Pipeline:
    """A pipeline with the roles as configured; every call counts in the ledger of its role.

    Raises:
        ConfigurationError: a model's name is unknown, or its key is missing.
    """
    ledger = ledger or Ledger()
    pipeline = Pipeline(
        target=SimulatedStudent(seed=seed), ledger=ledger, thresholds=thresholds or Thresholds()
    )
    changes: dict[str, Any] = {}
    if models.engineer:
        changes["engineer"] = ModelEngineer(_lm(models, models.engineer, ledger, "engineer"))
    if models.checker:
        changes["checker"] = ModelChecker(_lm(models, models.checker, ledger, "checker"))
    if models.solver:
        changes["solver"] = ModelSolver(_lm(models, models.solver, ledger, "verification")).solve
    if models.target:
        changes["target"] = ModelSolver(_lm(models, models.target, ledger, "target"))
    return pipeline.with_roles(**changes)


def _lm(models: RoleModels, name: str, ledger: Ledger, role: str) -> Any:
    return connect(
        name, meter=ledger.meter.child(role), api_base=models.api_base, api_key=models.api_key
    )
