"""A store with a bit of every kind of entry in its trail, and the attacker who changes it."""

from __future__ import annotations

from typing import Any

from sqlalchemy import text

from ratchet.examples import Status
from ratchet.store import Judgement, Store
from ratchet.store.audit_report import AuditReport
from ratchet.store.audit_verification import verify_trail
from tests.builders import NOON
from tests.store_builders import audit_entry, numbered_examples, program

TABLES = ("audit", "example_judgements", "champions", "test_split_uses", "rollout_decisions")


def fill(store: Store) -> None:
    """Entries 1 to 5: one of its own, two additions, judgements, a program."""
    examples = list(numbered_examples(6))
    store.audit.append(audit_entry())
    store.examples.add(examples[:4])
    store.examples.add(examples[2:], actor="ada")
    store.examples.judge(
        [
            Judgement(example_id=e.example_id, status=Status.ACCEPTED, quality_score=80)
            for e in examples[:5]
        ],
        actor="ada",
        at=NOON,
    )
    store.programs.add(program())


def tamper(store: Store, statement: str, **values: Any) -> None:
    """Change the database as somebody who owns it: the triggers are dropped first."""
    with store.database.writing() as connection:
        for table in TABLES:
            if store.database.is_sqlite:
                for change in ("update", "delete"):
                    connection.exec_driver_sql(f"DROP TRIGGER IF EXISTS {table}_no_{change}")
            else:
                connection.exec_driver_sql(f"DROP TRIGGER IF EXISTS {table}_append_only ON {table}")
        connection.execute(text(statement), values)


def said_of(store: Store, **options: Any) -> list[str]:
    """The problems that verifying finds, as sentences."""
    return [str(problem) for problem in checked(store, **options).problems]


def checked(store: Store, **options: Any) -> AuditReport:
    """What verifying finds."""
    return verify_trail(store.database, **options)
