"""Alembic's entry: runs the migrations on the connection that `ratchet.store.migrate` opened."""

from __future__ import annotations

from alembic import context

from ratchet.store.schema import VERSION_TABLE, metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    version_table=VERSION_TABLE,
    compare_server_default=True,
)
context.run_migrations()
