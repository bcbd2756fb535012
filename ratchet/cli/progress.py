"""The live view of a run: a line for each signature, with the stage it is in."""

from __future__ import annotations

from collections.abc import Sequence
from types import TracebackType
from typing import Self

from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn

from ratchet.cli.terminal import errors
from ratchet.cycle.progress import StageProgress

EVERYTHING = "all signatures"
STAGES = {
    "mine_histories": "mining",
    "collect_synthetic": "generating",
    "validate_collected": "validating",
    "gate_validated": "gates",
    "publish_dataset": "publishing",
    "optimize_program": "optimising",
    "evaluate_candidate": "evaluating",
}


class RunProgress:
    """Draws on standard error when that is a terminal; silent otherwise."""

    def __init__(self, signatures: Sequence[str], *, quiet: bool) -> None:
        self._progress = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(bar_width=24),
            TextColumn("{task.fields[stage]}"),
            TimeElapsedColumn(),
            console=errors,
            disable=quiet or not errors.is_terminal,
            transient=True,
        )
        self._signatures = signatures
        self._tasks: dict[str, TaskID] = {}

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._progress.stop()

    def say(self, message: str) -> None:
        """Show a line that belongs to no signature."""
        self._move(EVERYTHING, message)

    def update(self, progress: StageProgress) -> None:
        """Move the line of a signature; called from the thread that works on it."""
        name = progress.signature if progress.signature in self._signatures else EVERYTHING
        stage = f"{STAGES.get(progress.stage, progress.stage)} {progress.message}"
        self._move(name, stage, done=progress.done, total=progress.total)

    def _move(self, name: str, stage: str, *, done: int = 0, total: int = 0) -> None:
        if name not in self._tasks:
            self._tasks[name] = self._progress.add_task(name, stage=stage, total=None)
        self._progress.update(self._tasks[name], stage=stage, completed=done, total=total or None)
