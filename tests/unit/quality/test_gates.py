"""The gates hold a set to its policy, and say what to bring when it falls short."""

from __future__ import annotations

import json

import pytest

from ratchet import signatures
from ratchet.examples import Difficulty, Source
from ratchet.quality.gate_report import GateReport, GateVerdict, Shortfall, ShortfallKind
from ratchet.quality.gates import check, collection_message
from tests.quality_builders import balanced_set, pool, scored_example

SPEC = signatures.get("validate_completeness")
EASY, MEDIUM, HARD = Difficulty.EASY, Difficulty.MEDIUM, Difficulty.HARD


def failed(report: GateReport) -> list[str]:
    """The names of the failed checks."""
    return [found.name for found in report.checks if not found.passed]


def test_a_balanced_set_passes() -> None:
    """A set that reaches every target passes in strict mode, with nothing to bring."""
    report = check(SPEC, balanced_set(), strict=True)
    assert (report.verdict, report.reasons, report.shortfall) == (GateVerdict.PASS, (), ())
    assert report.message == "quality_gates: pass"


def test_strict_rejects_what_the_default_warns_of() -> None:
    """The same failed check rejects in strict mode and warns, accepted, without."""
    weak = [*balanced_set()[1:], scored_example(99, difficulty=EASY, quality=62.04)]
    strict, lenient = check(SPEC, weak, strict=True), check(SPEC, weak, strict=False)
    assert (strict.verdict, strict.accepted) == (GateVerdict.REJECT, False)
    assert (lenient.verdict, lenient.accepted) == (GateVerdict.WARN, True)


def test_a_rejection_has_the_shape_that_logs_are_searched_for() -> None:
    """quality_gates: reject, reason: quality_score=X < Y."""
    weak = [*balanced_set()[1:], scored_example(99, difficulty=EASY, quality=62.04)]
    report = check(SPEC, weak, strict=True)
    assert report.message == "quality_gates: reject, reason: quality_score=62.0 < 75.0"


@pytest.mark.parametrize(
    ("name", "minimum"),
    [
        ("extract_requirements", 70.0),
        ("validate_intent", 70.0),
        ("validate_completeness", 75.0),
        ("validate_correctness", 75.0),
        ("generate_guidance", 80.0),
    ],
)
def test_each_signature_demands_its_own_quality(name: str, minimum: float) -> None:
    """The target of the quality check is that of the signature's policy."""
    report = check(signatures.get(name), [], strict=True)
    assert next(c.target for c in report.checks if c.name == "quality_score") == minimum


def test_the_lowest_score_counts_and_an_unscored_example_fails() -> None:
    """Each example must reach the target; a missing score is no score."""
    unscored = [*balanced_set()[1:], scored_example(99, difficulty=EASY, quality=None)]
    report = check(SPEC, unscored, strict=True)
    assert failed(report) == ["quality_score"]
    assert "1 examples are not scored" in report.message


@pytest.mark.parametrize(("hard", "passes"), [(10, True), (9, False), (30, True), (31, False)])
def test_difficulty_may_miss_its_target_by_ten_points(hard: int, *, passes: bool) -> None:
    """With a target of 20 %, 10 % and 30 % hard examples pass; 9 % and 31 % do not."""
    rest = 100 - hard
    easy = rest * 3 // 8
    examples = [
        scored_example(
            number,
            difficulty=HARD if number < hard else EASY if number < hard + easy else MEDIUM,
            complete=number % 5 < 2,
            source=Source.GIT if number % 2 else Source.SYNTHETIC,
        )
        for number in range(100)
    ]
    assert ("difficulty_shares" not in failed(check(SPEC, examples, strict=True))) is passes


def test_the_decision_must_be_balanced_as_the_policy_says() -> None:
    """Three quarters complete miss the 40 % of the policy and ask for incomplete ones."""
    examples = [scored_example(n, complete=n % 4 > 0) for n in range(40)]
    report = check(SPEC, examples, strict=True)
    assert "label_shares" in failed(report)
    assert Shortfall(kind=ShortfallKind.LABEL, key="incomplete", count=20) in report.shortfall


