"""`ratchet rollout`: beginning, showing and steering rollouts from any process."""

from __future__ import annotations

import getpass
import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from ratchet.programs import publish_program
from ratchet.rollout import Action
from tests.builders import NOON
from tests.cli_builders import Left, ratchet
from tests.control_builders import absorb, command, live, live_to_the_end, outcome, project
from tests.rollout_traffic import EXPERIMENT, SIGNATURE, Behaviour, Scene

OF = ("--signature", SIGNATURE)
WHY = ("--reason", "a test")


@pytest.fixture
def made(workspace: Path) -> Iterator[Scene]:
    """A project in the working directory; its clock stands at noon."""
    with project(workspace) as scene:
        yield scene


@pytest.fixture
def begun(made: Scene) -> Scene:
    """The same, with a rollout that has just begun."""
    made.begin()
    return made


def rollout(made: Scene, *arguments: object) -> Left:
    """Run a rollout command at the time of the project's clock."""
    return ratchet("rollout", *arguments, "--clock-file", made.home / "clock")


def shares(made: Scene) -> dict[str, float]:
    """The candidate's share of each signature, as apps read it."""
    document = json.loads(made.controller.routing.read_text())
    return {name: route["candidate_traffic_percent"] for name, route in document["routes"].items()}


def second_rollout(made: Scene, signature: str = "validate_intent") -> str:
    """A rollout of another signature beside the first."""
    version = publish_program(
        made.controller.programs,
        signature=signature,
        state={"predict": {"signature": {"instructions": "Look."}}},
        created=NOON,
        optimizer="test",
        model="offline/in-context",
    ).version
    return made.begin(
        signature=signature, candidate=version, baseline="own", experiment_id="second"
    ).experiment_id


def test_a_rollout_begins_with_its_first_share(made: Scene) -> None:
    """The routing has it at once, and the next command is named."""
    left = rollout(made, "start", *OF, "--candidate", made.candidate, "--baseline", made.baseline)

    assert left.exit_code == 0
    assert shares(made) == {SIGNATURE: 10.0}
    assert "Next: ratchet rollout drive" in left.out
    (found,) = made.store.rollouts.list()
    assert found.started_by == getpass.getuser()


def test_options_become_the_policy(made: Scene) -> None:
    """A preset with another mode and another end of undecided stages, under a chosen name."""
    left = rollout(
        made,
        *("start", *OF, "--candidate", "latest", "--baseline", "own", "--policy", "daily"),
        *("--mode", "exact", "--on-deadline", "pause", "--experiment-id", "mine"),
        *("--actor", "grace", "--json"),
    )

    policy = left.document["policy"]
    assert (left.document["experiment_id"], left.document["started_by"]) == ("mine", "grace")
    assert policy["stages"] == [10.0, 50.0, 100.0]
    assert (policy["mode"], policy["on_deadline"]) == ("exact", "pause")
    assert policy["watch_minutes"] == 0  # that of exact mode, not of the preset's


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("policy.json", '{"stages": [1, 100], "min_labels": 3}'),
        ("policy.toml", "stages = [1, 100]\nmin_labels = 3\n"),
    ],
)
def test_a_policy_comes_from_a_file(made: Scene, name: str, content: str) -> None:
    """JSON or TOML, what is left out being standard."""
    Path(name).write_text(content)

    left = rollout(
        made, "start", *OF, "--candidate", "latest", "--baseline", "own", "--policy", name, "--json"
    )

    assert left.document["policy"]["stages"] == [1.0, 100.0]
    assert left.document["policy"]["min_labels"] == 3
    assert shares(made) == {SIGNATURE: 1.0}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--candidate", "v9"), "has no program 'v9'"),
        (("--candidate", "latest", "--policy", "weekly"), "use standard, daily"),
        (("--candidate", "latest", "--mode", "exact", "--allocation", "thompson"), "mode guarded"),
    ],
)
def test_a_wrong_start_says_what_to_do(made: Scene, arguments: tuple[str, ...], words: str) -> None:
    """Nothing begins, and the message names the value."""
    left = rollout(made, "start", *OF, *arguments)

    assert left.exit_code == 2
    assert words in left.err
    assert made.store.rollouts.list() == ()


def test_a_second_rollout_of_a_signature_is_refused(begun: Scene) -> None:
    """The one under way is named."""
    left = rollout(begun, "start", *OF, "--candidate", begun.candidate, "--baseline", "own")

    assert left.exit_code == 2
    assert EXPERIMENT in left.err


