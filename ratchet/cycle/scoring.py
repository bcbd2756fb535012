"""Scoring in processes beside this one, while this one reads and stores.

What an example is worth by itself hangs on its texts alone, and takes longer than all the rest of
an import. Processes are started anew (`spawn`), because this one has threads. When they can not
be had, or die, scores are made here: the import goes on, more slowly.
"""

from __future__ import annotations

import logging
import multiprocessing
import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import replace
from itertools import chain
from types import TracebackType
from typing import Self

from ratchet.examples import Example, ExampleId
from ratchet.quality.score import Alone, judge_alone
from ratchet.signatures.coverage_plan import CoveragePlan
from ratchet.signatures.spec import Score, SignatureSpec, Values
from ratchet.store.bulk import chunks

ONLY_FIELDS = "A process that scores has the fields of a signature, not its functions."
AT_ONCE = 250  # examples that are sent to a process together

OwnScores = Mapping[ExampleId, Alone]
Waiting = Callable[[], OwnScores]
"""Gives the scores when they are there; those that it lacks are to be made."""

_log = logging.getLogger(__name__)


def processes_beside() -> int:
    """How many processes can score without taking the processor from this one; at least one."""
    return max(1, (os.cpu_count() or 1) - 1)


class Scorers:
    """Processes that score; use it as a context. They start with the first examples."""

    def __init__(self, processes: int) -> None:
        self._processes = processes
        self._pool: ProcessPoolExecutor | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)

    def begin(self, spec: SignatureSpec, examples: Sequence[Example]) -> Waiting:
        """Begin to score `examples`, which hold the contract of `spec`."""
        ids = [example.example_id for example in examples]
        rows = [(example.inputs, example.outputs) for example in examples]
        try:
            pool = self._started()
            fields = _fields_alone(spec)
            parts = [pool.submit(_score, fields, part) for part in chunks(rows, AT_ONCE)]
        except (BrokenProcessPool, OSError, RuntimeError) as error:
            _log.warning("no process can be had to score in, so it is done here: %s", error)
            return dict
        return lambda: _collected(ids, parts)

    def _started(self) -> ProcessPoolExecutor:
        if self._pool is None:
            context = multiprocessing.get_context("spawn")
            self._pool = ProcessPoolExecutor(self._processes, mp_context=context)
        return self._pool


def _collected(ids: Sequence[ExampleId], parts: Sequence[Future[list[Alone]]]) -> OwnScores:
    try:
        scores = list(chain.from_iterable(part.result() for part in parts))
    except BrokenProcessPool as error:
        _log.warning("a process that scored has died, so it is done here: %s", error)
        return {}
    return dict(zip(ids, scores, strict=True))


def _score(spec: SignatureSpec, rows: Sequence[tuple[Values, Values]]) -> list[Alone]:
    return [judge_alone(spec, *row) for row in rows]


def _fields_alone(spec: SignatureSpec) -> SignatureSpec:
    """The fields, which can be sent to a process; functions of a configuration can not."""
    return replace(spec, metric=_no_metric, label=_no_label, invariants=(), coverage=CoveragePlan())


def _no_metric(_inputs: Values, _expected: Values, _predicted: Values) -> Score:
    raise NotImplementedError(ONLY_FIELDS)


def _no_label(_outputs: Values) -> str:
    raise NotImplementedError(ONLY_FIELDS)
