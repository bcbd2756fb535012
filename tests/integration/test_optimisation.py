"""From examples to a verdict: audit, optimisation, evaluation, decision and the saved program."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from dspy import lm15

from ratchet import signatures
from ratchet.optimize.audit import audit_metric
from ratchet.optimize.call_cache import CallCache
from ratchet.optimize.constants import constant_predictors
from ratchet.optimize.endpoint import Endpoint, Price
from ratchet.optimize.evaluation import evaluate
from ratchet.optimize.meter import Budget, BudgetExceeded, Meter
from ratchet.optimize.metered import MeteredEngine, MeteredLM
from ratchet.optimize.models import OFFLINE_MODEL, connect
from ratchet.optimize.optimizer import Ending, Optimization, baseline_program, optimize
from ratchet.optimize.outcomes import PairedEvaluation
from ratchet.optimize.search import OptimizerKind, OptimizerOptions
from ratchet.optimize.verdict import Action, decide
from ratchet.programs import (
    find_program,
    program_state,
    publish_program,
    read_state,
    restore_program,
)
from tests.optimize_builders import (
    ScriptedEngine,
    completeness_examples,
    right_answer,
    right_when_shown,
)

SPEC = signatures.get("validate_completeness")
EXAMPLES = completeness_examples(60)
TRAIN, VALIDATION, TEST = EXAMPLES[:20], EXAMPLES[20:32], EXAMPLES[32:]
OPTIONS = OptimizerOptions(kind=OptimizerKind.MIPRO, trials=6, threads=2)


def metered(engine: Any, meter: Meter | None = None, cache: CallCache | None = None) -> MeteredLM:
    """A metered model over an engine of the tests."""
    endpoint = Endpoint(model="test/scripted", price=Price(input_usd=1.0, output_usd=1.0))
    inner = MeteredEngine(engine, endpoint=endpoint, meter=meter or Meter(), cache=cache)
    return MeteredLM(inner, num_retries=0)


def improve(lm: MeteredLM) -> tuple[Optimization, PairedEvaluation]:
    """Optimise and evaluate."""
    found = optimize(SPEC, train=TRAIN, validation=VALIDATION, lm=lm, options=OPTIONS)
    assert found.program is not None
    evaluation = evaluate(
        SPEC,
        baseline_program(SPEC),
        found.program,
        TEST,
        lm=lm,
        seed=OPTIONS.seed,
        constants=constant_predictors(SPEC, TRAIN),
    )
    return found, evaluation


def test_a_real_gain_is_promoted_and_survives_the_disk(tmp_path: Path) -> None:
    """The whole way, to a program that is loaded again and scores as it did."""
    lm = metered(ScriptedEngine(right_when_shown))

    audit = audit_metric(SPEC, [*TRAIN, *VALIDATION], seed=OPTIONS.seed)
    found, evaluation = improve(lm)
    verdict = decide(evaluation)
    published = publish_program(
        tmp_path,
        signature=SPEC.name,
        state=program_state(found.program),
        created=datetime(2026, 3, 1, tzinfo=UTC),
        optimizer=found.kind,
        model="test/scripted",
        scores={"test": evaluation.candidate.mean or 0.0},
    )
    restored = restore_program(SPEC, read_state(tmp_path, find_program(tmp_path, SPEC.name)))
    again = evaluate(SPEC, baseline_program(SPEC), restored, TEST, lm=lm, seed=1)

    assert audit.passed
    assert verdict.action is Action.PROMOTE
    assert published.scores == {"test": 1.0}
    assert again.candidate.mean == evaluation.candidate.mean == 1.0


def test_an_outage_during_the_first_trial_promotes_nothing() -> None:
    """MIPROv2 scores a failing baseline 0 and finds a gain; here that optimisation is void."""

    class Recovering(ScriptedEngine):
        """Is down for its first calls of the search, then answers well."""

        def complete(self, request: lm15.Request) -> lm15.Response:
            response = super().complete(request)
            if 75 <= len(self.requests) < 87:
                raise lm15.ServerError("overloaded", provider="test")
            return response

    found = optimize(
        SPEC, train=TRAIN, validation=VALIDATION, lm=metered(Recovering(right_answer)),
        options=OptimizerOptions(kind=OptimizerKind.MIPRO, trials=12, threads=1),
    )  # fmt: skip

    assert found.errors == {"language model: server": 12}
    assert found.ending is Ending.VOID
    assert found.program is None


def test_an_optimisation_that_changes_nothing_is_rejected() -> None:
    """A model that needs no demonstrations leaves nothing to gain."""
    _, evaluation = improve(metered(ScriptedEngine(right_answer)))

    verdict = decide(evaluation)

    assert verdict.action is Action.REJECT
    assert "nothing to gain" in verdict.reasons[0]


def test_a_budget_stops_the_optimisation_and_the_cache_keeps_what_was_paid(tmp_path: Path) -> None:
    """Started again after its budget ran out, a run pays only for what it had not asked."""
    engine = ScriptedEngine(right_when_shown)
    free = Meter()
    whole = optimize(SPEC, train=TRAIN, validation=VALIDATION, lm=metered(
        ScriptedEngine(right_when_shown), free), options=OPTIONS)  # fmt: skip
    with CallCache(tmp_path / "calls.sqlite") as cache:
        meter = Meter(budget=Budget(max_calls=60))
        with pytest.raises(BudgetExceeded):
            optimize(SPEC, train=TRAIN, validation=VALIDATION,
                     lm=metered(engine, meter, cache), options=OPTIONS)  # fmt: skip
        paid = len(engine.requests)
        resumed = optimize(SPEC, train=TRAIN, validation=VALIDATION,
                           lm=metered(engine, Meter(), cache), options=OPTIONS)  # fmt: skip

    assert paid == 60
    assert len(engine.requests) < free.snapshot().calls + 1
    assert resumed.program is not None
    assert whole.program is not None
    assert resumed.program.dump_state() == whole.program.dump_state()


def test_an_evaluation_started_again_repeats_no_paid_call(tmp_path: Path) -> None:
    """The calls of an evaluation that was killed are answered from its run's cache."""
    engine = ScriptedEngine(right_when_shown)
    shown = baseline_program(SPEC)
    shown.signature = shown.signature.with_instructions("Be strict.")
    with CallCache(tmp_path / "calls.sqlite") as cache:
        lm = metered(engine, Meter(budget=Budget(max_calls=20)), cache)
        with pytest.raises(BudgetExceeded):
            evaluate(SPEC, baseline_program(SPEC), shown, TEST, lm=lm, seed=1)
        lm = metered(engine, Meter(), cache)
        evaluation = evaluate(SPEC, baseline_program(SPEC), shown, TEST, lm=lm, seed=1)

    assert len(engine.requests) == 2 * len(TEST)
    assert len(evaluation.pairs) == len(TEST)


def test_signatures_share_a_budget_side_by_side() -> None:
    """Two optimisations in threads stop when their common budget is used up."""
    meter = Meter(budget=Budget(max_calls=80))
    engines = [ScriptedEngine(right_when_shown) for _ in range(2)]
    stopped: list[BudgetExceeded] = []

    def work(engine: ScriptedEngine) -> None:
        try:
            optimize(SPEC, train=TRAIN, validation=VALIDATION, lm=metered(engine, meter),
                     options=OPTIONS)  # fmt: skip
        except BudgetExceeded as error:
            stopped.append(error)

    threads = [threading.Thread(target=work, args=(engine,)) for engine in engines]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(stopped) == 2
    assert sum(len(engine.requests) for engine in engines) == 80


def test_the_offline_model_is_optimised_and_judged() -> None:
    """Without a key the whole way runs, and the verdict is whatever its scores are."""
    meter = Meter()

    found, evaluation = improve(connect(OFFLINE_MODEL, meter=meter))

    assert found.ending is Ending.FINISHED
    assert evaluation.baseline.errors == evaluation.candidate.errors == {}
    assert decide(evaluation).action in (Action.PROMOTE, Action.REJECT, Action.INCONCLUSIVE)
    assert meter.snapshot().calls > 0