def test_one_source_may_give_four_fifths() -> None:
    """80 % from one source pass, one more does not, and others are asked for."""
    examples = balanced_set(40)
    allowed = [
        e.evolve(source=Source.GIT if i < 32 else Source.MANUAL) for i, e in enumerate(examples)
    ]
    above = [
        e.evolve(source=Source.GIT if i < 33 else Source.MANUAL) for i, e in enumerate(examples)
    ]
    report = check(SPEC, above, strict=True)
    assert "source_share" not in failed(check(SPEC, allowed, strict=True))
    assert failed(report) == ["source_share"]
    assert report.request == "needs 2 more examples from a source other than git"


def test_three_categories_are_needed() -> None:
    """A set from one domain is flagged, with the number of categories to bring."""
    report = check(SPEC, [e.evolve(category="api") for e in balanced_set()], strict=True)
    assert failed(report) == ["categories"]
    assert report.request == "needs 2 more categories"


def test_a_set_of_one_difficulty_is_flagged_with_a_request() -> None:
    """All medium: the request names how many easy and hard ones mend it."""
    report = check(SPEC, [e.evolve(difficulty=MEDIUM) for e in balanced_set()], strict=False)
    wanted = {s.key: s.count for s in report.shortfall if s.kind is ShortfallKind.DIFFICULTY}
    total = 40 + sum(wanted.values())
    assert failed(report) == ["difficulty_shares"]
    assert 40 / total <= 0.6
    assert 0.2 <= wanted["easy"] / total <= 0.4
    assert 0.1 <= wanted["hard"] / total <= 0.3


def test_too_few_examples_say_how_to_get_more() -> None:
    """Under the minimum the message names target and remedy."""
    report = check(SPEC, balanced_set(5), strict=False)
    assert any(r.startswith("collected: 5 examples, target: 10; look") for r in report.reasons)
    assert Shortfall(kind=ShortfallKind.EXAMPLES, count=5) in report.shortfall
    assert "--since-days" in collection_message(10, 30)


@pytest.mark.parametrize("strict", [True, False])
def test_an_empty_set_is_rejected(*, strict: bool) -> None:
    """Nothing can be trained from nothing, warning or not."""
    assert check(SPEC, [], strict=strict).verdict is GateVerdict.REJECT


def test_a_label_leak_warns_and_rejects_nothing() -> None:
    """When difficulty gives the label away the report shows it, in strict mode as well."""
    examples = [
        e.evolve(difficulty=EASY if e.outputs["is_complete"] else MEDIUM) for e in balanced_set(50)
    ]
    hard = pool((12, HARD, False, Source.MANUAL), (8, HARD, True, Source.MANUAL))
    report = check(SPEC, [*examples, *hard], strict=True)
    assert failed(report) == []
    assert report.verdict is GateVerdict.WARN
    assert report.label_leaks[0].feature == "difficulty"
    assert "label_leak: difficulty predicts the label" in report.message


def test_the_report_counts_and_offers_three_examples_to_look_at() -> None:
    """Counts by difficulty, label, category and source, and a spot check that stays the same."""
    examples = balanced_set()
    statistics = check(SPEC, examples, strict=False).statistics
    again = check(SPEC, examples[::-1], strict=False).statistics
    assert statistics.difficulties == {"easy": 12, "hard": 8, "medium": 20}
    assert statistics.labels == {"complete": 16, "incomplete": 24}
    assert len(statistics.categories) == 4
    assert statistics.spot_check == again.spot_check
    assert set(statistics.spot_check) < {example.example_id for example in examples}


def test_the_report_reads_as_json_and_as_a_page() -> None:
    """Both forms hold the verdict, each check with its target, and the request."""
    report = check(SPEC, balanced_set(5), strict=True)
    document = json.loads(json.dumps(report.to_json()))
    page = report.to_markdown()
    assert document["verdict"] == "reject"
    assert document["shortfall"][0] == {"kind": "examples", "count": 5, "key": ""}
    assert [c["name"] for c in document["checks"]] == [c.name for c in report.checks]
    assert report.request in page
    assert all(f"| {c.name} |" in page for c in report.checks)
