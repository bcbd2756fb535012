"""Stage: run baseline and candidate on the sealed test split, and decide between them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from ratchet.cycle.context import StageContext
from ratchet.cycle.metering import signature_meter
from ratchet.cycle.optimize import Optimized, connect_model
from ratchet.cycle.run_folder import RunFolder
from ratchet.cycle.stage_file import StageResult
from ratchet.datasets import Dataset, DatasetFolder
from ratchet.files import write_json
from ratchet.optimize.cached_work import CachedWork
from ratchet.optimize.constants import constant_predictors
from ratchet.optimize.evaluation import Progress, evaluate
from ratchet.optimize.meter import Budget
from ratchet.optimize.models import is_offline
from ratchet.optimize.outcomes import PairedEvaluation
from ratchet.optimize.verdict import PromotionPolicy, Verdict, decide
from ratchet.programs import find_program, read_state, restore_program
from ratchet.splits import Side
from ratchet.store import open_store
from ratchet.store.audit import AuditEntry
from ratchet.store.evaluations import EvaluationRecord, SplitUse

ACTOR = "improvement run"


@dataclass(frozen=True, kw_only=True)
class Judged(StageResult):
    """The scores on the sealed examples (0..1) and the verdict on the candidate.

    `interval` bounds the gain in score points at the confidence of the policy.
    """

    signature: str
    dataset_version: str
    model: str
    evaluation_id: str
    baseline_score: float | None
    candidate_score: float | None
    gain: float | None
    relative_gain: float | None
    interval: tuple[float, float] | None
    verdict: str
    reasons: tuple[str, ...]
    test_examples: int
    test_uses: int
    errors: int = 0

    @property
    def headline(self) -> str:
        """The verdict with its first reason."""
        return f"{self.verdict}: {self.reasons[0] if self.reasons else ''}"

    @property
    def markdown(self) -> str:
        """The verdict as a page for people."""
        lower, upper = self.interval or (None, None)
        rows = {
            "baseline": self.baseline_score,
            "candidate": self.candidate_score,
            "gain": self.gain,
            "lower bound": lower,
            "upper bound": upper,
        }
        lines = [f"# {self.signature}: {self.verdict}", "", *self.reasons, ""]
        lines += ["| score, 0..1 | value |", "|---|---|"]
        lines += [f"| {k} | {'-' if v is None else f'{v:.3f}'} |" for k, v in rows.items()]
        used = f"{self.test_examples} sealed examples; this was look number {self.test_uses}."
        made_with = f"Dataset {self.dataset_version}, language model {self.model}."
        if is_offline(self.model):
            made_with += " It is a small model that only reads its prompt; so are these scores."
        return "\n".join([*lines, "", used, "", made_with, ""])


def evaluate_candidate(
    context: StageContext,
    optimized: Optimized,
    *,
    dataset_version: str,
    policy: PromotionPolicy,
    seed: int,
    budget: Budget,
    actor: str = ACTOR,
    progress: Progress | None = None,
) -> Judged:
    """Compare the candidate with the baseline where neither was trained, and write it down.

    The use of the test split is recorded before the first answer: a look that crashed has
    been a look.

    Raises:
        ModelError: the model refused, the budget is used up, or the run was stopped.
    """
    spec, run = context.spec, context.run
    dataset = DatasetFolder(context.workspace.datasets).load(spec.name, dataset_version)
    use = SplitUse(
        evaluation_id=uuid4().hex,
        signature=spec.name,
        dataset_version=dataset_version,
        n=len(dataset.side(Side.TEST)),
        purpose="verdict",
        actor=actor,
        at=context.now,
        run_id=run.run_id,
    )
    with open_store(context.workspace.store_url) as store:
        store.evaluations.record_test_use(use)
        uses = len(store.evaluations.test_uses(spec.name, dataset_version))
    evaluation = _evaluate(context, dataset, optimized, seed=seed, budget=budget, progress=progress)
    path = run.result(spec.name, "evaluation")
    judged = _judged(
        run, path, use, evaluation, decide(evaluation, policy), uses=uses, model=optimized.model
    )
    verdict = {"verdict": judged.verdict, "reasons": list(judged.reasons)}
    write_json(path, {**evaluation.to_json(), **verdict})
    _write_down(context, optimized, judged, use, evaluation)
    return judged


def _evaluate(
    context: StageContext,
    dataset: Dataset,
    optimized: Optimized,
    *,
    seed: int,
    budget: Budget,
    progress: Progress | None,
) -> PairedEvaluation:
    spec, workspace = context.spec, context.workspace
    versions = [optimized.baseline_version, optimized.candidate_version or ""]
    found = [find_program(workspace.programs, spec.name, version) for version in versions]
    baseline, candidate = (
        restore_program(spec, read_state(workspace.programs, program)) for program in found
    )
    work = CachedWork(
        signature=spec.name,
        content_sha256=dataset.version.content_sha256,
        programs=tuple(program.sha256 for program in found),
        model=optimized.model,
    )
    with (
        signature_meter(context.run.run_id, spec.name, budget) as meter,
        work.open(workspace.cache) as cache,
    ):
        return evaluate(
            spec,
            baseline,
            candidate,
            dataset.side(Side.TEST),
            lm=connect_model(workspace, meter=meter, cache=cache),
            seed=seed,
            constants=constant_predictors(spec, dataset.side(Side.TRAIN)),
            progress=progress,
        )


def _judged(
    run: RunFolder,
    path: Path,
    use: SplitUse,
    evaluation: PairedEvaluation,
    verdict: Verdict,
    *,
    uses: int,
    model: str,
) -> Judged:
    gain, relative = verdict.gain, verdict.relative_gain
    sides = (evaluation.baseline, evaluation.candidate)
    return Judged(
        run_path=run.path,
        leaves=run.relative(path),
        signature=use.signature,
        dataset_version=use.dataset_version,
        model=model,
        evaluation_id=use.evaluation_id,
        baseline_score=evaluation.baseline.mean,
        candidate_score=evaluation.candidate.mean,
        gain=gain.estimate if gain else None,
        relative_gain=relative.estimate if relative else None,
        interval=(gain.lower, gain.upper) if gain else None,
        verdict=verdict.action.value,
        reasons=verdict.reasons,
        test_examples=use.n,
        test_uses=uses,
        errors=sum(sum(side.errors.values()) for side in sides),
    )


def _write_down(
    context: StageContext,
    optimized: Optimized,
    judged: Judged,
    use: SplitUse,
    evaluation: PairedEvaluation,
) -> None:
    lower, upper = judged.interval or (None, None)
    record = EvaluationRecord(
        evaluation_id=judged.evaluation_id,
        signature=context.spec.name,
        dataset_version=use.dataset_version,
        baseline_version=optimized.baseline_version,
        candidate_version=optimized.candidate_version or "",
        split=Side.TEST.value,
        n=judged.test_examples,
        errors=judged.errors,
        verdict=judged.verdict,
        created_at=context.now,
        run_id=context.run.run_id,
        baseline_score=judged.baseline_score,
        candidate_score=judged.candidate_score,
        lower=lower,
        upper=upper,
        reasons=judged.reasons,
        model=optimized.model,
        details={"scores": evaluation.scores},
    )
    entry = AuditEntry(
        at=context.now,
        actor=use.actor,
        action="program.judge",
        subject=f"{record.signature}/{record.candidate_version}",
        reason="; ".join(record.reasons),
        after={"verdict": record.verdict, "evaluation_id": record.evaluation_id},
    )
    with open_store(context.workspace.store_url) as store:
        store.evaluations.add(record)
        store.audit.append(entry)
