"""What a stage leaves behind: files of examples, and the record that the next stage reads."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, Self

from ratchet.cycle.run_folder import RunFolder
from ratchet.errors import StoreError
from ratchet.examples import Example
from ratchet.files import read_jsonl, write_jsonl


@dataclass(frozen=True, kw_only=True)
class StageFile:
    """Examples on disk, one JSON object a line. `sha256` is of the bytes."""

    path: Path
    sha256: str
    count: int

    @classmethod
    def write(cls, path: Path, examples: Iterable[Example]) -> Self:
        """Write `examples` to `path`, replacing it in one step.

        Raises:
            StoreError: the folder can not be written.
        """
        rows = [example.to_json() for example in examples]
        write_jsonl(path, rows)
        return cls(path=path, sha256=_hash(path), count=len(rows))

    @classmethod
    def of(cls, path: Path) -> Self:
        """A file that is there already.

        Raises:
            InputError: it can not be read, or holds something else.
        """
        return cls(path=path, count=sum(1 for _ in read_jsonl(path)), sha256=_hash(path))

    def read(self) -> tuple[Example, ...]:
        """The examples.

        Raises:
            StoreError: the file is gone or was changed since the stage wrote it.
        """
        if not self.is_intact:
            raise StoreError(
                f"{self.path} is gone or was changed since its stage finished; run the stage again."
            )
        return tuple(Example.from_json(row) for row in read_jsonl(self.path))

    @property
    def is_intact(self) -> bool:
        """Whether the file is still what the stage wrote."""
        return self.path.is_file() and _hash(self.path) == self.sha256


@dataclass(frozen=True, kw_only=True)
class StageResult:
    """What a finished stage says; `leaves` are its files in the run folder, relative to it.

    A result outlives its run: a later run with the same inputs takes it over instead of doing
    the stage again.
    """

    run_path: Path
    leaves: tuple[str, ...]

    @property
    def headline(self) -> str:
        """The outcome in a line, for logs and progress."""
        return f"{len(self.leaves)} files"

    @property
    def is_whole(self) -> bool:
        """Whether every file is still there, and those that are read again unchanged."""
        present = all((self.run_path / leaf).is_file() for leaf in self.leaves)
        return present and all(file.is_intact for file in self._files().values())

    def taken_over_by(self, run: RunFolder) -> Self:
        """The same result with its files copied into `run`.

        Raises:
            StoreError: a file can not be copied.
        """
        if run.path == self.run_path:
            return self
        try:
            for leaf in self.leaves:
                (run.path / leaf).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(self.run_path / leaf, run.path / leaf)
        except OSError as error:
            raise StoreError(f"{run.path} can not take over {leaf}: {error}.") from error
        moved = {
            name: replace(file, path=run.path / file.path.relative_to(self.run_path))
            for name, file in self._files().items()
        }
        changes: dict[str, Any] = {"run_path": run.path, **moved}
        return replace(self, **changes)

    def _files(self) -> dict[str, StageFile]:
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: value for name, value in values.items() if isinstance(value, StageFile)}


def _hash(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
