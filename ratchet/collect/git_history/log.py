"""One streamed `git log -p`, read as bytes and counted while it is read."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import IO

from ratchet.collect.git_history.commits import Commit, FileChange
from ratchet.collect.git_history.patches import FilePatch
from ratchet.collect.git_history.repository import Repository, streaming

CHUNK_BYTES = 1 << 20  # read at once
MAX_PIECE_BYTES = 1 << 20  # looked at as one
MAX_KEPT_FILES = 400  # of one commit; a larger one is too large to describe anyway
MAX_KEPT_BYTES = 1 << 20  # of one commit
MAX_HEADER_BYTES = 1 << 18

# A line of a patch without context starts with +, -, \ or a word of git's own, never with
# NUL: two of them at the start of a line can only be ours.
FORMAT = "%x00%x00%H%x00%P%x00%ct%x00%an%x00%ae%x00%B%x00"
NULS_IN_HEADER = 8
COMMIT_START, FILE_START = b"\n\0\0", b"\ndiff --git "
ENDLESS_LINE = b"\n\\"  # goes on with a line too long to keep, as one of git's own remarks
BOUNDARY = re.compile(rb"\n(?=\0\0|diff --git )")

LOG = (
    "log",
    "-p",
    "--unified=0",
    "--inter-hunk-context=0",
    "--reverse",
    "--encoding=UTF-8",
    f"--format=tformat:{FORMAT}",
    "--no-ext-diff",
    "--no-textconv",
    "--no-color",
    "--no-show-signature",
    "--no-notes",
    "--no-relative",
    "--find-renames",
    "--submodule=short",
    "--src-prefix=a/",
    "--dst-prefix=b/",
)


@dataclass(frozen=True, kw_only=True)
class LogRequest:
    """The part of history to read: commits of these times, the newest `max_commits` of them."""

    max_commits: int
    since: datetime | None = None
    until: datetime | None = None
    merge_patches: bool = False

    def arguments(self) -> tuple[str, ...]:
        """The command line of git."""
        chosen = [f"--max-count={self.max_commits}"]
        chosen.append(f"--diff-merges={'first-parent' if self.merge_patches else 'off'}")
        if self.since:
            chosen.append(f"--since={int(self.since.timestamp())}")
        if self.until:
            chosen.append(f"--until={int(self.until.timestamp())}")
        return (*LOG, *chosen, "HEAD", "--")


def read_log(repository: Repository, request: LogRequest) -> Iterator[Commit]:
    """Give the commits of HEAD's history, the oldest first.

    Memory holds one commit at a time, and of it no more than a fixed number of files and
    bytes; the counts are complete all the same. Patches come without context, for which git
    now and then finds another shortest difference: counts may differ by a line or two from
    those of `--numstat`.

    Raises:
        InputError: git is missing, failed, or was killed.
    """
    if repository.is_empty:
        return
    with streaming(repository.git_dir, *request.arguments()) as output:
        yield from _commits(output)


def _commits(output: IO[bytes]) -> Iterator[Commit]:
    building: _CommitBuilder | None = None
    for piece in _pieces(output):
        if piece.startswith(COMMIT_START):
            if building is not None:
                yield building.build()
            building = _CommitBuilder()
        if building is not None:
            building.take(piece)
    if building is not None:
        yield building.build()


def _pieces(output: IO[bytes]) -> Iterator[bytes]:
    """Cut the stream where a commit or a file begins, and wherever a piece grows too long.

    Every piece starts with the newline before it, so that what follows a cut inside a file
    can not be taken for a beginning.
    """
    rest = b"\n"
    while chunk := output.read(CHUNK_BYTES):
        rest += chunk
        start = 0
        for boundary in BOUNDARY.finditer(rest, 1):
            yield rest[start : boundary.start()]
            start = boundary.start()
        rest = rest[start:]
        if len(rest) > MAX_PIECE_BYTES:
            cut = rest.rfind(b"\n", 1)
            yield rest if cut < 0 else rest[:cut]
            rest = ENDLESS_LINE if cut < 0 else rest[cut:]
    yield rest


class _CommitBuilder:
    """Takes the pieces of one commit and makes the record of it."""

    def __init__(self) -> None:
        self._header = b""
        self._nuls_missing = NULS_IN_HEADER
        self._files: list[FileChange] = []
        self._patch: FilePatch | None = None
        self._room = MAX_KEPT_BYTES
        self._file_count = self._added = self._deleted = 0

    def take(self, piece: bytes) -> None:
        """A message may quote a patch, so nothing starts a file before the header ended."""
        if self._nuls_missing:
            self._nuls_missing -= piece.count(b"\0")
            self._header += piece[: MAX_HEADER_BYTES - len(self._header)]
        elif piece.startswith(FILE_START):
            self._finish_file()
            self._patch = FilePatch(piece, room=self._room)
        elif self._patch is not None:
            self._patch.take(piece)

    def _finish_file(self) -> None:
        if self._patch is None:
            return
        change = self._patch.build()
        self._file_count += 1
        self._added += change.added
        self._deleted += change.deleted
        self._room -= len(change.patch)
        if len(self._files) < MAX_KEPT_FILES:
            self._files.append(change)

    def build(self) -> Commit:
        self._finish_file()
        fields = self._header.split(b"\0")
        sha, parents, time, name, email, message = (*fields[2:8], *[b""] * 6)[:6]
        return Commit(
            sha=sha.decode("ascii", "replace"),
            parents=tuple(parents.decode("ascii", "replace").split()),
            committed_at=_time(time),
            author_name=_text(name),
            author_email=_text(email),
            message=_text(message),
            files=tuple(self._files),
            file_count=self._file_count,
            added=self._added,
            deleted=self._deleted,
        )


def _time(seconds: bytes) -> datetime:
    try:
        return datetime.fromtimestamp(int(seconds), UTC)
    except (ValueError, OverflowError, OSError):  # a damaged commit; it is older than anything
        return datetime.fromtimestamp(0, UTC)


def _text(raw: bytes) -> str:
    """Text of a message; what is no UTF-8 is most likely Latin-1, which reads any byte."""
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("latin-1")
