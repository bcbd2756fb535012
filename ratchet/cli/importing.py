"""`ratchet import`: examples from files into the store, whatever their format."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ratchet.cli import EXIT_NOT_REACHED
from ratchet.cli.arguments import (
    AsJson,
    RowSignature,
    Threshold,
    known_signature,
    load,
)
from ratchet.cli.terminal import Move, print_json, progress_bar

if TYPE_CHECKING:
    from ratchet.cli.import_refusals import Refusals
    from ratchet.cli.import_sources import ImportSource
    from ratchet.collect.column_mapping import MappingMemory
    from ratchet.collect.file_examples import RowContext
    from ratchet.collect.files import RejectedRow, TakenRow
    from ratchet.collect.quarantine import QuarantineFile
    from ratchet.cycle.importing import Importer, ImportReport
    from ratchet.store import Store

MEGABYTE = 2**20
MOVED_EVERY = 500  # rows

FORMATS = "JSON, JSONL, CSV, YAML, Parquet, or these in .gz or .zip; or folders."


def import_files(
    *,
    files: Annotated[
        list[Path] | None, typer.Argument(metavar="FILE", help=FORMATS, show_default=False)
    ] = None,
    starter: Annotated[
        bool,
        typer.Option("--starter", help="The starter sets that come with Ratchet, not files."),
    ] = False,
    retry: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="The mended rows of a quarantine file, not files."),
    ] = None,
    signature: RowSignature = None,
    source: Annotated[
        str, typer.Option(metavar="NAME", help="Where rows come from that do not say it.")
    ] = "manual",
    columns: Annotated[
        list[str] | None,
        typer.Option(
            "--map",
            metavar="COLUMN=FIELD",
            help="Repeatable; dotted paths (data.text=inputs.requirements); - drops a column.",
        ),
    ] = None,
    separator: Annotated[
        str | None,
        typer.Option(
            "--list-separator", metavar="TEXT", help="Parts a list in a cell. [default: |]"
        ),
    ] = None,
    mapping: Annotated[
        str | None,
        typer.Option(
            metavar="NAME", help="Remember the columns under it. [default: the file's folder]"
        ),
    ] = None,
    use_memory: Annotated[
        bool, typer.Option("--remembered/--no-remembered", help="Use the columns of last time.")
    ] = True,
    licence: Annotated[str, typer.Option(metavar="TEXT", help="Of the rows, kept with each.")] = "",
    origin: Annotated[
        str, typer.Option(metavar="TEXT", help="Whence the files are, kept with each row.")
    ] = "",
    rejected: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write every rejected row to this file, as JSONL."),
    ] = None,
    quarantine: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Bad rows, to be mended. [default: below the state folder]"
        ),
    ] = None,
    threshold: Threshold,
    judge: Annotated[
        bool,
        typer.Option("--judge/--candidates", help="Validate, or store as candidates for later."),
    ] = True,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Check everything, store nothing.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Import examples into the store.

    Good rows are stored, validated against each other and against what is stored, and come
    out accepted, rejected or quarantined; bad rows are listed, cost no other row, and are
    kept in a file to be mended and tried again with --retry. Leaves with 1 when any row was
    rejected.
    """
    from ratchet.cli.import_refusals import Refusals
    from ratchet.cli.import_views import import_as_json, show_import, show_sources

    if signature is not None:
        known_signature(signature)
    now = datetime.now(UTC)
    if retry is None:
        context = _context(signature, source, now, licence=licence, origin=origin)
        places = _places(files, signature, starter=starter)
        sources = _sources(
            places, context, columns or [], separator, mapping, use_memory=use_memory
        )
    else:
        if files or starter:
            raise typer.BadParameter("takes the place of files", param_hint="--retry")
        sources = ()
    if not as_json:
        show_sources(sources)
    bad_rows = _quarantine(quarantine, retry, sources, dry_run=dry_run)
    with Refusals(listing=rejected, quarantine=bad_rows) as refusals:
        run = _Run(now=now, threshold=threshold, keep=not dry_run, judge=judge, quiet=as_json)
        report = run.again(retry, refusals) if retry else run.files(sources, refusals)
    if columns and not dry_run and report.taken:
        _remember(sources)
    if as_json:
        print_json(import_as_json(report, refusals, stored=not dry_run))
    else:
        show_import(report, refusals, stored=not dry_run, judged=judge, rejected=rejected)
    raise typer.Exit(EXIT_NOT_REACHED if report.rejected else 0)


