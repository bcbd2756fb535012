"""The pipeline: engineer, checker, verification, target, verdict; the cheap steps first."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Self

from ratchet import signatures
from ratchet.collect.problems.algebra.answers import same_answer
from ratchet.collect.problems.checker import Checker, RuleChecker
from ratchet.collect.problems.domains import domain_of
from ratchet.collect.problems.engineer import Engineer, LibraryEngineer
from ratchet.collect.problems.ledger import Ledger
from ratchet.collect.problems.novelty import KnownProblems
from ratchet.collect.problems.records import (
    SIGNATURE,
    Checked,
    Draft,
    Order,
    Outcome,
    Thresholds,
    Trial,
    Verdict,
    Verification,
)
from ratchet.collect.problems.target import SimulatedStudent, Target
from ratchet.collect.problems.verification import verify_by_solvers, verify_text
from ratchet.examples import Difficulty, Example, Source, Status
from ratchet.quality.score import score_examples
from ratchet.signatures.generate_problem import GENERAL, SUBJECTS

Solver = Callable[[str, int], str]
"""Answers a problem from its text alone; the number tells attempts apart."""

_log = logging.getLogger(__name__)


class _Refused(Exception):  # noqa: N818 - a verdict on its way to the one place that records it
    def __init__(self, reason: str, explanation: str) -> None:
        super().__init__(explanation)
        self.reason, self.explanation = reason, explanation


@dataclass(kw_only=True)
class Pipeline:
    """Turns orders into verified problems; the roles are arguments, offline ones by default."""

    engineer: Engineer = field(default_factory=LibraryEngineer)
    checker: Checker = field(default_factory=RuleChecker)
    target: Target = field(default_factory=lambda: SimulatedStudent(seed=1))
    solver: Solver | None = None
    thresholds: Thresholds = field(default_factory=Thresholds)
    known: KnownProblems = field(default_factory=KnownProblems)
    ledger: Ledger = field(default_factory=Ledger)

    def __post_init__(self) -> None:
        self.spec = signatures.get(SIGNATURE)
        solvers = "computer algebra" + (", then solvers" if self.solver else "")
        self.ledger.names |= {
            "engineer": self.engineer.name,
            "checker": self.checker.name,
            "verification": solvers,
            "target": self.target.name,
        }

    def with_roles(self, **changes: Any) -> Self:
        """The same pipeline with other roles or thresholds; it knows the same problems."""
        return replace(self, **changes)

    def run(self, order: Order, *, now: datetime) -> Outcome:
        """Write one problem and judge it. A role that fails makes an error, never a crash."""
        draft: Draft | None = None
        try:
            with self.ledger.booked("engineer"):
                draft = self.engineer.write(order)
            if draft is None:
                where = f"{order.subject or 'any subject'}, {order.topic or 'any topic'}"
                what = f"{self.engineer.name} has no {order.difficulty} problem for {where}."
                return _outcome(Verdict.ERROR, order, "nothing to write", what)
            return self.judge(order, draft, now=now)
        except Exception as error:  # noqa: BLE001 - a model's broken answer is one attempt lost
            _log.warning("%s %s %s: %r", order.subject, order.topic, order.difficulty, error)
            return replace(_outcome(Verdict.ERROR, order, "role failed", f"{error!r}"), draft=draft)

    def judge(self, order: Order, draft: Draft, *, now: datetime) -> Outcome:
        """Hold a draft against everything that is asked of it."""
        outcome = _outcome(Verdict.DISCARDED, order, "", "")
        outcome = replace(outcome, draft=draft)
        try:
            self._require_form(draft)
            self._require_news(draft)
            checked = self._require_soundness(draft)
            outcome = replace(outcome, checker_score=checked.score)
            verification = self._require_truth(draft)
            trial = self._require_difficulty(order, draft)
            outcome = replace(outcome, failure_rate=trial.failure_rate)
            example = self._require_quality(
                _example(draft, checked, verification, trial, self, now=now)
            )
        except _Refused as refused:
            return replace(outcome, reason=refused.reason, explanation=refused.explanation)
        self.known.add(draft.outputs["problem"])
        return replace(
            outcome,
            verdict=Verdict.ACCEPTED,
            reason="accepted",
            explanation=verification.reason,
            example=example,
        )

    def _require_form(self, draft: Draft) -> None:
        if problems := self.spec.problems(draft.inputs, draft.outputs):
            told = [p for p in problems if "away" in p]
            reason = "answer given away" if told else "malformed"
            raise _Refused(reason, f"{'; '.join(told or problems)}.")

    def _require_news(self, draft: Draft) -> None:
        threshold = self.thresholds.near_duplicate
        if found := self.known.nearest(draft.outputs["problem"], threshold=threshold):
            known, ratio = found
            raise _Refused("near-duplicate", f"It is {ratio:.0%} like {known[:80]!r}.")

    def _require_soundness(self, draft: Draft) -> Checked:
        with self.ledger.booked("checker"):
            checked = self.checker.check(draft)
        if checked.score < self.thresholds.min_checker_score or not checked.is_valid:
            said = "; ".join(checked.reasons) or "no reason given"
            raise _Refused("checker refused", f"The checker gives {checked.score:.2f}: {said}.")
        return checked

    def _require_truth(self, draft: Draft) -> Verification:
        """The answer must be right before a failure may count as difficulty."""
        problem, answer = draft.outputs["problem"], draft.outputs["answer"]
        with self.ledger.booked("verification"):
            found = verify_text(problem, answer)
            undecided = not found.is_verified and not found.is_refuted
            if undecided and self.solver is not None:
                answers = [self.solver(problem, n) for n in range(self.thresholds.solvers)]
                found = verify_by_solvers(answer, answers, quorum=self.thresholds.quorum)
        if not found.is_verified:
            reason = "answer refuted" if found.is_refuted else "answer not verified"
            raise _Refused(reason, found.reason)
        return found

    def _require_difficulty(self, order: Order, draft: Draft) -> Trial:
        trial = self._tried(order, draft)
        if trial.right == trial.attempts:
            raise _Refused("too easy", f"{self.target.name} failed none of {trial.attempts}.")
        if trial.failure_rate > self.thresholds.max_failure_rate:
            raise _Refused(
                "too hard",
                f"{self.target.name} failed {trial.failure_rate:.0%} of {trial.attempts}; "
                f"{self.thresholds.max_failure_rate:.0%} is the most.",
            )
        return trial

    def _tried(self, order: Order, draft: Draft) -> Trial:
        problem, answer = draft.outputs["problem"], draft.outputs["answer"]
        difficulty = Difficulty.parse(draft.inputs.get("difficulty_level", order.difficulty))
        right, slips = 0, list[str]()
        for number in range(self.thresholds.attempts):
            with self.ledger.booked("target"):
                attempt = self.target.attempt(problem, difficulty=difficulty, number=number)
            right += same_answer(answer, attempt.answer)
            slips += [attempt.slip] if attempt.slip else []
        return Trial(attempts=self.thresholds.attempts, right=right, slips=tuple(slips))

    def _require_quality(self, example: Example) -> Example:
        (score,) = score_examples(self.spec, [example])
        if score.value < self.thresholds.min_quality:
            raise _Refused("low quality", f"{score.reason} (< {self.thresholds.min_quality:.0f}).")
        return example.evolve(quality_score=score.value)


def _outcome(verdict: Verdict, order: Order, reason: str, explanation: str) -> Outcome:
    return Outcome(verdict=verdict, order=order, reason=reason, explanation=explanation)


def _example(
    draft: Draft,
    checked: Checked,
    verification: Verification,
    trial: Trial,
    pipeline: Pipeline,
    *,
    now: datetime,
) -> Example:
    subject = str(draft.inputs["subject"])
    facts = {
        **draft.facts,
        "strategy": "problem pipeline",
        "parent": draft.group,
        "domain": domain_of(subject),
        "engineer": pipeline.engineer.name,
        "checker": pipeline.checker.name,
        "target": pipeline.target.name,
        "checker_score": round(checked.score, 3),
        "verified_by": verification.method,
        "target_model_failed": trial.failure_rate > 0,
        "failure_rate": round(trial.failure_rate, 3),
        "attempts": trial.attempts,
        "slips": list(trial.slips),
    }
    return Example(
        signature=SIGNATURE,
        inputs=dict(draft.inputs),
        outputs=dict(draft.outputs),
        source=Source.PIPELINE,
        difficulty=Difficulty.parse(str(draft.inputs["difficulty_level"])),
        category=category_of(subject),
        group_id=f"problem:{draft.group}",
        created_at=now,
        notes=f"{draft.inputs['topic']}; {verification.reason}",
        provenance=facts,
        status=Status.CANDIDATE,
    )


def category_of(subject: str) -> str:
    """The subject as a category of the vocabulary.

    >>> category_of("Number Theory"), category_of("astrology")
    ('number theory', 'general')
    """
    plain = " ".join(subject.lower().split())
    return plain if plain in SUBJECTS else GENERAL
