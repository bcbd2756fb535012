"""PostgreSQL's own programs: found, called without a password on the command line, explained."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import URL

from ratchet.errors import ConfigurationError, StoreError

DUMP, RESTORE, SHELL = "pg_dump", "pg_restore", "psql"
INSTALLED = "/usr/lib/postgresql"  # one folder a version, on Debian and its kin
SHOWN_LINES = 3

Heard = Callable[[str], None]
"""Takes each line that a program says."""


@dataclass(frozen=True, kw_only=True)
class PostgresTools:
    """Finds the programs: in `folder` when it is given, otherwise where systems put them."""

    folder: Path | None = None

    def find(self, name: str, *, server: int) -> Path:
        """The oldest program that is not older than the server, whose major version is given.

        A newer program may write settings that an older server refuses.

        Raises:
            ConfigurationError: there is none; the message says what to install.
        """
        found = sorted((_major(path), str(path)) for path in self._candidates(name))
        for major, path in found:
            if major >= server:
                return Path(path)
        there = ", ".join(f"{path} is of version {major}" for major, path in found) or "none is"
        place = self.folder or "PATH"
        raise ConfigurationError(
            f"A backup of this database needs {name} of PostgreSQL {server} or newer; {there} "
            f"({place}). Install postgresql-client-{server} (Debian, Ubuntu), "
            f"postgresql@{server} (Homebrew) or postgresql{server} (Fedora), or name the folder "
            "of the programs: postgresql_tools under [backup] in ratchet.toml."
        )

    def _candidates(self, name: str) -> set[Path]:
        if self.folder is not None:
            places = [self.folder / name]
        else:
            places = [Path(found)] if (found := shutil.which(name)) else []
            places += sorted(Path(INSTALLED).glob(f"*/bin/{name}"))
        return {path for path in places if path.is_file() and os.access(path, os.X_OK)}


def address(url: URL) -> str:
    """The address of a database for PostgreSQL's programs, without the password."""
    return url.set(drivername="postgresql", password=None).render_as_string(hide_password=False)


def call(
    arguments: Sequence[str | Path], *, url: URL | None, doing: str, heard: Heard | None = None
) -> None:
    """Run one of the programs to its end.

    Raises:
        StoreError: it fails; the message has its last words.
    """
    environment = dict(os.environ)
    if url is not None and url.password is not None:
        environment["PGPASSWORD"] = str(url.password)
    try:
        process = subprocess.Popen(
            [str(argument) for argument in arguments],
            env=environment | {"LC_MESSAGES": "C"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
        )
    except OSError as error:
        raise StoreError(f"{arguments[0]} can not be started: {error}.") from error
    said = _listen(process, heard)
    if process.returncode:
        last = "; ".join(said) or _ending(process.returncode)
        raise StoreError(
            f"{doing} failed: {last}. Nothing half done is left. Check the database, the rights of "
            "its user and the free space, and run the same command again."
        )


def _listen(process: subprocess.Popen[str], heard: Heard | None) -> list[str]:
    """What it complained of; its last words when it said nothing that looks like a complaint."""
    said: list[str] = []
    last: list[str] = []
    try:
        for line in process.stderr or ():
            word = line.strip().rstrip(".")
            last = [*last, word][-SHOWN_LINES:]
            if heard is not None:
                heard(word)
            if "error" in line.casefold() or "fatal" in line.casefold() or "could not" in line:
                said = [*said, word][:SHOWN_LINES]  # the first is the cause
        process.wait()
    except BaseException:
        process.kill()
        process.wait()
        raise
    return said or last


def _ending(code: int) -> str:
    """How a program without a word ended.

    >>> _ending(-25), _ending(3)
    ('it was ended by SIGXFSZ', 'it left with 3')
    """
    return f"it was ended by {signal.Signals(-code).name}" if code < 0 else f"it left with {code}"


def _major(path: Path) -> int:
    """The major version a program says; 0 when it says none."""
    try:
        said = subprocess.run([path, "--version"], capture_output=True, text=True, check=False)
    except OSError:
        return 0
    found = re.search(r"\) (\d+)", said.stdout)
    return int(found[1]) if found else 0