@dataclass(frozen=True, kw_only=True)
class _Run:
    """How the rows of an import are taken."""

    now: datetime
    threshold: float
    keep: bool
    judge: bool
    quiet: bool

    def files(self, sources: tuple[ImportSource, ...], refusals: Refusals) -> ImportReport:
        """Take the rows of files, with a bar that moves by bytes."""
        from ratchet.store import open_store

        sizes = [_size(source.path) for source in sources]
        place = _Place(self._nowhere())
        with (
            open_store(load().store_url) as store,
            self._importer(store, place, refusals) as importer,
            progress_bar("Importing", quiet=self.quiet) as move,
        ):
            for number, source in enumerate(sources):
                place.context = source.context
                progress = _Progress(move, sum(sizes[:number]), sizes[number], sum(sizes))
                importer.take(progress.over(source.rows()))
                if number + 1 < len(sources) and sources[number + 1].context != source.context:
                    importer.flush()
            importer.flush()
        return importer.report

    def again(self, path: Path, refusals: Refusals) -> ImportReport:
        """Take the mended rows of a quarantine file; those that are still bad go back to it."""
        from ratchet.collect.quarantine import retry_rows
        from ratchet.store import open_store

        place = _Place(self._nowhere())
        with (
            open_store(load().store_url) as store,
            self._importer(store, place, refusals) as importer,
        ):
            for found in list(retry_rows(path, now=self.now)):
                place.context = found.context
                importer.take([found.row])
            importer.flush()
        return importer.report

    def _nowhere(self) -> RowContext:
        """What holds before the first row."""
        from ratchet.collect.file_examples import RowContext
        from ratchet.examples import Source

        return RowContext(signature=None, source=Source.MANUAL, now=self.now)

    def _importer(self, store: Store, place: _Place, refusals: Refusals) -> Importer:
        from ratchet.cycle.importing import Importer
        from ratchet.cycle.scoring import processes_beside

        return Importer(
            store,
            refused=lambda row: refusals.add(row, place.context),
            now=self.now,
            threshold=self.threshold,
            reject_below=load().quality.reject_below,
            keep=self.keep,
            judge=self.judge,
            processes=processes_beside(),
        )


@dataclass
class _Place:
    """In which context rows are read at the moment."""

    context: RowContext


@dataclass(frozen=True)
class _Progress:
    """Moves the bar along the bytes of one file among several."""

    move: Move
    before: int
    size: int
    total: int

    def over(self, rows: Iterator[TakenRow | RejectedRow]) -> Iterator[TakenRow | RejectedRow]:
        """The rows, with the bar moved now and then."""
        for number, row in enumerate(rows, 1):
            if number % MOVED_EVERY == 0:
                done = self.before + min(row.done_bytes, self.size)
                self.move(done // MEGABYTE, self.total // MEGABYTE, f"MB, {number:,} rows")
            yield row


def _places(files: list[Path] | None, signature: str | None, *, starter: bool) -> list[Path]:
    """The files named, or those of the starter sets."""
    from ratchet.collect.starter import starter_file, starter_folder

    if bool(files) == starter:
        raise typer.BadParameter("name files, or give --starter", param_hint="FILE")
    if not starter:
        return list(files or ())
    folder = load().starter
    return [starter_file(signature, folder) if signature else starter_folder(folder)]


def _context(
    signature: str | None, source: str, now: datetime, *, licence: str, origin: str
) -> RowContext:
    from ratchet.cli.import_sources import facts_of
    from ratchet.collect.file_examples import RowContext
    from ratchet.examples import Source

    facts = facts_of(licence=licence, origin=origin)
    return RowContext(signature=signature, source=Source.parse(source), now=now, facts=facts)


def _sources(
    places: list[Path],
    context: RowContext,
    columns: list[str],
    separator: str | None,
    name: str | None,
    *,
    use_memory: bool,
) -> tuple[ImportSource, ...]:
    from ratchet.cli.example_files import files_below
    from ratchet.cli.import_sources import import_sources

    return import_sources(
        files_below(places),
        context=context,
        words=columns,
        separator=separator,
        name=name,
        memory=_memory() if use_memory else None,
    )


def _memory() -> MappingMemory:
    from ratchet.cli.import_sources import IMPORTS, MAPPINGS
    from ratchet.collect.column_mapping import MappingMemory

    return MappingMemory(path=load().home.absolute() / IMPORTS / MAPPINGS)


def _remember(sources: tuple[ImportSource, ...]) -> None:
    memory = _memory()
    for source in {source.name: source for source in sources}.values():
        memory.remember(source.name, source.context.mapping)


def _quarantine(
    given: Path | None, retry: Path | None, sources: tuple[ImportSource, ...], *, dry_run: bool
) -> QuarantineFile | None:
    from ratchet.cli.import_sources import IMPORTS, QUARANTINE
    from ratchet.collect.quarantine import QuarantineFile

    if path := given or retry:
        return None if dry_run and given is None else QuarantineFile(path)
    if dry_run or not sources:
        return None
    folder = load().home.absolute() / IMPORTS / QUARANTINE
    return QuarantineFile(folder, stem=sources[0].path.name)


def _size(path: Path) -> int:
    return path.stat().st_size if path.is_file() else 0
