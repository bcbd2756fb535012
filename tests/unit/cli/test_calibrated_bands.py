"""The bands of quality act on what people make of a score, once the current judge is calibrated."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ratchet.curation.admission import Admission
from ratchet.examples import Example, Status
from ratchet.quality.dimension import Dimension
from ratchet.quality.judges import banding
from ratchet.quality.judges.banding import Banding, calibrated_scores, read_banding
from ratchet.quality.judges.heuristic import HEURISTIC
from ratchet.quality.judges.recalibration import recalibrate, rows_of
from ratchet.quality.judges.scorecard import JUDGED, Scorecard
from ratchet.settings import load_settings
from ratchet.store import Judgement, open_store
from tests.cli_builders import COMPLETENESS, good_examples, ratchet
from tests.curation_builders import curator

NOW = datetime(2026, 3, 1, tzinfo=UTC)
CLAUDE, NEWER_CLAUDE = "claude:claude-haiku-4-5:p1", "claude:claude-sonnet-5-5:p1"
STERN = 65.0  # people refuse what the judge scores lower, though its band begins at 50
REPORT = ("quality", "report", "-s", COMPLETENESS)


@pytest.fixture
def examples(workspace: Path) -> list[Example]:
    """Forty accepted examples in the store."""
    found = [e.evolve(status=Status.ACCEPTED, quality_score=80.0) for e in good_examples(40)]
    with open_store(load_settings().store_url) as store:
        store.examples.add(found)
        store.curators.add(curator("ada"))
    return found


def score(examples: list[Example], judge: str, *, at: datetime = NOW) -> dict[str, float]:
    """Have a judge score them, from 21 to 99 in steps of two."""
    values = {e.example_id: 21.0 + 2 * place for place, e in enumerate(examples)}
    cards = (
        Scorecard(
            example_id=e.example_id,
            judge=judge,
            dimensions=tuple(
                Dimension(name=name, value=values[e.example_id], reason="so") for name in JUDGED
            ),
        )
        for e in examples
    )
    with open_store(load_settings().store_url) as store:
        store.dimension_scores.put(row for card in cards for row in rows_of(card, at=at))
    return {str(name): value for name, value in values.items()}


def decide(examples: list[Example]) -> list[Example]:
    """Ada decides on every fifth but one: approves from STERN on. The others stay open."""
    decided = [e for place, e in enumerate(examples) if place % 5]
    judgements = [
        Judgement(
            example_id=e.example_id,
            status=Status.APPROVED if 21.0 + 2 * examples.index(e) >= STERN else Status.REJECTED,
        )
        for e in decided
    ]
    with open_store(load_settings().store_url) as store:
        store.examples.judge(judgements, actor="ada", at=NOW)
    return [e for e in examples if e not in decided]


def calibrate(judge: str) -> None:
    """Hold a judge against the decisions."""
    with open_store(load_settings().store_url) as store:
        held = recalibrate(store.dimension_scores, judge, COMPLETENESS, min_decisions=30, now=NOW)
    assert held.is_new


def current() -> Banding:
    """Which score the bands act on now."""
    with open_store(load_settings().store_url) as store:
        return read_banding(store.dimension_scores, COMPLETENESS)


def test_without_a_judge_the_bands_act_on_raw_quality(examples: list[Example]) -> None:
    """The sentence says what to do next; nothing is stale."""
    found = current()

    assert (found.kind, found.judge, found.is_stale) == ("raw", "", False)
    assert found.sentence.endswith(f"ratchet quality judge --signature {COMPLETENESS} --decided")
    assert found.score(62.0) == 62.0


def test_a_calibrated_judge_says_the_chance_of_approval(examples: list[Example]) -> None:
    """62 is a fair score by itself, but people refuse it: its calibrated score is low."""
    score(examples, HEURISTIC)
    decide(examples)
    calibrate(HEURISTIC)

    found = current()

    assert found.kind == "calibrated"
    assert found.score(40.0) < 20
    assert found.score(55.0) < 50
    assert found.score(90.0) > 80
    assert "(32 decisions, agreement" in found.sentence


def test_the_report_counts_bands_by_the_calibrated_score(examples: list[Example]) -> None:
    """What people refuse is in the rejection band, though its raw score is above 50."""
    score(examples, HEURISTIC)
    raw = ratchet(*REPORT, "--json").document["reports"][0]
    decide(examples)
    calibrate(HEURISTIC)
    calibrated = ratchet(*REPORT, "--json").document["reports"][0]
    said = ratchet(*REPORT)

    assert raw["banding"]["score"] == "raw"
    assert calibrated["banding"]["score"] == "calibrated"
    assert calibrated["bands"]["reject"] > raw["bands"]["reject"]
    assert "The bands act on the calibrated score of heuristic-1" in " ".join(said.out.split())


def test_the_rejection_band_refuses_by_the_calibrated_score(examples: list[Example]) -> None:
    """The reason on a refused example says both figures; what a person decided stands."""
    score(examples, HEURISTIC)
    open_ = decide(examples)

    left = ratchet("quality", "judge", "-s", COMPLETENESS, "--reject", "--again", "--json")

    assert left.document["calibration"]["calibrated"]
    with open_store(load_settings().store_url) as store:
        found = read_banding(store.dimension_scores, COMPLETENESS)
        now = {
            str(name): status
            for name, status in store.examples.statuses(e.example_id for e in open_).items()
        }
        reasons = {
            e.example_id: store.examples.judgements(e.example_id)[-1].reason
            for e in open_
            if now[e.example_id] is Status.REJECTED
        }
        scores = calibrated_scores(store.dimension_scores, found)
    assert {name for name, status in now.items() if status is Status.REJECTED} == {
        str(e.example_id) for e in open_ if scores[e.example_id] < 50
    }
    assert all(reason.startswith("calibrated quality") for reason in reasons.values())


def test_the_review_queue_asks_by_the_calibrated_score_and_says_so(
    examples: list[Example],
) -> None:
    """Above the review band by people's measure it is not asked for; below it is, with why."""
    values = score(examples, HEURISTIC)
    open_ = {str(e.example_id) for e in decide(examples)}
    before = ratchet("review", "-s", COMPLETENESS, "--json").document
    calibrate(HEURISTIC)
    queue = ratchet("review", "-s", COMPLETENESS, "--json").document
    found = current()

    asked = {item["example_id"] for item in queue["items"]}
    assert before["banding"]["score"] == "raw"
    assert queue["banding"]["score"] == "calibrated"
    assert {item["example_id"] for item in before["items"]} == open_
    assert asked == {name for name in open_ if found.score(values[name]) < 90}
    assert asked < open_
    listed = ratchet("review", "-s", COMPLETENESS, "--list")
    assert "calibrated score of heuristic-1" in " ".join(listed.out.split())


