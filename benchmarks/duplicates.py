"""Fuzzy duplicates against all pairs by rapidfuzz: time, recall and memory.

    python -m benchmarks.duplicates            # 10,000 texts, made of documentation sentences
    python -m benchmarks.duplicates --full     # also the grammar corpus, and 100,000 texts

The peer is `rapidfuzz.process.cdist` with `score_cutoff` and all cores, as our search uses them.
It compares a sample of rows with all texts; the time is scaled to every pair compared once. Peer
and search take turns; what counts are the ratios of one run, since machines differ and have other
work to do. Times are of the wall, and of all cores together in brackets; medians.
"""

from __future__ import annotations

import argparse
import multiprocessing
import resource
import statistics
import sysconfig
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np
from rapidfuzz import process
from rapidfuzz.distance import Indel

from benchmarks.duplicate_corpus import make_corpus, read_sources
from ratchet.quality.duplicates import DuplicateReport, find_duplicates

Result = TypeVar("Result")

PEER_ROWS = 200
ROUNDS = 3
SEED = 20
THRESHOLDS = (0.85, 0.90)


@dataclass(frozen=True, kw_only=True)
class Timing:
    """Seconds of the wall, and of processor time on all cores."""

    wall: float
    cores: float

    def __str__(self) -> str:
        return f"{self.wall:7.2f} s ({self.cores:7.2f} s)"


def main() -> None:
    parser = argparse.ArgumentParser(description="Fuzzy duplicates against all-pairs rapidfuzz.")
    parser.add_argument("--full", action="store_true", help="also the grammar and 100,000 texts")
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--folder", type=Path, default=Path(sysconfig.get_paths()["purelib"]))
    options = parser.parse_args()
    sources = read_sources(options.folder)
    print(
        f"{sum(map(len, sources)):,} sentences of {len(sources)} packages in {options.folder.name}"
    )
    texts = make_corpus(options.count, seed=SEED, sources=sources).texts
    for threshold in THRESHOLDS:
        compare("documentation", texts, threshold)
    if options.full:
        texts = make_corpus(options.count, seed=SEED).texts
        for threshold in THRESHOLDS:
            compare("grammar", texts, threshold)
        for exact in (False, True):
            search_many(10 * options.count, sources, exact=exact)


def compare(name: str, texts: Sequence[str], threshold: float) -> None:
    """Time peer and search in turn, and hold the pairs against those of the exact search."""

    def search(*, exact: bool = False) -> DuplicateReport:
        return find_duplicates(texts, threshold=threshold, exact=exact)

    peer: list[Timing] = []
    quick: list[Timing] = []
    for round_number in range(ROUNDS):
        peer.append(timed(lambda n=round_number: compare_rows(texts, threshold, n))[0])
        timing, report = timed(search)
        quick.append(timing)
    exact_timing, truth = timed(lambda: search(exact=True))
    all_pairs = scaled(median(peer), len(texts) / PEER_ROWS / 2)
    found, exact = pair_set(report), pair_set(truth)
    print(f"\n{name}, {len(texts):,} texts, ratio >= {threshold}: {len(exact):,} pairs")
    print(f"  all pairs   {all_pairs}   scaled from {PEER_ROWS} rows")
    report_line("search", median(quick), all_pairs, exact=report.exact)
    report_line("exact search", exact_timing, all_pairs, exact=True)
    print(f"  recall      {len(found & exact) / len(exact):.5f}, {len(found - exact)} false pairs")


def report_line(name: str, timing: Timing, peer: Timing, *, exact: bool) -> None:
    wall, cores = peer.wall / timing.wall, peer.cores / timing.cores
    kind = "exact" if exact else "by fingerprints"
    print(f"  {name:<12}{timing}   {wall:.0f} (cores: {cores:.0f}) times faster, {kind}")


def compare_rows(texts: Sequence[str], threshold: float, seed: int) -> None:
    rows = np.random.default_rng(seed).choice(len(texts), PEER_ROWS, replace=False)
    process.cdist(
        [texts[row] for row in rows],
        texts,
        scorer=Indel.normalized_similarity,
        score_cutoff=threshold,
        dtype=np.float32,
        workers=-1,
    )


def search_many(count: int, sources: Sequence[Sequence[str]], *, exact: bool) -> None:
    """Search in a process of its own, so that its peak of memory can be read off."""
    arguments = (count, sources, exact)
    worker = multiprocessing.get_context("spawn").Process(target=search_alone, args=arguments)
    worker.start()
    worker.join()


def search_alone(count: int, sources: Sequence[Sequence[str]], exact: bool) -> None:
    texts = make_corpus(count, seed=SEED, sources=sources).texts
    sources = ()
    before = peak_megabytes()
    timing, report = timed(lambda: find_duplicates(texts, threshold=0.90, exact=exact))
    print(f"\ndocumentation, {count:,} texts, ratio >= 0.9: {len(report.pairs):,} pairs")
    print(f"  {'exact' if report.exact else 'by fingerprints'}: {timing}")
    print(f"  memory peak {peak_megabytes():.0f} MB, {before:.0f} MB of it before the search")


def peak_megabytes() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def timed(work: Callable[[], Result]) -> tuple[Timing, Result]:
    wall, cores = time.perf_counter(), time.process_time()
    result = work()
    return Timing(wall=time.perf_counter() - wall, cores=time.process_time() - cores), result


def median(timings: Sequence[Timing]) -> Timing:
    return Timing(
        wall=statistics.median(timing.wall for timing in timings),
        cores=statistics.median(timing.cores for timing in timings),
    )


def scaled(timing: Timing, factor: float) -> Timing:
    return Timing(wall=timing.wall * factor, cores=timing.cores * factor)


def pair_set(report: DuplicateReport) -> set[tuple[int, int]]:
    return set(zip(report.pairs.earlier.tolist(), report.pairs.later.tolist(), strict=True))


if __name__ == "__main__":
    main()
