"""Makes and restores backups that are killed, each time at another system call.

Run as `python -m tests.faults.kill_backups FOLDER URL`; an empty URL is SQLite. Prints as JSON
how often each work was disturbed and what was wrong after it. A process of its own, because it
forks.
"""

from __future__ import annotations

import json
import os
import random
import resource
import shutil
import signal
import sqlite3
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

from ratchet.backup.folder import Backup, list_backups
from ratchet.backup.journal import read_journal
from ratchet.backup.places import Places
from ratchet.backup.planning import RestoreRequest
from ratchet.backup.postgresql_tools import PostgresTools
from ratchet.backup.restoring import restore_backup
from ratchet.datasets import DatasetFolder
from ratchet.errors import RatchetError
from ratchet.store import open_store
from tests.backup_builders import (
    ALL,
    SPEC,
    back_up,
    everything_in,
    fill,
    places,
    restore,
    silent,
    tools,
    verify,
    write,
)
from tests.builders import NOON
from tests.dataset_builders import example_set
from tests.faults.killing import at_call, killed

NAMES = ("os.rename", "os.link", "os.symlink")
OTHERS = ("open", "os.mkdir", "os.chmod", "os.remove", "os.rmdir", "sqlite3.connect")
EVERY = 25  # of the other calls: they touch nothing that has its real name
TIMED_KILLS = 3
SECONDS_AT_MOST = 0.2
MOST = 500


def after_seconds(seconds: float) -> Callable[[], None]:
    """Kill this process after a while, wherever it then is."""

    def prepare() -> None:
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.setitimer(signal.ITIMER_REAL, seconds)

    return prepare


def kills() -> Iterator[tuple[str, Callable[[], None]]]:
    """The ways to be killed of one work; a number that is not reached ends its kind."""
    for number in range(1, MOST):
        yield f"name {number}", at_call(NAMES.__contains__, number)
    for number in range(1, MOST, EVERY):
        yield f"call {number}", at_call(OTHERS.__contains__, number)
    chance = random.Random(7)
    for number in range(TIMED_KILLS):
        yield f"time {number}", after_seconds(chance.uniform(0, SECONDS_AT_MOST))


def run(attempt: Callable[[str, Callable[[], None]], bool]) -> int:
    """Be killed in every way; how often it was at a call, since a timed kill may come too late."""
    ended: set[str] = set()
    count = 0
    for label, prepare in kills():
        kind = label.split()[0]
        if kind in ended:
            continue
        was_killed = attempt(label, prepare)
        if kind == "time":
            continue
        if was_killed:
            count += 1
        else:
            ended.add(kind)
    return count


def kill_creations(folder: Path, problems: list[str]) -> int:
    """A killed backup is none; the next one is whole, and sweeps what was left."""
    where = fill(places(folder / "a"), examples=2)
    target = folder / "b"

    def attempt(label: str, prepare: Callable[[], None]) -> bool:
        shutil.rmtree(target, ignore_errors=True)
        was_killed = killed(lambda: back_up(where, target), prepare)
        halves = (made for made in list_backups(target) if not verify(made, where).is_whole)
        problems.extend(f"{label}: half a backup has the name {made.name}" for made in halves)
        if was_killed:
            back_up(where, target, minutes=1)
            strangers = [n for n in os.listdir(target) if n[:7] not in {".lock", "backup_"}]  # noqa: PTH208 - hidden names count
            if strangers:
                problems.append(f"{label}: {strangers} was left")
        return was_killed

    return run(attempt)


