"""Whether a backup would bring everything back: it is restored aside and proven there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from ratchet.backup.creation import Progress
from ratchet.backup.database_check import DatabaseCheck
from ratchet.backup.disk import refuse_too_little_space
from ratchet.backup.folder import Backup
from ratchet.backup.manifest import Manifest
from ratchet.backup.opening import opened, place_part, problems_of_files, scratch_folder
from ratchet.backup.places import Part
from ratchet.backup.postgresql_tools import PostgresTools
from ratchet.datasets.layout import LATEST, version_folders
from ratchet.datasets.reading import OLDER_SCHEMA, read_version
from ratchet.datasets.verification import problems_of
from ratchet.errors import DatasetError, StoreError
from ratchet.programs import list_programs, read_state


@dataclass(frozen=True, kw_only=True)
class Verification:
    """What a verification found: `problems` are damage, `remarks` are worth knowing."""

    name: str
    problems: tuple[str, ...]
    remarks: tuple[str, ...] = ()

    @property
    def is_whole(self) -> bool:
        return not self.problems


@dataclass(kw_only=True)
class _Findings:
    problems: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)


def verify_backup(
    backup: Backup, *, database_url: str, tools: PostgresTools, progress: Progress
) -> Verification:
    """Restore a backup into a scratch place and recompute everything that can be recomputed.

    Files against the manifest; dataset versions and programs against their own hashes; the
    database against the manifest's counts, SQLite's checks and the hashes of the audit trail.
    A PostgreSQL dump is restored into a database of its own on the server of `database_url`.

    Raises:
        ConfigurationError: the programs of PostgreSQL are missing.
        StoreError: there is no room for the scratch place, or the server can not be reached.
    """
    if backup.manifest is None:
        return Verification(name=backup.name, problems=(backup.problem,))
    found = _Findings()
    try:
        with opened(backup) as contents:
            checking = _Check(manifest=backup.manifest, found=found, tools=tools)
            checking.verify(contents, database_url, progress)
    except StoreError as error:
        if not backup.is_archive or backup.path.name not in str(error):
            raise
        found.problems.append(str(error))
    return Verification(
        name=backup.name, problems=tuple(found.problems), remarks=tuple(found.remarks)
    )


@dataclass(frozen=True, kw_only=True)
class _Check:
    """The check of one backup."""

    manifest: Manifest
    found: _Findings
    tools: PostgresTools

    def verify(self, contents: Path, database_url: str, progress: Progress) -> None:
        manifest, found = self.manifest, self.found
        progress(0, 0, "hashes of the files")
        found.problems += problems_of_files(contents, manifest)
        if found.problems:
            return  # what is not what was backed up is not worth restoring
        with scratch_folder() as scratch:
            refuse_too_little_space(scratch, manifest.size_bytes, doing="the verification")
            for part in (Part.DATASETS, Part.PROGRAMS):
                place_part(contents, manifest, part, scratch / part, placed=progress)
            _verify_datasets(scratch / Part.DATASETS, manifest, found)
            found.problems += _program_problems(scratch / Part.PROGRAMS, manifest)
            if manifest.database is not None:
                progress(0, 0, "the database")
                check = DatabaseCheck(
                    manifest=manifest, scratch=scratch, tools=self.tools, database_url=database_url
                )
                check.run(contents / Part.DATABASE, manifest.database)
                found.problems += check.problems
                found.remarks += check.remarks


def _verify_datasets(root: Path, manifest: Manifest, found: _Findings) -> None:
    for signature in sorted({fact.signature for fact in manifest.datasets}):
        if signature not in manifest.latest:
            found.remarks.append(f"{signature} had no valid link `latest`; restoring makes none.")
            newest = version_folders(root / signature)[-1]
            (root / signature / LATEST).symlink_to(newest.name, target_is_directory=True)
    for fact in manifest.datasets:
        folder = root / fact.signature / fact.version
        problems = [problem.replace(f"{root}/", "") for problem in problems_of(folder)]
        says = found.problems
        if _is_of_older_form(folder):
            says = found.remarks
        elif read_version(folder).content_sha256 != fact.content_sha256:
            problems.append(f"The manifest says the content is {fact.content_sha256}.")
        says += [f"{fact.signature}/{fact.version}: {problem}" for problem in problems]


def _is_of_older_form(folder: Path) -> bool:
    try:
        return read_version(folder).schema_version == OLDER_SCHEMA
    except DatasetError:
        return False


def _program_problems(root: Path, manifest: Manifest) -> Iterator[str]:
    """Programs whose state is not what its metadata, and the manifest, say."""
    said = {(fact.signature, fact.version): fact.sha256 for fact in manifest.programs}
    try:
        programs = list_programs(root)
    except StoreError as error:
        yield str(error).replace(f"{root}/", "")
        return
    for program in programs:
        try:
            read_state(root, program)
        except (StoreError, ValueError) as error:
            yield str(error).replace(f"{root}/", "")
        if said.get((program.signature, program.version)) != program.sha256:
            yield f"The manifest says otherwise of {program.signature}/{program.version}."
