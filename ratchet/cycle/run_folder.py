"""The folder of one run: where each stage leaves its files."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import NewType, Self

from ratchet.errors import InputError, StoreError

RunId = NewType("RunId", str)

SUMMARY_FILE = "orchestration_summary.json"
MAX_RUNS_A_SECOND = 1000


@dataclass(frozen=True, kw_only=True)
class RunFolder:
    """`<runs>/run_<YYYYMMDD_HHMMSS>/`, with one folder for each stage."""

    path: Path

    @classmethod
    def create(cls, runs: Path, *, now: datetime) -> Self:
        """Make the folder of a new run; a second run in the same second gets a suffix.

        Raises:
            StoreError: the folder can not be made.
        """
        stamp = f"run_{now:%Y%m%d_%H%M%S}"
        try:
            runs.mkdir(parents=True, exist_ok=True)
            for attempt in range(1, MAX_RUNS_A_SECOND):
                path = runs / (stamp if attempt == 1 else f"{stamp}_{attempt}")
                try:
                    path.mkdir()
                except FileExistsError:
                    continue
                return cls(path=path)
        except OSError as error:
            raise StoreError(
                f"{runs} can not hold runs: {error.strerror or error}. Choose another folder "
                "with --output-dir or RATCHET_RUNS."
            ) from error
        raise StoreError(f"{runs} has {MAX_RUNS_A_SECOND} runs of {stamp} already.")

    @classmethod
    def open(cls, path: Path) -> Self:
        """Return an existing run.

        Raises:
            InputError: there is no such folder.
        """
        if not path.is_dir():
            raise InputError(f"{path} is no run folder.")
        return cls(path=path)

    @property
    def run_id(self) -> RunId:
        """The name of the run."""
        return RunId(self.path.name)

    def relative(self, *paths: Path) -> tuple[str, ...]:
        """The names of files of this run, relative to its folder."""
        return tuple(str(path.relative_to(self.path)) for path in paths)

    @property
    def summary(self) -> Path:
        return self.path / SUMMARY_FILE

    def collected(self, signature: str, source: str) -> Path:
        """Examples as one source gave them."""
        return self.path / "collected_data" / f"{signature}.{source}.jsonl"

    def validated(self, signature: str) -> Path:
        """Examples that passed validation."""
        return self.path / "validated_data" / f"{signature}.jsonl"

    def selected(self, signature: str) -> Path:
        """Examples that the next dataset version is to hold."""
        return self.path / "validated_data" / f"{signature}.selected.jsonl"

    def report(self, signature: str, kind: str) -> Path:
        """A report on the quality of a signature's data, as JSON."""
        return self.path / "quality_reports" / f"{signature}.{kind}.json"

    def result(self, signature: str, kind: str) -> Path:
        """A result of a signature's optimisation, as JSON."""
        return self.path / "optimization_results" / f"{signature}.{kind}.json"
