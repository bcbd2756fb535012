"""The chain of the audit trail: every entry is hashed together with the hash before it.

The hash of an entry is `sha256(previous hash + canonical JSON of the entry)`, its number
included. So no entry can be changed, moved, added or taken out without breaking the hashes
after it. Whoever can write the database can also hash the whole trail anew, or cut off its
end; against that helps the newest hash, noted where that person can not write.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, insert, select, text

from ratchet.canonical import canonical_json, sha256_of_text
from ratchet.errors import InputError
from ratchet.store import schema
from ratchet.store.columns import encode_json, storable

GENESIS = sha256_of_text("ratchet audit trail 1")
"""The hash before the first entry."""

BEFORE_THE_CHAIN = sha256_of_text("ratchet audit entries older than the trail's chain 1")
"""The hash before the first entry where entries are older than the chain: they have none."""

HASHED = ("entry_id", "at", "actor", "action", "subject", "reason", "before", "after")
_LOCK = 0x7261746175646974  # "rataudit" in ASCII: appending takes turns on PostgreSQL
_FOLD_PAGE = 1_000

_table = schema.audit


def hash_entry(previous: str, entry: Mapping[str, Any]) -> str:
    """The hash of an entry, given as its row, after the hash `previous`.

    Numbers count by their value: PostgreSQL writes 1e22 as an integer.
    """
    content = {name: entry[name] for name in HASHED}
    content["at"] = entry["at"].astimezone(UTC).isoformat()
    content["before"], content["after"] = _plain(entry["before"]), _plain(entry["after"])
    return sha256_of_text(previous + canonical_json(content))


def append_rows(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Chain rows without number and hash to the trail.

    On PostgreSQL appending takes turns until the transaction ends. Call it last: who waits
    for a row while holding the turn could wait in a circle with one who waits for the turn.

    Raises:
        InputError: `before` or `after` has no JSON form.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
    entry_id, previous = _newest(connection)
    chained = []
    for row in rows:
        entry_id += 1
        entry = {**_as_read_back(row), "entry_id": entry_id}
        previous = hash_entry(previous, entry)
        chained.append({**entry, "hash": previous})
    connection.execute(insert(_table), chained)


class ChainCheck:
    """Follows the trail entry by entry and says what is wrong with one."""

    def __init__(self) -> None:
        self.previous = GENESIS
        self.last_id = 0
        self.unchained = 0
        self.is_chained = False

    def problem_of(self, row: Mapping[str, Any]) -> str | None:
        """What is wrong with the next entry, given as its row; None when it follows."""
        if not self.is_chained and row["hash"] is None:
            self._take_older(row)
            return None
        found = self._compare(row)
        self.is_chained = True
        # From what is written there: one broken entry does not make the rest look broken.
        self.previous = row["hash"] or hash_entry(self.previous, row)
        self.last_id = row["entry_id"]
        return found

    def _take_older(self, row: Mapping[str, Any]) -> None:
        self.previous = hash_entry(self.previous if self.unchained else BEFORE_THE_CHAIN, row)
        self.unchained += 1
        self.last_id = row["entry_id"]

    def _compare(self, row: Mapping[str, Any]) -> str | None:
        if row["hash"] is None:
            return (
                f"has no hash, but entry {self.last_id} before it has one: it was added, or its "
                "hash was removed, behind Ratchet's back"
            )
        if row["hash"] == hash_entry(self.previous, row):
            return None
        if (missing := row["entry_id"] - self.last_id - 1) > 0:
            first, last = self.last_id + 1, row["entry_id"] - 1
            gone = f"entry {first}" if missing == 1 else f"entries {first} to {last}"
            return f"does not follow what is before it: {gone} may have been removed"
        return (
            "does not match its hash: it was changed, or what comes before it was changed, "
            "moved or removed"
        )


def _newest(connection: Connection) -> tuple[int, str]:
    """Number and hash that the next entry follows."""
    query = select(_table.c.entry_id, _table.c.hash).order_by(_table.c.entry_id.desc())
    newest = connection.execute(query.limit(1)).first()
    if newest is None:
        return 0, GENESIS
    if newest.hash is not None:
        return newest.entry_id, newest.hash
    chained = connection.execute(query.where(_table.c.hash.is_not(None)).limit(1)).first()
    return newest.entry_id, _fold_unchained(connection, chained)


def _fold_unchained(connection: Connection, after: Any) -> str:
    """The hash of the entries without one: those older than the chain, or `after` a row of it.

    The latter were written by somebody else, and checking says so; appending goes on.
    """
    query = select(_table).order_by(_table.c.entry_id)
    if after is not None:
        query = query.where(_table.c.entry_id > after.entry_id)
    previous = BEFORE_THE_CHAIN if after is None else str(after.hash)
    paged = query.execution_options(yield_per=_FOLD_PAGE)
    for row in connection.execute(paged).mappings():
        previous = hash_entry(previous, dict(row))
    return previous


def _as_read_back(row: Mapping[str, Any]) -> dict[str, Any]:
    """The row as every database gives it back; that is what is hashed."""
    texts = {name: storable(str(row[name])) for name in ("actor", "action", "subject", "reason")}
    documents = {name: _read_back(row, name) for name in ("before", "after")}
    return {"at": row["at"], **texts, **documents}


def _read_back(row: Mapping[str, Any], name: str) -> Any:
    try:
        encoded = encode_json(_table.c[name].type, row[name])
    except (TypeError, ValueError) as error:
        raise InputError(
            f"{name!r} of the audit entry {row['action']} has no JSON form: {error}."
        ) from error
    return None if encoded is None else json.loads(encoded)


def _plain(value: Any) -> Any:
    if isinstance(value, float):
        return int(Decimal(repr(value))) if value.is_integer() else value
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value
