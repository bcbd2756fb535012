"""What a run achieved, signature by signature."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from ratchet.cycle.run_folder import RunId
from ratchet.files import read_json, write_json

SCHEMA_VERSION = 1


@dataclass(frozen=True, kw_only=True)
class SignatureSummary:
    """The way of one signature through the cycle; what was not reached is None.

    Scores are 0..1 on the sealed test split; `improvement` is their difference,
    `improvement_percent` relative to the baseline; `interval` bounds `improvement` at 95 %.
    `news` are sentences about what is still under way or came from earlier runs.
    """

    signature: str
    collected: int = 0
    accepted: int = 0
    rejected: int = 0
    dataset_version: str | None = None
    baseline_score: float | None = None
    candidate_score: float | None = None
    improvement: float | None = None
    improvement_percent: float | None = None
    interval: tuple[float, float] | None = None
    verdict: str | None = None
    reasons: tuple[str, ...] = ()
    program_version: str | None = None
    model: str | None = None
    deployed: bool = False
    cost_usd: float | None = None
    lm_calls: int = 0
    seconds: float = 0.0
    error: str | None = None
    news: tuple[str, ...] = ()

    @property
    def did_real_work(self) -> bool:
        """Whether every stage ran on data and came to a verdict on measured scores."""
        return (
            self.error is None
            and self.collected > 0
            and self.baseline_score is not None
            and self.candidate_score is not None
        )

    def to_row(self) -> dict[str, Any]:
        """The row of the table that people see at the end of a run."""
        interval = f"({self.interval[0]:+.3f} to {self.interval[1]:+.3f})" if self.interval else ""
        return {
            "signature": self.signature,
            "collected": self.collected,
            "accepted": self.accepted,
            "dataset": self.dataset_version,
            "baseline": _three_digits(self.baseline_score),
            "candidate": _three_digits(self.candidate_score),
            "gain (95 % interval)": None
            if self.improvement is None
            else f"{self.improvement:+.3f} {interval}",
            "verdict": "error" if self.error else self.verdict,
            "reason": " ".join((self.error or " ".join(self.reasons), *self.news)),
            "LM calls": self.lm_calls,
            "seconds": self.seconds,
        }


@dataclass(frozen=True, kw_only=True)
class RunSummary:
    """A finished run, as `orchestration_summary.json` holds it."""

    run_id: RunId
    started: datetime
    finished: datetime
    config: dict[str, Any]
    signatures: dict[str, SignatureSummary] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def success(self) -> bool:
        """True only when every requested signature went the whole way."""
        return bool(self.signatures) and all(s.did_real_work for s in self.signatures.values())

    @property
    def error(self) -> str | None:
        """What kept the run from success, in a sentence for each signature."""
        failures = [
            f"{s.signature}: {s.error or '; '.join(s.reasons) or 'no verdict was reached'}"
            for s in self.signatures.values()
            if not s.did_real_work
        ]
        if not self.signatures:
            return "No signature was requested."
        return " | ".join(failures) or None

    def to_json(self) -> dict[str, Any]:
        """The form on disk."""
        return {
            "schema_version": SCHEMA_VERSION,
            "run_id": self.run_id,
            "started": self.started.isoformat(),
            "finished": self.finished.isoformat(),
            "success": self.success,
            "error": self.error,
            "config": self.config,
            "notes": list(self.notes),
            "signatures": {name: _without_name(s) for name, s in self.signatures.items()},
        }

    def write(self, path: Path) -> None:
        """Write `orchestration_summary.json`."""
        write_json(path, self.to_json())


def read_summary(path: Path) -> RunSummary:
    """Read what `RunSummary.write` wrote.

    Raises:
        InputError: it is missing or broken.
    """
    document = read_json(path)
    return RunSummary(
        run_id=RunId(document["run_id"]),
        started=datetime.fromisoformat(document["started"]),
        finished=datetime.fromisoformat(document["finished"]),
        config=document["config"],
        notes=tuple(document.get("notes", ())),
        signatures={
            name: SignatureSummary(
                **{
                    **values,
                    "signature": name,
                    "reasons": tuple(values["reasons"]),
                    "news": tuple(values.get("news", ())),
                    "interval": tuple(values["interval"]) if values["interval"] else None,
                }
            )
            for name, values in document["signatures"].items()
        },
    )


def _three_digits(value: float | None) -> str | None:
    return None if value is None else f"{value:.3f}"


def _without_name(summary: SignatureSummary) -> dict[str, Any]:
    values = asdict(summary)
    del values["signature"]
    return values
