"""Curators: who may approve examples, and every change of that with who made it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, RowMapping, insert, select, text, update

from ratchet.errors import ConfigurationError
from ratchet.store import schema
from ratchet.store.audit import AuditEntry, append_entry
from ratchet.store.columns import refuse_naive
from ratchet.store.engine import Database

_table = schema.curators


class Role(StrEnum):
    """What a curator may do: both approve; an admin also names and removes curators."""

    CURATOR = "curator"
    ADMIN = "admin"


@dataclass(frozen=True, kw_only=True)
class CuratorRecord:
    """One curator. Of the token only `token_hash` is kept; `revoked_at` is None while it works.

    Raises:
        InputError: a time has no time zone.
    """

    name: str
    role: Role
    token_hash: str
    created_at: datetime
    created_by: str
    revoked_at: datetime | None = None

    def __post_init__(self) -> None:
        refuse_naive(created_at=self.created_at, revoked_at=self.revoked_at)

    @property
    def is_active(self) -> bool:
        """Whether the curator may still decide."""
        return self.revoked_at is None


class CuratorStore:
    """All curators, the revoked ones too: their decisions carry their name."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, name: str) -> CuratorRecord | None:
        """The curator of that name, or None."""
        with self._database.reading() as connection:
            return _curator(connection, name)

    def list(self) -> tuple[CuratorRecord, ...]:
        """All curators by name."""
        with self._database.reading() as connection:
            return _all(connection)

    def add(self, curator: CuratorRecord, *, is_first: bool = False) -> None:
        """Name a curator, or name a revoked one again.

        Args:
            curator: Who, with `created_by` who says so and `created_at` when.
            is_first: Nobody vouches for this one; it works only while there is nobody.

        Raises:
            ConfigurationError: the name is taken, or there is somebody who could vouch.
            StoreError: the database can not be written.
        """
        with self._changing() as connection:
            known = _all(connection)
            if is_first and known:
                raise ConfigurationError(
                    "There are curators already, so an admin has to name the next one. Give an "
                    "admin's token in RATCHET_CURATOR_TOKEN."
                )
            before = next((one for one in known if one.name == curator.name), None)
            if before is not None and before.is_active:
                raise ConfigurationError(
                    f"{curator.name} is a curator already ({before.role}). Use `ratchet curators "
                    f"rotate {curator.name}` for a new token."
                )
            if before is None:
                connection.execute(insert(_table).values(_values(curator)))
            else:
                _write(connection, curator)
            facts: dict[str, Any] = {"actor": curator.created_by, "at": curator.created_at}
            _audit(connection, "curator.add", before, curator, **facts)

    def revoke(self, name: str, *, actor: str, at: datetime, reason: str = "") -> CuratorRecord:
        """Take a curator's right away; decisions taken before stand.

        Raises:
            ConfigurationError: there is nobody of that name, or nobody could name curators
                any more.
            StoreError: the database can not be written.
        """

        def revoked(before: CuratorRecord) -> CuratorRecord:
            return replace(before, revoked_at=at)

        return self._change(name, revoked, "curator.revoke", actor=actor, at=at, reason=reason)

    def rotate(self, name: str, token_hash: str, *, actor: str, at: datetime) -> CuratorRecord:
        """Give a curator another token; the old one is worth nothing from then on.

        Raises:
            ConfigurationError: there is nobody of that name.
            StoreError: the database can not be written.
        """

        def rotated(before: CuratorRecord) -> CuratorRecord:
            return replace(before, token_hash=token_hash)

        return self._change(name, rotated, "curator.rotate", actor=actor, at=at)

    def _change(
        self,
        name: str,
        changed: Callable[[CuratorRecord], CuratorRecord],
        action: str,
        *,
        actor: str,
        at: datetime,
        reason: str = "",
    ) -> CuratorRecord:
        with self._changing() as connection:
            known = _all(connection)
            before = _active(known, name)
            after = changed(before)
            if not after.is_active:
                _refuse_last_admin(known, before)
            _write(connection, after)
            _audit(connection, action, before, after, actor=actor, at=at, reason=reason)
        return after

    @contextmanager
    def _changing(self) -> Iterator[Connection]:
        """A transaction in which nobody else changes a curator."""
        with self._database.writing() as connection:
            if not self._database.is_sqlite:  # SQLite has one writer at a time anyway
                connection.execute(text("LOCK TABLE curators IN SHARE ROW EXCLUSIVE MODE"))
            yield connection


def _all(connection: Connection) -> tuple[CuratorRecord, ...]:
    rows = connection.execute(select(_table).order_by(_table.c.name)).mappings()
    return tuple(_to_curator(row) for row in rows)


def _curator(connection: Connection, name: str) -> CuratorRecord | None:
    row = connection.execute(select(_table).where(_table.c.name == name)).mappings().first()
    return None if row is None else _to_curator(row)


def _to_curator(row: RowMapping) -> CuratorRecord:
    return CuratorRecord(**{**row, "role": Role(row["role"])})


def _active(known: Sequence[CuratorRecord], name: str) -> CuratorRecord:
    """The curator of that name.

    Raises:
        ConfigurationError: there is none, or not any more.
    """
    found = next((one for one in known if one.name == name), None)
    if found is None:
        names = ", ".join(one.name for one in known if one.is_active) or "nobody"
        raise ConfigurationError(f"No curator is called {name!r}. There is: {names}.")
    if found.revoked_at is not None:
        raise ConfigurationError(
            f"{name} was revoked on {found.revoked_at:%Y-%m-%d %H:%M} UTC. Use `ratchet curators "
            f"add {name}` to name {name} again."
        )
    return found


def _refuse_last_admin(known: Sequence[CuratorRecord], leaving: CuratorRecord) -> None:
    others = [c for c in known if c.is_active and c.role is Role.ADMIN and c.name != leaving.name]
    if leaving.role is Role.ADMIN and not others:
        raise ConfigurationError(
            f"{leaving.name} is the last admin; without one nobody could name curators. Name "
            "another first: `ratchet curators add NAME --role admin`."
        )


def _write(connection: Connection, curator: CuratorRecord) -> None:
    changed = update(_table).where(_table.c.name == curator.name).values(_values(curator))
    connection.execute(changed)


def _values(curator: CuratorRecord) -> dict[str, Any]:
    return {**asdict(curator), "role": curator.role.value}


def _audit(
    connection: Connection,
    action: str,
    before: CuratorRecord | None,
    after: CuratorRecord,
    *,
    actor: str,
    at: datetime,
    reason: str = "",
) -> None:
    entry = AuditEntry(
        at=at,
        actor=actor,
        action=action,
        subject=after.name,
        reason=reason,
        before=None if before is None else _facts(before),
        after=_facts(after),
    )
    append_entry(connection, entry)


def _facts(curator: CuratorRecord) -> dict[str, Any]:
    """What the audit trail keeps; never the hash of a token."""
    return {"role": curator.role.value, "is_active": curator.is_active}
