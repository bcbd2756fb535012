"""Files in .gz and .zip: unpacked into a scratch folder, within limits, or refused.

What a packed file claims is not believed: the bytes are counted as they are unpacked. Names
are checked and then not used: a member is unpacked under a name of ours.
"""

from __future__ import annotations

import gzip
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import IO

ARCHIVE_SUFFIXES = (".gz", ".zip")
MAX_RATIO = 200  # unpacked to packed; examples pack by 3 to 20, a bomb by 1,000
MAX_UNPACKED_BYTES = 4 * 2**30
MAX_MEMBERS = 1_000
FREE_BYTES = 2**20  # up to here the ratio says nothing
PIECE_BYTES = 2**20
SYMLINK = 0o120000


@dataclass(frozen=True, kw_only=True)
class Unpacked:
    """A packed file: where it is unpacked to, or why it is not.

    `name` is what it is called: that of the archive, with the member behind a slash.
    """

    name: str
    path: Path | None = None
    problem: str | None = None


@dataclass(frozen=True, kw_only=True)
class Limits:
    """How much may come out of an archive."""

    max_ratio: int = MAX_RATIO
    max_bytes: int = MAX_UNPACKED_BYTES
    max_members: int = MAX_MEMBERS


LIMITS = Limits()


@contextmanager
def unpacked(
    path: Path, suffixes: tuple[str, ...], *, limits: Limits = LIMITS
) -> Iterator[Iterator[Unpacked]]:
    """Unpack the files in `path` one after the other; each is gone when the next one comes.

    Members of other suffixes are refused, like everything that an honest archive of data
    does not hold: absolute names, `..`, links, encryption, archives in archives.
    """
    with tempfile.TemporaryDirectory(prefix="ratchet-import-") as scratch:
        if path.suffix.lower() == ".gz":
            yield _gzip(path, Path(scratch), suffixes, limits)
        else:
            yield _zip(path, Path(scratch), suffixes, limits)


def _gzip(
    path: Path, scratch: Path, suffixes: tuple[str, ...], limits: Limits
) -> Iterator[Unpacked]:
    inner = Path(path.stem).suffix.lower()
    if inner not in suffixes:
        yield Unpacked(name=str(path), problem=_wrong_suffix(inner, suffixes))
        return
    target = scratch / f"member{inner}"
    with gzip.open(path) as stream:
        allowed = _allowed(path.stat().st_size, limits)
        yield _copied(stream, target, str(path), allowed)


def _zip(
    path: Path, scratch: Path, suffixes: tuple[str, ...], limits: Limits
) -> Iterator[Unpacked]:
    try:
        archive = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, OSError, ValueError) as error:
        yield Unpacked(name=str(path), problem=f"is no archive that can be read: {error}")
        return
    with archive:
        members = [member for member in archive.infolist() if not member.is_dir()]
        if len(members) > limits.max_members:
            problem = f"holds {len(members):,} files; at most {limits.max_members:,} are read"
            yield Unpacked(name=str(path), problem=problem)
            return
        left = _allowed(path.stat().st_size, limits)
        for member in sorted(members, key=lambda member: member.filename):
            found = _member(archive, member, path, scratch, suffixes=suffixes, allowed=left)
            yield found
            if found.path is not None:
                left -= found.path.stat().st_size
                found.path.unlink()


def _member(
    archive: zipfile.ZipFile,
    member: zipfile.ZipInfo,
    path: Path,
    scratch: Path,
    *,
    suffixes: tuple[str, ...],
    allowed: int,
) -> Unpacked:
    name = f"{path}/{member.filename}"
    if problem := _name_problem(member, suffixes):
        return Unpacked(name=name, problem=problem)
    target = scratch / f"member{PurePosixPath(member.filename).suffix.lower()}"
    try:
        with archive.open(member) as stream:
            return _copied(stream, target, name, allowed)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError) as error:
        return Unpacked(name=name, problem=f"can not be unpacked: {error}")


def _name_problem(member: zipfile.ZipInfo, suffixes: tuple[str, ...]) -> str | None:
    name = member.filename
    parts = PurePosixPath(name.replace("\\", "/")).parts
    if ".." in parts or name.startswith(("/", "\\")) or PureWindowsPath(name).drive:
        return f"is called {name!r}, which leads out of the archive; refused"
    if (member.external_attr >> 16) & 0o170000 == SYMLINK:
        return "is a link; refused"
    if member.flag_bits & 1:
        return "is encrypted; unpack it yourself"
    suffix = PurePosixPath(name).suffix.lower()
    return None if suffix in suffixes else _wrong_suffix(suffix, suffixes)


def _wrong_suffix(suffix: str, suffixes: tuple[str, ...]) -> str:
    return f"is called {suffix or 'without a suffix'}; {', '.join(suffixes)} can be read"


def _allowed(packed_bytes: int, limits: Limits) -> int:
    return min(limits.max_bytes, max(FREE_BYTES, packed_bytes * limits.max_ratio))


def _copied(stream: IO[bytes] | gzip.GzipFile, target: Path, name: str, allowed: int) -> Unpacked:
    """Unpack piece by piece, and stop as soon as there is more than allowed."""
    count = 0
    try:
        with target.open("wb") as out:
            while piece := stream.read(PIECE_BYTES):
                count += len(piece)
                if count > allowed:
                    target.unlink()
                    return Unpacked(name=name, problem=_bomb(allowed))
                out.write(piece)
    except (OSError, EOFError, zlib.error, zipfile.BadZipFile) as error:
        target.unlink(missing_ok=True)
        return Unpacked(name=name, problem=f"can not be unpacked: {error}")
    return Unpacked(name=name, path=target)


def _bomb(allowed: int) -> str:
    return (
        f"unpacks to more than {allowed:,} bytes, {MAX_RATIO} times its size or the most that is "
        "read; that is no file of examples. Unpack it yourself when it is"
    )
