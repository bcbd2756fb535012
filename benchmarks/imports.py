"""An import from the file to the store: seconds, rows per second, and the memory it takes.

    python -m benchmarks.imports                          # 200,000 rows of five signatures
    python -m benchmarks.imports --corpus boilerplate --rows 20000
    python -m benchmarks.imports --gigabyte               # a file of 1 GB, candidates only

Every row is read, held against its contract, scored, compared with all rows before it and stored
with a judgement, in SQLite, by the same code as `ratchet import`. The corpus
(`benchmarks.import_corpus`) has 5 % near-duplicates and 1 % broken rows beside what the templates
repeat by themselves. It is written first, and not timed. Goal: 200,000 rows in 120 s and 1 GB on
two cores. `--gigabyte` streams a large file without judging it: what counts is the memory.

Memory is the largest that this process had, and the largest that one beside it had. Processor
times are of all cores, the start included; on a busy machine they say more than the clock.
"""

from __future__ import annotations

import argparse
import os
import resource
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.import_corpus import NOW, write_boilerplate, write_mixed
from ratchet.collect.file_examples import RowContext
from ratchet.collect.files import RejectedRow, stream_examples
from ratchet.cycle.importing import Importer, ImportReport
from ratchet.cycle.scoring import processes_beside
from ratchet.examples import Source
from ratchet.quality.validation_report import Rejection
from ratchet.store import open_store

GOAL_ROWS, GOAL_SECONDS, GOAL_MEGABYTES = 200_000, 120.0, 1_000.0
GIGABYTE = 10**9
CONTEXT = RowContext(signature=None, source=Source.IMPORT, now=NOW)
CORPORA: dict[str, Callable[[Path, int], None]] = {
    "mixed": write_mixed,
    "boilerplate": write_boilerplate,
}


def main() -> None:
    parser = argparse.ArgumentParser(description="Import rows and say how long it took.")
    parser.add_argument("--rows", type=int, default=GOAL_ROWS)
    parser.add_argument("--corpus", choices=CORPORA, default="mixed")
    parser.add_argument("--file", type=Path, help="rows that are there already")
    parser.add_argument("--processes", type=int, default=processes_beside())
    parser.add_argument("--gigabyte", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = options.file or Path(folder) / "rows.jsonl"
        if options.file is None:
            CORPORA[options.corpus](path, options.rows)
        if options.gigabyte:
            path = grown(path, Path(folder) / "large.jsonl")
        before = memory()
        print(f"{path.stat().st_size / 1e6:,.0f} MB of rows; load {os.getloadavg()[0]:.1f}")
        started = time.perf_counter()
        report = imported(path, folder, options.processes, judge=not options.gigabyte)
        show(report, time.perf_counter() - started, before)


def grown(path: Path, large: Path) -> Path:
    """The rows of `path` again and again, until there is a gigabyte of them."""
    content = path.read_bytes()
    with large.open("wb") as file:
        while file.tell() < GIGABYTE:
            file.write(content)
    return large


def imported(path: Path, folder: str, processes: int, *, judge: bool) -> ImportReport:
    """Take the rows of `path` into a fresh store."""
    with (
        open_store(f"sqlite:///{folder}/import.db") as store,
        Importer(store, refused=nothing, now=NOW, judge=judge, processes=processes) as importer,
    ):
        importer.take(stream_examples([path], context=CONTEXT))
        importer.flush()
    return importer.report


def nothing(_: RejectedRow | Rejection) -> None:
    """A refused row is counted by the report."""


def memory() -> float:
    """The largest resident memory of this process so far, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def show(report: ImportReport, seconds: float, before: float) -> None:
    """Print what became of the rows, and the cost beside the goal."""
    rows = report.taken + report.unread
    for name, tally in sorted(report.tallies.items()):
        print(f"  {name:24} {tally.accepted:8,} accepted {tally.rejected:8,} rejected")
    print(f"  {report.unread:,} rows could not be read, {report.repeated:,} were repeated")
    goal = GOAL_SECONDS * rows / GOAL_ROWS
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    beside = children.ru_maxrss / 1024
    print(
        f"{rows:,} rows in {seconds:.1f} s, {rows / seconds:,.0f} rows/s "
        f"({seconds / goal:.2f} x the goal of {goal:.0f} s)\n"
        f"processor {time.process_time():.1f} s here, {children.ru_utime:.1f} s beside; "
        f"memory {memory():.0f} MB (before: {before:.0f} MB), beside it {beside:.0f} MB "
        f"({memory() / GOAL_MEGABYTES:.2f} x the goal); load {os.getloadavg()[0]:.1f}"
    )


if __name__ == "__main__":
    main()
