"""When new data is worth another optimisation: a pure decision with its reasons."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from ratchet.errors import InputError

TENTH = 0.1  # of min_new_examples: below it growth of a tiny set is noise


@dataclass(frozen=True, kw_only=True)
class Policy:
    """What starts another optimisation; each trigger alone is enough.

    `first_examples` are enough for the first optimisation of all. Drops: of production
    quality in score (0..1) where both spans have `min_judged_requests`; of dataset quality
    relative to before.
    """

    is_on: bool = True
    first_examples: int = 10
    min_new_examples: int = 25
    min_growth_share: float = 0.20
    production_quality_drop: float = 0.05
    min_judged_requests: int = 30
    dataset_quality_drop: float = 0.10
    min_hours_between: float = 24.0

    def __post_init__(self) -> None:
        limits = (self.min_new_examples, self.min_growth_share, self.first_examples)
        if min(limits) <= 0 or self.min_hours_between < 0:
            raise InputError(f"{self}: counts and shares must be above 0, hours 0 or more.")


@dataclass(frozen=True, kw_only=True)
class Production:
    """Mean quality of judged requests before and since the last optimisation; None unjudged."""

    before: float | None = None
    before_requests: int = 0
    since: float | None = None
    since_requests: int = 0


@dataclass(frozen=True, kw_only=True)
class Increment:
    """What has changed for a signature since its last optimisation.

    `optimised_version` is the dataset version that it was made on, None when there was none;
    `new_examples` are usable ones that this version does not hold. Qualities of datasets are
    0..100. `running` names the run that is at work now.
    """

    signature: str
    usable_examples: int
    new_examples: int
    optimised_version: str | None = None
    optimised_examples: int = 0
    optimised_at: datetime | None = None
    optimised_quality: float | None = None
    latest_version: str | None = None
    latest_quality: float | None = None
    production: Production = Production()
    running: str = ""

    @property
    def growth_share(self) -> float | None:
        """New examples as a share of the optimised version; None without one."""
        return self.new_examples / self.optimised_examples if self.optimised_examples else None


@dataclass(frozen=True, kw_only=True)
class Decision:
    """Whether to optimise now: it is due for `reasons`, unless something is in the way."""

    signature: str
    reasons: tuple[str, ...]
    held_back_by: str = ""

    @property
    def is_due(self) -> bool:
        return bool(self.reasons) and not self.held_back_by

    @property
    def sentence(self) -> str:
        """The reasons, and what is in the way, in one line."""
        if not self.reasons:
            return "Nothing has changed enough."
        obstacle = f" Not now: {self.held_back_by}" if self.held_back_by else ""
        return " ".join(self.reasons) + obstacle


def decide(increment: Increment, policy: Policy, *, now: datetime) -> Decision:
    """Weigh an increment: what speaks for an optimisation, and what is in its way."""
    return Decision(
        signature=increment.signature,
        reasons=due(increment, policy),
        held_back_by=_obstacle(increment, policy, now),
    )


def due(increment: Increment, policy: Policy) -> tuple[str, ...]:
    """Every reason for another optimisation, with its values; empty when there is none.

    >>> due(Increment(signature="s", usable_examples=4, new_examples=4), Policy())
    ()
    """
    if increment.optimised_version is None:
        return _first(increment, policy)
    found = (
        _new_examples(increment, policy),
        _growth(increment, policy),
        _production(increment.production, policy),
        _dataset(increment, policy),
    )
    return tuple(reason for reason in found if reason)


def _first(increment: Increment, policy: Policy) -> tuple[str, ...]:
    count, least = increment.usable_examples, policy.first_examples
    if count < least:
        return ()
    return (f"It was never optimised, and {count} examples are usable; {least} are enough.",)


def _new_examples(increment: Increment, policy: Policy) -> str:
    if increment.new_examples < policy.min_new_examples:
        return ""
    return (
        f"{increment.new_examples} new usable examples since {increment.optimised_version}; "
        f"{policy.min_new_examples} are enough."
    )


def _growth(increment: Increment, policy: Policy) -> str:
    share = increment.growth_share
    is_noise = increment.new_examples < policy.min_new_examples * TENTH
    if share is None or share < policy.min_growth_share or is_noise:
        return ""
    return (
        f"The data grew by {share:.0%} since {increment.optimised_version} "
        f"({increment.optimised_examples} examples); {policy.min_growth_share:.0%} are enough."
    ).replace("%", " %")


def _production(production: Production, policy: Policy) -> str:
    before, since = production.before, production.since
    judged = min(production.before_requests, production.since_requests)
    if before is None or since is None or judged < policy.min_judged_requests:
        return ""
    if before - since < policy.production_quality_drop - 1e-9:
        return ""
    return (
        f"Production quality fell from {before:.3f} ({production.before_requests} judged "
        f"requests) to {since:.3f} ({production.since_requests}); a drop of "
        f"{policy.production_quality_drop:g} is enough."
    )


def _dataset(increment: Increment, policy: Policy) -> str:
    before, latest = increment.optimised_quality, increment.latest_quality
    if not before or latest is None or increment.latest_version == increment.optimised_version:
        return ""
    drop = (before - latest) / before
    if drop < policy.dataset_quality_drop - 1e-9:
        return ""
    return (
        f"Dataset quality fell by {drop:.0%}, from {before:.1f} in {increment.optimised_version} "
        f"to {latest:.1f} in {increment.latest_version}; {policy.dataset_quality_drop:.0%} are "
        "enough."
    ).replace("%", " %")


def _obstacle(increment: Increment, policy: Policy, now: datetime) -> str:
    if not policy.is_on:
        return "optimisation.reoptimize_on_new_data is off."
    if increment.running:
        return f"Run {increment.running} is at work; it is not disturbed."
    at = increment.optimised_at
    if at is not None and now - at < timedelta(hours=policy.min_hours_between):
        hours = (now - at).total_seconds() / 3600
        return (
            f"It was optimised {hours:.1f} hours ago; at least {policy.min_hours_between:g} must "
            "lie between two optimisations."
        )
    return ""
