"""Recordings for the backtest: the same from the store and from the spool's own lines."""

from __future__ import annotations

from pathlib import Path

import pytest

from ratchet.control.recordings import recorded_in_files, recorded_in_store
from ratchet.errors import InputError
from ratchet.store import open_store
from tests.builders import NOON
from tests.control_builders import absorb, label, lines_of, outcome

ROWS = (
    outcome("a", candidate_buckets=2_500),
    outcome("b", variant="baseline", candidate_buckets=2_500, success=False),
    outcome("c", candidate_buckets=None),
    outcome("d", experiment_id="y"),
)


def test_store_and_files_give_the_same_records(tmp_path: Path) -> None:
    """Labels are joined, and what compares with nothing is counted apart."""
    path = tmp_path / "spool.jsonl"
    path.write_text(lines_of(ROWS[:2] + ROWS[3:], {"a": 0.75}))
    with open_store(f"sqlite:///{tmp_path / 'r.db'}") as store:
        absorb(store, ROWS, [label("a", 0.75)])
        stored = recorded_in_store(store.telemetry, "x")

    found = recorded_in_files([path], experiment_id="x", now=NOON)

    interesting = ("request_id", "variant", "propensity", "success", "quality_score")
    rows = [tuple(r[name] for name in interesting) for r in found.records]
    assert sorted(rows) == [
        ("a", "candidate", 0.25, True, 0.75),
        ("b", "baseline", 0.75, False, None),
    ]
    assert sorted(rows) == sorted(tuple(r[n] for n in interesting) for r in stored.records)
    assert (found.left_out, stored.left_out) == (1, 1)


def test_a_repeated_request_is_one(tmp_path: Path) -> None:
    """A file that was copied twice does not double the evidence."""
    path = tmp_path / "spool.jsonl"
    path.write_text(lines_of(ROWS[:1], {}))

    found = recorded_in_files([path, path], now=NOON)

    assert len(found.records) == 1


def test_several_experiments_are_not_mixed(tmp_path: Path) -> None:
    """The names are listed, and the option that chooses."""
    path = tmp_path / "spool.jsonl"
    path.write_text(lines_of((ROWS[0], ROWS[3]), {}))

    with pytest.raises(InputError, match=r"2 experiments: x, y.*--experiment-id"):
        recorded_in_files([path], now=NOON)


def test_unusable_lines_are_named_with_file_and_number(tmp_path: Path) -> None:
    """A damaged line does not stop the replay, and is not passed over in silence."""
    path = tmp_path / "spool.jsonl"
    path.write_text(lines_of(ROWS[:1], {}) + "{half a li\n")

    found = recorded_in_files([path], now=NOON)

    (reason,) = found.unusable
    assert reason.startswith(f"{path}:2: no JSON")


@pytest.mark.parametrize("content", ["", '{"request_id": "a"}\n'])
def test_files_without_a_request_are_refused(tmp_path: Path, content: str) -> None:
    """Nothing to replay is no result."""
    path = tmp_path / "spool.jsonl"
    path.write_text(content)

    with pytest.raises(InputError, match="no request"):
        recorded_in_files([path], now=NOON)
