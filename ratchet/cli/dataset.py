"""`ratchet dataset`: make dataset versions, look at them, compare and verify them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ratchet.cli import EXIT_NOT_REACHED, archiving, exporting
from ratchet.cli.arguments import (
    AsJson,
    ExampleFiles,
    MaybeSignatureName,
    PictureFile,
    SignatureName,
    known_signature,
    load,
)
from ratchet.cli.dataset_views import (
    draw_trend,
    show_diff,
    show_example,
    show_version,
    sides_of,
    version_as_json,
    version_row,
)
from ratchet.cli.terminal import counted, number_of, print_json, print_table, say, say_all

if TYPE_CHECKING:
    from ratchet.cli.publishing import Publication
    from ratchet.datasets import DatasetFolder, DatasetVersion

SHOWN = 10

app = typer.Typer(no_args_is_help=True, help="Dataset versions: make, list, compare, verify.")

FromStore = Annotated[
    bool, typer.Option("--from-store", help="Take what the store holds as accepted.")
]
Starter = Annotated[
    bool, typer.Option("--starter", help="Take the starter set that comes with Ratchet.")
]
Notes = Annotated[str, typer.Option(metavar="TEXT", help="Said in the metadata of the version.")]
Strict = Annotated[
    bool, typer.Option("--strict/--no-strict", help="Publish nothing that the gates refuse.")
]
Name = Annotated[str, typer.Argument(metavar="SIGNATURE", help="The signature.")]
Version = Annotated[str, typer.Argument(metavar="VERSION", help="The version.")]
OldVersion = Annotated[str, typer.Argument(metavar="OLD", help="The earlier version.")]
NewVersion = Annotated[str, typer.Argument(metavar="NEW", help="The later version.")]


@app.command("create")
def create(
    *,
    files: ExampleFiles = None,
    signature: SignatureName,
    from_store: FromStore = False,
    starter: Starter = False,
    select: Annotated[
        bool | None,
        typer.Option(
            "--select/--no-select",
            help="Take the largest set that holds the shares of the gates, not everything. "
            "[default: with --from-store]",
        ),
    ] = None,
    notes: Notes = "",
    strict: Strict = False,
    as_json: AsJson = False,
) -> None:
    """Publish examples as a new version.

    It holds them and nothing else. They are validated first; what is not taken is listed,
    and then the command leaves with 1.
    """
    from ratchet.cli.publishing import publish_set

    spec = known_signature(signature)
    publication = publish_set(
        spec,
        _places(spec.name, files, starter=starter),
        from_store=from_store,
        select=from_store if select is None else select,
        notes=notes,
        strict=strict,
    )
    _show_publication(publication, as_json=as_json)


@app.command("add")
def add(
    *,
    files: ExampleFiles = None,
    signature: SignatureName,
    from_store: FromStore = False,
    starter: Starter = False,
    notes: Notes = "",
    strict: Strict = False,
    as_json: AsJson = False,
) -> None:
    """Publish the latest version with more examples.

    They are validated first; what is not taken is listed, and then the command leaves with 1.
    """
    from ratchet.cli.publishing import publish_growth

    spec = known_signature(signature)
    publication = publish_growth(
        spec,
        _places(spec.name, files, starter=starter),
        from_store=from_store,
        notes=notes,
        strict=strict,
    )
    _show_publication(publication, as_json=as_json)


@app.command("list")
def list_versions(
    *,
    signature: MaybeSignatureName = None,
    picture: PictureFile = None,
    as_json: AsJson = False,
) -> None:
    """List the versions, the oldest first; the picture shows their size and quality over time."""
    from ratchet.datasets.layout import latest_folder, signature_folder, version_order

    folder = _folder()
    names = (_known(folder, signature),) if signature else folder.signatures()
    versions = {
        name: sorted(
            [*archiving.archived_of(folder, name), *folder.versions(name)],
            key=lambda version: version_order(version.version),
        )
        for name in names
    }
    if picture is not None:
        draw_trend(versions, picture)
    if as_json:
        print_json([version_as_json(version) for found in versions.values() for version in found])
        return
    for name, found in versions.items():
        latest = latest_folder(signature_folder(folder.root, name))
        rows = [version_row(version, is_latest=version.path == latest) for version in found]
        if rows:
            columns = ("version", "examples", "train/val/test", "quality", "parent", "notes")
            print_table(name, columns, rows)
    if not any(versions.values()):
        say(f"There are no versions in {folder.root} yet. Make one with `ratchet dataset create`.")
    if picture is not None:
        say(f"Picture: {picture}")


@app.command("show")
def show(
    *,
    signature: Name,
    version: Version = "latest",
    examples: Annotated[
        int, typer.Option(min=0, metavar="N", help="Show so many of its examples.")
    ] = 0,
    as_json: AsJson = False,
) -> None:
    """Show a version: origin, statistics, split."""
    folder = _folder()
    dataset = folder.load(_known(folder, signature), version)
    shown = dataset.examples[:examples]
    if as_json:
        print_json({**version_as_json(dataset.version), "examples": [e.to_json() for e in shown]})
        return
    show_version(dataset.version)
    for example in shown:
        side = "" if example.example_id in dataset.excluded else dataset.sides.get(example.group_id)
        show_example(example, side=side or "no side")


@app.command("diff")
def diff(
    *, signature: Name, old: OldVersion, new: NewVersion = "latest", as_json: AsJson = False
) -> None:
    """Compare two versions.

    Shows the examples added, removed and changed, and how shares and quality drift.
    """
    folder = _folder()
    found = folder.diff(_known(folder, signature), old, new)
    if as_json:
        print_json(asdict(found))
    else:
        show_diff(found)


@app.command("verify")
def verify(
    *,
    signature: Annotated[
        str | None, typer.Argument(metavar="SIGNATURE", help="The signature.")
    ] = None,
    version: Version = "latest",
    everything: Annotated[
        bool, typer.Option("--all", help="All versions, of the signature or of all.")
    ] = False,
    archives: Annotated[
        bool, typer.Option("--archives/--no-archives", help="With --all: archived versions too.")
    ] = True,
    as_json: AsJson = False,
) -> None:
    """Look for damage in versions.

    Recomputes the hashes and counts. Leaves with 1 when there is any damage.
    """
    folder = _folder()
    if signature is None and not everything:
        raise typer.BadParameter("name a signature, or give --all", param_hint="SIGNATURE")
    problems = {
        f"{name}/{found}": folder.verify(name, found)
        for name, found in _wanted(folder, signature, version, everything=everything)
    }
    if everything and archives:
        problems |= dict(_archived(folder, signature))
    if as_json:
        print_json(problems)
    else:
        for place, found in problems.items():
            say(f"{place}: {'damaged' if found else 'whole'}")
            say_all(found)
    raise typer.Exit(EXIT_NOT_REACHED if any(problems.values()) else 0)


app.command("export")(exporting.export)
app.command("archive")(archiving.archive)
app.command("restore")(archiving.restore)


def _places(signature: str, files: Sequence[Path] | None, *, starter: bool) -> Sequence[Path]:
    """The files that were named, and the starter set if it was asked for."""
    from ratchet.collect.starter import starter_file

    return (*(files or ()), *((starter_file(signature, load().starter),) if starter else ()))


def _folder() -> DatasetFolder:
    from ratchet.datasets import DatasetFolder

    return DatasetFolder(load().datasets_folder)


def _known(folder: DatasetFolder, signature: str) -> str:
    """The name of a signature that has versions or is registered.

    Raises:
        ConfigurationError: it is neither; the message says the nearest.
    """
    return signature if signature in folder.signatures() else known_signature(signature).name


def _wanted(
    folder: DatasetFolder, signature: str | None, version: str, *, everything: bool
) -> Iterator[tuple[str, str]]:
    """Signature and version of everything that is to be verified, damaged ones too."""
    from ratchet.datasets.layout import signature_folder, version_folders

    for name in (_known(folder, signature),) if signature else folder.signatures():
        if everything:
            for path in version_folders(signature_folder(folder.root, name)):
                yield name, path.name
        else:
            yield name, version


def _archived(folder: DatasetFolder, signature: str | None) -> Iterator[tuple[str, list[str]]]:
    """The place of every archive, and what is wrong with the version in it."""
    from ratchet.datasets.archive_file import ARCHIVE, archived_names
    from ratchet.datasets.archiving import verify_archived
    from ratchet.datasets.holdings import holding_signatures
    from ratchet.datasets.layout import signature_folder

    for name in (signature,) if signature else holding_signatures(folder):
        for found in archived_names(signature_folder(folder.root, name)):
            yield f"{name}/{ARCHIVE}/{found}", verify_archived(folder, name, found)


def _show_publication(publication: Publication, *, as_json: bool) -> None:
    """Print what became of the examples and leave with the exit code it deserves."""
    from ratchet.cli.quality import show_gate

    version = publication.version
    if as_json:
        print_json(
            {
                "version": None if version is None else version_as_json(version),
                "is_new": version is not None and version.is_new,
                "gate": publication.gate.to_json(),
                "left_out": dict(publication.left_out),
                "rejected": list(publication.rejected),
            }
        )
    else:
        if publication.rejected:
            say(f"Not taken: {number_of(len(publication.rejected), 'example')}", style="bold")
            say_all(publication.rejected, at_most=SHOWN)
        if publication.left_out:
            say(f"Left out: {counted(publication.left_out)}.")
        show_gate(publication.gate)
        _show_outcome(version)
    is_done = version is not None and not publication.rejected
    raise typer.Exit(0 if is_done else EXIT_NOT_REACHED)


def _show_outcome(version: DatasetVersion | None) -> None:
    if version is None:
        say("Nothing was published: the gates refuse the set (--strict).")
    elif version.is_new:
        say(f"Published {version.signature} {version.version}: {sides_of(version)}")
        if version.split_report:
            say_all(version.split_report.notes, indent="Note: ")
        say(f"Folder: {version.path}")
    else:
        say(f"Nothing is new: {version.signature} {version.version} holds just these examples.")
