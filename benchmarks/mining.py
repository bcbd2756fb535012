"""Reading the last 1,000 non-merge commits: `git log -p`, Ratchet's pass, and PyDriller.

    python benchmarks/mining.py /path/to/repository [--rounds 5] [--commits 1000]

All three run in turns within one process, so that a busy machine slows all alike; medians are
shown. CPU counts user and system time of this process and of its children. Ratchet's pass
gives message, author, files, line counts and diff text (without context lines); PyDriller is
asked for the same.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from pydriller import Repository as PyDriller

from ratchet.collect.git_history.log import LogRequest, read_log
from ratchet.collect.git_history.repository import Repository, open_repository

TARGET_CPU_RATIO = 1.3
TARGET_SPEED_UP = 8.0


@dataclass(frozen=True, kw_only=True)
class Timing:
    """One run: seconds on the clock, seconds of CPU, and what was counted."""

    wall_seconds: float
    cpu_seconds: float
    commits: int
    added: int


def measure(work: Callable[[], tuple[int, int]]) -> Timing:
    wall, cpu = time.perf_counter(), cpu_seconds()
    commits, added = work()
    return Timing(
        wall_seconds=time.perf_counter() - wall,
        cpu_seconds=cpu_seconds() - cpu,
        commits=commits,
        added=added,
    )


def cpu_seconds() -> float:
    usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def git_log(repository: Repository, commits: int) -> tuple[int, int]:
    command = ["git", f"--git-dir={repository.git_dir}", "log", "-p", "--no-merges"]
    subprocess.run([*command, f"-n{commits}"], stdout=subprocess.DEVNULL, check=True)
    return commits, 0


def ratchet_pass(repository: Repository, depth: int) -> tuple[int, int]:
    read = added = 0
    for commit in read_log(repository, LogRequest(max_commits=depth)):
        if not commit.is_merge:
            read += 1
            added += commit.added
            assert commit.author_name is not None
            assert all(file.path for file in commit.files)
    return read, added


def pydriller(path: Path, shas: list[str]) -> tuple[int, int]:
    read = added = 0
    for commit in PyDriller(str(path), only_commits=shas, only_no_merge=True).traverse_commits():
        read += 1
        assert commit.msg is not None
        assert commit.author.name is not None
        for file in commit.modified_files:
            assert file.diff is not None
            added += file.added_lines
    return read, added


def chosen(repository: Repository, commits: int) -> tuple[list[str], int]:
    """The newest non-merge commits, and how deep in the whole history the last of them is."""
    command = ["git", f"--git-dir={repository.git_dir}", "rev-list"]
    newest = ["--no-merges", f"-n{commits}", "HEAD"]
    shas, every = (
        subprocess.run([*command, *rest], capture_output=True, check=True, text=True).stdout.split()
        for rest in (newest, ["HEAD"])
    )
    return shas, every.index(shas[-1]) + 1


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("repository", type=Path)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--pydriller-rounds", type=int, default=1)
    parser.add_argument("--commits", type=int, default=1_000)
    options = parser.parse_args()
    repository = open_repository(options.repository)
    shas, depth = chosen(repository, options.commits)
    timings: dict[str, list[Timing]] = {"git log -p": [], "ratchet": [], "PyDriller": []}
    for number in range(options.rounds):
        timings["git log -p"].append(measure(lambda: git_log(repository, len(shas))))
        timings["ratchet"].append(measure(lambda: ratchet_pass(repository, depth)))
        if number < options.pydriller_rounds:
            timings["PyDriller"].append(measure(lambda: pydriller(options.repository, shas)))
    show(repository.name, len(shas), timings)


def show(name: str, commits: int, timings: dict[str, list[Timing]]) -> None:
    print(f"{name}: the newest {commits} non-merge commits, medians")
    wall = {k: statistics.median(t.wall_seconds for t in v) for k, v in timings.items()}
    cpu = {k: statistics.median(t.cpu_seconds for t in v) for k, v in timings.items()}
    for reader, runs in timings.items():
        print(
            f"  {reader:11} {wall[reader]:7.2f} s wall {cpu[reader]:7.2f} s CPU "
            f"({len(runs)} runs; {runs[0].commits} commits, {runs[0].added} lines added)"
        )
    ratio = cpu["ratchet"] / cpu["git log -p"]
    print(f"  CPU against git log -p: {ratio:.2f} times (target: at most {TARGET_CPU_RATIO})")
    for kind, values in (("wall", wall), ("CPU", cpu)):
        speed_up = values["PyDriller"] / values["ratchet"]
        print(
            f"  faster than PyDriller: {speed_up:.1f} times {kind} (target: {TARGET_SPEED_UP:.0f})"
        )


if __name__ == "__main__":
    main()
