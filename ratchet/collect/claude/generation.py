"""Generation by Claude: what is to be written is planned, and Ctrl-C keeps what was done."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from ratchet import signatures
from ratchet.collect.claude.collected import GeneratedCollection
from ratchet.collect.claude.gathering import Gathering
from ratchet.collect.claude.ledger import Ledger
from ratchet.collect.claude.mixing import ANY_MIX, Mix, Plan, plan_orders
from ratchet.collect.claude.reporting import Ending, collection_of
from ratchet.collect.claude.seeds import NO_SEEDS, Seeds
from ratchet.collect.claude.settings import ClaudeSettings
from ratchet.collect.claude.strategies import USUAL_LIMITS, EditLimits
from ratchet.collect.claude.writing import Progress, Writing
from ratchet.examples import Difficulty


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


def generate(
    signature: str,
    count: int,
    *,
    settings: ClaudeSettings,
    seed: int,
    now: datetime,
    recipe: Recipe = PLAIN,
    progress: Progress = _silent,
) -> GeneratedCollection:
    """Have Claude write `count` examples of `signature`, and keep those it labels alike twice.

    What fails is counted by reason and never made up, so fewer may come back. Ctrl-C ends
    the work and returns what was done. Inside a running event loop use `generate_async`.

    Raises:
        ConfigurationError: the signature is unknown, or the count or a share is negative.
        InputError: a strategy that was asked for lacks what it starts from.
        ModelError: the key, the account, the model or the request was refused before the
            first example was done. Later the work stops and a note says why.
    """
    run = _start(signature, count, settings, seed=seed, now=now, recipe=recipe, progress=progress)

    async def until_interrupted() -> None:
        try:
            await run.writing.work()
        except asyncio.CancelledError:  # how asyncio.run delivers Ctrl-C
            run.writing.interrupted = True

    try:
        asyncio.run(until_interrupted())
    except KeyboardInterrupt:  # a second one, or a handler of the application's own
        run.writing.interrupted = True
    return run.collection()


async def generate_async(
    signature: str,
    count: int,
    *,
    settings: ClaudeSettings,
    seed: int,
    now: datetime,
    recipe: Recipe = PLAIN,
    progress: Progress = _silent,
) -> GeneratedCollection:
    """Do the same as `generate` in a running event loop; cancelling it cancels the work.

    Raises:
        ConfigurationError: as in `generate`.
        InputError: as in `generate`.
        ModelError: as in `generate`.
    """
    run = _start(signature, count, settings, seed=seed, now=now, recipe=recipe, progress=progress)
    await run.writing.work()
    return run.collection()


@dataclass(frozen=True, kw_only=True)
class _Run:
    """A generation that was planned."""

    writing: Writing
    obstacles: Mapping[str, str] = field(default_factory=dict)

    def collection(self) -> GeneratedCollection:
        ending = Ending(
            interrupted=self.writing.interrupted,
            refusal=self.writing.refusal,
            obstacles=self.obstacles,
        )
        return collection_of(self.writing.gathering, self.writing.ledger, ending)


def _start(
    signature: str,
    count: int,
    settings: ClaudeSettings,
    *,
    seed: int,
    now: datetime,
    recipe: Recipe,
    progress: Progress,
) -> _Run:
    plan = recipe.plan(signature, count, seed=seed)
    gathering = Gathering(
        spec=signatures.get(signature),
        settings=settings,
        seed=seed,
        now=now,
        orders=plan.orders,
        limits=recipe.limits,
    )
    ledger = Ledger(price=settings.known_price, cap_usd=settings.max_cost_usd)
    return _Run(
        writing=Writing(gathering=gathering, ledger=ledger, progress=progress),
        obstacles={} if recipe.seeds == NO_SEEDS else plan.obstacles,
    )
