"""The summary of a run: what counts as success, and its form on disk."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from ratchet.cycle.run_folder import RunId
from ratchet.cycle.summary import RunSummary, SignatureSummary, read_summary

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def judged(**changes: Any) -> SignatureSummary:
    """A signature that went the whole way."""
    values: dict[str, Any] = {
        "signature": "s",
        "collected": 50,
        "accepted": 48,
        "rejected": 2,
        "dataset_version": "v1",
        "baseline_score": 0.5,
        "candidate_score": 0.6,
        "improvement": 0.1,
        "improvement_percent": 20.0,
        "interval": (0.02, 0.18),
        "verdict": "promote",
        "reasons": ("A gain.",),
    }
    return SignatureSummary(**{**values, **changes})


def run(*signatures: SignatureSummary) -> RunSummary:
    """A finished run of these."""
    return RunSummary(
        run_id=RunId("run_1"),
        started=NOW,
        finished=NOW,
        config={"seed": 1},
        signatures={s.signature: s for s in signatures},
    )


def test_a_summary_is_read_back_as_it_was_written(tmp_path: Path) -> None:
    """Nothing is lost on disk."""
    summary = run(judged(), judged(signature="t", interval=None, error="It broke."))

    summary.write(tmp_path / "summary.json")

    assert read_summary(tmp_path / "summary.json") == summary


@pytest.mark.parametrize("verdict", ["promote", "reject", "inconclusive"])
def test_any_verdict_on_measured_scores_is_a_success(verdict: str) -> None:
    """A candidate that is refused on evidence is work done."""
    assert run(judged(verdict=verdict)).success


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"collected": 0}, "s: "),
        ({"candidate_score": None, "reasons": ("Too few.",)}, "Too few."),
        ({"error": "The key was refused."}, "The key was refused."),
    ],
)
def test_a_signature_that_did_no_real_work_fails_the_run(
    changes: dict[str, Any], reason: str
) -> None:
    """The error names the signature and the reason; the others do not hide it."""
    summary = run(judged(signature="fine"), judged(**changes))

    assert not summary.success
    assert "s: " in (summary.error or "")
    assert reason in (summary.error or "")


def test_a_run_of_nothing_is_no_success() -> None:
    """Nothing requested, nothing proven."""
    assert not run().success


def test_the_row_for_people_shows_the_gain_with_its_interval() -> None:
    """What was not reached is empty, not zero."""
    assert judged().to_row()["gain (95 % interval)"] == "+0.100 (+0.020 to +0.180)"
    assert judged(improvement=None, interval=None).to_row()["gain (95 % interval)"] is None
    assert judged(error="It broke.").to_row()["verdict"] == "error"
