"""What an import finds again by fingerprints, of what an exact search of the same texts finds.

    python -m benchmarks.import_recall [--kept 8000] [--new 1000]

For each signature of the import corpus, new texts are held against kept ones, at the ratio 0.9:
exactly, every pair, and as an import does. Pairs count, and texts with at least one pair, which
is what a row is rejected for. Goal: 999 of 1,000. Times are of the processor, for each new text.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks.import_corpus import NOW, write_mixed
from ratchet import signatures
from ratchet.examples import Difficulty, Example, Source
from ratchet.quality.contract import holds_contract
from ratchet.quality.deduplication import compared_text
from ratchet.quality.duplicates import find_duplicates
from ratchet.quality.kept_examples import KeptExamples

THRESHOLD = 0.9
BATCH = 400


def examples_of(path: Path) -> Mapping[str, list[Example]]:
    """The sound rows of a file, each text once, by signature."""
    found: dict[str, dict[str, Example]] = defaultdict(dict)
    for line in path.open(encoding="utf-8"):
        try:
            row = json.loads(line)
        except json.JSONDecodeError:
            continue
        spec = signatures.get(row["signature"])
        if not holds_contract(spec, row["inputs"], row["outputs"]):
            continue
        example = Example(
            signature=spec.name,
            inputs=row["inputs"],
            outputs=row["outputs"],
            source=Source.IMPORT,
            difficulty=Difficulty.EASY,
            category="any",
            group_id="any",
            created_at=NOW,
        )
        found[spec.name].setdefault(compared_text(spec, example), example)
    return {name: list(examples.values()) for name, examples in sorted(found.items())}


def compare(name: str, kept: Sequence[Example], new: Sequence[Example]) -> tuple[int, int]:
    """Print what is found of one signature; the number of rejections, and of those missed."""
    spec = signatures.get(name)
    texts, against = ([compared_text(spec, e) for e in part] for part in (new, kept))
    start = time.process_time()
    exact = find_duplicates(texts, threshold=THRESHOLD, against=against, exact=True)
    exact_us = (time.process_time() - start) / len(new) * 1e6
    expected = {(texts[p.index], against[p.earlier]) for p in exact.pairs if p.stored}
    with KeptExamples(spec, threshold=THRESHOLD) as memory:
        memory.add(kept)
        start = time.process_time()
        found = set()
        for first in range(0, len(new), BATCH):
            ratios = memory.near(new[first : first + BATCH]).ratios
            found |= {(text, other) for text, others in ratios.items() for other in others}
        quick_us = (time.process_time() - start) / len(new) * 1e6
    rejected, rejected_too = {one for one, _ in expected}, {one for one, _ in found}
    missed = len(rejected - rejected_too)
    print(
        f"{name:24} {len(expected):5} pairs, {len(expected - found)} missed; {len(rejected):5} "
        f"rejections, {missed} missed; {quick_us:6.0f} us a text, exactly {exact_us:7.0f} us",
        flush=True,
    )
    return len(rejected), missed


def main() -> None:
    parser = argparse.ArgumentParser(description="Recall of the import against an exact search.")
    parser.add_argument("--kept", type=int, default=8_000)
    parser.add_argument("--new", type=int, default=1_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rows.jsonl"
        write_mixed(path, 5 * int(1.1 * (options.kept + options.new)), seed=3)
        rejections = missed = 0
        for name, examples in examples_of(path).items():
            kept = examples[: options.kept]
            new = examples[options.kept : options.kept + options.new]
            found = compare(name, kept, new)
            rejections, missed = rejections + found[0], missed + found[1]
    print(
        f"recall of rejections {1 - missed / max(1, rejections):.4f} ({missed} of {rejections} "
        f"missed); load {os.getloadavg()[0]:.1f}"
    )


if __name__ == "__main__":
    main()
