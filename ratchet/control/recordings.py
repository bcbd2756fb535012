"""Recordings of production for the backtest: from the store, or from files of telemetry."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from ratchet.errors import InputError
from ratchet.rollout.assignment import BUCKETS, CANDIDATE
from ratchet.store.telemetry import LabelRow, OutcomeRow, TelemetryStore

SHOWN = 3  # reasons for unusable lines that are named


@dataclass(frozen=True, kw_only=True)
class Recording:
    """The comparable requests of one experiment, as the backtest reads them.

    `left_out` counts requests that compare with nothing, and requests of other experiments;
    `unusable` has a reason for each line that could not be read.
    """

    experiment_id: str
    records: tuple[dict[str, Any], ...]
    left_out: int
    unusable: tuple[str, ...] = ()


def recorded_in_store(telemetry: TelemetryStore, experiment_id: str) -> Recording:
    """Everything that came in for an experiment.

    Raises:
        InputError: nothing did.
        StoreError: the database can not be read.
    """
    outcomes: list[OutcomeRow] = []
    labels: list[LabelRow] = []
    arrived, is_all = 0, False
    while not is_all:
        window = telemetry.arrived(experiment_id, after=arrived)
        outcomes += window.outcomes
        labels += window.labels
        arrived, is_all = window.upto, window.is_all
    return _recording(outcomes, labels, experiment_id, ())


def recorded_in_files(
    paths: Sequence[Path], *, experiment_id: str | None = None, now: datetime
) -> Recording:
    """The telemetry in JSONL files, requests and feedback in any order.

    Args:
        paths: The files.
        experiment_id: Only this experiment; needed when there are several in the files.
        now: The time; records from later than a day after it can not be.

    Raises:
        InputError: a file can not be read, no request can be replayed, or there are several
            experiments.
    """
    from ratchet.telemetry.fields import CLOCK_TOLERANCE
    from ratchet.telemetry.parsing import parse_line

    outcomes: list[OutcomeRow] = []
    labels: list[LabelRow] = []
    unusable: list[str] = []
    for path in paths:
        for number, line in enumerate(_lines(path), start=1):
            parsed = parse_line(line, latest=now + CLOCK_TOLERANCE)
            if parsed.outcome is not None:
                outcomes.append(parsed.outcome)
            if parsed.label is not None:
                labels.append(parsed.label)
            if parsed.reason:
                unusable.append(f"{path}:{number}: {parsed.reason}")
    return _recording(outcomes, labels, experiment_id or _only(outcomes, unusable), unusable)


def _lines(path: Path) -> list[bytes]:
    try:
        return path.read_bytes().splitlines()
    except OSError as error:
        raise InputError(f"{path} can not be read: {error.strerror}.") from error


def _only(outcomes: Iterable[OutcomeRow], unusable: Sequence[str]) -> str:
    """The one experiment of the outcomes."""
    found = sorted({row.experiment_id for row in outcomes if row.experiment_id})
    if len(found) > 1:
        raise InputError(
            f"The files hold {len(found)} experiments: {', '.join(found)}. Choose one with "
            "--experiment-id."
        )
    if not found:
        said = f" Unusable: {'; '.join(unusable[:SHOWN])}." if unusable else ""
        raise InputError(f"The files hold no request of an experiment.{said}")
    return found[0]


def _recording(
    outcomes: Sequence[OutcomeRow],
    labels: Iterable[LabelRow],
    experiment_id: str,
    unusable: Sequence[str],
) -> Recording:
    qualities = _latest(labels)
    records = tuple(
        _record(row, row.candidate_buckets / BUCKETS, qualities.get(row.request_id))
        for row in {row.request_id: row for row in reversed(outcomes)}.values()  # the first counts
        if row.experiment_id == experiment_id and row.candidate_buckets is not None
    )
    if not records:
        raise InputError(
            f"Nothing of {experiment_id} can be replayed: no comparable request was recorded."
        )
    return Recording(
        experiment_id=experiment_id,
        records=records,
        left_out=len(outcomes) - len(records),
        unusable=tuple(unusable),
    )


def _latest(labels: Iterable[LabelRow]) -> dict[str, float]:
    """The quality of each request; of two labels at the same time the lower counts."""
    newest: dict[str, tuple[datetime, float]] = {}
    for label in labels:
        if label.quality_score is None:
            continue
        word = (label.at, -label.quality_score)
        newest[label.request_id] = max(word, newest.get(label.request_id, word))
    return {request_id: -quality for request_id, (_, quality) in newest.items()}


def _record(row: OutcomeRow, share: float, quality: float | None) -> dict[str, Any]:
    return {
        "request_id": row.request_id,
        "key": row.key,
        "variant": row.variant,
        "propensity": share if row.variant == CANDIDATE else 1 - share,
        "timestamp": row.at.isoformat(),
        "success": row.success,
        "latency_ms": row.latency_ms,
        "quality_score": quality,
    }
