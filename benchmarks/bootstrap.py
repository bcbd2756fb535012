"""1,000 verified problems without a language model: seconds, attempts, and what was refused.

    python -m benchmarks.bootstrap [--target 1000]

What `ratchet bootstrap --domain mathematics` does, short of storing: problems from the library
of families, each checked, worked out again from its text alone by computer algebra, and put to
the simulated student. At the end every problem is verified once more, with fresh memories, which
is not timed. Goal: 1,000 in 120 s on one core.
"""

from __future__ import annotations

import argparse
import os
import time
from collections import Counter

from benchmarks.import_corpus import NOW
from ratchet.collect.problems.bootstrap import bootstrap
from ratchet.collect.problems.pipeline import Pipeline
from ratchet.collect.problems.target import SimulatedStudent
from ratchet.collect.problems.verification import verify_text

GOAL_PROBLEMS, GOAL_SECONDS = 1_000, 120.0


def main() -> None:
    parser = argparse.ArgumentParser(description="Verified problems per second, offline.")
    parser.add_argument("--target", type=int, default=GOAL_PROBLEMS)
    options = parser.parse_args()
    started, used = time.perf_counter(), time.process_time()
    found = bootstrap(
        Pipeline(target=SimulatedStudent(seed=1)),
        domain="mathematics",
        target=options.target,
        seed=1,
        now=NOW,
    )
    seconds, processor = time.perf_counter() - started, time.process_time() - used
    count = len(found.examples)
    goal = GOAL_SECONDS * options.target / GOAL_PROBLEMS
    print(
        f"{count:,} of {options.target:,} problems in {seconds:.1f} s ({processor:.1f} s of the "
        f"processor), {found.attempts:,} attempts, {seconds / goal:.2f} x the goal of {goal:.0f} s;"
        f" load {os.getloadavg()[0]:.1f}"
    )
    topics = Counter(example.inputs["topic"] for example in found.examples)
    print(f"{len(topics)} topics, {min(topics.values())} to {max(topics.values())} problems each")
    wrong = [e for e in found.examples if not verify(e.outputs["problem"], e.outputs["answer"])]
    print(f"verified again: {count - len(wrong):,} of {count:,}")
    for reason, times in found.reasons.most_common(6):
        print(f"{times:7,} x {reason}")


def verify(problem: str, answer: str) -> bool:
    """Whether the answer is right, worked out from the text."""
    return verify_text(problem, answer).is_verified


if __name__ == "__main__":
    main()
