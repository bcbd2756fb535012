"""The intake: takes outcomes and labels into the evidence, each request once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from ratchet.rollout.assignment import CANDIDATE
from ratchet.rollout.memory import Placement, RememberedLabel, fingerprint
from ratchet.rollout.records import Outcome, QualityLabel, is_finite
from ratchet.rollout.state import PauseKind, RolloutState


def observe(state: RolloutState, records: Iterable[Outcome | QualityLabel]) -> RolloutState:
    """Absorb outcomes and labels in the order in which they arrived.

    A `request_id` counts once. An outcome counts in the stage and variant of its assignment,
    whenever it arrives and whatever its clock says; a label that comes before its outcome
    waits for it. Values that can not be are refused and counted, never raised. Once the
    rollout is over everything is ignored and counted.
    """
    intake = _Intake(state)
    for record in records:
        if state.is_over:
            intake.counts.after_end += 1
        elif isinstance(record, Outcome):
            intake.take_outcome(record)
        else:
            intake.take_label(record)
    return intake.result()


class _Intake:
    """A working copy of what `observe` writes to."""

    def __init__(self, state: RolloutState) -> None:
        self.state = state
        self.counts = state.counts.copy()
        self.evidence = state.evidence.copy()
        self.requests = state.requests.copy()
        self.labels = state.labels.copy()
        self.pauses = [pause for pause in state.pauses if pause.kind is PauseKind.PERSON]
        self.timeout_ms = state.policy.client_timeout_ms
        self.limit = state.policy.min_quality

    def result(self) -> RolloutState:
        return replace(
            self.state,
            counts=self.counts,
            evidence=self.evidence,
            requests=self.requests,
            labels=self.labels,
        )

    def take_outcome(self, outcome: Outcome) -> None:
        if problem := outcome.problem() or self._stage_problem(outcome.stage):
            self.counts.refuse(problem)
            return
        request = fingerprint(outcome.request_id)
        if self.requests.get(request) is not None:
            self.counts.duplicates += 1
            return
        is_candidate = outcome.variant == CANDIDATE
        if self._is_outside(outcome.candidate_share, outcome.at, is_candidate=is_candidate):
            self.counts.outside += 1
            return
        is_own_key = outcome.key == outcome.request_id
        key = request if is_own_key else fingerprint(outcome.key)
        self.evidence.add_outcome(
            outcome.stage,
            key,
            self._latency(outcome.latency_ms),
            is_candidate=is_candidate,
            failed=not outcome.success,
            share=outcome.candidate_share,
            is_own_key=is_own_key,
        )
        self.counts.outcomes += 1
        placement = Placement(stage=outcome.stage, is_candidate=is_candidate)
        self.requests.put(request, placement.code)
        if (label := self.labels.get(request)) is not None:
            self._count_label(placement, label)

    def take_label(self, label: QualityLabel) -> None:
        if problem := label.problem():
            self.counts.refuse(problem)
            return
        request = fingerprint(label.request_id)
        fresh = RememberedLabel(float(label.quality), label.at.timestamp())
        earlier = self.labels.get(request)
        if earlier is not None and not earlier.gives_way_to(fresh):
            self.counts.labels_repeated += 1
            return
        self.labels.put(request, fresh)
        code = self.requests.get(request)
        placement = None if code is None else Placement.from_code(code)
        if earlier is None:
            self.counts.labels += 1
        else:
            self.counts.labels_corrected += 1
            self._uncount_label(placement, earlier)
        self._count_label(placement, fresh)

    def _count_label(self, placement: Placement | None, label: RememberedLabel) -> None:
        if placement is not None and placement.is_candidate:
            self.evidence.add_quality(placement.stage, label.quality, self.limit)

    def _uncount_label(self, placement: Placement | None, label: RememberedLabel) -> None:
        if placement is not None and placement.is_candidate:
            self.evidence.remove_quality(placement.stage, label.quality, self.limit)

    def _stage_problem(self, stage: int) -> str | None:
        has_begun = isinstance(stage, int) and 0 <= stage <= self.state.stage
        return None if has_begun else "stage that has not begun"

    def _is_outside(self, share: float | None, at: datetime, *, is_candidate: bool) -> bool:
        """Whether nothing ran beside this request, so that it compares with nothing.

        A person's pause sends everybody to the baseline. Those requests are outside, and a
        candidate's that was under way when the pause began is not.
        """
        if is_candidate:
            return False
        return share == 0 or any(pause.holds(at) for pause in self.pauses)

    def _latency(self, latency_ms: float | None) -> float | None:
        if not is_finite(latency_ms) or latency_ms < 0:  # type: ignore[operator]  # finite
            self.counts.latencies_refused += 1
            return None
        if latency_ms > self.timeout_ms:  # type: ignore[operator]  # finite
            self.counts.latencies_clipped += 1
            return self.timeout_ms
        return float(latency_ms)  # type: ignore[arg-type]  # finite
