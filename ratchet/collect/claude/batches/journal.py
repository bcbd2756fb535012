"""The journal of a batch job: what was ordered, what was sent, what came back. On disk first.

An intent is written before a batch is submitted and its id after, so that a process killed
at any moment leaves enough behind to find the batch again. One process works on a job at a
time. Everything is kept by content: the same command finds its own job.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from ratchet.collect.claude.batches.answer import Answer
from ratchet.collect.claude.commission import JOB_OF
from ratchet.collect.claude.order import Order
from ratchet.errors import InputError, StoreError
from ratchet.files import read_json, write_json

SCHEMA_VERSION = 1


class JobBusyError(InputError):
    """Another process works on the job."""


@dataclass(frozen=True, kw_only=True)
class Submission:
    """A batch that was sent, or was about to be; without an id nobody knows which."""

    custom_ids: tuple[str, ...]
    intended_at: datetime
    batch_id: str = ""
    is_fetched: bool = False


@dataclass(frozen=True, kw_only=True)
class Terms:
    """What a job was begun with: the seed of its plan, the model, and its longest answer."""

    seed: int
    model: str
    max_tokens: int


@dataclass(frozen=True, kw_only=True)
class Job:
    """What is under way: the orders as they were planned, and the batches sent for them.

    `terms` are how its questions are asked: with others they would be other questions, and
    paid for again. `taken_in` is the round of runs in which all of it came home; None while
    a run may still expect something of it.
    """

    created_at: datetime
    orders: tuple[Order, ...]
    submissions: tuple[Submission, ...] = ()
    is_finished: bool = False
    terms: Terms | None = None
    taken_in: int | None = None

    @property
    def unfetched(self) -> tuple[Submission, ...]:
        """The batches whose results are not here yet."""
        return tuple(s for s in self.submissions if not s.is_fetched)


class Journal:
    """The job of one command and the answers it was given; get one from `open_journal`."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._answers_path = path.with_suffix(".answers.jsonl")
        self.answers: dict[str, Answer] = dict(self._read_answers())
        self.job: Job | None = _read_job(path) if path.exists() else None

    def start(self, orders: Sequence[Order], *, now: datetime, terms: Terms) -> Job:
        """Take up the job that is under way, or that had these orders; else begin a new one."""
        job = self.job
        if job is not None and (not job.is_finished or job.orders == tuple(orders)):
            return job
        return self._save(Job(created_at=now, orders=tuple(orders), terms=terms))

    def intend(self, custom_ids: Sequence[str], *, at: datetime) -> None:
        """Write down what is about to be sent."""
        job = self._current
        fresh = Submission(custom_ids=tuple(custom_ids), intended_at=at)
        self._save(replace(job, submissions=(*job.submissions, fresh)))

    def change(self, submission: Submission, changed: Submission | None) -> None:
        """Put `changed` in the place of a submission; None takes it out."""
        kept = [changed if s == submission else s for s in self._current.submissions]
        self._save(replace(self._current, submissions=tuple(s for s in kept if s is not None)))

    def record(self, answers: Iterable[Answer]) -> None:
        """Keep answers, on disk when this returns.

        Raises:
            StoreError: the disk is full, or the folder can not be written.
        """
        found = list(answers)
        lines = "".join(json.dumps(a.to_json(), ensure_ascii=False) + "\n" for a in found)
        try:
            with self._answers_path.open("a", encoding="utf-8", errors="surrogatepass") as stream:
                stream.write(lines)
                stream.flush()
                os.fsync(stream.fileno())
        except OSError as error:
            raise StoreError(
                f"{self._answers_path} can not be written: {error.strerror or error}. Free some "
                "space; the answers stay at Claude's for 29 days, and the same command goes on."
            ) from error
        self.answers.update({answer.custom_id: answer for answer in found})

    def finish(self) -> None:
        """Write down that every order is decided."""
        self._save(replace(self._current, is_finished=True))

    def take(self, round_: int) -> None:
        """Write down that a round of runs has all that came of the job."""
        self._save(replace(self._current, taken_in=round_))

    @property
    def batch_ids(self) -> tuple[str, ...]:
        """The batches of the job."""
        return tuple(s.batch_id for s in self._current.submissions if s.batch_id)

    @property
    def _current(self) -> Job:
        if self.job is None:
            raise ValueError("The job was not started.")
        return self.job

    def _save(self, job: Job) -> Job:
        write_json(self._path, _job_json(job))
        self.job = job
        return job

    def _read_answers(self) -> Iterator[tuple[str, Answer]]:
        """The answers; a line that a kill cut off is none, and will be fetched again."""
        if not self._answers_path.exists():
            return
        text = self._answers_path.read_text(encoding="utf-8", errors="surrogatepass")
        if text and not text.endswith("\n"):
            text = text[: text.rfind("\n") + 1]
            self._answers_path.write_text(text, encoding="utf-8", errors="surrogatepass")
        for line in text.splitlines():
            with contextlib.suppress(ValueError, TypeError, KeyError):
                answer = Answer.from_json(json.loads(line))
                yield answer.custom_id, answer


