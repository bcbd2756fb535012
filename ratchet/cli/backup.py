"""`ratchet backup`: make backups, list and verify them, restore them, let old ones go."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ratchet.backup.places import Part
from ratchet.cli import EXIT_NOT_REACHED
from ratchet.cli.arguments import AsJson, load
from ratchet.cli.terminal import number_of, print_json, print_table, progress_bar, say, say_all

if TYPE_CHECKING:
    from ratchet.backup.folder import Backup
    from ratchet.backup.places import Places
    from ratchet.backup.planning import RestorePlan, RestoreRequest
    from ratchet.backup.postgresql_tools import PostgresTools
    from ratchet.backup.restoring import Restored
    from ratchet.backup.verification import Verification
    from ratchet.settings import Settings

BY_REQUEST = frozenset({Part.CONFIGURATION})  # the settings come first, where there are none

app = typer.Typer(no_args_is_help=True, help="Backups: make, list, verify, restore, prune.")

Folder = Annotated[
    Path | None,
    typer.Option(
        "--output", "-o", metavar="FOLDER", help="Folder of the backups. [default: backup.folder]"
    ),
]
MaybeName = Annotated[
    str | None, typer.Argument(metavar="NAME", help="The backup: its name, or a path to it.")
]
Name = Annotated[str, typer.Argument(metavar="NAME", help="The backup: its name, or a path to it.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would be done, and stop.")]


@app.command("create")
def create(
    *,
    output: Folder = None,
    note: Annotated[str, typer.Option(metavar="TEXT", help="Said in the list of backups.")] = "",
    archive: Annotated[
        bool, typer.Option("--archive", help="Make one .tar.gz file, not a folder.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Make a backup of everything Ratchet remembers, while everything goes on.

    Database, dataset and program versions, rollouts, run reports, telemetry not yet taken in,
    and the settings without their secrets. Caches can be computed again and are left out.
    """
    from ratchet.backup.creation import BackupRequest, create_backup

    settings = load()
    request = BackupRequest(
        places=_places(settings, output),
        folder=_folder(settings, output),
        note=note,
        as_archive=archive,
        tools=_tools(settings),
    )
    with progress_bar("Backing up", quiet=as_json) as move:
        made = create_backup(request, now=datetime.now(UTC), progress=move)
    if as_json:
        print_json(_as_json(made))
        return
    _show_backup(made)
    say_all(made.contents.left_out, indent="Left out: ")
    say(f"Prove it with `ratchet backup verify {made.path if output else made.name}`.")


@app.command("list")
def list_all(*, output: Folder = None, as_json: AsJson = False) -> None:
    """List the backups, the oldest first."""
    from ratchet.backup.folder import list_backups

    folder = _folder(load(half_restored=True), output)
    found = list_backups(folder)
    if as_json:
        print_json([_as_json(backup) for backup in found])
    elif found:
        columns = ("backup", "made (UTC)", "size", "database", "examples", "datasets", "programs")
        print_table(f"Backups in {folder}", (*columns, "note"), map(_row, found))
    else:
        say(f"There is no backup in {folder} yet. Make one with `ratchet backup create`.")


@app.command("verify")
def verify(
    *,
    name: MaybeName = None,
    latest: Annotated[bool, typer.Option("--latest", help="The newest backup.")] = False,
    everything: Annotated[bool, typer.Option("--all", help="All backups.")] = False,
    output: Folder = None,
    as_json: AsJson = False,
) -> None:
    """Restore a backup into a scratch place and recompute every hash.

    Leaves with 1 when there is any damage.
    """
    from ratchet.backup.verification import verify_backup

    settings = load()
    chosen = _chosen(_folder(settings, output), name, latest=latest, everything=everything)
    found = []
    for backup in chosen:
        with progress_bar(f"Verifying {backup.name}", quiet=as_json) as move:
            found.append(
                verify_backup(
                    backup,
                    database_url=settings.store_url,
                    tools=_tools(settings),
                    progress=move,
                )
            )
    if as_json:
        print_json([_verification_as_json(each) for each in found])
    else:
        for each in found:
            _show_verification(each)
    raise typer.Exit(0 if all(each.is_whole for each in found) else EXIT_NOT_REACHED)


