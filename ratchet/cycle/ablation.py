"""Stage: leave each source out in turn, optimise anew, and compare on the sealed examples."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from statistics import fmean
from uuid import uuid4

import dspy

from ratchet.canonical import sha256_of_text
from ratchet.cycle.context import StageContext
from ratchet.cycle.metering import signature_meter
from ratchet.cycle.optimize import connect_model, model_name
from ratchet.datasets import Dataset, DatasetFolder
from ratchet.errors import InputError
from ratchet.examples import Example
from ratchet.files import write_json
from ratchet.increments.ablation import Ablation, SourceEffect, by_worth, measure_effect
from ratchet.optimize.audit import audit_metric
from ratchet.optimize.cached_work import CachedWork
from ratchet.optimize.estimate import Estimate, estimate, estimate_answers
from ratchet.optimize.evaluation import evaluate
from ratchet.optimize.meter import Budget, Meter
from ratchet.optimize.optimizer import Optimization, optimize
from ratchet.optimize.outcomes import PairedEvaluation
from ratchet.optimize.search import OptimizerKind, OptimizerOptions, choose_kind
from ratchet.splits import Side
from ratchet.store import open_store
from ratchet.store.ablations import AblationRecord
from ratchet.store.evaluations import SplitUse

ALL = ""  # the arm that leaves nothing out
ACTOR, PURPOSE = "command line", "source contributions"

Progress = Callable[[int, int, str], None]
"""Takes how many steps are done, how many there are, and a remark."""


@dataclass(frozen=True, kw_only=True)
class Arm:
    """What is trained and validated on when a source is left out; "" leaves out none."""

    source: str
    train: tuple[Example, ...]
    validation: tuple[Example, ...]

    @property
    def size(self) -> int:
        """How many examples it has."""
        return len(self.train) + len(self.validation)


@dataclass(frozen=True, kw_only=True)
class AblationPlan:
    """What is to be measured, and what it will cost at most; nothing was asked for it.

    The first arm is that of all sources. Every arm is optimised by `kind` once a seed.
    """

    dataset: Dataset
    kind: OptimizerKind
    options: OptimizerOptions
    seeds: tuple[int, ...]
    arms: tuple[Arm, ...]
    estimate: Estimate

    @property
    def test(self) -> tuple[Example, ...]:
        """The sealed examples that all programs answer."""
        return self.dataset.side(Side.TEST)

    @property
    def steps(self) -> int:
        """How many optimisations and comparisons there are."""
        return len(self.seeds) * (2 * len(self.arms) - 1)


def plan_ablation(
    context: StageContext,
    *,
    dataset_version: str,
    options: OptimizerOptions,
    repeats: int,
    sources: Sequence[str] = (),
) -> AblationPlan:
    """Say which sources are left out in turn, and bound the cost; no call is made.

    Args:
        context: Where the dataset and the model are.
        dataset_version: Whose examples; no example changes its side.
        options: How to optimise; its seed is the first.
        repeats: Searches with seeds that follow each other, so that luck shows.
        sources: Only these; all that the training or validation side has when empty.

    Raises:
        DatasetError: the version does not exist, or is damaged.
        InputError: there are too few examples or sources, a source is not there, or the
            metric can not tell good from bad.
    """
    spec = context.spec
    dataset = DatasetFolder(context.workspace.datasets).load(spec.name, dataset_version)
    kind = choose_kind(options.kind, len(dataset.examples))
    audit = audit_metric(spec, dataset.examples, seed=options.seed)
    if kind is None or not audit.passed:
        few = f"{len(dataset.examples)} examples are too few to optimise"
        raise InputError(f"{spec.name}: {'; '.join(audit.findings) if kind else few}.")
    arms = tuple(_arms(dataset, _wanted(dataset, sources)))
    options = replace(options, kind=kind)
    return AblationPlan(
        dataset=dataset,
        kind=kind,
        options=options,
        seeds=tuple(range(options.seed, options.seed + repeats)),
        arms=arms,
        estimate=_estimate(context, dataset, arms, options, repeats),
    )


def run_ablation(
    context: StageContext,
    plan: AblationPlan,
    *,
    budget: Budget,
    actor: str = ACTOR,
    progress: Progress | None = None,
) -> Ablation:
    """Optimise every arm, compare each with that of all sources, and store what came of it.

    The use of the sealed examples is recorded before the first answer. Started again after a
    kill, no call is paid for twice.

    Raises:
        ModelError: the model refused, the budget is used up, or the run was stopped.
        StoreError: a folder or the store can not be written.
    """
    spec, workspace, version = context.spec, context.workspace, plan.dataset.version
    work = CachedWork(
        signature=spec.name,
        content_sha256=version.content_sha256,
        programs=(),
        options="ablation",
        model=model_name(workspace),
    )
    _record_use(context, plan, actor)
    with (
        signature_meter(context.run.run_id, spec.name, budget) as meter,
        work.open(workspace.cache) as cache,
    ):
        lm = connect_model(workspace, meter=meter, cache=cache)
        trial = _Trial(context=context, plan=plan, lm=lm, progress=progress)
        found = trial.measure()
    _write_down(context, found)
    return found


@dataclass(kw_only=True)
class _Trial:
    """An ablation under way."""

    context: StageContext
    plan: AblationPlan
    lm: dspy.LM
    progress: Progress | None
    done: int = 0

    def measure(self) -> Ablation:
        plan, version = self.plan, self.plan.dataset.version
        whole, *others = plan.arms
        reference = [self._optimized(whole, seed) for seed in plan.seeds]
        evaluations: list[PairedEvaluation] = []
        effects = [self._effect(arm, reference, evaluations) for arm in others]
        means = [e.candidate.mean for e in evaluations if e.candidate.mean is not None]
        return Ablation(
            signature=version.signature,
            dataset_version=version.version,
            model=model_name(self.context.workspace),
            optimizer=plan.kind.value,
            seeds=plan.seeds,
            test_examples=len(plan.test),
            score=fmean(means) if means else None,
            effects=by_worth(effects),
        )

    def _effect(
        self, arm: Arm, reference: Sequence[Optimization], kept: list[PairedEvaluation]
    ) -> SourceEffect:
        """Leave one source out; a search that failed is said and never scored."""
        left_out = self.plan.arms[0].size - arm.size
        found: list[PairedEvaluation] = []
        for seed, with_it in zip(self.plan.seeds, reference, strict=True):
            without = self._optimized(arm, seed)
            for name, search in (("all sources", with_it), (f"without {arm.source}", without)):
                if search.program is None:
                    obstacle = f"the search on {name} gave no program: {search.reason}"
                    return SourceEffect(source=arm.source, examples=left_out, obstacle=obstacle)
            found.append(self._compared(arm, seed, without, with_it))
        kept.extend(found)
        return measure_effect(arm.source, found, examples=left_out)

    def _optimized(self, arm: Arm, seed: int) -> Optimization:
        """Search from the plain program: the one in production shows examples of all sources."""
        self._say(f"{_named(arm)}, seed {seed}: optimising")
        found = optimize(
            self.context.spec,
            train=_shuffled(arm.train, seed),
            validation=arm.validation,
            lm=self.lm,
            options=replace(self.plan.options, seed=seed, dataset_size=arm.size),
        )
        self.done += 1
        return found

    def _compared(
        self, arm: Arm, seed: int, without: Optimization, with_it: Optimization
    ) -> PairedEvaluation:
        self._say(f"{_named(arm)}, seed {seed}: sealed examples")
        found = evaluate(
            self.context.spec,
            without.program,
            with_it.program,
            self.plan.test,
            lm=self.lm,
            seed=seed,
            threads=self.plan.options.threads,
        )
        self.done += 1
        return found

    def _say(self, remark: str) -> None:
        if self.progress is not None:
            self.progress(self.done, self.plan.steps, remark)


def _shuffled(examples: Sequence[Example], seed: int) -> tuple[Example, ...]:
    """In an order of the seed: bootstrapping takes the first that fit, and draws nothing.

    Two arms have what they share in the same order.
    """
    return tuple(sorted(examples, key=lambda e: sha256_of_text(f"{seed}:{e.example_id}")))


def _named(arm: Arm) -> str:
    return f"without {arm.source}" if arm.source else "all sources"


def _wanted(dataset: Dataset, sources: Sequence[str]) -> tuple[str, ...]:
    """The sources to leave out.

    Raises:
        InputError: one is not there, or it is the only one.
    """
    learnt = (*dataset.side(Side.TRAIN), *dataset.side(Side.VALIDATION))
    present = sorted({example.source.value for example in learnt})
    known = ", ".join(present) or "none"
    version = dataset.version
    if unknown := [name for name in sources if name not in present]:
        raise InputError(
            f"{version.signature} {version.version} has no example of {unknown[0]!r} to learn "
            f"from; its sources are {known}."
        )
    if len(present) < 2:
        raise InputError(
            f"{version.signature} {version.version} has one source ({known}); without it there "
            "is nothing to learn from. Collect from another one first."
        )
    return tuple(dict.fromkeys(sources)) or tuple(present)


def _arms(dataset: Dataset, sources: Sequence[str]) -> Iterator[Arm]:
    for left_out in (ALL, *sources):
        train, validation = (
            tuple(e for e in dataset.side(side) if e.source.value != left_out)
            for side in (Side.TRAIN, Side.VALIDATION)
        )
        yield Arm(source=left_out, train=train, validation=validation)


def _estimate(
    context: StageContext,
    dataset: Dataset,
    arms: Sequence[Arm],
    options: OptimizerOptions,
    repeats: int,
) -> Estimate:
    """All searches, and every program once on the sealed examples."""
    lm = connect_model(context.workspace, meter=Meter(), cache=None)
    found = []
    for arm in arms:
        found.append(
            estimate(
                context.spec,
                lm=lm,
                kind=options.kind,
                options=options,
                train=arm.train,
                validation=arm.validation,
            )
        )
        test = dataset.side(Side.TEST)
        found.append(estimate_answers(context.spec, lm=lm, examples=test, train=arm.train))
    whole = found[0]
    for one in found[1:]:
        whole += one
    return whole.times(repeats)


def _record_use(context: StageContext, plan: AblationPlan, actor: str) -> None:
    version = plan.dataset.version
    use = SplitUse(
        evaluation_id=uuid4().hex,
        signature=version.signature,
        dataset_version=version.version,
        n=len(plan.test),
        purpose=PURPOSE,
        actor=actor,
        at=context.now,
    )
    with open_store(context.workspace.store_url) as store:
        store.evaluations.record_test_use(use)


def _write_down(context: StageContext, found: Ablation) -> None:
    write_json(context.run.result(found.signature, "ablation"), found.to_json())
    record = AblationRecord(
        ablation_id=uuid4().hex,
        signature=found.signature,
        at=context.now,
        dataset_version=found.dataset_version,
        model=found.model,
        document=found.to_json(),
    )
    with open_store(context.workspace.store_url) as store:
        store.ablations.add(record)
