"""Builds real git repositories quickly: one `git fast-import` for a whole history."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

EPOCH = datetime(2026, 1, 1, 12, 0, tzinfo=UTC)
ADA = ("Ada Abbott", "ada@example.org")


@dataclass(frozen=True, kw_only=True)
class Planned:
    """A commit to be made: files by path (None deletes), a message, a day, parents by mark.

    A file given as a pair is a mode and its content (`("160000", sha)` is a submodule).
    """

    message: str | bytes
    files: Mapping[str | bytes, str | bytes | tuple[str, str] | None] = field(default_factory=dict)
    day: float = 0.0
    author: tuple[str, str] = ADA
    parents: tuple[int, ...] | None = None


@dataclass(frozen=True, kw_only=True)
class BuiltRepository:
    """A repository on disk and the ids of its commits, in the order they were planned."""

    path: Path
    shas: tuple[str, ...]
    now: datetime

    def git(self, *arguments: str) -> str:
        """Run git in it and return what it says."""
        done = subprocess.run(
            ["git", "-C", str(self.path), *arguments], capture_output=True, check=True, text=True
        )
        return done.stdout.strip()


def build_repository(
    path: Path, commits: Sequence[Planned], *, bare: bool = True
) -> BuiltRepository:
    """Make a repository with these commits on `main`, each on the one before unless it says.

    `now` is an hour after the newest commit.
    """
    path.mkdir(parents=True, exist_ok=True)
    kind = ["--bare"] if bare else []
    subprocess.run(["git", "init", "-q", "-b", "main", *kind, str(path)], check=True)
    stream = b"".join(_commit(number, commit) for number, commit in enumerate(commits, 1))
    marks = path / "marks"
    subprocess.run(
        ["git", "-C", str(path), "fast-import", "--quiet", f"--export-marks={marks}"],
        input=stream,
        check=True,
    )
    shas = dict(line.split() for line in marks.read_text().splitlines()) if commits else {}
    marks.unlink(missing_ok=True)
    newest = max((commit.day for commit in commits), default=0.0)
    return BuiltRepository(
        path=path,
        shas=tuple(shas[f":{number}"] for number in range(1, len(commits) + 1)),
        now=EPOCH + timedelta(days=newest, hours=1),
    )


def _commit(number: int, commit: Planned) -> bytes:
    message = _bytes(commit.message)
    name, email = commit.author
    time = int((EPOCH + timedelta(days=commit.day)).timestamp())
    head = f"commit refs/heads/main\nmark :{number}\n"
    who = f"author {name} <{email}> {time} +0000\ncommitter {name} <{email}> {time} +0000\n"
    parts = [(head + who).encode(), b"data %d\n" % len(message), message, b"\n"]
    parents = commit.parents if commit.parents is not None else ((number - 1,) * (number > 1))
    if parents:
        parts.append(f"from :{parents[0]}\n".encode())
        parts += [f"merge :{parent}\n".encode() for parent in parents[1:]]
    parts += [_file(path, content) for path, content in commit.files.items()]
    return b"".join([*parts, b"\n"])


def _file(path: str | bytes, content: str | bytes | tuple[str, str] | None) -> bytes:
    quoted = b'"' + _bytes(path).replace(b"\\", b"\\\\").replace(b'"', b'\\"') + b'"'
    if content is None:
        return b"D " + quoted + b"\n"
    if isinstance(content, tuple):
        mode, text = content
        if mode == "160000":
            return f"M 160000 {text} ".encode() + quoted + b"\n"
        return _inline(mode.encode(), quoted, _bytes(text))
    return _inline(b"100644", quoted, _bytes(content))


def _inline(mode: bytes, quoted: bytes, data: bytes) -> bytes:
    return b"M " + mode + b" inline " + quoted + b"\ndata %d\n" % len(data) + data + b"\n"


def _bytes(text: str | bytes) -> bytes:
    return text if isinstance(text, bytes) else text.encode()