@app.command("restore")
def restore(
    *,
    name: Name,
    only: Annotated[
        list[Part] | None,
        typer.Option("--only", help="This part alone; repeatable. [default: all parts]"),
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Move what is here aside, where it is kept.")
    ] = False,
    dry_run: DryRun = False,
    output: Folder = None,
    as_json: AsJson = False,
) -> None:
    """Bring a backup back; the same command completes a restore that was killed.

    Nothing is overwritten: without --force it refuses when something is in the way, with it
    the old state is moved aside and kept. Settings come back only where there are none.
    """
    from ratchet.backup.planning import plan_restore
    from ratchet.backup.restoring import restore_backup, unfinished_restore

    settings = load(half_restored=True)
    backup = _find(settings, output, name)
    notes = () if only or dry_run else _restore_settings(backup, settings, output)
    request = _request(
        load(half_restored=True) if notes else settings, output, backup, only, force=force
    )
    if dry_run and unfinished_restore(request.places) is None:
        _show_plan(plan_restore(request), as_json=as_json, force=force)
        return
    if dry_run:
        say(f"A restore was interrupted; `ratchet backup restore {name}` completes it.")
        return
    with progress_bar("Restoring", quiet=as_json) as move:
        restored = restore_backup(request, now=datetime.now(UTC), progress=move)
    _show_restored(restored, notes, as_json=as_json)


@app.command("prune")
def prune(
    *,
    keep: Annotated[
        int | None,
        typer.Option(min=1, metavar="N", help="Newest backups to keep. [default: backup.keep]"),
    ] = None,
    dry_run: DryRun = False,
    output: Folder = None,
    as_json: AsJson = False,
) -> None:
    """Remove all but the newest backups; a damaged one counts as none and is left."""
    from ratchet.backup import folder

    settings = load()
    kept = settings.backup.keep if keep is None else keep
    gone = folder.prune(_folder(settings, output), keep=kept, dry_run=dry_run)
    if as_json:
        print_json({"keep": kept, "dry_run": dry_run, "removed": [backup.name for backup in gone]})
        return
    verb = "Would remove" if dry_run else "Removed"
    say(f"{verb} {number_of(len(gone), 'backup')}; the newest {kept} stay.")
    say_all(backup.name for backup in gone)


def _folder(settings: Settings, output: Path | None) -> Path:
    return (output or settings.backup.folder or settings.home / "backups").absolute()


def _places(settings: Settings, output: Path | None) -> Places:
    from ratchet.backup.places import places_of
    from ratchet.serving.places import settings_file

    return places_of(
        settings, configuration=settings_file().path, backups=_folder(settings, output)
    )


def _tools(settings: Settings) -> PostgresTools:
    from ratchet.backup.postgresql_tools import PostgresTools

    return PostgresTools(folder=settings.backup.postgresql_tools)


def _find(settings: Settings, output: Path | None, name: str) -> Backup:
    from ratchet.backup.folder import find_backup

    return find_backup(_folder(settings, output), name)


def _chosen(
    folder: Path, name: str | None, *, latest: bool, everything: bool
) -> tuple[Backup, ...]:
    from ratchet.backup.folder import find_backup, list_backups, newest_backup

    if (name is not None) + latest + everything != 1:
        raise typer.BadParameter("name a backup, or give --latest or --all", param_hint="NAME")
    if everything:
        newest_backup(folder)  # says that there is none
        return list_backups(folder)
    return (newest_backup(folder) if name is None else find_backup(folder, name),)


def _restore_settings(backup: Backup, settings: Settings, output: Path | None) -> tuple[str, ...]:
    """Put the settings back first where there are none: they say where all else belongs."""
    from ratchet.backup.settings_file import restore_settings_file

    return restore_settings_file(backup, _places(settings, output).configuration)


def _request(
    settings: Settings, output: Path | None, backup: Backup, only: list[Part] | None, *, force: bool
) -> RestoreRequest:
    from ratchet.backup.planning import RestoreRequest
    from ratchet.cli.credentials import login_name

    parts = tuple(dict.fromkeys(only)) if only else tuple(p for p in Part if p not in BY_REQUEST)
    return RestoreRequest(
        backup=backup,
        places=_places(settings, output),
        parts=parts,
        actor=login_name(),
        force=force,
        tools=_tools(settings),
    )


