"""The durable cache of one run: a call that was paid for once is never paid for again."""

from __future__ import annotations

import json
import logging
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from ratchet.canonical import canonical_json, sha256_of_text
from ratchet.errors import StoreError

logger = logging.getLogger(__name__)

Record = dict[str, Any]
BUSY_TIMEOUT_SECONDS = 30.0
SCHEMA_VERSION = 1


@dataclass(frozen=True, kw_only=True)
class CachedAnswer:
    """An answer, and whether it was `paid` for by this call."""

    record: Record
    paid: bool


@dataclass(frozen=True, kw_only=True)
class CacheCounts:
    """What the cache did since it was opened; `corrupted` entries were fetched again."""

    hits: int = 0
    misses: int = 0
    coalesced: int = 0
    corrupted: int = 0
    unsaved: int = 0


class CallCache:
    """Answers by key, in a SQLite file that threads and processes share.

    An answer is on disk before it is returned, so a process that is killed loses no answer
    that it has used. Two threads that ask for the same key at once cause one call; two
    processes may cause two, of which the later stays. A file that is no database is set
    aside as `<name>.damaged`, because a cache may be lost but must not stop a run.

    Raises:
        StoreError: the folder can not be written.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()
        self._waiting: dict[str, Future[Record]] = {}
        self._counts = CacheCounts()
        self._database = self._open()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file; what was answered stays."""
        with self._lock:
            self._database.close()

    @property
    def counts(self) -> CacheCounts:
        """What the cache did since it was opened."""
        with self._lock:
            return self._counts

    def answer(
        self,
        key: str,
        ask: Callable[[], Record],
        *,
        keep: Callable[[Record], bool] = lambda _: True,
    ) -> CachedAnswer:
        """Return the answer under `key`, calling `ask` only when there is none.

        An answer that is not worth to `keep` is returned and not stored.

        What `ask` raises is passed on and nothing is stored; a thread that waited for the
        same key then asks itself.
        """
        while True:
            with self._lock:
                found = self._read(key)
                if found is not None:
                    self._count(hits=1)
                    return CachedAnswer(record=found, paid=False)
                other = self._waiting.get(key)
                if other is None:
                    mine: Future[Record] = Future()
                    self._waiting[key] = mine
                    self._count(misses=1)
                    break
            if other.exception() is None:
                with self._lock:
                    self._count(coalesced=1)
                return CachedAnswer(record=other.result(), paid=False)
        return CachedAnswer(record=self._ask(key, ask, keep, mine), paid=True)

    def _ask(
        self,
        key: str,
        ask: Callable[[], Record],
        keep: Callable[[Record], bool],
        mine: Future[Record],
    ) -> Record:
        try:
            record = ask()
            worth_keeping = keep(record)
        except BaseException as error:
            with self._lock:
                del self._waiting[key]
            mine.set_exception(error)
            raise
        with self._lock:
            if worth_keeping:
                self._write(key, record)
            del self._waiting[key]
        mine.set_result(record)
        return record

    def _open(self) -> sqlite3.Connection:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            try:
                return self._connect()
            except sqlite3.OperationalError:
                raise
            except sqlite3.DatabaseError as error:
                logger.warning(
                    "The call cache %s is damaged (%s); starting anew.", self.path, error
                )
                self._set_aside()
                self._count(corrupted=1)
                return self._connect()
        except (OSError, sqlite3.Error) as error:
            raise StoreError(
                f"The call cache {self.path} can not be opened: {error}. "
                "Choose a folder that can be written."
            ) from error

    def _set_aside(self) -> None:
        for suffix in ("", "-wal", "-shm"):
            part = self.path.with_name(self.path.name + suffix)
            if part.exists():
                part.replace(self.path.with_name(f"{self.path.name}.damaged{suffix}"))

    def _connect(self) -> sqlite3.Connection:
        database = sqlite3.connect(
            self.path, timeout=BUSY_TIMEOUT_SECONDS, check_same_thread=False, isolation_level=None
        )
        try:
            database.execute("PRAGMA journal_mode=WAL")
            # Safe when the process is killed; a power cut may lose the last answers only.
            database.execute("PRAGMA synchronous=NORMAL")
            database.execute(
                "CREATE TABLE IF NOT EXISTS answers (key TEXT PRIMARY KEY, sha256 TEXT NOT NULL, "
                "record TEXT NOT NULL) WITHOUT ROWID"
            )
            database.execute(f"PRAGMA user_version={SCHEMA_VERSION}")
        except sqlite3.Error:
            database.close()
            raise
        return database

    def _read(self, key: str) -> Record | None:
        try:
            row = self._database.execute(
                "SELECT sha256, record FROM answers WHERE key = ?", (key,)
            ).fetchone()
            if row is None:
                return None
            digest, text = row
            if sha256_of_text(text) == digest:
                return dict(json.loads(text))
        except (sqlite3.DatabaseError, TypeError, ValueError, AttributeError) as error:
            logger.warning("An answer in %s can not be read: %s", self.path, error)
        self._count(corrupted=1)
        return None

    def _write(self, key: str, record: Record) -> None:
        text = canonical_json(record)
        try:
            self._database.execute(
                "INSERT INTO answers VALUES (?, ?, ?) ON CONFLICT (key) DO UPDATE "
                "SET sha256 = excluded.sha256, record = excluded.record",
                (key, sha256_of_text(text), text),
            )
        except sqlite3.Error as error:  # the answer is paid for: use it, even unsaved
            logger.warning("An answer was not saved in %s: %s", self.path, error)
            self._count(unsaved=1)

    def _count(self, **counts: int) -> None:
        sums = {name: getattr(self._counts, name) + count for name, count in counts.items()}
        self._counts = replace(self._counts, **sums)