@contextmanager
def open_journal(folder: Path, name: str) -> Iterator[Journal]:
    """Open the journal of a job, for this process alone.

    Raises:
        JobBusyError: another process works on the same job.
        StoreError: the folder can not be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handle = os.open(folder / f"{name}.lock", os.O_CREAT | os.O_RDWR, 0o644)
    except OSError as error:
        raise StoreError(
            f"{folder} can not be written: {error.strerror or error}. "
            "Choose another state folder (RATCHET_HOME)."
        ) from error
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise JobBusyError(
                f"Another process works on the batch job {name}; wait for it, or take another "
                "--seed for other examples."
            ) from error
        yield Journal(folder / f"{name}.json")
    finally:
        os.close(handle)


def jobs_of(folder: Path, signature: str) -> Mapping[str, Job]:
    """The jobs of a signature in a folder by name, the oldest first.

    Raises:
        InputError: a journal was written by another version, or is damaged.
    """
    found = {path.stem: _read_job(path) for path in folder.glob(f"{signature}{JOB_OF}*.json")}
    return dict(sorted(found.items(), key=lambda item: (item[1].created_at, item[0])))


def _read_job(path: Path) -> Job:
    document = read_json(path)
    if document.get("schema_version") != SCHEMA_VERSION:
        raise InputError(
            f"{path} was written by another version of Ratchet. Finish the job with that one, or "
            "move the file away."
        )
    return Job(
        created_at=datetime.fromisoformat(document["created_at"]),
        orders=tuple(Order.from_json(order) for order in document["orders"]),
        submissions=tuple(_submission(part) for part in document["submissions"]),
        is_finished=document["is_finished"],
        terms=Terms(**terms) if (terms := document.get("terms")) else None,
        taken_in=document.get("taken_in"),
    )


def _submission(document: Mapping[str, Any]) -> Submission:
    return Submission(
        custom_ids=tuple(document["custom_ids"]),
        intended_at=datetime.fromisoformat(document["intended_at"]),
        batch_id=document["batch_id"],
        is_fetched=document["is_fetched"],
    )


def _job_json(job: Job) -> dict[str, Any]:
    return {
        "schema_version": SCHEMA_VERSION,
        "created_at": job.created_at.isoformat(),
        "is_finished": job.is_finished,
        "terms": asdict(job.terms) if job.terms else None,
        "taken_in": job.taken_in,
        "submissions": [
            {
                "custom_ids": list(s.custom_ids),
                "intended_at": s.intended_at.isoformat(),
                "batch_id": s.batch_id,
                "is_fetched": s.is_fetched,
            }
            for s in job.submissions
        ],
        "orders": [order.to_json() for order in job.orders],
    }