def _as_json(backup: Backup) -> dict[str, Any]:
    if backup.manifest is None:
        return {"name": backup.name, "path": str(backup.path), "problem": backup.problem}
    held = backup.manifest
    database = held.database
    return {
        "name": held.name,
        "path": str(backup.path),
        "created": held.created.isoformat(),
        "note": held.note,
        "ratchet_version": held.ratchet_version,
        "size_bytes": held.size_bytes,
        "files": len(held.files),
        "database": None
        if database is None
        else {
            "kind": database.kind,
            "version": database.version,
            "revision": database.revision,
            "tables": dict(database.tables),
            "audit_head": database.audit_head and database.audit_head.hash,
        },
        "datasets": [f"{fact.signature}/{fact.version}" for fact in held.datasets],
        "programs": [f"{fact.signature}/{fact.version}" for fact in held.programs],
        "left_out": list(held.left_out),
    }


def _row(backup: Backup) -> tuple[Any, ...]:
    if backup.manifest is None:
        return (backup.name, None, None, "damaged", None, None, None, backup.problem)
    held, database = backup.manifest, backup.manifest.database
    return (
        backup.name,
        held.created,
        _megabytes(held.size_bytes),
        f"{database.kind} {database.revision}" if database else "none",
        database.tables.get("examples") if database else None,
        len(held.datasets),
        len(held.programs),
        held.note,
    )


def _megabytes(size_bytes: int) -> str:
    return f"{size_bytes / 1e6:,.1f} MB"


def _show_backup(backup: Backup) -> None:
    held, database = backup.contents, backup.contents.database
    say(f"Made {backup.name}: {number_of(len(held.files), 'file')}, {_megabytes(held.size_bytes)}")
    if database is not None:
        rows = number_of(sum(database.tables.values()), "row")
        say(f"  database   {database.kind}, schema {database.revision}, {rows}")
    for part in Part:
        if part is not Part.DATABASE and (files := held.of_part(part)):
            say(f"  {part:<10} {number_of(len(files), 'file')}")
    say(f"  {backup.path}")


def _verification_as_json(found: Verification) -> dict[str, Any]:
    return {
        "name": found.name,
        "is_whole": found.is_whole,
        "problems": list(found.problems),
        "remarks": list(found.remarks),
    }


def _show_verification(found: Verification) -> None:
    say(f"{found.name}: {'whole' if found.is_whole else 'damaged'}")
    say_all(found.problems)
    say_all(found.remarks, indent="  Note: ")


def _show_plan(plan: RestorePlan, *, as_json: bool, force: bool) -> None:
    if as_json:
        parts = [
            {"part": p.part.value, "files": p.files, "place": p.place, "in_the_way": p.in_the_way}
            for p in plan.parts
        ]
        print_json({"backup": plan.backup, "parts": parts, "notes": list(plan.notes)})
        return
    rows = [(p.part.value, p.files, p.place, p.in_the_way or "nothing") for p in plan.parts]
    print_table(f"Restoring {plan.backup} would put", ("part", "files", "to", "in the way"), rows)
    say_all(plan.notes, indent="Note: ")
    if plan.in_the_way:
        said = "is moved aside and kept" if force else "makes it refuse; --force moves it aside"
        say(f"What is in the way {said}.")


def _show_restored(restored: Restored, notes: tuple[str, ...], *, as_json: bool) -> None:
    everything = (*notes, *restored.notes)
    if as_json:
        print_json(
            {
                "backup": restored.backup,
                "parts": [part.value for part in restored.parts],
                "aside": list(restored.aside),
                "notes": list(everything),
                "was_resumed": restored.was_resumed,
            }
        )
        return
    how = "Completed the restore of" if restored.was_resumed else "Restored"
    say(f"{how} {restored.backup}: {', '.join(restored.parts)}")
    if restored.aside:
        say("The old state is kept; remove it when you are sure:")
        say_all(restored.aside)
    say_all(everything, indent="Note: ")
    say("Check with `ratchet dataset verify --all` and `ratchet audit verify`.")
