from __future__ import annotations

import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import dspy
import pytest
from dspy import lm15

from ratchet import signatures
from ratchet.errors import ConfigurationError
from ratchet.optimize.meter import BudgetExceeded, RunStopped, Usage
from ratchet.optimize.optimizer import Ending, Optimization, baseline_program, optimize
from ratchet.optimize.search import OptimizerKind, OptimizerOptions, choose_kind
from ratchet.optimize.silence import silence
from ratchet.optimize.trials import TrialProgress
from tests.optimize_builders import (
    ScriptedEngine,
    completeness_examples,
    right_answer,
    right_when_shown,
    scripted_lm,
)

SPEC = signatures.get("validate_completeness")
EXAMPLES = completeness_examples(60)
TRAIN, VALIDATION = EXAMPLES[:12], EXAMPLES[12:20]
QUICK = OptimizerOptions(kind=OptimizerKind.MIPRO, trials=4, threads=2)


def run(engine: object, options: OptimizerOptions = QUICK, **changes: Any) -> Optimization:
    """Optimise on a few examples with a model of our own."""
    fields: dict[str, Any] = {"train": TRAIN, "validation": VALIDATION, "options": options}
    return optimize(SPEC, lm=scripted_lm(engine), **{**fields, **changes})


class CountedEngine(ScriptedEngine):
    """Does `act` from its n-th call on."""

    def __init__(self, after: int, act: Any) -> None:
        super().__init__(right_when_shown)
        self.after, self.act = after, act

    def complete(self, request: lm15.Request) -> lm15.Response:
        if len(self.requests) >= self.after:
            self.act()
        return super().complete(request)


def fail() -> None:
    """An outage."""
    raise lm15.ServerError("overloaded", provider="test")


def test_mipro_finds_the_program_with_demonstrations() -> None:
    """A model that is right only when shown examples is optimised to be right."""
    found = run(ScriptedEngine(right_when_shown))

    assert found.ending is Ending.FINISHED
    assert found.kind is OptimizerKind.MIPRO
    assert found.best_score == 1.0
    assert found.program is not None
    assert found.program.demos
    assert found.trials == 4
    assert found.history[0].score == pytest.approx(0.5)
    assert all(score.full and score.examples == 8 for score in found.history)


def test_the_validation_part_scores_the_trials() -> None:
    """MIPROv2 is given the validation examples; it splits nothing off the training part."""
    engine = ScriptedEngine(right_when_shown)

    found = run(engine)

    assert found.program is not None
    shown = {demo["implementation"] for demo in found.program.demos}
    assert shown <= {example.inputs["implementation"] for example in TRAIN}
    assert found.history[0].examples == len(VALIDATION)


def test_bootstrap_serves_small_sets() -> None:
    """Between 10 and 49 examples BootstrapFewShot is chosen, and scored before and after."""
    found = run(ScriptedEngine(right_when_shown), OptimizerOptions(threads=2))

    assert found.kind is OptimizerKind.BOOTSTRAP
    assert found.ending is Ending.FINISHED
    assert [round(score.score, 2) for score in found.history] == [0.5, 1.0]


@pytest.mark.parametrize(
    ("count", "kind"),
    [
        (9, None),
        (10, OptimizerKind.BOOTSTRAP),
        (49, OptimizerKind.BOOTSTRAP),
        (50, OptimizerKind.MIPRO),
        (200, OptimizerKind.MIPRO),
    ],
)
def test_the_number_of_examples_chooses(count: int, kind: OptimizerKind | None) -> None:
    """Under 10 nothing, under 50 bootstrapping, from 50 MIPROv2."""
    assert choose_kind(OptimizerKind.AUTO, count) is kind


def test_too_few_examples_are_refused_without_a_call() -> None:
    """Nine examples give a refusal that says what is needed, and cost nothing."""
    engine = ScriptedEngine()

    found = run(engine, OptimizerOptions(), train=TRAIN[:6], validation=VALIDATION[:3])

    assert found.ending is Ending.REFUSED
    assert found.program is None
    assert "9 examples are too few; at least 10 are needed" in found.reason
    assert engine.requests == []


def test_a_missing_validation_part_is_refused() -> None:
    """Without validation examples MIPROv2 would help itself to training ones."""
    found = run(ScriptedEngine(), validation=[])

    assert found.ending is Ending.REFUSED
    assert "0 validation examples" in found.reason


