"""Checks the audit trail: its chain, and the examples and judgements that it speaks of.

Everything is read once, in order and from one snapshot, a page at a time.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from string import hexdigits

from sqlalchemy import Connection, func, select

from ratchet.errors import InputError
from ratchet.store import schema
from ratchet.store.audit_additions import AdditionCheck
from ratchet.store.audit_chain import ChainCheck
from ratchet.store.audit_evidence import JUDGED
from ratchet.store.audit_examples import StandingCheck
from ratchet.store.audit_judgements import JudgementCheck
from ratchet.store.audit_report import AuditReport, Findings, Move
from ratchet.store.engine import Database

PAGE = 1_000  # rows fetched at a time
HEAD_DIGITS = 16  # least digits of a noted hash: 64 bits, which nobody meets by luck

_table = schema.audit


def verify_trail(
    database: Database, *, noted_head: str | None = None, progress: Move = lambda *_: None
) -> AuditReport:
    """Check the whole trail against itself and against the rows it speaks of.

    Args:
        database: Where it is.
        noted_head: A hash that was the newest once, or at least its first 16 digits: it must
            still be in the chain. Without it, a trail whose end was cut off is whole, and so
            is one that was hashed anew from some entry on.
        progress: Takes how many rows were read, how many there are, and of what.

    Raises:
        InputError: `noted_head` is no hash.
        StoreError: the database can not be read.
    """
    findings = Findings()
    with _snapshot(database) as connection:
        judgements = JudgementCheck(connection, findings)
        chain = _follow(connection, findings, judgements, noted_head, progress)
        judgements.finish()
        additions = _check_examples(connection, findings, progress)
    _add_notes(findings, chain, additions, judgements)
    return AuditReport(
        entries=chain.count,
        unchained=chain.check.unchained,
        head=chain.check.previous if chain.count else None,
        head_id=chain.check.last_id if chain.count else None,
        examples=additions.count,
        older_examples=additions.older,
        judgements=judgements.count,
        older_judgements=judgements.older,
        problems=tuple(findings.problems),
        problem_count=findings.problem_count,
        notes=tuple(findings.notes),
    )


class _Chain:
    """The chain while it is followed."""

    def __init__(self, noted_head: str | None) -> None:
        self.check = ChainCheck()
        self.count = 0
        self.noted_head = _readable(noted_head)
        self.is_noted_head_found = not self.noted_head

    def look_for_noted_head(self) -> None:
        """Whether the hash that was reached is the noted one; also that of an unchained entry."""
        self.is_noted_head_found |= self.check.previous.startswith(self.noted_head)


def _readable(noted_head: str | None) -> str:
    head = (noted_head or "").strip().lower()
    if head and not (len(head) >= HEAD_DIGITS and set(head) <= set(hexdigits)):
        raise InputError(
            f"{noted_head!r} is no hash of the audit trail. Give the one that was noted, or at "
            f"least its first {HEAD_DIGITS} hexadecimal digits."
        )
    return head


def _follow(
    connection: Connection,
    findings: Findings,
    judgements: JudgementCheck,
    noted_head: str | None,
    progress: Move,
) -> _Chain:
    chain = _Chain(noted_head)
    total = connection.execute(select(func.count()).select_from(_table)).scalar_one()
    query = select(_table).order_by(_table.c.entry_id).execution_options(yield_per=PAGE)
    for found in connection.execute(query).mappings():
        row = dict(found)
        if (problem := chain.check.problem_of(row)) is not None:
            findings.add(problem, entry_id=row["entry_id"])
        chain.count += 1
        chain.look_for_noted_head()
        if row["action"] == JUDGED:
            judgements.compare(row)
        if chain.count % PAGE == 0:
            progress(chain.count, total, "entries")
    if not chain.is_noted_head_found:
        findings.add(
            f"The noted hash {chain.noted_head} is not in the chain: its end was cut off, or it "
            "was hashed anew."
        )
    return chain


def _check_examples(connection: Connection, findings: Findings, progress: Move) -> AdditionCheck:
    total = connection.execute(select(func.count()).select_from(schema.examples)).scalar_one()
    additions = AdditionCheck(connection, findings)
    for done in additions.run():
        progress(min(done, total), total, "additions")
    for done in StandingCheck(connection, findings).run():
        progress(done, total, "examples")
    return additions


def _add_notes(
    findings: Findings, chain: _Chain, additions: AdditionCheck, judgements: JudgementCheck
) -> None:
    told = {
        "entries are older than the chain: they are folded into its beginning": (
            chain.check.unchained
        ),
        "examples are older than the trail's entries about them": additions.older,
        "judgements are older than the trail's entries about them": judgements.older,
        "examples could be checked by their ids only: others of their addition are gone": (
            additions.by_id_only
        ),
    }
    for what, count in told.items():
        if count:
            findings.note(f"{count:,} {what}.")


@contextmanager
def _snapshot(database: Database) -> Iterator[Connection]:
    """A transaction that reads one state of the database, whatever is written meanwhile."""
    with database.reading() as connection:
        if not database.is_sqlite:
            connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        yield connection
