"""The explanation of a rollout: rule, numbers against limits, what was missing, who and why."""

from __future__ import annotations

from pathlib import Path

import pytest

from ratchet.control.explaining import explain
from ratchet.rollout import Action
from tests.control_builders import FAILING, command, live, live_to_the_end, project
from tests.rollout_traffic import Behaviour, quick_policy


def test_the_start_names_policy_and_limits(tmp_path: Path) -> None:
    """Who began what, against what, under which limits."""
    with project(tmp_path) as made:
        (start,) = explain(made.begin())

        text = " ".join([start.headline, *start.lines()])

        assert made.candidate in text
        assert made.baseline in text
        assert start.actor == "ada"
        assert "guarded mode" in text
        assert "5 points more errors, 500 ms more latency, quality 0.7" in text


def test_a_rollback_shows_the_number_beyond_its_limit_with_its_proof(tmp_path: Path) -> None:
    """The reader sees which limit was passed, by how much, and why that is believed."""
    with project(tmp_path, behaviour=Behaviour(quality=0.5)) as made:
        made.begin(quick_policy())
        record = live_to_the_end(made)

    end = explain(record)[-1]

    beyond = {c.measure for c in end.comparisons if c.is_beyond and c.is_proven}
    assert end.action == "rollback"
    assert "evidence of harm" in end.rule
    assert beyond == {"quality of the candidate"}
    (words,) = {c.words() for c in end.comparisons if c.is_beyond and c.window == "this stage"}
    assert "beyond the limit of 0.7; e-value" in words
    assert any("it had seen, baseline: " in fact for fact in end.facts)


def test_what_is_within_its_limit_is_said_too(tmp_path: Path) -> None:
    """An advance shows all measures within their limits, and the stage that was judged."""
    with project(tmp_path) as made:
        made.begin()
        record = live(made, 4).record

    advance = explain(record)[-1]

    assert (advance.action, advance.stage, advance.percent) == ("advance", 2, 25.0)
    assert not any(comparison.is_beyond for comparison in advance.comparisons)
    assert {comparison.window for comparison in advance.comparisons} == {"this stage", "all stages"}
    assert advance.facts[0].startswith("stage 1 had lasted 4 of at least 4 minutes")


def test_a_hold_says_what_is_missing(tmp_path: Path) -> None:
    """The last step of a rollout under way is what it waits for."""
    with project(tmp_path, requests_a_minute=10) as made:
        made.begin()
        record = live(made, 1).record

    hold = explain(record)[-1]

    assert hold.action == "hold"
    assert any("more requests" in words for words in hold.missing)
    assert any(line.startswith("missing: needs") for line in hold.lines())


def test_a_command_names_the_person_and_the_reason(tmp_path: Path) -> None:
    """Commands and refused commands are part of the story, in the order of time."""
    with project(tmp_path) as made:
        made.begin()
        live(made, 1)
        record = command(made, Action.ROLLBACK, "a customer called")
        live_clock = made.clock.now()
        command(made, Action.PROMOTE, "please")
        refusals = made.store.audit.list(subject=record.experiment_id, action="rollout.refuse")

    *_, order, refused = explain(record, refusals)

    assert (order.actor, order.reason) == ("ada", "a customer called")
    assert order.rule == "a person's command, by ada"
    assert refused.action == "refuse"
    assert refused.at == live_clock
    assert "promote refused" in refused.reason


def test_exact_mode_speaks_of_no_proof(tmp_path: Path) -> None:
    """The plain rule has limits and no evidence."""
    with project(tmp_path, behaviour=FAILING) as made:
        made.begin(quick_policy(mode="exact"))
        record = live_to_the_end(made)

    end = explain(record)[-1]

    assert "plain rule" in end.rule
    assert {comparison.proof for comparison in end.comparisons} == {""}
    assert any(comparison.is_beyond for comparison in end.comparisons)


@pytest.mark.parametrize("step", [0, -1])
def test_an_explanation_is_json(tmp_path: Path, step: int) -> None:
    """Other programs read the same."""
    with project(tmp_path) as made:
        made.begin()
        record = live(made, 4).record

    document = explain(record)[step].to_json()

    assert {"at", "actor", "rule", "reason", "comparisons", "missing"} <= set(document)
