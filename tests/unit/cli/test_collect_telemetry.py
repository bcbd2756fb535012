"""`ratchet collect telemetry`: the file of examples, and the queue of what went wrong."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from inspect import signature
from pathlib import Path

from ratchet.cli.collect import collect_telemetry
from ratchet.collect.telemetry import MIN_QUALITY
from ratchet.examples import Example, Source
from ratchet.files import read_jsonl
from ratchet.store import open_store
from tests.cli_builders import COMPLETENESS, ratchet
from tests.feedback_builders import LOCK, Said, absorb, answered, asked, good, label, request

RECENT = datetime.now(UTC) - timedelta(hours=1)
OF_COMPLETENESS = ("collect", "telemetry", "-s", COMPLETENESS)


def recorded(workspace: Path, *said: Said) -> None:
    """A store below the working directory that has taken these requests in."""
    with open_store(f"sqlite:///{workspace}/.ratchet/ratchet.db") as store:
        absorb(store, said, now=RECENT)


def failed(request_id: str, implementation: str = "Nothing to see.") -> Said:
    """A recent request that ended in an error."""
    return request(
        request_id,
        inputs=asked(implementation),
        success=False,
        error="TimeoutError: 30 s",
        at=RECENT,
    )


def test_confirmed_and_corrected_requests_become_a_file(workspace: Path) -> None:
    """Beside the files of the other sources, in the form that loses nothing."""
    corrected = request(
        "r2", label("r2", corrected=answered(LOCK)), inputs=asked("Two."), at=RECENT
    )
    recorded(workspace, good("r1", "One.", at=RECENT), corrected)

    left = ratchet(*OF_COMPLETENESS, "--json")

    (row,) = left.document["signatures"]
    assert left.exit_code == 0
    assert (row["collected"], row["target"]) == (2, 30)
    assert row["file"] == ".ratchet/collected_data/validate_completeness.telemetry.jsonl"
    examples = [Example.from_json(line) for line in read_jsonl(workspace / row["file"])]
    assert {e.provenance["request_id"] for e in examples} == {"r1", "r2"}
    assert {e.source for e in examples} == {Source.TELEMETRY}


def test_collecting_again_adds_nothing(workspace: Path) -> None:
    """The file grows by what is new only."""
    recorded(workspace, good("r1", "One.", at=RECENT))

    ratchet(*OF_COMPLETENESS)
    again = ratchet(*OF_COMPLETENESS, "--json").document["signatures"][0]

    assert (again["collected"], again["in_file"]) == (1, 1)


def test_what_was_left_out_is_counted_for_people(workspace: Path) -> None:
    """With the reason, and the next step."""
    bad = request("r2", label("r2", 0.1), inputs=asked("Two."), outputs=answered(), at=RECENT)
    recorded(workspace, good("r1", "One.", at=RECENT), bad)

    left = ratchet(*OF_COMPLETENESS)

    assert "Skipped: 1 bad label without a correction." in left.out
    assert "Next: ratchet validate .ratchet/collected_data" in left.out


def test_the_threshold_the_window_and_the_target_reach_the_collection(workspace: Path) -> None:
    """Each option narrows what comes."""
    old = RECENT - timedelta(days=5)
    said = (good("r1", "One.", at=old), *(good(f"n{n}", f"No. {n}.", at=RECENT) for n in range(4)))
    recorded(workspace, *said)

    def count(*options: object) -> int:
        left = ratchet(*OF_COMPLETENESS, "--json", "--output", "elsewhere", *options)
        return int(left.document["signatures"][0]["collected"])

    assert count() == 5
    assert count("--since-days", 2) == 4
    assert count("--target", 3) == 3
    assert count("--min-quality", 0.95) == 0


def test_no_telemetry_is_no_success_and_says_what_to_do(workspace: Path) -> None:
    """As for the other sources: nothing collected leaves with 1, in a sentence."""
    left = ratchet("collect", "telemetry")

    assert left.exit_code == 1
    assert "router.feedback()" in left.out
    assert not (workspace / ".ratchet/collected_data").exists()


def test_a_threshold_outside_its_scale_is_wrong_use(workspace: Path) -> None:
    """Production quality is 0..1; 80 is a slip."""
    assert ratchet(*OF_COMPLETENESS, "--min-quality", 80).exit_code == 2


def test_the_threshold_is_that_of_the_improvement_cycle() -> None:
    """The command keeps the number itself, so that its help needs no import."""
    assert signature(collect_telemetry).parameters["min_quality"].default == MIN_QUALITY


def test_failures_are_shown_with_what_a_person_needs(workspace: Path) -> None:
    """Inputs, answer, error, how often, and how to answer; nothing is written."""
    bad = request("bad", label("bad", 0.1), inputs=asked("Two."), outputs=answered(), at=RECENT)
    recorded(workspace, failed("f1"), failed("f2"), bad)

    left = ratchet(*OF_COMPLETENESS, "--failures")

    assert left.exit_code == 0
    assert "validate_completeness: 2 inputs without a right answer" in left.out
    assert "1. failed, 2 times: request f2 of" in left.out
    assert "implementation: Nothing to see." in left.out
    assert "error: TimeoutError: 30 s" in left.out
    assert "2. bad label, 1 time, quality 0.10: request bad of" in left.out
    assert "answered: {'is_complete': True" in left.out
    assert 'router.feedback("f2", corrected_outputs={...})' in left.out
    assert not (workspace / ".ratchet/collected_data").exists()


def test_failures_as_json_are_whole(workspace: Path) -> None:
    """A tool gets full inputs, and the total beyond the target."""
    recorded(workspace, failed("f1", "x" * 1_000), failed("f2", "Another."))

    left = ratchet(*OF_COMPLETENESS, "--failures", "--target", 1, "--json")

    (queue,) = left.document["signatures"]
    assert (queue["signature"], queue["total"]) == (COMPLETENESS, 2)
    (item,) = queue["items"]
    assert (item["problem"], item["times"], item["quality"]) == ("failed", 1, None)
    assert datetime.fromisoformat(item["recorded_at"]) == RECENT


def test_a_long_text_is_shortened_for_people(workspace: Path) -> None:
    """A page of code does not push the next item off the screen."""
    recorded(workspace, failed("f1", "word\n" * 1_000))

    left = ratchet(*OF_COMPLETENESS, "--failures")

    assert "word word" in left.out
    assert max(map(len, left.out.splitlines())) < 300


def test_an_empty_queue_says_so(workspace: Path) -> None:
    """It is good news, not an error."""
    recorded(workspace, good("r1", "One.", at=RECENT))

    left = ratchet(*OF_COMPLETENESS, "--failures")

    assert left.exit_code == 0
    assert "nothing failed" in left.out