def test_the_dataset_size_counts_sealed_examples_too() -> None:
    """The choice looks at the whole dataset when its size is given."""
    found = run(ScriptedEngine(), OptimizerOptions(trials=2, threads=2, dataset_size=50))

    assert found.kind is OptimizerKind.MIPRO


def test_an_outage_makes_it_void() -> None:
    """Calls that fail would count as 0; above 2 % there is no program and a reason."""
    found = run(CountedEngine(55, fail))

    assert found.ending is Ending.VOID
    assert found.program is None
    assert "language model: server" in found.errors
    assert "counts each as a score of 0" in found.reason


def test_a_total_outage_stops_early() -> None:
    """When most calls fail, the run does not go on failing through all trials."""
    engine = CountedEngine(0, fail)
    attempts = []
    engine.act = lambda: (attempts.append(1), fail())

    found = run(engine, replace(QUICK, trials=50))

    assert found.ending is Ending.VOID
    assert len(attempts) < 60


def test_malformed_output_is_counted() -> None:
    """An answer that does not parse is an error of the run, not a silent 0."""

    class Babbling(ScriptedEngine):
        def text_of(self, request: lm15.Request) -> str:
            text = request.messages[-1].text or ""
            return "hm" if "Case 13:" in text else super().text_of(request)

    found = run(Babbling())

    assert found.errors == {"malformed output": 5}
    assert found.ending is Ending.VOID


def test_a_failing_metric_is_counted() -> None:
    """The same holds for the metric: DSPy would swallow its exception as 0."""

    def picky(*values: Any) -> Any:
        if "Case 13:" in values[0]["implementation"]:
            raise KeyError("no such thing")
        return SPEC.metric(*values)

    spec = replace(SPEC, metric=picky)
    found = optimize(spec, lm=scripted_lm(ScriptedEngine()), train=TRAIN, validation=VALIDATION,
                     options=QUICK)  # fmt: skip

    assert found.ending is Ending.VOID
    assert found.errors == {"program: KeyError": 5}


def test_a_used_up_budget_passes_through_with_the_best_so_far() -> None:
    """The exception reaches the caller, who is first given what was found."""

    def stop() -> None:
        raise BudgetExceeded("used up", usage=Usage())

    partial: list[Optimization] = []

    with pytest.raises(BudgetExceeded):
        run(CountedEngine(75, stop), replace(QUICK, trials=30), on_budget=partial.append)

    assert partial[0].ending is Ending.STOPPED
    assert partial[0].program is not None
    assert partial[0].best_score is not None


def test_the_time_limit_stops_a_hanging_call() -> None:
    """Time that is up ends the run at once, though a call never returns."""
    released = threading.Event()
    engine = CountedEngine(70, lambda: released.wait(30))
    try:
        found = run(engine, replace(QUICK, trials=30, max_seconds=1.5))
    finally:
        released.set()

    assert found.ending is Ending.STOPPED
    assert "the time limit of 2 seconds" in found.reason
    assert len(found.history) < 31


def test_nothing_is_asked_after_the_time_limit() -> None:
    """Threads left over stop at their next call."""
    released = threading.Event()
    engine = CountedEngine(60, lambda: released.wait(30))

    run(engine, replace(QUICK, trials=30, max_seconds=1.0))
    released.set()
    for thread in threading.enumerate():
        if thread.name == "optimize":
            thread.join(20)

    assert len(engine.requests) <= 60 + QUICK.threads


def test_progress_reaches_the_total() -> None:
    """Every trial is told, with the best score so far, up to the announced total."""
    seen: list[TrialProgress] = []

    run(ScriptedEngine(right_when_shown), progress=seen.append)

    assert [p.trial for p in seen] == [1, 2, 3, 4, 5]
    assert {p.total for p in seen} == {5}
    assert seen[-1].best_score == 1.0


def test_minibatches_are_used_above_fifty_validation_examples() -> None:
    """Large validation parts are sampled, and the best is scored on all of them."""
    seen: list[TrialProgress] = []

    found = run(ScriptedEngine(right_when_shown), replace(QUICK, trials=6),
                validation=completeness_examples(72)[12:], progress=seen.append)  # fmt: skip

    assert {score.examples for score in found.history} == {35, 60}
    assert found.history[0].full
    assert seen[-1].trial <= seen[-1].total


def test_the_same_seed_gives_the_same_program() -> None:
    """A run can be repeated: same examples, same model, same seed, same state."""
    first, second = (run(ScriptedEngine(right_when_shown)) for _ in range(2))

    assert first.program is not None
    assert second.program is not None
    assert first.program.dump_state() == second.program.dump_state()
    assert [s.score for s in first.history] == [s.score for s in second.history]


