"""Whether the database of a backup is whole: restored aside, counted, its audit trail proven."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import Connection, text

from ratchet.backup import postgresql_copy, sqlite_copy
from ratchet.backup.creation import SQLITE_FILE
from ratchet.backup.disk import copy_file
from ratchet.backup.facts import differences
from ratchet.backup.manifest import DatabaseFacts, Manifest
from ratchet.backup.places import Part
from ratchet.backup.postgresql_tools import PostgresTools
from ratchet.errors import StoreError
from ratchet.store.audit_verification import verify_trail
from ratchet.store.engine import connect, parse_url
from ratchet.store.migrate import current_revision, ensure_schema, known_revisions

WEAKER = (
    "This user may create no database on the server, so the dump was read to its end and its rows "
    "counted, but not restored: the weaker check."
)
UNPROVEN = "its audit trail was not checked. Upgrade Ratchet to prove it."
ELSEWHERE = (
    "The settings name no PostgreSQL server, so the dump was read to its end and its rows counted, "
    "but not restored: the weaker check."
)


@dataclass(kw_only=True)
class DatabaseCheck:
    """The check of the database of one backup, restored under the folder `scratch`.

    `database_url` names the server on which a PostgreSQL dump is tried.
    """

    manifest: Manifest
    scratch: Path
    tools: PostgresTools
    database_url: str
    problems: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)

    def run(self, folder: Path, facts: DatabaseFacts) -> None:
        """Restore what is in `folder` and note what is wrong with it.

        Raises:
            ConfigurationError: the programs of PostgreSQL are missing.
        """
        if facts.kind == sqlite_copy.KIND:
            self._check_sqlite(folder / SQLITE_FILE, facts)
        else:
            self._check_postgresql(folder, facts)

    def _check_sqlite(self, source: Path, facts: DatabaseFacts) -> None:
        copy = self.scratch / SQLITE_FILE
        copy_file(source, copy)
        if problems := sqlite_copy.damage(copy):
            self.problems += problems
            return
        self.problems += differences(facts, sqlite_copy.read_facts(copy))
        self._check_records(f"sqlite:///{copy}")

    def _check_postgresql(self, folder: Path, facts: DatabaseFacts) -> None:
        place = self.scratch / Part.DATABASE
        place.mkdir()
        functions = place / postgresql_copy.FUNCTIONS_FILE
        copy_file(folder / postgresql_copy.FUNCTIONS_FILE, functions)
        script = place / postgresql_copy.SCRIPT_FILE
        server = int(facts.version.partition(".")[0])
        try:
            postgresql_copy.write_script(folder, script, server=server, tools=self.tools)
        except StoreError as error:
            self.problems.append(str(error))
            return
        self._count_rows(script, facts)
        if parse_url(self.database_url).get_backend_name() != postgresql_copy.KIND:
            self.remarks.append(ELSEWHERE)
            return
        try:
            self._restore_aside(script, functions, facts)
        except StoreError as error:
            self.problems.append(str(error))

    def _restore_aside(self, script: Path, functions: Path, facts: DatabaseFacts) -> None:
        with postgresql_copy.scratch_database(
            self.database_url, script, functions, schema=facts.schema, tools=self.tools
        ) as url:
            if url is None:
                self.remarks.append(WEAKER)
                return
            self.problems += differences(facts, postgresql_copy.scratch_facts(url))
            self._check_records(url)

    def _count_rows(self, script: Path, facts: DatabaseFacts) -> None:
        rows = postgresql_copy.rows_in(script)
        self.problems += [
            f"The dump has {rows.get(name, 0)} rows of {name}, but the manifest says {said}."
            for name, said in facts.tables.items()
            if rows.get(name, 0) != said
        ]

    def _check_records(self, url: str) -> None:
        """Compare what the restored database says with the files, and prove the audit trail."""
        database = connect(url)
        try:
            with database.reading() as connection:
                self._compare_programs(connection)
                revision = current_revision(connection)
            if revision not in known_revisions():
                self.remarks.append(f"Schema {revision} is newer than this Ratchet: {UNPROVEN}")
                return
            ensure_schema(database, migrate=True)  # as a restore would
            report = verify_trail(database)
            self.problems += [f"Audit trail: {problem}." for problem in report.problems]
            self.remarks += [f"Audit trail: {note}" for note in report.notes]
        finally:
            database.close()

    def _compare_programs(self, connection: Connection) -> None:
        held = {(fact.signature, fact.version): fact.sha256 for fact in self.manifest.programs}
        query = text("SELECT signature, version, sha256 FROM program_versions")
        for row in connection.execute(query):
            sha256 = held.get((row.signature, row.version))
            place = f"program {row.signature}/{row.version}"
            if sha256 is None:
                self.remarks.append(f"The files of {place} are not in the backup.")
            elif sha256 != row.sha256:
                self.problems.append(
                    f"The database says that {place} has the hash {row.sha256[:12]}, its metadata "
                    f"{sha256[:12]}."
                )
