"""`ratchet rollout simulate` and `backtest`: what a policy would do, before and after."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli_builders import ratchet
from tests.control_builders import FAILING, lines_of, live_to_the_end, outcome, project
from tests.rollout_traffic import EXPERIMENT, SIGNATURE, quick_policy

QUICK = (
    '{"stages": [50, 100], "min_minutes": 5, "min_requests": 20, "min_per_arm": 5, "min_labels": 3}'
)
TRAFFIC = ("--requests-per-hour", 1_200)


@pytest.fixture
def quick(workspace: Path) -> tuple[str, str]:
    """The option for a policy whose rollouts last minutes."""
    (workspace / "quick.json").write_text(QUICK)
    return "--policy", "quick.json"


def test_an_effect_is_one_row_with_standard_errors(quick: tuple[str, str]) -> None:
    """Effects add up; a candidate that always fails is always rolled back."""
    document = ratchet(
        *("rollout", "simulate", *TRAFFIC, *quick, "--runs", 5, "--json"),
        *("--effect", "errors=0.9", "--effect", "latency=100"),
    ).document

    (row,) = document["rows"]
    assert row["truth"] == "errors=0.9, latency=100"
    assert (row["rollback"], row["promote"]) == (1.0, 0.0)
    assert row["rollback_se"] > 0
    assert row["median_candidate_requests_at_rollback"] > 0


def test_without_an_effect_there_is_a_table_of_what_may_be(quick: tuple[str, str]) -> None:
    """Identical, each risk beyond its limit, and errors at the limit."""
    left = ratchet("rollout", "simulate", *TRAFFIC, *quick, "--runs", 2)

    assert left.exit_code == 0
    truths = ("identical", "errors=0.1", "errors=0.05 (the limit)", "latency=1000", "quality=0.65")
    assert [truth for truth in truths if truth not in left.out] == []
    assert "±" in left.out


def test_the_same_seed_gives_the_same(quick: tuple[str, str]) -> None:
    """A figure in a discussion can be looked up again."""
    command = ("rollout", "simulate", *TRAFFIC, *quick, "--runs", 3, "--effect", "errors=0.1")

    first, second, other = (
        ratchet(*command, "--json", "--seed", seed).document["rows"] for seed in (3, 3, 4)
    )

    assert first == second
    assert first != other


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((*TRAFFIC, "--effect", "speed=3"), "write errors=0.1"),
        ((*TRAFFIC, "--effect", "errors=lots"), "write errors=0.1"),
        ((*TRAFFIC, "--effect", "errors=2"), "use 0 to 1"),
        (("--requests-per-hour", 0), "above 0"),
        ((), "--requests-per-hour"),
    ],
)
def test_wrong_traffic_is_wrong_use(
    workspace: Path, arguments: tuple[object, ...], words: str
) -> None:
    """The message says how to write it."""
    left = ratchet("rollout", "simulate", *arguments)

    assert left.exit_code == 2
    assert words in left.err


def test_the_store_replays_to_the_same_end(workspace: Path) -> None:
    """A candidate that failed every call is rolled back in the backtest too."""
    with project(workspace, behaviour=FAILING) as made:
        made.begin(quick_policy())
        live_to_the_end(made)

    by_name = ratchet("rollout", "backtest", "--from-store", EXPERIMENT, "--json").document
    by_signature = ratchet("rollout", "backtest", "-s", SIGNATURE, "--json").document

    assert by_name["status"] == "rolled_back"
    assert by_name["decisions"][-1]["action"] == "rollback"
    assert by_name["used"] > 0
    assert by_signature == by_name


def test_files_are_replayed_with_what_could_not_be_used(workspace: Path) -> None:
    """Decisions in a table; a damaged line is named."""
    rows = [outcome(f"q{n}", variant=("baseline", "candidate")[n % 2]) for n in range(40)]
    (workspace / "spool.jsonl").write_text(lines_of(rows, {"q1": 0.9}) + "{half\n")

    left = ratchet("rollout", "backtest", "spool.jsonl")

    assert left.exit_code == 0
    assert "x replayed" in left.out
    assert "It would be running in stage 1 at 10 %." in left.out
    assert "spool.jsonl:42: no JSON" in left.out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "one of the three"),
        (("a.jsonl", "--from-store", "x"), "one of the three"),
        (("missing.jsonl",), "missing.jsonl can not be read"),
        (("--from-store", "x"), "There is no rollout 'x'"),
        (("--from-store", "x", "--experiment-id", "y"), "for files"),
    ],
)
def test_a_backtest_of_nothing_is_wrong_use(
    workspace: Path, arguments: tuple[str, ...], words: str
) -> None:
    """What is missing is said."""
    left = ratchet("rollout", "backtest", *arguments)

    assert left.exit_code == 2
    assert words in left.err