def kill_restores(folder: Path, problems: list[str]) -> int:
    """The old state or the new is there after a kill, and the same command completes it.

    What was forgotten after the backup is not brought back, wherever the kill was.
    """
    where = fill(places(folder / "a"), examples=2)
    backup = back_up(where, folder / "b")
    expected = {**state_of(where), "examples": 1}
    with open_store(where.database_url) as store:
        store.examples.add(example_set(4, start=50))
        store.removals.forget(example_set(1), subject="f", actor="ada", reason="asked", at=NOON)
    write(where.programs / "mine" / "v1" / "program.json", "{}")
    pristine = folder / "pristine"
    shutil.copytree(folder / "a", pristine, symlinks=True)

    def attempt(label: str, prepare: Callable[[], None]) -> bool:
        shutil.rmtree(folder / "a")
        shutil.copytree(pristine, folder / "a", symlinks=True)
        was_killed = killed(lambda: restore_again(backup, where), prepare)
        problems.extend(f"{label}: {problem}" for problem in halves(where))
        if was_killed:
            restore_again(backup, where)
        if state_of(where) != expected:
            problems.append(f"{label}: completed, it is {state_of(where)}, not {expected}")
        if not list(where.programs.glob(".before_restore_*/mine/v1/program.json")):
            problems.append(f"{label}: the old programs are lost")
        if left := [*where.home.rglob(".restoring_*"), *where.datasets.glob(".restoring_*")]:
            problems.append(f"{label}: {left} was left")
        if len(told(where)) != 1:
            problems.append(f"{label}: the audit trail tells of {len(told(where))} restores")
        return was_killed

    return run(attempt)


def kill_first_restores(folder: Path, problems: list[str]) -> int:
    """Into an empty place without force: what was put there before the kill is not in the way."""
    where = fill(places(folder / "a"), examples=2)
    backup = back_up(where, folder / "b")
    target = places(folder / "c")
    count = 0
    for number in range(1, MOST):
        shutil.rmtree(folder / "c", ignore_errors=True)
        if not killed(lambda: restore(backup, target), at_call(NAMES.__contains__, number)):
            return count
        count += 1
        try:
            restore(backup, target)
        except RatchetError as error:
            problems.append(f"name {number}: {error}")
            continue
        if state_of(target) != state_of(where) or list(target.home.glob(".restor*.json")):
            problems.append(f"name {number}: completed, it is {state_of(target)}")
    return count


def kill_postgresql(folder: Path, url: str, problems: list[str]) -> int:
    """Killed while psql works: it never began, it goes on alone, or it had just ended."""
    where = fill(places(folder / "a", url), examples=2)
    backup = back_up(where, folder / "b")
    count = 0
    for label, script in {
        "before": "kill -9 $PPID; exit 1",
        "meanwhile": 'kill -9 $PPID; exec {psql} "$@"',
        "after": '{psql} "$@"; kill -9 $PPID',
    }.items():
        with open_store(url) as store:
            store.examples.add(example_set(1, start=60 + count))
        wrapped = wrapper(folder / label, script)
        count += killed(lambda used=wrapped: restore_again(backup, where, used), lambda: None)
        completed = complete(backup, where)
        with open_store(url) as store:
            if store.examples.statistics(SPEC.name).total != 2:
                problems.append(f"{label}: not the rows of the backup")
        if not completed or len(told(where)) != 1:
            problems.append(f"{label}: {len(told(where))} restores told of")
    return count


def wrapper(folder: Path, script: str) -> PostgresTools:
    """PostgreSQL's programs with another psql, which kills whoever called it."""
    real = tools().folder
    assert real is not None
    for name in ("pg_dump", "pg_restore"):
        write(folder / name, f'#!/bin/sh\nexec {real / name} "$@"\n').chmod(0o755)
    version = f'[ "$1" = --version ] && exec {real / "psql"} --version'
    body = script.format(psql=real / "psql")
    write(folder / "psql", f"#!/bin/sh\n{version}\n{body}\n").chmod(0o755)
    return PostgresTools(folder=folder)


