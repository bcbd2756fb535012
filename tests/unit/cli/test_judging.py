"""`ratchet quality`: judges, their report, and what people make of them."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from ratchet.examples import Example, Status
from ratchet.quality.judges.banding import read_banding
from ratchet.quality.judges.heuristic import HEURISTIC
from ratchet.quality.judges.recalibration import rows_of
from ratchet.quality.judges.rounds import judge_round, plan_round, refuse_weak
from ratchet.quality.judges.scorecard import Scorecard
from ratchet.settings import load_settings
from ratchet.signatures import get
from ratchet.store import Judgement, open_store
from ratchet.store.audit_verification import verify_trail
from tests.cli_builders import COMPLETENESS, good_examples, ratchet
from tests.curation_builders import curator

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def wrong(example: Example) -> Example:
    """The example with the other label, which its explanation contradicts."""
    complete = not example.outputs["is_complete"]
    missing = [] if complete else list(example.inputs["requirements"])[:1]
    return example.evolve(
        outputs={**example.outputs, "is_complete": complete, "missing_requirements": missing},
        group_id=f"wrong {example.group_id}",
    )


@pytest.fixture
def examples(workspace: Path) -> list[Example]:
    """Twenty good and twenty wrong accepted examples in the store of an own workspace."""
    good = good_examples(20)
    every = [e.evolve(status=Status.ACCEPTED) for e in (*good, *map(wrong, good))]
    with open_store(load_settings().store_url) as store:
        store.examples.add(every)
    return every


def decide(examples: list[Example], *, count: int = 40) -> None:
    """A person approves the first twenty and rejects the others."""
    statuses = [Status.APPROVED] * 20 + [Status.REJECTED] * 20
    with open_store(load_settings().store_url) as store:
        store.examples.judge(
            [
                Judgement(example_id=example.example_id, status=status)
                for example, status in list(zip(examples, statuses, strict=True))[:count]
            ],
            actor="ada",
            at=NOW,
        )


def test_nothing_is_judged_twice(examples: list[Example]) -> None:
    """The second round finds nobody waiting; with --again all wait."""
    first = ratchet("quality", "judge", "-s", COMPLETENESS, "--limit", 15, "--json")
    second = ratchet("quality", "judge", "-s", COMPLETENESS, "--json")
    third = ratchet("quality", "judge", "-s", COMPLETENESS, "--json")
    again = ratchet("quality", "judge", "-s", COMPLETENESS, "--again", "--dry-run", "--json")

    assert [left.document["judged"] for left in (first, second, third)] == [15, 25, 0]
    assert again.document == {"judge": HEURISTIC, "waiting": 40}
    scores = first.document["scores"] | second.document["scores"]
    assert set(scores) == {example.example_id for example in examples}


def test_a_dry_run_changes_nothing(examples: list[Example]) -> None:
    """It says who waits, and what Claude would cost without a key."""
    free = ratchet("quality", "judge", "-s", COMPLETENESS, "--dry-run")
    paid = ratchet("quality", "judge", "-s", COMPLETENESS, "--judge", "claude", "--dry-run")

    assert "40 examples" in free.out
    assert "costs nothing" in free.out
    assert "at the very most $" in paid.out
    assert ratchet("quality", "report", "-s", COMPLETENESS).exit_code == 1


def test_only_what_is_weak_is_rejected(examples: list[Example]) -> None:
    """--reject refuses by quality.reject_below, with the reason, and never what was approved."""
    decide(examples, count=20)
    with open_store(load_settings().store_url) as store:
        store.examples.judge(
            [Judgement(example_id=examples[39].example_id, status=Status.APPROVED)],
            actor="ada",
            at=NOW,
        )

    left = ratchet("quality", "judge", "-s", COMPLETENESS, "--reject", "--json")

    with open_store(load_settings().store_url) as store:
        found = store.examples.statuses(example.example_id for example in examples)
        reasons = [j.reason for j in store.examples.judgements(examples[20].example_id)]
    assert left.document["rejected"] == 19
    assert {found[e.example_id] for e in examples[:20]} == {Status.APPROVED}
    assert {found[e.example_id] for e in examples[20:39]} == {Status.REJECTED}
    assert found[examples[39].example_id] is Status.APPROVED
    assert "is below 50: accuracy" in reasons[-1]


def test_what_a_curator_decided_stands_and_the_trail_tells_of_the_rest(
    examples: list[Example],
) -> None:
    """Not even what a machine changed after the approval, nor what was approved meanwhile."""
    settings, spec = load_settings(), get(COMPLETENESS)
    first, second = (example.example_id for example in examples[20:22])
    with open_store(settings.store_url) as store:
        store.curators.add(curator("ada"))
        for actor, status in (("ada", Status.APPROVED), ("validation", Status.ACCEPTED)):
            judgement = Judgement(example_id=first, status=status)
            store.examples.judge([judgement], actor=actor, at=NOW)
        plan = plan_round(store, COMPLETENESS, HEURISTIC)
        cards = judge_round(store, spec, plan, now=NOW, move=lambda *_: None)
        meanwhile = Judgement(example_id=second, status=Status.APPROVED)
        store.examples.judge([meanwhile], actor="bob", at=NOW)

        banding = read_banding(store.dimension_scores, COMPLETENESS)

        refused = refuse_weak(
            store, plan, cards, settings=settings.quality, banding=banding, now=NOW
        )

        found = store.examples.statuses(e.example_id for e in examples[20:])
        trail = verify_trail(store.database)
    assert (found.pop(first), found.pop(second)) == (Status.ACCEPTED, Status.APPROVED)
    assert set(found.values()) == {Status.REJECTED}
    assert refused == len(found) == 18
    assert (trail.problems, trail.judgements) == ((), 18 + 3)


def test_the_rejection_band_is_a_setting(examples: list[Example], workspace: Path) -> None:
    """Lower it on the older scale, and fewer are refused."""
    (workspace / "ratchet.toml").write_text("[quality]\nreject_below = 0.01\n")

    left = ratchet("quality", "judge", "-s", COMPLETENESS, "--reject", "--json")

    assert left.document["rejected"] == 0


def test_the_report_tells_distribution_sources_and_worst(examples: list[Example]) -> None:
    """The wrong ones are the worst, and the reason is what is wrong with them."""
    ratchet("quality", "judge", "-s", COMPLETENESS)

    left = ratchet("quality", "report", "-s", COMPLETENESS, "--worst", 5, "--json")
    shown = ratchet("quality", "report", "-s", COMPLETENESS)

    (report,) = left.document["reports"]
    names = {d["dimension"] for d in report["distributions"]}
    assert names == {"overall", "accuracy", "coherence", "relevance", "education", "diversity"}
    assert sum(report["bands"].values()) == report["n"] == 40
    assert report["sources"][0]["source"] == "synthetic"
    assert {w["example_id"] for w in report["worst"]} <= {e.example_id for e in examples[20:]}
    assert all(
        w["dimension"] == "accuracy" and "explanation" in w["reason"] for w in report["worst"]
    )
    assert "By source" in shown.out


def test_the_picture_is_an_image_without_a_ground(examples: list[Example], workspace: Path) -> None:
    """SVG and PNG; transparent, so that it can be read on dark and light."""
    ratchet("quality", "judge", "-s", COMPLETENESS)

    ratchet("quality", "report", "-s", COMPLETENESS, "--picture", "out/q.svg")
    ratchet("quality", "report", "-s", COMPLETENESS, "--picture", "q.png")
    wrong_kind = ratchet("quality", "report", "-s", COMPLETENESS, "--picture", "q.gif")

    drawing = (workspace / "out/q.svg").read_text()
    assert ET.fromstring(drawing).tag.endswith("svg")  # noqa: S314 - our own file
    assert "accuracy, mean" in drawing
    assert "#ffffff" not in drawing
    assert (workspace / "q.png").read_bytes().startswith(b"\x89PNG")
    assert wrong_kind.exit_code == 2
    assert ".svg or .png" in wrong_kind.err


def test_a_judge_is_calibrated_as_soon_as_people_decided(examples: list[Example]) -> None:
    """Agreement with its bounds, kappa and the table; once for the same decisions."""
    ratchet("quality", "judge", "-s", COMPLETENESS)
    few = ratchet("quality", "calibrate", "-s", COMPLETENESS, "--person", "ada")
    decide(examples)

    first = ratchet("quality", "calibrate", "-s", COMPLETENESS, "--person", "ada", "--json")
    again = ratchet("quality", "calibrate", "-s", COMPLETENESS, "--person", "ada", "--json")
    shown = ratchet("quality", "calibrate", "-s", COMPLETENESS, "--person", "ada")

    assert few.exit_code == 1
    assert "30 more decisions are needed (0 of 30)" in few.out
    (found,) = first.document["calibrations"]
    assert found["calibrated"]
    assert found["agreement"]["estimate"] >= 0.9
    assert found["kappa"]["lower"] > 0.5
    assert sum(found["confusion"].values()) == 40
    assert (found["is_new"], again.document["calibrations"][0]["is_new"]) == (True, False)
    assert "approved by people" in shown.out


def test_a_new_judge_is_calibrated_anew_and_the_old_one_kept(examples: list[Example]) -> None:
    """Another version has scores and a calibration of its own; the history holds both."""
    ratchet("quality", "judge", "-s", COMPLETENESS)
    decide(examples)
    ratchet("quality", "calibrate", "-s", COMPLETENESS, "--person", "ada")
    with open_store(load_settings().store_url) as store:
        scores = store.dimension_scores.find(HEURISTIC, COMPLETENESS)
        store.dimension_scores.put(
            type(one)(**{**vars(one), "judge": "heuristic-0"}) for one in scores
        )

    ratchet("quality", "calibrate", "-s", COMPLETENESS, "--person", "ada")
    history = ratchet("quality", "calibrate", "-s", COMPLETENESS, "--history", "--json")

    judges = [record["judge"] for record in history.document["calibrations"]]
    assert judges == ["heuristic-0", HEURISTIC]


def test_two_judges_are_compared_where_both_judged(examples: list[Example]) -> None:
    """The same scores rank alike in full; a judge that is not there is an error with names."""
    ratchet("quality", "judge", "-s", COMPLETENESS, "--limit", 10)
    with open_store(load_settings().store_url) as store:
        for row in ratchet("quality", "report", "-s", COMPLETENESS, "--json").document["reports"]:
            assert row["n"] == 10
        dimensions = store.dimension_scores.find(HEURISTIC, COMPLETENESS)
        halved = [
            type(one)(**{**vars(one), "judge": "strict", "value": one.value / 2})
            for one in dimensions
        ]
        store.dimension_scores.put(halved[: len(halved) // 2])

    left = ratchet("quality", "compare", "-s", COMPLETENESS, HEURISTIC, "strict", "--json")
    shown = ratchet("quality", "compare", "-s", COMPLETENESS, HEURISTIC, "strict")
    unknown = ratchet("quality", "compare", "-s", COMPLETENESS, HEURISTIC, "nobody")

    assert left.document["n"] == 5
    assert all(
        d["rank_correlation"] in (1.0, None) and d["mean_difference"] > 0
        for d in left.document["dimensions"]
    )
    assert "Where they part most" in shown.out
    assert unknown.exit_code == 2
    assert f"strict, {HEURISTIC}" in unknown.err or f"{HEURISTIC}, strict" in unknown.err


def test_claude_needs_a_key_and_a_model_of_its_own(examples: list[Example]) -> None:
    """Each refusal says what to set."""
    no_key = ratchet("quality", "judge", "-s", COMPLETENESS, "--judge", "claude")
    other = ratchet(
        "quality", "judge", "-s", COMPLETENESS, "--judge", "claude", "--lm", "openai/gpt-x"
    )

    assert (no_key.exit_code, other.exit_code) == (2, 2)
    assert "ANTHROPIC_API_KEY" in no_key.err
    assert "--lm anthropic/" in other.err


def test_a_scorecard_goes_into_the_store_and_comes_back(examples: list[Example]) -> None:
    """Dimension by dimension, with the reasons."""
    from ratchet.quality.judges.heuristic import judge_by_evidence
    from ratchet.quality.judges.recalibration import stored_cards
    from ratchet.signatures import get

    (card,) = judge_by_evidence(get(COMPLETENESS), examples[:1])
    with open_store(load_settings().store_url) as store:
        store.dimension_scores.put(rows_of(card, at=NOW))
        (found,) = stored_cards(store.dimension_scores, HEURISTIC, COMPLETENESS)

    assert isinstance(found, Scorecard)
    assert set(found.dimensions) == set(card.dimensions)
    assert found.overall == card.overall
