"""`ratchet dataset archive` and `restore`: older versions as one compressed file each."""

from __future__ import annotations

import logging
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ratchet.cli import EXIT_NOT_REACHED
from ratchet.cli.arguments import AsJson, MaybeSignatureName, known_signature, load
from ratchet.cli.terminal import number_of, print_json, progress_bar, say, say_all
from ratchet.errors import DatasetError

if TYPE_CHECKING:
    from ratchet.datasets import DatasetFolder, DatasetVersion
    from ratchet.datasets.archiving import ArchivePlan

MEGABYTE = 1_000_000

logger = logging.getLogger(__name__)


def archive(
    *,
    signature: MaybeSignatureName = None,
    older_than_days: Annotated[
        int | None,
        typer.Option(
            min=0, metavar="DAYS", help="Published before that. [default: life.archive_after_days]"
        ),
    ] = None,
    keep: Annotated[
        int | None,
        typer.Option(
            min=1, metavar="N", help="Newest versions that stay. [default: life.keep_versions]"
        ),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be archived and touch nothing.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Turn older versions into compressed archives.

    Each is proven whole first, and its folder goes last. Bring one back with `ratchet dataset
    restore`. Leaves with 1 when a version could not be archived.
    """
    life = load().life
    plans = _plans(
        signature,
        older_than_days=life.archive_after_days if older_than_days is None else older_than_days,
        keep=life.keep_versions if keep is None else keep,
    )
    done, refused = ([], {}) if dry_run else _carry_out(plans, quiet=as_json)
    if as_json:
        print_json(
            {
                "is_dry_run": dry_run,
                "plans": [asdict(plan) for plan in plans],
                "archived": done,
                "refused": refused,
            }
        )
    else:
        _show(plans, done, refused, dry_run=dry_run)
    is_whole = not refused and not any(plan.damaged for plan in plans)
    raise typer.Exit(0 if is_whole else EXIT_NOT_REACHED)


def restore(
    *,
    signature: Annotated[str, typer.Argument(metavar="SIGNATURE", help="The signature.")],
    version: Annotated[str, typer.Argument(metavar="VERSION", help="The archived version.")],
    as_json: AsJson = False,
) -> None:
    """Bring an archived version back, byte by byte as it was published."""
    from ratchet.cli.dataset_views import sides_of, version_as_json
    from ratchet.datasets.archiving import restore_version

    found = restore_version(_folder(), signature, version)
    if as_json:
        print_json(version_as_json(found))
    else:
        say(f"{signature} {found.version} is back: {sides_of(found)}")
        say(f"Folder: {found.path}")


def archived_of(folder: DatasetFolder, signature: str) -> list[DatasetVersion]:
    """The archived versions for a list; a damaged archive is told and left out."""
    from ratchet.datasets.archiving import archived_versions

    try:
        return archived_versions(folder, signature)
    except DatasetError as error:
        logger.warning("Archives of %s are left out of the list: %s", signature, error)
        return []


def _plans(signature: str | None, *, older_than_days: int, keep: int) -> list[ArchivePlan]:
    from ratchet.datasets.archiving import plan_archiving

    folder = _folder()
    if signature is not None and signature not in folder.signatures():
        known_signature(signature)
    names = (signature,) if signature else folder.signatures()
    now = datetime.now(UTC)
    return [
        plan_archiving(folder, name, older_than_days=older_than_days, keep=keep, now=now)
        for name in names
    ]


def _carry_out(
    plans: list[ArchivePlan], *, quiet: bool
) -> tuple[list[dict[str, Any]], dict[str, str]]:
    """What was archived, and of each version that was not the reason."""
    from ratchet.datasets.archiving import archive_version

    folder = _folder()
    wanted = [(plan.signature, version) for plan in plans for version in plan.versions]
    done: list[dict[str, Any]] = []
    refused: dict[str, str] = {}
    with progress_bar("Archiving", quiet=quiet) as move:
        for number, (signature, version) in enumerate(wanted, 1):
            try:
                done.append(asdict(archive_version(folder, signature, version)))
            except DatasetError as error:
                refused[f"{signature}/{version}"] = str(error)
            move(number, len(wanted), f"{signature} {version}")
    return done, refused


def _show(
    plans: list[ArchivePlan], done: list[dict[str, Any]], refused: dict[str, str], *, dry_run: bool
) -> None:
    for plan in plans:
        verb = "would be archived" if dry_run else "to archive"
        say(f"{plan.signature}: {number_of(len(plan.versions), 'version')} {verb}", style="bold")
        say_all(plan.versions)
        say_all(f"{version} stays: {why}" for version, why in plan.kept.items())
        say_all(
            f"{version} stays, for it is damaged: {why}" for version, why in plan.damaged.items()
        )
    for one in done:
        sizes = [one[name] / MEGABYTE for name in ("folder_bytes", "archive_bytes")]
        say(f"Archived {one['path']}: {sizes[0]:.2f} MB became {sizes[1]:.2f} MB.")
    for place, why in refused.items():
        say(f"Not archived: {place}: {why}", style="red")
    if not plans:
        say("There are no dataset versions yet.")


def _folder() -> DatasetFolder:
    from ratchet.datasets import DatasetFolder

    return DatasetFolder(load().datasets_folder)
