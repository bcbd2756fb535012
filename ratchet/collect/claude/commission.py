"""What Claude is to write, and how: said before anything is asked, and without its client."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from ratchet import signatures
from ratchet.canonical import sha256_of
from ratchet.collect.claude.batches.options import BatchOptions
from ratchet.collect.claude.mixing import ANY_MIX, Mix, Plan, plan_orders
from ratchet.collect.claude.seeds import NO_SEEDS, Seeds
from ratchet.collect.claude.settings import ClaudeSettings
from ratchet.collect.claude.strategies import USUAL_LIMITS, EditLimits
from ratchet.examples import Difficulty

Progress = Callable[[int, int, str], None]
"""Takes how many orders are done, how many there are, and a remark."""

JOB_DIGITS = 16
JOB_OF = "-"  # between the signature and the rest of a job's name


def _silent(done: int, total: int, remark: str) -> None:
    """Show no progress."""


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """How examples are come by: the strategies, what they start from, and their limits.

    `shares` of the difficulties are 0..1; None means those of the signature's policy.
    """

    seeds: Seeds = NO_SEEDS
    mix: Mix = ANY_MIX
    limits: EditLimits = USUAL_LIMITS
    shares: Mapping[Difficulty, float] | None = None

    def plan(self, signature: str, count: int, *, seed: int) -> Plan:
        """The orders; the same for the same seeds and `seed`.

        Raises:
            ConfigurationError: the signature is unknown, or the count or a share is negative.
            InputError: a strategy that was asked for lacks what it starts from.
        """
        spec = signatures.get(signature)
        return plan_orders(
            spec,
            count,
            mix=self.mix,
            seeds=self.seeds,
            shares=self.shares or spec.policy.difficulty_shares,
            rng=random.Random(f"{signature}/{seed}"),
        )


PLAIN = Recipe()


@dataclass(frozen=True, kw_only=True)
class Commission:
    """What Claude is to do: `count` examples of `signature`, in batches or at once.

    With `batch` the calls cost half and may take a day; the same commission, started again
    after it was killed, finds its batches and pays for nothing twice. `job` names a batch job
    that is there already: its orders are worked on, and nothing new is planned.
    """

    signature: str
    count: int
    settings: ClaudeSettings
    seed: int
    now: datetime
    recipe: Recipe = PLAIN
    batch: BatchOptions | None = None
    progress: Progress = _silent
    job: str = ""

    @property
    def job_name(self) -> str:
        """The name of its batch job: the same for the same commission."""
        if self.job:
            return self.job
        content = {
            "count": self.count,
            "seed": self.seed,
            "model": self.settings.model,
            "max_tokens": self.settings.max_tokens,
            "base_url": self.settings.base_url,
            "mix": dict(self.recipe.mix.weights),
        }
        return f"{self.signature}{JOB_OF}{sha256_of(content)[:JOB_DIGITS]}"
