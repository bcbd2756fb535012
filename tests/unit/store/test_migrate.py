"""The schema and its migrations."""

from __future__ import annotations

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import inspect, text
from sqlalchemy.engine.interfaces import ReflectedIndex

from ratchet.store import Store, open_store
from ratchet.store.engine import connect
from ratchet.store.migrate import (
    configuration,
    current_revision,
    ensure_schema,
    known_revisions,
)
from ratchet.store.schema import SCHEMA_REVISION, VERSION_TABLE, metadata


def test_the_newest_migration_is_the_revision_of_the_schema() -> None:
    """A migration was added together with its number in the schema."""
    assert known_revisions()[0] == SCHEMA_REVISION


def test_migrating_from_nothing_gives_the_schema(store: Store) -> None:
    """Alembic finds no difference between the migrated database and the tables in the code."""
    with store.database.reading() as connection:
        context = MigrationContext.configure(
            connection,
            opts={
                "version_table": VERSION_TABLE,
                "compare_type": True,
                "compare_server_default": True,
            },
        )
        differences = compare_metadata(context, metadata)

    assert differences == []


def test_migrating_equals_creating(store: Store) -> None:
    """Columns, keys and indexes are those that SQLAlchemy would create, to the last detail."""
    migrated = _described(store)

    with store.database.writing() as connection:
        for table in reversed(metadata.sorted_tables):
            connection.execute(text(f"DROP TABLE {table.name}"))
        metadata.create_all(connection)

    assert _described(store) == migrated


def test_migrating_again_is_nothing(database_url: str) -> None:
    """A database at the newest revision is left as it is."""
    database = connect(database_url)
    for _ in range(2):
        ensure_schema(database, migrate=True)

    with database.reading() as connection:
        assert current_revision(connection) == SCHEMA_REVISION
    database.close()


def test_another_alembic_in_the_same_database_is_left_alone(database_url: str) -> None:
    """Prefect keeps its revision in alembic_version; ours is elsewhere."""
    database = connect(database_url)
    with database.writing() as connection:
        connection.execute(text("CREATE TABLE alembic_version (version_num VARCHAR(32))"))
        connection.execute(text("INSERT INTO alembic_version VALUES ('prefects')"))

    with open_store(database_url), database.reading() as connection:
        found = connection.execute(text("SELECT version_num FROM alembic_version")).scalars().all()
    database.close()

    assert found == ["prefects"]


def test_downgrading_leaves_nothing(store: Store) -> None:
    """The first migration can be undone on an empty store."""
    with store.database.writing() as connection:
        command.downgrade(configuration(connection), "base")

    with store.database.reading() as connection:
        assert inspect(connection).get_table_names() == [VERSION_TABLE]


def _described(store: Store) -> dict[str, object]:
    with store.database.reading() as connection:
        inspector = inspect(connection)
        return {
            table.name: (
                [
                    (column["name"], str(column["type"]), column["nullable"], column["default"])
                    for column in inspector.get_columns(table.name)
                ],
                inspector.get_pk_constraint(table.name),
                sorted(str(key) for key in inspector.get_foreign_keys(table.name)),
                sorted(str(check) for check in inspector.get_check_constraints(table.name)),
                sorted(map(_index_described, inspector.get_indexes(table.name))),
            )
            for table in metadata.sorted_tables
        }


def _index_described(index: ReflectedIndex) -> str:
    options = {name: str(value) for name, value in index.get("dialect_options", {}).items()}
    return str({**index, "dialect_options": options})