def test_another_judge_makes_the_calibration_stale(examples: list[Example]) -> None:
    """Another model has scored since: its scores mean something else, and the report says so."""
    score(examples, CLAUDE)
    decide(examples)
    calibrate(CLAUDE)
    score(examples, NEWER_CLAUDE, at=NOW + timedelta(days=1))

    found = current()
    said = " ".join(ratchet(*REPORT).out.split())

    assert (found.kind, found.is_stale, found.judge) == ("raw", True, NEWER_CLAUDE)
    assert f"of 2026-03-01, is stale: it is of {CLAUDE}" in said
    assert (
        f"ratchet quality judge --signature {COMPLETENESS} --decided --judge claude "
        "--lm anthropic/claude-sonnet-5-5" in said
    )


def test_calibrated_anew_the_new_judge_is_used(examples: list[Example]) -> None:
    """The old calibration stays in the history, beside the one that is used."""
    score(examples, CLAUDE)
    decide(examples)
    calibrate(CLAUDE)
    score(examples, NEWER_CLAUDE, at=NOW + timedelta(days=1))
    calibrate(NEWER_CLAUDE)

    found = current()

    assert (found.kind, found.judge, found.is_stale) == ("calibrated", NEWER_CLAUDE, False)


@pytest.mark.parametrize(
    ("judge", "constant", "value"),
    [(HEURISTIC, "HEURISTIC", "heuristic-2"), (CLAUDE, "PROMPT_VERSION", 2)],
)
def test_another_version_of_the_rules_makes_it_stale(
    examples: list[Example],
    monkeypatch: pytest.MonkeyPatch,
    judge: str,
    constant: str,
    value: object,
) -> None:
    """An upgrade changed the rules or the question: scores and calibration are of the old one."""
    score(examples, judge)
    decide(examples)
    calibrate(judge)
    monkeypatch.setattr(banding, constant, value)

    found = current()

    assert (found.kind, found.is_stale) == ("raw", True)
    assert "its rules have changed since" in found.sentence
    assert "--decided" in found.sentence


def test_what_needs_no_curator_is_decided_by_the_calibrated_score(
    examples: list[Example],
) -> None:
    """With approval asked for and trust in scores: quality 80 was no trust, a sure judge is."""
    values = score(examples, HEURISTIC)
    open_ = decide(examples)
    calibrate(HEURISTIC)
    rule = Admission(require_approval=True, trusted_from=90.0)

    with open_store(load_settings().store_url) as store:
        read = rule.read(store, COMPLETENESS)
    found = current()

    trusted = [e for e in open_ if read.admits(e)]
    assert not any(rule.admits(e) for e in open_)
    assert trusted == [e for e in open_ if found.score(values[e.example_id]) >= 90]
    assert trusted
