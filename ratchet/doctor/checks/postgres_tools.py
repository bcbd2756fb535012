"""Whether PostgreSQL's programs are there when the store is on PostgreSQL: backups need them."""

from __future__ import annotations

from ratchet.backup.postgresql_tools import DUMP, RESTORE, SHELL, PostgresTools
from ratchet.doctor.finding import Finding, error, ok, skipped
from ratchet.doctor.patient import Patient
from ratchet.errors import ConfigurationError
from ratchet.store import Store
from ratchet.store.engine import parse_url

NAME = "PostgreSQL programs"
VERSION_DIVISOR = 10_000  # 180001 is 18.1


def check(patient: Patient) -> Finding:
    """pg_dump, pg_restore and psql are there and not older than the server."""
    if parse_url(patient.settings.store_url).get_backend_name() == "sqlite":
        return skipped(NAME, "The store is SQLite, which needs none.")
    with patient.store() as store:
        server = _version_of(store)
    tools = PostgresTools(folder=patient.settings.backup.postgresql_tools)
    try:
        found = [str(tools.find(name, server=server)) for name in (DUMP, RESTORE, SHELL)]
    except ConfigurationError as problem:
        return error(NAME, str(problem), "Until then there are no backups of the database.")
    return ok(NAME, f"{', '.join(found)} fit PostgreSQL {server}.")


def _version_of(store: Store) -> int:
    with store.database.reading() as connection:
        said = connection.exec_driver_sql("SHOW server_version_num").scalar_one()
    return int(said) // VERSION_DIVISOR
