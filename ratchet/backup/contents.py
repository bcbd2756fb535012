"""What belongs into a backup: the files of each part, and what is left out and why."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from ratchet.backup.places import Part, Places
from ratchet.datasets.layout import latest_folder, version_folders
from ratchet.programs import STATE_FILE
from ratchet.serving.spool import spool_files

ARCHIVE_SUFFIX = ".tar.gz"
COLLECTED = frozenset({"collected_data", "validated_data"})  # what was taken is in the versions


@dataclass(frozen=True, kw_only=True)
class Found:
    """Files of a part, relative to its root, and sentences about what is left out."""

    files: tuple[Path, ...] = ()
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class _Tree:
    """The visible files under a folder."""

    files: list[Path] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)

    def walk(self, folder: Path, *, skipped: frozenset[Path] = frozenset()) -> None:
        """Add everything under `folder`; hidden names are drafts and locks."""
        if not folder.is_dir():
            return
        for name in _names(folder):
            if folder / name not in skipped:
                self.add(folder / name, skipped=skipped)

    def add(self, path: Path, *, skipped: frozenset[Path] = frozenset()) -> None:
        """Add a file, or everything under a folder."""
        if path.is_symlink():
            self.left_out.append(f"{path} is a link; what it shows is not in the backup.")
        elif path.is_dir():
            self.walk(path, skipped=skipped)
        elif path.is_file():
            self.files.append(path)
        else:
            self.left_out.append(f"{path} is no regular file.")

    def found(self) -> Found:
        return Found(files=tuple(self.files), left_out=tuple(self.left_out))


def find_files(part: Part, places: Places) -> Found:
    """The files of a part on disk; the database and the configuration are written by others."""
    tree, root = _Tree(), places.root(part)
    if part is Part.DATASETS:
        for folder in dataset_folders(root):
            tree.walk(folder, skipped=frozenset({folder / "latest"}))
    elif part is Part.PROGRAMS or part is Part.ROLLOUTS:
        tree.walk(root)
    elif part is Part.RUNS:
        collected = (root / run / name for run in _names(root) for name in COLLECTED)
        tree.walk(root, skipped=frozenset(collected))
    elif part is Part.TELEMETRY:
        tree.files.extend(file.path for file in spool_files(root))
    elif part is Part.STATE:
        for path in present(part, places):
            tree.add(path)
        tree.left_out.extend(_crowded(places))
    return tree.found()


def dataset_folders(root: Path) -> tuple[Path, ...]:
    """The folders of the signatures that have versions, archived ones too; starter sets stay."""
    return tuple(
        root / name
        for name in _names(root)
        if version_folders(root / name) or any((root / name).rglob(f"v*{ARCHIVE_SUFFIX}"))
    )


def latest_links(root: Path) -> dict[str, str]:
    """The version that the link of each signature shows; a broken link shows none."""
    links = ((folder.name, latest_folder(folder)) for folder in dataset_folders(root))
    return {name: shown.name for name, shown in links if shown is not None}


def program_folders(root: Path) -> tuple[Path, ...]:
    """The folders of the program versions, whole or not."""
    return tuple(path.parent for path in sorted(root.glob(f"[!.]*/[!.]*/{STATE_FILE}")))


def present(part: Part, places: Places) -> tuple[Path, ...]:
    """What a restore of a part would replace: the entries of its folder that are its own.

    The spool is only added to, so nothing of it is ever in the way.
    """
    root = places.root(part)
    if part is Part.DATASETS:
        return dataset_folders(root)
    if part is Part.STATE:
        if root == places.configuration.parent:  # the whole project would be in the backup
            return ()
        others = places.of_other_parts()
        kept = (root / name for name in _names(root))
        return tuple(path for path in kept if not holds_any(path, others))
    if part is Part.CONFIGURATION:
        return (places.configuration,) if places.configuration.exists() else ()
    if part is Part.DATABASE or part is Part.TELEMETRY:
        return ()
    return tuple(root / name for name in _names(root))


def whole_lines(path: Path) -> int:
    """The bytes up to the last newline: where a file that still grows may be cut."""
    with path.open("rb") as stream:
        end = stream.seek(0, os.SEEK_END)
        while end:
            start = max(0, end - 65_536)
            stream.seek(start)
            newline = stream.read(end - start).rfind(b"\n")
            if newline >= 0:
                return start + newline + 1
            end = start
    return 0


def holds_any(path: Path, others: frozenset[Path]) -> bool:
    """Whether one of `others` is `path`, or lies in it."""
    return any(other.is_relative_to(path) for other in others)


def _crowded(places: Places) -> Iterator[str]:
    """What of the state folder can not be told from other things."""
    if places.home == places.configuration.parent:
        yield f"{places.home} is the working directory too: only the known folders are taken."
        return
    others = places.of_other_parts()
    for path in (places.home / name for name in _names(places.home)):
        if path.is_dir() and path not in others and holds_any(path, others):
            yield f"{path} holds another part, so that its other files are not in the backup."


def _names(folder: Path) -> Iterator[str]:
    if folder.is_dir():
        yield from sorted(e.name for e in os.scandir(folder) if not e.name.startswith("."))
