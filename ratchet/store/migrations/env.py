"""Alembic's entry: runs the migrations on the connection that `ratchet.store.migrate` opened."""

from __future__ import annotations

from alembic import context

from ratchet.store.schema import VERSION_TABLE, metadata


def run() -> None:
    """Run what alembic was asked for, in the transaction of the connection."""
    context.configure(
        connection=context.config.attributes["connection"],
        target_metadata=metadata,
        version_table=VERSION_TABLE,
        compare_server_default=True,
    )
    context.run_migrations()


if __name__ == "env_py":  # alembic's name for it; whoever else imports it runs nothing
    run()
