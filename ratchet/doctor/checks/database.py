"""Whether the store can be opened, and its schema is that of this version."""

from __future__ import annotations

from pathlib import Path

from ratchet.doctor.finding import Finding, Remedy, error, ok, warning
from ratchet.doctor.patient import NotThereError, Patient
from ratchet.store import open_store
from ratchet.store.engine import connect, parse_url
from ratchet.store.migrate import current_revision, known_revisions
from ratchet.store.schema import SCHEMA_REVISION

NAME = "database"


def check(patient: Patient) -> Finding:
    """It answers, and has the schema of this version; an older one can be upgraded."""
    url = parse_url(patient.settings.store_url)
    if url.get_backend_name() == "sqlite" and not Path(str(url.database)).exists():
        raise NotThereError(f"{url.database} will be made by the first command that needs it")
    database = connect(patient.settings.store_url)
    try:
        with database.reading() as connection:
            found = current_revision(connection)
    finally:
        database.close()
    if found == SCHEMA_REVISION:
        return ok(NAME, f"{database.where} answers, with schema {found}.")
    if found is not None and found not in known_revisions():
        return error(
            NAME,
            f"{database.where} has schema {found}, newer than {SCHEMA_REVISION} of this version.",
            "Upgrade Ratchet on this machine (pip install -U dspy-ratchet).",
        )
    return warning(
        NAME,
        f"{database.where} has schema {found or 'none'}; this version has {SCHEMA_REVISION}.",
        "Back it up (`ratchet backup create`); the next command upgrades it, or --fix does.",
        _upgrade(patient.settings.store_url),
    )


def _upgrade(url: str) -> Remedy:
    def carry_out() -> str:
        open_store(url).close()
        return f"The schema is {SCHEMA_REVISION} now."

    return Remedy(what=f"upgrade the schema to {SCHEMA_REVISION}", carry_out=carry_out)
