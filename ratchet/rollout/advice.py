"""Advice before a rollout starts: does the policy fit the traffic, and how long will it take?

The minutes are those after which the minimums of each gate are reached at average rates. The
last gate also waits for certainty, which depends on how much latencies vary: with few
requests that takes longer (at 200 an hour the median rollout lasted 1.4 times as long).
`simulator` gives the rest.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from ratchet.errors import ConfigurationError
from ratchet.rollout.allocation import share_percent
from ratchet.rollout.policy import FULL, Allocation, Mode, OnDeadline, RolloutPolicy

# Below these, an identical candidate was rolled back in more than 1 of 50 simulated rollouts
# (benchmarks/rollout.py, "false"): errors 5 %, latency lognormal with median 2 s, sigma 0.8.
DECIDING_REQUESTS = 500  # of a stage in its duration, for the plain rule at the deadline
EXACT_REQUESTS = 2_000  # of a stage in its duration, for the plain rule at every gate
STICKY_USERS = 1_000  # of a stage: with fewer, habits of single users decide (table "hard")
EVEN_ODDS = 0.5


@dataclass(frozen=True, kw_only=True)
class StageEstimate:
    """How long a stage will last. `waits_for` names what takes longest.

    `minutes` is infinite when what it waits for never comes.
    """

    stage: int
    percent: float
    minutes: float
    deadline_minutes: float
    waits_for: str

    @property
    def is_in_time(self) -> bool:
        return self.minutes <= self.deadline_minutes

    def words(self) -> str:
        """One line for a person."""
        lasts = f"about {self.minutes:.0f} minutes" if math.isfinite(self.minutes) else "for ever"
        return f"stage {self.stage + 1} at {self.percent:g} %: {lasts}, for {self.waits_for}"


@dataclass(frozen=True, kw_only=True)
class Advice:
    """What to expect of a policy under some traffic, and what to change, if anything."""

    stages: tuple[StageEstimate, ...]
    warnings: tuple[str, ...]

    @property
    def fits(self) -> bool:
        return not self.warnings

    @property
    def minutes(self) -> float:
        """How long a rollout without incidents lasts at least, on average."""
        return sum(stage.minutes for stage in self.stages)

    def lines(self) -> tuple[str, ...]:
        """The stages, then the warnings, for a person."""
        return (*(stage.words() for stage in self.stages), *self.warnings)


def advise(
    policy: RolloutPolicy,
    requests_per_hour: float,
    *,
    label_share: float = 1.0,
    users: int | None = None,
) -> Advice:
    """Say whether `policy` fits traffic of `requests_per_hour` in both arms together.

    Args:
        policy: The policy that a rollout would follow.
        requests_per_hour: Of the signature, candidate and baseline together.
        label_share: The part of the candidate's requests that get a quality label, 0..1.
        users: How many keys send the requests, if each sends many; None if each sends one.

    >>> advise(RolloutPolicy.standard(), 600).fits
    True
    >>> advise(RolloutPolicy.standard(), 120).stages[0].words()
    'stage 1 at 10 %: about 150 minutes, for 30 candidate requests'

    Raises:
        ConfigurationError: the rate or the users are not above 0, or the share not in 0..1.
    """
    if not (math.isfinite(requests_per_hour) and requests_per_hour > 0):
        raise ConfigurationError(
            f"The traffic is {requests_per_hour} requests an hour; give a number above 0."
        )
    if not 0 <= label_share <= 1:
        raise ConfigurationError(f"The share of labels is {label_share}; use 0 to 1.")
    if users is not None and users < 1:
        raise ConfigurationError(f"There are {users} users; use 1 or more, or none.")
    last = policy.controlled_stages + (1 if policy.watch_minutes else 0)
    stages = tuple(
        _estimate(policy, stage, requests_per_hour / 60, label_share) for stage in range(last)
    )
    warnings = (
        *(_late_words(stage) for stage in stages if not stage.is_in_time),
        *_plain_rule_words(policy, requests_per_hour),
        *_sticky_words(policy, users),
    )
    return Advice(stages=stages, warnings=warnings)


def _estimate(
    policy: RolloutPolicy, stage: int, per_minute: float, label_share: float
) -> StageEstimate:
    percent = _expected_percent(policy, stage)
    share = percent / FULL
    waits = {f"its {policy.stage_minutes(stage):g} minutes": policy.stage_minutes(stage)}
    for words, count, part in _asked(policy, stage, share, label_share):
        waits[f"{count} {words}"] = count / (per_minute * part) if part else math.inf
    longest = max(waits, key=lambda words: waits[words])
    return StageEstimate(
        stage=stage,
        percent=percent,
        minutes=waits[longest],
        deadline_minutes=policy.deadline_minutes(stage),
        waits_for=longest,
    )


def _asked(
    policy: RolloutPolicy, stage: int, share: float, label_share: float
) -> Iterator[tuple[str, int, float]]:
    """What the gate asks for: in words, how many, and the part of all requests that is so."""
    is_exact = policy.mode is Mode.EXACT
    yield "requests", policy.min_requests, 1.0
    least = policy.min_candidate_requests if is_exact else policy.min_per_arm
    yield "candidate requests", least, share
    if stage < policy.controlled_stages:
        yield "baseline requests", 1 if is_exact else policy.min_per_arm, 1.0 - share
    if not is_exact:
        yield "labels", policy.min_labels, share * label_share


def _expected_percent(policy: RolloutPolicy, stage: int) -> float:
    """The share of a stage; under adaptive allocation the middle of its band."""
    if policy.allocation is Allocation.FIXED or stage == policy.controlled_stages:
        return policy.stages[stage]
    return share_percent(policy, stage, EVEN_ODDS)


def _late_words(stage: StageEstimate) -> str:
    return (
        f"{stage.words()}, but its deadline is {stage.deadline_minutes:.0f} minutes: expect it "
        "to end inconclusive; use longer stages, a larger share or smaller minimums"
    )


def _plain_rule_words(policy: RolloutPolicy, requests_per_hour: float) -> Iterator[str]:
    """Where point estimates decide, and there are too few requests for that."""
    seen = requests_per_hour * policy.min_minutes / 60
    beginning = f"{seen:.0f} requests in the {policy.min_minutes:g} minutes of a stage are few"
    if policy.mode is Mode.EXACT and seen < EXACT_REQUESTS:
        yield (
            f"{beginning} for mode exact, which rolls back an identical candidate in 82 of 100 "
            "rollouts with 100 requests a stage, 26 with 500 and 1 with 2,000; use guarded"
        )
    decides = policy.mode is Mode.GUARDED and policy.on_deadline is OnDeadline.DECIDE
    if decides and seen < DECIDING_REQUESTS:
        yield (
            f'{beginning} to decide at the deadline; use on_deadline="pause": with 100 an hour '
            "an identical candidate was rolled back in 1 of 5 rollouts, in 1 of 100 with pause"
        )


def _sticky_words(policy: RolloutPolicy, users: int | None) -> Iterator[str]:
    """Where few users send all requests, whose habits are no fault of the candidate's."""
    if users is None or users >= STICKY_USERS:
        return
    yield (
        f"{users} users are few: their habits look like an effect, so expect many rollouts to "
        "end inconclusive (with 300, half of those of an identical candidate); assign by "
        "session or request where users need not stay on one side"
    )
    if policy.mode is Mode.GUARDED and policy.on_deadline is OnDeadline.DECIDE:
        yield (
            'so few users can not be decided about at the deadline; use on_deadline="pause": with '
            "300 an identical candidate was rolled back in 13 of 100 rollouts, in 1 with pause"
        )
