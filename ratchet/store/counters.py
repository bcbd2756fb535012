"""Counters that only grow, each changed by one transaction at a time."""

from __future__ import annotations

from sqlalchemy import Connection, select, update

from ratchet.store import schema
from ratchet.store.bulk import insert_new

ARRIVALS = "arrivals"  # telemetry rows taken in
ROUTING = "routing"  # revisions of the routing

_counters = schema.counters


def locked(connection: Connection, name: str) -> int:
    """The value of a counter, held until this transaction ends: others wait for it."""
    insert_new(connection, _counters, [(name, 0)])
    query = select(_counters.c.value).where(_counters.c.name == name).with_for_update()
    return int(connection.execute(query).scalar_one())


def set_counter(connection: Connection, name: str, value: int) -> None:
    """Give a counter that is held its new value."""
    connection.execute(update(_counters).where(_counters.c.name == name).values(value=value))


def counted(connection: Connection, name: str) -> int:
    """The committed value of a counter; 0 before it was ever used."""
    query = select(_counters.c.value).where(_counters.c.name == name)
    return connection.execute(query).scalar() or 0
