"""`[backup]`: where backups are kept, how many, and where PostgreSQL's programs are."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from ratchet.configuration.section import Section


class BackupSettings(Section):
    """Where backups go and how many of them stay."""

    folder: Path | None = Field(
        default=None,
        description=(
            "Folder of the backups; empty means backups in the state folder. Another disk is "
            "safer: what destroys the state destroys its backups too."
        ),
    )
    keep: int = Field(
        default=7, ge=1, le=10_000, description="Backups that `ratchet backup prune` keeps."
    )
    postgresql_tools: Path | None = Field(
        default=None,
        description="Folder of pg_dump, pg_restore and psql; empty means those on PATH.",
    )
