"""A backup as one file: whole again, or refused by name."""

from __future__ import annotations

import gzip
import io
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from ratchet.backup.archive import read_first, unpack
from ratchet.backup.folder import Backup, read_backup
from ratchet.backup.manifest import MANIFEST_FILE
from ratchet.errors import RatchetError, StoreError
from tests.backup_builders import back_up, everything_in, fill, places, restore, verify

Change = Callable[[tarfile.TarInfo, bytes], list[tuple[tarfile.TarInfo, bytes]]]


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Backup:
    """A backup of a filled installation, as one file."""
    folder = tmp_path_factory.mktemp("archive")
    return back_up(fill(places(folder / "a")), folder / "backups", as_archive=True)


def rewritten(backup: Backup, target: Path, change: Change) -> Backup:
    """The archive with every member changed by `change`."""
    with tarfile.open(backup.path) as old, tarfile.open(target, "w:gz") as new:
        for member in old:
            stream = old.extractfile(member)
            for info, content in change(member, stream.read() if stream else b""):
                info.size = len(content)
                new.addfile(info, io.BytesIO(content))
    return read_backup(target)


def test_an_archive_holds_what_the_folder_holds(archive: Backup, tmp_path: Path) -> None:
    """Restored from one file, the installation is whole; nothing else is left behind."""
    target = places(tmp_path / "c")

    restore(archive, target)

    assert verify(archive, target).problems == ()
    folder = back_up(target, tmp_path / "backups")
    assert {fact.content_sha256 for fact in folder.contents.datasets} == {
        fact.content_sha256 for fact in archive.contents.datasets
    }
    assert [path.name for path in archive.path.parent.iterdir() if path.name != ".lock"] == [
        archive.path.name
    ]


@pytest.mark.parametrize("share", [0.0, 0.01, 0.3, 0.6, 0.9, 0.99])
def test_a_truncated_archive_is_named_and_restores_nothing(
    archive: Backup, tmp_path: Path, share: float
) -> None:
    """Wherever it was cut off."""
    content = archive.path.read_bytes()
    cut = tmp_path / "backup_cut.tar.gz"
    cut.write_bytes(content[: int(len(content) * share)])
    target = places(tmp_path / "c")

    backup = read_backup(cut)

    assert not verify(backup, target).is_whole
    with pytest.raises(StoreError, match=r"backup_cut\.tar\.gz is damaged"):
        restore(backup, target)
    assert not target.datasets.exists()
    assert everything_in(target.home) == {}


def named(name: str) -> Change:
    """Give the first file of a dataset another name."""

    def change(member: tarfile.TarInfo, content: bytes) -> list[tuple[tarfile.TarInfo, bytes]]:
        if member.name.endswith("dataset.json"):
            member.name = name
        return [(member, content)]

    return change


def linked(member: tarfile.TarInfo, content: bytes) -> list[tuple[tarfile.TarInfo, bytes]]:
    """Put a link where a file was."""
    if member.name.endswith("dataset.json"):
        member.type, member.linkname, content = tarfile.SYMTYPE, "/etc/passwd", b""
    return [(member, content)]


def longer(member: tarfile.TarInfo, content: bytes) -> list[tuple[tarfile.TarInfo, bytes]]:
    """Let every file go on after its end."""
    return [(member, content if member.name == MANIFEST_FILE else content + b"x")]


def changed(member: tarfile.TarInfo, content: bytes) -> list[tuple[tarfile.TarInfo, bytes]]:
    """Change the last byte of every file."""
    return [(member, content if member.name == MANIFEST_FILE else content[:-1] + b"\0")]


def fewer(member: tarfile.TarInfo, content: bytes) -> list[tuple[tarfile.TarInfo, bytes]]:
    """Leave files out."""
    return [] if member.name.endswith("dataset.json") else [(member, content)]


def headless(member: tarfile.TarInfo, content: bytes) -> list[tuple[tarfile.TarInfo, bytes]]:
    """Leave the manifest out."""
    return [] if member.name == MANIFEST_FILE else [(member, content)]


@pytest.mark.parametrize(
    "change",
    [named("../../escaped"), named("/tmp/escaped"), linked, longer, changed, fewer, headless],  # noqa: S108 - it must not be written
    ids=["climbs", "absolute", "link", "longer", "changed", "fewer", "headless"],
)
def test_an_archive_that_was_tampered_with_restores_nothing(
    archive: Backup, tmp_path: Path, change: Change
) -> None:
    """Names that lead out, links, other bytes: it is refused before anything is in place."""
    backup = rewritten(archive, tmp_path / "backup_x.tar.gz", change)
    target = places(tmp_path / "deep" / "er" / "c")

    with pytest.raises(RatchetError, match="damaged"):
        restore(backup, target)

    assert not list(tmp_path.rglob("escaped"))
    assert not Path("/tmp/escaped").exists()  # noqa: S108 - that is the point
    assert not target.datasets.exists()
    assert not verify(backup, target).is_whole


def test_a_file_that_unpacks_to_more_than_it_says_is_not_unpacked(tmp_path: Path) -> None:
    """A bomb is stopped at the size that the manifest names, here at its head."""
    bomb = tmp_path / "backup_bomb.tar.gz"
    with gzip.open(bomb, "wb") as stream:
        for _ in range(64):
            stream.write(b"\0" * 1_000_000)

    with pytest.raises(StoreError, match="damaged"):
        read_first(bomb)
    with pytest.raises(StoreError, match="damaged"):
        unpack(bomb, tmp_path / "out")
    assert not (tmp_path / "out").exists()
