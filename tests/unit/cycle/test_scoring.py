"""Processes that score give what this process would, and their death costs time only."""

from __future__ import annotations

import os
import signal

from ratchet import signatures
from ratchet.cycle.scoring import Scorers, processes_beside
from ratchet.quality.score import judge_alone
from tests.cli_builders import COMPLETENESS, good_examples

SPEC = signatures.get(COMPLETENESS)


def test_processes_score_as_this_one_does_and_their_death_leaves_the_rest_to_it() -> None:
    """First the same dimensions and words; then, when they were killed, nothing, and no error."""
    examples = good_examples(6)

    with Scorers(1) as scorers:
        scored = scorers.begin(SPEC, examples)()
        for process in multiprocesses(scorers):
            os.kill(process, signal.SIGKILL)
        after = scorers.begin(SPEC, examples)()

    for example in examples:
        alone = judge_alone(SPEC, example.inputs, example.outputs)
        assert scored[example.example_id].dimensions == alone.dimensions
        assert scored[example.example_id].buckets.tolist() == alone.buckets.tolist()
    assert after == {}


def multiprocesses(scorers: Scorers) -> list[int]:
    """The ids of the processes that score."""
    pool = scorers._pool
    assert pool is not None
    return list(pool._processes)


def test_at_least_one_process_scores_beside_this_one() -> None:
    """Also on a machine with one processor."""
    assert processes_beside() >= 1