def test_a_dry_run_begins_nothing(made: Scene) -> None:
    """Stages, durations and what would be compared; no row, no routing."""
    left = rollout(
        made,
        *("start", *OF, "--candidate", made.candidate, "--baseline", made.baseline),
        *("--dry-run", "--requests-per-hour", 60),
    )

    assert left.exit_code == 0
    assert f"{made.candidate} against {made.baseline}" in left.out
    assert "at least 300 minutes" in left.out
    assert "Expected traffic, as given: 60 requests an hour." in left.out
    assert "Look at: " in left.out  # so little traffic does not fit
    assert made.store.rollouts.list() == ()
    assert not made.controller.routing.exists()


def test_a_dry_run_takes_the_traffic_of_recent_telemetry(made: Scene) -> None:
    """Nobody has to count requests by hand."""
    absorb(made.store, [outcome(experiment_id=None) for _ in range(120)])

    document = rollout(
        made, "start", *OF, "--candidate", "latest", "--baseline", "own", "--dry-run", "--json"
    ).document

    assert document["requests_per_hour"] == 120
    assert document["stages"][0]["expected_minutes"] > 60
    assert document["warnings"]


def test_a_dry_run_says_what_would_be_refused(begun: Scene) -> None:
    """Before the real one is."""
    left = rollout(begun, "start", *OF, "--candidate", "latest", "--dry-run")

    assert f"It would be refused: {SIGNATURE} has a rollout under way: {EXPERIMENT}." in left.out


def test_the_status_shows_both_arms_and_what_is_waited_for(begun: Scene) -> None:
    """Stage bar, arms, missing evidence and the next gate on one page."""
    live(begun, 2)

    left = rollout(begun, "status", EXPERIMENT)

    assert left.exit_code == 0
    assert "▶ 10 %  · 25 %  · 50 %  · 75 %  · 100 %" in left.out
    assert "baseline" in left.out
    assert "points (limit 5)" in left.out
    assert "waits for: needs 2 more minutes" in left.out
    assert "next gate: 25 % in 2 minutes at the earliest" in left.out


def test_the_status_is_json_with_the_statistics(begun: Scene) -> None:
    """Everything that the page shows, for programs; stages count from 1."""
    live(begun, 5)

    document = rollout(begun, "status", *OF, "--json").document

    arms = {(row["stage"], row["variant"]): row for row in document["statistics"]}
    assert (document["stage"], document["percent"], document["status"]) == (2, 25.0, "running")
    assert arms[1, "baseline"]["requests"] + arms[1, "candidate"]["requests"] == 400
    assert arms[2, "candidate"]["labels"] > 0
    assert document["latest"]["action"] == "hold"


def test_the_status_without_a_name_is_that_of_the_only_active_one(begun: Scene) -> None:
    """With two, they are named."""
    alone = rollout(begun, "status", "--json")
    second_rollout(begun)
    both = rollout(begun, "status")

    assert alone.document["experiment_id"] == EXPERIMENT
    assert both.exit_code == 2
    assert "There are 2 active rollouts" in both.err
    assert {"second.", f"{EXPERIMENT},"} <= set(both.err.split())


@pytest.mark.parametrize("verb", ["status", "explain", "watch"])
def test_without_any_rollout_the_way_to_one_is_said(workspace: Path, verb: str) -> None:
    """The first command of a new user is no riddle."""
    left = ratchet("rollout", verb)

    assert left.exit_code == 2
    assert "ratchet rollout start" in left.err


def test_the_list_has_all_or_the_active_ones(begun: Scene) -> None:
    """The newest first; ended ones say why."""
    command(begun, Action.ROLLBACK, "too slow")
    second_rollout(begun)

    everything = ratchet("rollout", "list", "--json").document
    active = ratchet("rollout", "list", "--active", "--json").document
    table = ratchet("rollout", "list", *OF).out

    assert {row["experiment_id"]: row["is_active"] for row in everything} == {
        "second": True,
        EXPERIMENT: False,
    }
    assert [row["experiment_id"] for row in active] == ["second"]
    assert "too slow" in table
    assert "second" not in table


def test_pause_and_resume(begun: Scene) -> None:
    """A pause sends all traffic to the baseline; the reason is kept."""
    paused = rollout(begun, "pause", EXPERIMENT, "--reason", "holiday", "--actor", "grace")
    share = shares(begun)
    resumed = rollout(begun, "resume", *OF, *WHY, "--json")

    assert (paused.exit_code, share) == (0, {SIGNATURE: 0.0})
    assert shares(begun) == {SIGNATURE: 10.0}
    assert resumed.document["result"] == "done"
    first, _ = begun.store.rollouts.decisions(EXPERIMENT)
    assert (first.actor, first.reason) == ("grace", "holiday")


