"""Results of another pipeline are captured cheaply, judged later, and never trusted blindly."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from pathlib import Path
from statistics import median
from typing import Any

import pytest

from ratchet.collect.problems.captured import take_in
from ratchet.examples import Example, Status
from ratchet.serving.capture import Capture, Mode
from ratchet.store import open_store

WRONG_MAXIMUM = {
    "subject": "calculus",
    "topic": "derivatives",
    "problem": "Find the maximum value of f(x) = x^2 - 4x + 3",
    "answer": "The maximum value is -1 at x = 2",
    "hints": {"0": "Differentiate it.", "1": "Set it to zero.", "2": "Solve for the place."},
    "quality_score": 0.85,
    "checker_score": 0.9,
    "target_model_failed": True,
}
RIGHT_MINIMUM = {
    **WRONG_MAXIMUM,
    "problem": "Find the minimum value of f(x) = x^2 - 4x + 3",
    "answer": "The minimum value is -1 at x = 2",
}

EQUATION = {
    **WRONG_MAXIMUM,
    "subject": "algebra",
    "topic": "linear equations",
    "problem": "Solve for x: 2x + 6 = 20",
    "answer": "x = 7",
    "hints": {"0": "Move the number over.", "1": "Divide by two.", "2": "Check the result."},
}


def stored(
    folder: Path, *results: Any, mode: Mode = Mode.AUTOMATIC, keep: bool = False
) -> tuple[list[Example], list[str]]:
    """Capture results, take them in; the examples in the store and what was refused."""
    taker = Capture(mode=mode, folder=folder / "capture")
    for result in results:
        taker(result, keep=keep)
    taker.close()
    with open_store(f"sqlite:///{folder / 'ratchet.db'}") as store:
        report = take_in(taker.spool, store)
        return list(store.examples.find("generate_problem")), report.refused


def test_the_maximum_that_is_a_minimum_is_refused_with_the_reason(tmp_path: Path) -> None:
    """Its scores are high and its pipeline accepted it; computer algebra says no."""
    (example,), (refused,) = stored(tmp_path, ("accepted", WRONG_MAXIMUM))

    assert example.status is Status.REJECTED
    assert "has no maximum" in refused
    assert "-1 at x = 2 is its minimum" in refused


def test_a_right_result_is_accepted_with_its_scores(tmp_path: Path) -> None:
    """Scores of 0..1 are written as 0..100; the domain follows from the subject."""
    (example,), refused = stored(tmp_path, ("accepted", RIGHT_MINIMUM))

    assert refused == []
    assert example.status is Status.ACCEPTED
    assert example.quality_score == 85
    assert example.provenance["checker_score"] == 0.9
    assert example.provenance["domain"] == "mathematics"
    assert example.provenance["verified_by"] == "computer algebra"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"quality_score": 0.6}, "quality 60 is below 70"),
        ({"quality_score": None}, "quality 0 is below 70"),
        ({"target_model_failed": False}, "the target did not fail"),
        ({"hints": []}, "at least 3"),
        ({"difficulty_level": "impossible"}, "is no difficulty"),
    ],
)
def test_an_accepted_result_must_keep_the_rules(
    tmp_path: Path, changes: dict[str, Any], reason: str
) -> None:
    """What another pipeline accepts is held against ours."""
    _, (refused,) = stored(tmp_path, ("accepted", {**RIGHT_MINIMUM, **changes}))

    assert reason in refused


def test_modes_differ_in_what_they_take_and_who_decides(tmp_path: Path) -> None:
    """Manual takes what is kept on purpose and waits; bootstrap needs no failed target."""
    easy = {**RIGHT_MINIMUM, "target_model_failed": False}

    nothing, _ = stored(tmp_path / "a", ("accepted", RIGHT_MINIMUM), mode=Mode.MANUAL)
    (waiting,), _ = stored(tmp_path / "b", ("accepted", RIGHT_MINIMUM), mode=Mode.MANUAL, keep=True)
    (taken,), _ = stored(tmp_path / "c", ("accepted", easy), mode=Mode.BOOTSTRAP)

    assert nothing == []
    assert waiting.status is Status.CANDIDATE
    assert taken.status is Status.ACCEPTED


def test_discarded_and_failed_results_are_counted_and_not_kept(tmp_path: Path) -> None:
    """Their reason is passed on; an object that is no result costs no other one."""
    found, refused = stored(
        tmp_path,
        ("discarded", {"reason": "too easy"}),
        ("error", "timeout"),
        object(),
        RIGHT_MINIMUM,
    )

    assert [e.status for e in found] == [Status.ACCEPTED]
    assert "discarded: its pipeline says: too easy" in refused
    assert "error: its pipeline says: timeout" in refused


def test_what_can_not_be_worked_out_waits_for_a_person(tmp_path: Path) -> None:
    """Neither verified nor refuted is no reason to accept."""
    odd = {**RIGHT_MINIMUM, "problem": "Which number is one less than zero, in short?"}

    (example,), refused = stored(tmp_path, ("accepted", odd))

    assert example.status is Status.CANDIDATE
    assert refused == []


def test_taking_in_twice_changes_nothing_and_a_growing_file_waits(tmp_path: Path) -> None:
    """A file is read once it is finished, and what was stored stays as it is."""
    taker = Capture(folder=tmp_path / "capture")
    taker(("accepted", RIGHT_MINIMUM))
    taker.flush()
    with open_store(f"sqlite:///{tmp_path / 'ratchet.db'}") as store:
        early = take_in(taker.spool, store)
        taker.close()
        (path,) = taker.spool.glob("*.jsonl")
        content = path.read_bytes()
        first = take_in(taker.spool, store)
        path.write_bytes(content)
        again = take_in(taker.spool, store)
        found = list(store.examples.find("generate_problem"))

    assert early.statuses == {}
    assert first.statuses == {"accepted": 1}
    assert again.statuses == {"stored already": 1}
    assert [example.status for example in found] == [Status.ACCEPTED]


def test_decorated_functions_return_what_they_did(tmp_path: Path) -> None:
    """Plain and async functions, with their results captured on the way."""
    taker = Capture(folder=tmp_path)

    @taker.wrap
    def plain() -> tuple[str, dict[str, Any]]:
        return "accepted", RIGHT_MINIMUM

    @taker.wrap
    async def awaited() -> tuple[str, dict[str, Any]]:
        return "accepted", WRONG_MAXIMUM

    assert plain() == ("accepted", RIGHT_MINIMUM)
    assert asyncio.run(awaited()) == ("accepted", WRONG_MAXIMUM)
    taker.close()
    assert taker.counters().written == 2


def test_capture_never_raises(tmp_path: Path) -> None:
    """A folder that can not be made and a mapping that fails cost the caller nothing."""
    (tmp_path / "file").write_text("no folder")

    class Hostile(dict[str, Any]):
        def keys(self) -> Any:
            raise RuntimeError("no")

        def __iter__(self) -> Any:
            raise RuntimeError("no")

    taker = Capture(folder=tmp_path / "file")
    taker(("accepted", Hostile(a=1)))
    taker(None)
    taker(("accepted", {"a": float("nan")}))
    taker.close()

    assert taker.counters().written == 0


def test_capture_costs_the_callers_thread_microseconds(tmp_path: Path) -> None:
    """The median of 2,000 calls lies below 50 microseconds, the writer at work beside them."""
    taker = Capture(folder=tmp_path)
    result = ("accepted", RIGHT_MINIMUM)
    spent = []
    for _ in range(2_000):
        started = time.perf_counter_ns()
        taker(result)
        spent.append(time.perf_counter_ns() - started)
    taker.close()

    assert median(spent) < 50_000
    assert taker.counters().written == 2_000


def test_importing_capture_is_light() -> None:
    """A pipeline that captures imports neither DSPy nor SymPy nor the store."""
    code = (
        "import sys, ratchet; ratchet.capture; "
        "print([m for m in ('dspy', 'sympy', 'sqlalchemy', 'polars', 'pydantic') "
        "if m in sys.modules])"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"


def test_a_full_domain_takes_no_more_without_a_person(tmp_path: Path) -> None:
    """Above the most that is configured a good result is kept, as a candidate."""
    taker = Capture(folder=tmp_path / "capture")
    for result in (RIGHT_MINIMUM, EQUATION):
        taker(("accepted", result))
    taker.close()

    with open_store(f"sqlite:///{tmp_path / 'ratchet.db'}") as store:
        report = take_in(taker.spool, store, max_per_domain=1)
        statuses = {e.status for e in store.examples.find("generate_problem")}

    assert statuses == {Status.ACCEPTED, Status.CANDIDATE}
    assert "mathematics has 1 examples, the most" in " ".join(report.refused)