def test_seed_zero_is_replaced_with_a_note() -> None:
    """DSPy would turn 0 into 9 silently; here it becomes a seed of its own, and is said."""
    options = replace(QUICK, seed=0)

    found = run(ScriptedEngine(), options)

    assert options.dspy_seed not in (0, 9)
    assert f"{options.dspy_seed} was used instead" in found.notes[0]


def test_the_given_program_is_where_it_starts_and_stays_as_it_was() -> None:
    """Optimising a program does not change it."""
    start = baseline_program(SPEC)
    start.signature = start.signature.with_instructions("Be strict.")

    found = run(ScriptedEngine(right_when_shown), program=start)

    assert start.demos == []
    assert start.signature.instructions == "Be strict."
    assert found.ending is Ending.FINISHED


@pytest.mark.parametrize("kind", [OptimizerKind.GEPA, OptimizerKind.SIMBA])
def test_the_other_optimisers_run_by_choice(kind: OptimizerKind) -> None:
    """GEPA and SIMBA give a program too, scored before and after on the validation part."""
    found = run(ScriptedEngine(right_when_shown), OptimizerOptions(kind=kind, trials=3, threads=2))

    assert found.kind is kind
    assert found.ending is Ending.FINISHED
    assert found.program is not None
    assert found.best_score is not None


def test_stages_account_for_the_calls() -> None:
    """Bootstrapping, proposing and searching are timed, and their calls add up."""
    engine = ScriptedEngine(right_when_shown)

    found = run(engine)

    assert [stage.name for stage in found.stages] == ["bootstrap", "propose", "search"]
    assert sum(stage.lm_calls for stage in found.stages) == len(engine.requests)
    assert found.stages[2].lm_calls == 5 * len(VALIDATION)


def test_optimisers_print_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    """Bars, prints and log lines of DSPy reach neither standard output nor error."""
    run(ScriptedEngine(right_when_shown))

    captured = capfd.readouterr()
    assert (captured.out, captured.err) == ("", "")


STOPPED_RUN = """
from dataclasses import replace
from ratchet.optimize.meter import RunStopped
from tests.unit.optimize.test_optimizer import QUICK, CountedEngine, run
def stop():
    raise RunStopped("no more")
for after in (75, 80):
    try:
        run(CountedEngine(after, stop), replace(QUICK, trials=30))
    except RunStopped as error:
        kept = error
"""


def test_a_stopped_optimiser_leaves_no_bar() -> None:
    """DSPy's bars draw once more when they are freed, at the latest at exit; that is silent."""
    done = subprocess.run(
        [sys.executable, "-c", STOPPED_RUN],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[3],
    )

    assert (done.stdout, done.stderr) == ("", "")


def test_other_threads_keep_their_output(capsys: pytest.CaptureFixture[str]) -> None:
    """Only the silent thread is silent, and the streams come back as they were."""
    before = sys.stdout
    with silence():
        print("hidden")  # noqa: T201
        other = threading.Thread(target=lambda: print("heard"))  # noqa: T201
        other.start()
        other.join()

    assert capsys.readouterr().out == "heard\n"
    assert sys.stdout is before


def test_signatures_are_optimised_side_by_side() -> None:
    """Two runs in threads do not see each other's model or settings."""
    engines = [ScriptedEngine(right_when_shown), ScriptedEngine(right_answer)]
    results: dict[int, Optimization] = {}

    def work(index: int) -> None:
        results[index] = run(engines[index])

    threads = [threading.Thread(target=work, args=(index,)) for index in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert results[0].history[0].score == pytest.approx(0.5)
    assert results[1].history[0].score == pytest.approx(1.0)
    assert dspy.settings.lm is None


@pytest.mark.parametrize(
    "change", [{"trials": 0}, {"max_seconds": 0}, {"threads": 0}, {"seed": -1}]
)
def test_impossible_options_are_refused(change: dict[str, Any]) -> None:
    """Options out of range are a configuration error that names the option."""
    with pytest.raises(ConfigurationError, match=next(iter(change))):
        OptimizerOptions(**change)


def test_a_refusing_model_stops_the_run() -> None:
    """What the meter raises for a refused key is not swallowed by DSPy."""

    def refuse() -> None:
        raise RunStopped("the key is refused")

    with pytest.raises(RunStopped, match="refused"):
        run(CountedEngine(0, refuse))