def test_promote_gives_all_traffic(begun: Scene) -> None:
    """Without a terminal nobody is asked."""
    left = rollout(begun, "promote", EXPERIMENT, *WHY)

    assert left.exit_code == 0
    assert shares(begun) == {SIGNATURE: 100.0}
    assert "done" in left.out


def test_a_refused_command_leaves_with_1(begun: Scene) -> None:
    """A rollout that was rolled back can not be promoted; nothing changes."""
    rollout(begun, "rollback", EXPERIMENT, *WHY)

    left = rollout(begun, "promote", EXPERIMENT, *WHY, "--json")

    assert left.exit_code == 1
    assert left.document["result"] == "refused"
    assert shares(begun) == {SIGNATURE: 0.0}


def test_what_is_so_already_is_no_failure(begun: Scene) -> None:
    """A rollback may be given twice."""
    first = rollout(begun, "rollback", EXPERIMENT, *WHY)
    again = rollout(begun, "rollback", EXPERIMENT, *WHY, "--json")

    assert (first.exit_code, again.exit_code) == (0, 0)
    assert again.document["result"] == "nothing to do"


def test_a_completed_rollout_is_rolled_back_by_its_signature(begun: Scene) -> None:
    """In an emergency nobody looks up an id."""
    rollout(begun, "promote", EXPERIMENT, *WHY)

    left = rollout(begun, "rollback", *OF, *WHY)

    assert left.exit_code == 0
    assert shares(begun) == {SIGNATURE: 0.0}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("pause", EXPERIMENT), "--reason"),
        (("pause", EXPERIMENT, "--reason", " "), "a reason"),
        (("pause", *WHY), "rollout list"),
        (("pause", EXPERIMENT, *OF, *WHY), "not both"),
        (("pause", "nonsense", *WHY), "There is no rollout 'nonsense'"),
        (("pause", "-s", "validate_intent", *WHY), "no active rollout of validate_intent"),
        (("rollback", EXPERIMENT, "--all", *WHY), "leave out the ID"),
    ],
)
def test_a_wrong_command_says_what_to_do(
    begun: Scene, arguments: tuple[str, ...], words: str
) -> None:
    """2, a sentence, and nothing has changed."""
    left = rollout(begun, *arguments)

    assert left.exit_code == 2
    assert words in left.err
    assert begun.store.rollouts.decisions(EXPERIMENT) == ()


def test_the_emergency_rolls_everything_back(begun: Scene) -> None:
    """All signatures at once, each with the same reason."""
    second_rollout(begun)

    left = rollout(begun, "rollback", "--all", "--reason", "the provider is on fire")

    assert left.exit_code == 0
    assert shares(begun) == {SIGNATURE: 0.0, "validate_intent": 0.0}
    reasons = {found.end_reason for found in begun.store.rollouts.list()}
    assert reasons == {"the provider is on fire"}


def test_the_emergency_goes_on_when_one_rollout_fails(begun: Scene) -> None:
    """One whose log can not be written does not keep the others in traffic."""
    second_rollout(begun)
    block_log(begun, "second")

    left = rollout(begun, "rollback", "--all", *WHY, "--json")

    assert left.exit_code == 1
    results = {row["experiment_id"]: row["result"] for row in left.document}
    assert results == {"second": "failed", EXPERIMENT: "done"}
    assert shares(begun)[SIGNATURE] == 0.0


def test_the_emergency_reaches_a_rollout_with_a_damaged_state(begun: Scene) -> None:
    """What can not be read any more is taken out of traffic all the same."""
    second_rollout(begun)
    damage_state(begun, "second")

    left = rollout(begun, "rollback", "--all", *WHY, "--json")

    assert left.exit_code == 0
    assert [row["status"] for row in left.document] == ["rolled_back", "rolled_back"]
    assert set(shares(begun).values()) == {0.0}


def test_the_emergency_without_a_rollout_is_done(made: Scene) -> None:
    """Nothing to roll back is no failure."""
    left = rollout(made, "rollback", "--all", *WHY)

    assert (left.exit_code, "nothing to roll back" in left.out) == (0, True)


