"""From nothing to a domain that can be optimised, on the command line."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from ratchet import signatures
from ratchet.collect.problems.bootstrap import bootstrap, cells_of
from ratchet.collect.problems.pipeline import Pipeline
from ratchet.collect.problems.records import SIGNATURE, Thresholds
from ratchet.collect.problems.target import SimulatedStudent
from ratchet.collect.problems.verification import ALGEBRA, verify_text
from ratchet.collect.readiness import assess
from ratchet.collect.starter import starter_examples
from ratchet.errors import ConfigurationError
from ratchet.examples import Difficulty, Example
from ratchet.quality.gates import check
from ratchet.quality.validation import validate
from tests.builders import NOON, completeness_example
from tests.cli_builders import ratchet


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_a_bootstrap_ends_with_a_domain_that_is_ready() -> None:
    """Twenty problems of many topics are stored, with a bill for each role."""
    before = ratchet("readiness", "--domain", "mathematics", "--json")
    left = ratchet("bootstrap", "--domain", "mathematics", "--target", 20, "--json")
    after = ratchet("readiness", "--domain", "mathematics", "--json")

    assert before.exit_code == 1
    assert before.document[0]["recommendations"][0].startswith("Generate 10 more examples")
    assert left.exit_code == 0, left.err
    assert left.document["accepted"] == 20
    assert left.document["ledger"][0]["role"] == "engineer"
    ready = left.document["readiness"]
    assert ready["ready"]
    assert ready["optimization_enabled"]
    assert ready["current_examples"] == 20
    assert len(ready["topic_coverage"]) >= 15
    assert set(ready["difficulties"]) == {"easy", "medium", "hard"}
    assert after.exit_code == 0


def test_a_second_bootstrap_brings_other_problems() -> None:
    """What is stored is known; nothing is stored twice."""
    for _ in range(2):
        assert ratchet("bootstrap", "--target", 10, "--json").exit_code == 0

    (found,) = ratchet("readiness", "--signature", SIGNATURE, "--json").document

    assert found["current_examples"] == 20


def test_a_bootstrap_says_what_it_did_to_people() -> None:
    """The screen has the reasons, the bill, the readiness and the next command."""
    left = ratchet("bootstrap", "--target", 10)

    assert "10 of 10 problems accepted" in left.out
    assert "simulated student" in left.out
    assert "optimisation is enabled" in left.out


def test_an_unknown_domain_is_refused_with_a_way_out() -> None:
    """Only mathematics has topics; others are captured."""
    left = ratchet("bootstrap", "--domain", "science")

    assert left.exit_code == 2
    assert "ratchet.capture()" in left.err


def test_ten_orders_hold_the_shares_of_the_difficulties() -> None:
    """The walk begins with every difficulty, and subjects take turns."""
    first = list(cells_of("mathematics", seed=1))[:10]

    assert Counter(cell.difficulty.value for cell in first) == {"easy": 3, "medium": 5, "hard": 2}
    assert len({cell.subject for cell in first}) >= 5


def test_every_topic_gets_five_attempts_and_thresholds_are_relaxed_once() -> None:
    """A target that fails everything stops the work, which says what it gave way in."""
    hopeless = SimulatedStudent(seed=1, slip_rates=dict.fromkeys(Difficulty, 1.0))
    pipeline = Pipeline(target=hopeless, thresholds=replace(Thresholds(), attempts=1))
    cells = len(list(cells_of("mathematics", seed=1)))

    found = bootstrap(pipeline, domain="mathematics", target=3, seed=1, now=NOON)

    assert found.examples == []
    assert found.attempts == 2 * 5 * cells
    assert found.relaxed
    assert "relaxed once" in found.notes[0]
    assert "0 of 3" in found.notes[1]


def test_accepted_problems_are_kept_at_once() -> None:
    """Whatever stops the work later, they are safe, and progress was seen."""
    kept: list[Example] = []
    seen: list[int] = []

    found = bootstrap(
        Pipeline(),
        domain="mathematics",
        target=4,
        seed=2,
        now=NOON,
        keep=kept.append,
        watch=lambda done, _: seen.append(done),
    )

    assert kept == found.examples
    assert seen == sorted(seen)
    assert seen[-1] == 4


def test_a_target_of_nothing_is_refused() -> None:
    """The message has the number."""
    with pytest.raises(ConfigurationError, match="target 0"):
        bootstrap(Pipeline(), domain="mathematics", target=0, seed=1, now=NOON)


def test_only_the_difficulties_that_are_asked_for_are_walked() -> None:
    """Whatever shares the policy gives to the others; none at all is a mistake."""
    cells = list(cells_of("mathematics", seed=1, levels=(Difficulty.HARD,)))

    assert {cell.difficulty for cell in cells} == {Difficulty.HARD}
    with pytest.raises(ConfigurationError, match="easy, medium or hard"):
        next(cells_of("mathematics", seed=1, levels=()))


def test_the_settings_of_a_domain_say_what_it_wants(workspace: Path) -> None:
    """Target and difficulties come from its table; an option on the command line wins."""
    (workspace / "ratchet.toml").write_text(
        "[bootstrap.domains.mathematics]\n"
        'target_examples = 12\ndifficulty_levels = ["easy"]\n'
        "[optimisation]\nauto_enable_threshold = 12\n"
        "[bootstrap]\ntarget_examples_per_domain = 20\n"
    )

    by_settings = ratchet("bootstrap", "--json").document
    by_option = ratchet("bootstrap", "--target", "2", "--seed", "2", "--json").document

    assert (by_settings["target"], by_option["target"]) == (12, 2)
    ready = by_settings["readiness"]
    assert set(ready["difficulties"]) <= {"easy"}
    assert ready["enabling_examples"] == 12
    assert ready["optimization_enabled"] is (ready["current_examples"] >= 12)


@pytest.mark.parametrize(
    ("count", "quality", "said"),
    [
        (0, 90.0, "Generate 10 more examples; 10 enable"),
        (12, 90.0, "Generate 38 more examples; from 50 MIPROv2"),
        (60, 90.0, "Generate 140 more examples; 200 give"),
        (12, 71.5, "its mean is 71.5"),
        (12, 90.0, "the examples span 1, 3 are the least"),
    ],
)
def test_readiness_recommends_what_is_missing(count: int, quality: float, said: str) -> None:
    """Number, quality and topics each have a sentence with their values."""
    examples = [completeness_example(quality_score=quality)] * count

    found = assess("some", examples, required=10)

    assert any(said in sentence for sentence in found.recommendations)
    assert found.ready is found.optimization_enabled is (count >= 10)


def test_every_starter_problem_is_verified_anew() -> None:
    """Sixty problems of fourteen subjects, each answer worked out from its text."""
    found = starter_examples(SIGNATURE)
    spec = signatures.get(SIGNATURE)

    verified = [verify_text(str(e.outputs["problem"]), str(e.outputs["answer"])) for e in found]
    report = validate(spec, found, threshold=0.90, now=NOON)
    gate = check(spec, report.accepted, strict=True)

    assert len(found) == 60
    assert [v.reason for v in verified if not v.is_verified] == []
    assert {v.method for v in verified} == {ALGEBRA}
    assert report.rejected == ()
    assert len({e.category for e in found}) == 14
    assert {e.source.value for e in found} == {"pipeline"}
    assert gate.reasons == ()  # one source may make them all: each answer is verified
    assert Counter(e.difficulty.value for e in found) == {"easy": 18, "medium": 30, "hard": 12}
