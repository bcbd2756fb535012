"""What git says of a commit: who, when, why, and which lines of which files."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import Self

HUNK_HEADER = re.compile(
    rb"^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@ ?([^\n]*)(?:\n|\Z)", re.MULTILINE
)


@dataclass(frozen=True, kw_only=True)
class Hunk:
    """One changed place of a file; `function` is the line git found above it, or empty."""

    old_start: int
    new_start: int
    function: str
    added: tuple[str, ...]
    removed: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class FileChange:
    """What a commit did to one file.

    `added` and `deleted` count all lines, also when the kept `patch` is cut or dropped.
    `status` is added, deleted, modified, renamed, copied, mode, submodule or binary.
    `skipped_as` says why the content is of no use (a lock file, generated, ...), or is empty.
    """

    path: str
    old_path: str
    status: str
    added: int
    deleted: int
    patch: bytes = b""
    skipped_as: str = ""

    @cached_property
    def hunks(self) -> tuple[Hunk, ...]:
        """The kept hunks, parsed at first use."""
        return tuple(_hunks(self.patch))

    def with_hunks(self, hunks: tuple[Hunk, ...], **changes: str | int) -> Self:
        """The same file with only these hunks; the counts follow unless they are given."""
        counts = {
            "added": sum(len(h.added) for h in hunks),
            "deleted": sum(len(h.removed) for h in hunks),
        }
        part = replace(self, patch=b"", **{**counts, **changes})  # type: ignore[arg-type] # by name
        part.__dict__["hunks"] = hunks  # where cached_property keeps what it computed
        return part


@dataclass(frozen=True, kw_only=True)
class Commit:
    """One commit; `file_count`, `added` and `deleted` cover also files that were not kept."""

    sha: str
    parents: tuple[str, ...]
    committed_at: datetime
    author_name: str
    author_email: str
    message: str
    files: tuple[FileChange, ...]
    file_count: int
    added: int
    deleted: int

    @property
    def is_merge(self) -> bool:
        """Whether two or more histories meet in it."""
        return len(self.parents) > 1


def _hunks(patch: bytes) -> list[Hunk]:
    headers = list(HUNK_HEADER.finditer(patch))
    ends = [*(header.start() for header in headers[1:]), len(patch)]
    return [_hunk(header, patch, end) for header, end in zip(headers, ends, strict=False)]


def _hunk(header: re.Match[bytes], patch: bytes, end: int) -> Hunk:
    lines = patch[header.end() : end].decode("utf-8", "replace").split("\n")
    return Hunk(
        old_start=int(header[1]),
        new_start=int(header[3]),
        function=header[5].decode("utf-8", "replace").strip(),
        added=tuple(line[1:].rstrip("\r") for line in lines if line.startswith("+")),
        removed=tuple(line[1:].rstrip("\r") for line in lines if line.startswith("-")),
    )