def test_a_tick_takes_telemetry_in_and_decides(begun: Scene) -> None:
    """One look for cron: spool, decision, routing."""
    live(begun, 3)
    begun.serve_minute(begun.clock.now())  # the same minute again: nothing is counted twice
    last = begun.clock.now().replace(minute=4)
    begun.serve_minute(last)
    begun.clock.set(last)

    left = rollout(begun, "tick", EXPERIMENT, "--json")

    (look,) = left.document
    assert (look["outcomes"], look["action"], look["percent"]) == (100, "advance", 25.0)
    assert shares(begun) == {SIGNATURE: 25.0}


def test_a_tick_of_all_goes_on_when_one_fails(begun: Scene) -> None:
    """The others have their turn, and the exit code tells."""
    second_rollout(begun)
    damage_state(begun, "second")

    left = rollout(begun, "tick", "--all")

    assert left.exit_code == 1
    assert "second: failed" in left.out
    assert f"{EXPERIMENT}: hold in stage 1" in left.out


def test_explain_tells_rule_numbers_and_person(begun: Scene) -> None:
    """The whole story of a rollout on a page and as JSON."""
    live(begun, 4)
    rollout(begun, "rollback", EXPERIMENT, "--reason", "a customer called", "--actor", "grace")

    text = ratchet("rollout", "explain", EXPERIMENT).out
    steps = ratchet("rollout", "explain", EXPERIMENT, "--json").document["steps"]

    assert "rule: the gate" in text
    assert "within the limit of 5" in text
    assert "grace: is rolled back in stage 2 of 5" in text
    assert "why: a customer called" in text
    assert [step["action"] for step in steps] == ["start", "advance", "rollback"]


def test_history_is_the_line_of_champions(begun: Scene) -> None:
    """Who reigned since when, by which rollout, against what."""
    none = ratchet("programs", "history", SIGNATURE)
    live_to_the_end(begun)

    text = ratchet("programs", "history", SIGNATURE).out
    (reign,) = ratchet("programs", "history", SIGNATURE, "--json").document

    assert "no champion yet" in none.out
    assert (reign["version"], reign["baseline_version"]) == (begun.candidate, begun.baseline)
    assert reign["experiment_id"] == EXPERIMENT
    assert begun.candidate in text


def test_watching_an_ended_rollout_ends_at_once(begun: Scene) -> None:
    """Completed is 0, rolled back is 1; one line each."""
    rollout(begun, "promote", EXPERIMENT, *WHY)
    completed = rollout(begun, "watch", EXPERIMENT)
    rollout(begun, "rollback", EXPERIMENT, *WHY)
    rolled_back = rollout(begun, "watch", EXPERIMENT, "--json")

    assert completed.exit_code == 0
    assert "completed, stage 1 of 5, 100 %" in completed.out
    assert rolled_back.exit_code == 1
    assert rolled_back.document["status"] == "rolled_back"


def test_the_status_of_a_pause_and_a_rollback_are_marked(begun: Scene) -> None:
    """One look at the stages tells how it stands."""
    rollout(begun, "pause", EXPERIMENT, *WHY)
    paused = rollout(begun, "status").out
    rollout(begun, "rollback", EXPERIMENT, *WHY)
    ended = rollout(begun, "status").out

    assert "‖ 10 %" in paused
    assert "waits for: a person to resume" in paused
    assert "✗ 10 %" in ended
    assert "waits for" not in ended


def test_quality_below_the_limit_is_seen_beside_it(workspace: Path) -> None:
    """The figures of a bad candidate stand beside the limits they break."""
    with project(workspace, behaviour=Behaviour(quality=0.5)) as made:
        made.begin()
        live(made, 1)

        left = rollout(made, "status")

    assert "limit 0.7" in left.out
    assert "look at" not in left.out


def damage_state(made: Scene, experiment_id: str) -> None:
    """Cut the stored evidence of a rollout in half, as a broken restore would."""
    with sqlite3.connect(made.home / "ratchet.db") as connection:
        connection.execute(
            "UPDATE rollouts SET state = '{\"schema_version\": 1}' WHERE experiment_id = ?",
            (experiment_id,),
        )
    connection.close()


def block_log(made: Scene, experiment_id: str) -> None:
    """Take the place of the next decision in the log, so that it can not be written."""
    row = (experiment_id, 1, NOON.isoformat(" "), "pause", "person", 0, 0.0, "x", "x", "{}")
    with sqlite3.connect(made.home / "ratchet.db") as connection:
        connection.execute("INSERT INTO rollout_decisions VALUES (?,?,?,?,?,?,?,?,?,?)", row)
    connection.close()
