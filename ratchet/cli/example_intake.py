"""Examples that a person brings, into the store and, if asked for, into a file."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ratchet.cli.example_files import add_to_file
from ratchet.curation.admission import Admission
from ratchet.curation.assessment import Assessment, assess
from ratchet.curation.drafting import BY_HAND
from ratchet.errors import InputError
from ratchet.examples import Example, Source, Status
from ratchet.files import read_json, write_json
from ratchet.settings import Settings
from ratchet.signatures.spec import SignatureSpec
from ratchet.store import USABLE, Judgement, Store, open_store

STDIN = "-"
FORGOTTEN = "this content was forgotten on request; it is never taken in again"
ARRAY_SUFFIX, LINES_SUFFIX = ".json", ".jsonl"


@dataclass(frozen=True, kw_only=True)
class Taken:
    """What became of one example: `example_id` is None when it could not even be read."""

    place: str
    status: str
    example_id: str | None = None
    quality_score: float | None = None
    reasons: tuple[str, ...] = ()
    is_stored: bool = False

    @property
    def sentence(self) -> str:
        """The outcome in a line."""
        name = f" as {self.example_id[:8]}" if self.example_id and self.is_stored else ""
        quality = "" if self.quality_score is None else f", quality {self.quality_score:g}"
        why = f": {'; '.join(self.reasons)}" if self.reasons else ""
        return f"{self.place}: {self.status}{name}{quality}{why}"

    def to_json(self) -> dict[str, Any]:
        """The outcome for programs."""
        return {**vars(self), "reasons": list(self.reasons)}


@dataclass(kw_only=True)
class Intake:
    """Takes examples of one signature from one author."""

    spec: SignatureSpec
    settings: Settings
    author: str
    file: Path | None = None

    def __post_init__(self) -> None:
        if self.file is not None and self.file.suffix not in {ARRAY_SUFFIX, LINES_SUFFIX}:
            raise InputError(
                f"{self.file} is neither {LINES_SUFFIX} (examples whole) nor {ARRAY_SUFFIX} "
                "(an array, like training data files). Name the file so."
            )

    def usable(self) -> tuple[Example, ...]:
        """What goes into datasets now.

        Raises:
            StoreError: the store can not be read.
        """
        with open_store(self.settings.store_url) as store:
            return self._usable(store)

    def categories(self) -> tuple[str, ...]:
        """The categories that stored examples have, the most frequent first."""
        with open_store(self.settings.store_url) as store:
            return tuple(store.examples.statistics(self.spec.name).categories)

    def assess(self, example: Example, *, stored: Sequence[Example]) -> Assessment:
        """What validation would make of an example beside the stored ones."""
        return assess(
            self.spec,
            example,
            stored=stored,
            reject_below=self.settings.quality.reject_below,
            threshold=self.settings.collection.duplicate_threshold,
            now=datetime.now(UTC),
        )

    def take(self, example: Example) -> Taken:
        """Validate an example against the store and keep it, if it is sound.

        It is accepted, not approved: that is for a curator.

        Raises:
            StoreError: the store or the file can not be written.
        """
        with open_store(self.settings.store_url) as store:
            return self._take(store, example, self._usable(store))

    def take_all(self, path: str) -> tuple[Taken, ...]:
        """Take the examples of a JSON file, or of standard input for `-`.

        Raises:
            InputError: it is no JSON, or holds nothing.
            StoreError: the store or the file can not be written.
        """
        rows = _rows_of(path)
        if not rows:
            raise InputError(f"{_called(path)} holds no example.")
        with open_store(self.settings.store_url) as store:
            stored = list(self._usable(store))
            return tuple(
                self._take_row(store, stored, row, number=number, path=path)
                for number, row in enumerate(rows, 1)
            )

    def _take(self, store: Store, example: Example, stored: Sequence[Example]) -> Taken:
        known = store.examples.statuses([example.example_id])
        if known:
            return _known(example, known[example.example_id])
        assessed = self.assess(example, stored=stored)
        if assessed.is_sound and not self._keep(store, assessed.example):
            return Taken(place=example.signature, status="refused", reasons=(FORGOTTEN,))
        return Taken(
            place=example.signature,
            status=assessed.example.status.value,
            example_id=example.example_id,
            quality_score=assessed.example.quality_score,
            reasons=assessed.reasons,
            is_stored=assessed.is_sound,
        )

    def _take_row(
        self, store: Store, stored: list[Example], row: Any, *, number: int, path: str
    ) -> Taken:
        from ratchet.collect.file_examples import RowContext, example_of_row
        from ratchet.collect.row import Row
        from ratchet.errors import RatchetError

        now = datetime.now(UTC)
        place = f"{_called(path)}, example {number}"
        context = RowContext(signature=self.spec.name, source=Source.MANUAL, now=now)
        try:
            read = example_of_row(
                Row(number=number, line=number, value=row), file=_called(path), context=context
            )
        except RatchetError as error:
            return Taken(place=place, status=Status.REJECTED.value, reasons=(str(error),))
        example = self._signed(read.example, now)
        taken = self._take(store, example, stored)
        if taken.is_stored:
            stored.append(example)
        return Taken(**{**vars(taken), "place": place})

    def _signed(self, example: Example, now: datetime) -> Example:
        facts = {"added_by": self.author, "added_at": now.isoformat(), "added_with": BY_HAND}
        return example.evolve(
            source=Source.MANUAL,
            status=Status.CANDIDATE,
            provenance={**example.provenance, **facts},
        )

    def _usable(self, store: Store) -> tuple[Example, ...]:
        return Admission().sort(store.examples.find(self.spec.name)).examples

    def _keep(self, store: Store, example: Example) -> bool:
        """Store it as accepted; False when its content was forgotten on request."""
        added = store.examples.add([example.evolve(status=Status.CANDIDATE)], actor=self.author)
        if added.forgotten:
            return False
        if added.inserted:
            judgement = Judgement(
                example_id=example.example_id,
                status=example.status,
                quality_score=example.quality_score,
                reason="written by hand and validated",
            )
            store.examples.judge([judgement], actor=self.author, at=datetime.now(UTC))
        if self.file is not None:
            _append(self.file, example)
        return True


def _known(example: Example, status: Status) -> Taken:
    return Taken(
        place=example.signature,
        status=status.value,
        example_id=example.example_id,
        reasons=("it is stored already; nothing was changed",),
        is_stored=status in USABLE,
    )


def _append(path: Path, example: Example) -> None:
    """Put the example at the end of a file, which is replaced in one step.

    Raises:
        InputError: the file holds something else.
    """
    if path.suffix == LINES_SUFFIX:
        add_to_file(path, [example])
        return
    held = read_json(path) if path.exists() else []
    if not isinstance(held, list):
        raise InputError(f"{path} holds no array of examples; it was left as it is.")
    write_json(path, [*held, example.to_json()])


def _rows_of(path: str) -> list[Any]:
    """The values of one JSON array, of one object, or of one object a line."""
    try:
        text = sys.stdin.read() if path == STDIN else Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{_called(path)} can not be read: {error}.") from error
    try:
        return _whole(json.loads(text))
    except json.JSONDecodeError as error:
        lines = [line for line in text.splitlines() if line.strip()]
        if len(lines) < 2:
            raise InputError(_broken(path, error)) from error
    return list(_lines(path, text))


def _lines(path: str, text: str) -> Iterator[Any]:
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip():
            try:
                yield json.loads(line)
            except json.JSONDecodeError as error:
                message = f"{_called(path)}, line {number}, column {error.colno}: {error.msg}."
                raise InputError(message) from error


def _whole(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _broken(path: str, error: json.JSONDecodeError) -> str:
    return f"{_called(path)}, line {error.lineno}, column {error.colno}: {error.msg}."


def _called(path: str) -> str:
    return "standard input" if path == STDIN else path
