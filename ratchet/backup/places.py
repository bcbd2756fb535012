"""Where the parts of Ratchet's state are on this machine."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ratchet.settings import Settings

OF_THE_SYSTEM = ("prefect", "system", "logs")  # of `ratchet up`; Prefect holds no truth
SQLITE_COMPANIONS = ("-wal", "-shm", "-journal")


class Part(StrEnum):
    """What a backup is made of; each part can be restored alone."""

    DATABASE = "database"
    DATASETS = "datasets"
    PROGRAMS = "programs"
    ROLLOUTS = "rollouts"
    RUNS = "runs"
    TELEMETRY = "telemetry"
    STATE = "state"
    CONFIGURATION = "configuration"


@dataclass(frozen=True, kw_only=True)
class Places:
    """The folders and the database of one installation; all paths are absolute.

    `routing` is the folder of the routing file, `telemetry` that of the spool. `left_out` are
    folders under `home` that no backup holds: caches, Prefect's own, the backups themselves.
    """

    home: Path
    database_url: str
    datasets: Path
    programs: Path
    runs: Path
    routing: Path
    telemetry: Path
    configuration: Path
    left_out: tuple[Path, ...] = ()

    @property
    def sqlite_file(self) -> Path | None:
        """The file of an SQLite store; None on PostgreSQL."""
        from ratchet.store.engine import parse_url  # the command's help names the parts

        url = parse_url(self.database_url)
        return None if url.get_backend_name() != "sqlite" else Path(str(url.database)).absolute()

    def root(self, part: Part) -> Path:
        """The folder that the files of a part are relative to."""
        file = self.sqlite_file
        return {
            Part.DATABASE: file.parent if file else self.home,
            Part.DATASETS: self.datasets,
            Part.PROGRAMS: self.programs,
            Part.ROLLOUTS: self.routing,
            Part.RUNS: self.runs,
            Part.TELEMETRY: self.telemetry,
            Part.STATE: self.home,
            Part.CONFIGURATION: self.configuration.parent,
        }[part]

    def of_other_parts(self) -> frozenset[Path]:
        """What lies under `home` and is no business of the part `state`."""
        folders = (self.datasets, self.programs, self.runs, self.routing, self.telemetry.parent)
        file = self.sqlite_file
        files = (file, *(Path(f"{file}{end}") for end in SQLITE_COMPANIONS)) if file else ()
        return frozenset((*folders, *files, self.configuration, *self.left_out))


def places_of(settings: Settings, *, configuration: Path, backups: Path) -> Places:
    """The places that the settings name; `configuration` is the file they come from."""
    return Places(
        home=settings.home.absolute(),
        database_url=settings.store_url,
        datasets=settings.datasets_folder,
        programs=settings.programs_folder,
        runs=settings.runs_folder,
        routing=settings.routing_file.parent,
        telemetry=settings.telemetry_folder,
        configuration=configuration.absolute(),
        left_out=(
            settings.cache_folder,
            backups.absolute(),
            *(settings.home.absolute() / name for name in OF_THE_SYSTEM),
        ),
    )
