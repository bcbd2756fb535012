"""The database block: where the store is."""

from __future__ import annotations

from prefect.blocks.core import Block
from pydantic import Field, SecretStr


class Database(Block):
    """The store of Ratchet: SQLite or PostgreSQL."""

    _block_type_name = "Ratchet Database"
    _block_type_slug = "ratchet-database"

    url: SecretStr = Field(
        description="SQLAlchemy URL, for example postgresql://user:password@host/ratchet."
    )