def complete(backup: Backup, where: Places) -> bool:
    """Run the command again until it is through; an orphan of the killed one may be at work."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            restore_again(backup, where)
        except RatchetError:
            continue
        return True
    return False


def restore_again(backup: Backup, where: Places, used: PostgresTools | None = None) -> None:
    """The command that is killed, and run again."""
    request = RestoreRequest(
        backup=backup, places=where, parts=ALL, actor="ada", force=True, tools=used or tools()
    )
    restore_backup(request, now=NOON + timedelta(days=1), progress=silent)


def halves(where: Places) -> Iterator[str]:
    """What is neither old nor new."""
    file = where.sqlite_file
    assert file is not None
    with closing(sqlite3.connect(file)) as connection:
        count = connection.execute("SELECT count(*) FROM examples").fetchone()[0]
        is_ok = connection.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
        is_switching = read_journal(where.home) is not None
        if not is_ok or count not in ({1, 2, 5} if is_switching else {1, 5}):
            yield f"the database has {count} examples"
    versions = DatasetFolder(where.datasets).versions(SPEC.name)
    if len(versions) != 2 and not (is_switching and not versions):
        yield f"{len(versions)} dataset versions"
    for version in versions:
        yield from DatasetFolder(where.datasets).verify(SPEC.name, version.version)


def state_of(where: Places) -> dict[str, object]:
    """What a restore has to bring back."""
    with open_store(where.database_url) as store:
        examples = store.examples.statistics(SPEC.name).total
    shown = (where.programs, where.runs, where.routing, where.home / "imports", where.datasets)
    files = {
        str(path.relative_to(root)): path.read_bytes().hex()[:64]
        for root in shown
        for path in sorted(root.rglob("*"))
        if path.is_file()
        and not any(piece.startswith(".") for piece in path.relative_to(root).parts)
        and "collected_data" not in path.parts
    }
    latest = str((where.datasets / SPEC.name / "latest").readlink())
    return {"examples": examples, "files": files, "latest": latest}


def told(where: Places) -> list[object]:
    """The restores that the audit trail knows of."""
    with open_store(where.database_url) as store:
        return list(store.audit.list(action="backup.restored"))


def fill_disk(folder: Path, url: str, problems: list[str]) -> int:
    """Backups and restores on a disk that takes so many bytes a file: an error, and nothing."""
    where = fill(places(folder / "a", url), examples=2)
    backup = back_up(where, folder / "whole")
    target = places(folder / "c", url)
    count = 0
    for limit in (0, 500, 40_000):
        said = limited(lambda: back_up(where, folder / "b"), limit)
        if "Free some space" not in said and "free space" not in said:
            problems.append(f"backup, {limit} bytes: {said}")
        if everything_in(folder / "b"):
            problems.append(f"backup, {limit} bytes: {list(everything_in(folder / 'b'))} was left")
        said = limited(lambda: restore(backup, target, force=True), limit)
        if "Free some space" not in said and "free space" not in said:
            problems.append(f"restore, {limit} bytes: {said}")
        if everything_in(folder / "c"):
            problems.append(f"restore, {limit} bytes: {list(everything_in(folder / 'c'))} was left")
        count += 1
    if not verify(backup, where).is_whole:
        problems.append("the backup that was to be restored is damaged")
    return count


def limited(work: Callable[[], object], limit: int) -> str:
    """What the work says in a child that may write no file longer than `limit` bytes."""
    reader, writer = os.pipe()
    if not os.fork():
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
        try:
            work()
        except RatchetError as error:
            os.write(writer, str(error).encode())
        except BaseException as error:  # noqa: BLE001 - the parent tells of it
            os.write(writer, repr(error).encode())
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader, encoding="utf-8") as stream:
        said = stream.read()
    os.wait()
    return said


def main(folder: Path, url: str) -> None:
    """Do all that there is for a kind of database, and print what came of it."""
    works: dict[str, Callable[[Path, list[str]], int]] = {
        "full": lambda place, problems: fill_disk(place, url, problems)
    }
    if url:
        works["restore"] = lambda place, problems: kill_postgresql(place, url, problems)
    else:
        works |= {"create": kill_creations, "restore": kill_restores, "first": kill_first_restores}
    found = {}
    for name, work in works.items():
        problems: list[str] = []
        found[name] = {"times": work(folder / name, problems), "problems": problems}
    print(json.dumps(found))  # noqa: T201 - read by the test


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:])
