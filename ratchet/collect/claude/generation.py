"""Generation by Claude: what is to be written is planned, and Ctrl-C keeps what was done."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Mapping, Sequence
from datetime import datetime

from ratchet import signatures
from ratchet.collect.claude.collected import GeneratedCollection
from ratchet.collect.claude.ledger import Ledger
from ratchet.collect.claude.prompts import draw_orders
from ratchet.collect.claude.settings import ClaudeSettings
from ratchet.collect.claude.writing import Writing
from ratchet.collect.orders import CoverageOrder
from ratchet.collect.templates.plan import deal_orders
from ratchet.examples import Difficulty


def generate(
    signature: str,
    count: int,
    *,
    settings: ClaudeSettings,
    seed: int,
    now: datetime,
    shares: Mapping[Difficulty, float] | None = None,
    orders: Sequence[CoverageOrder] = (),
) -> GeneratedCollection:
    """Have Claude write `count` examples of `signature`, and keep those it labels alike twice.

    The first examples are written for the `orders`, the others as without them.
    What fails is counted by reason and never made up, so fewer may come back. Ctrl-C ends
    the work and returns what was done. Inside a running event loop use `generate_async`.

    Raises:
        ConfigurationError: the signature is unknown, or the count or a share is negative.
        ModelError: the key, the account, the model or the request was refused before the
            first example was done. Later the work stops and a note says why.
    """
    run = _start(
        signature, count, settings=settings, seed=seed, now=now, shares=shares, orders=orders
    )

    async def until_interrupted() -> None:
        try:
            await run.work()
        except asyncio.CancelledError:  # how asyncio.run delivers Ctrl-C
            run.interrupted = True

    try:
        asyncio.run(until_interrupted())
    except KeyboardInterrupt:  # a second one, or a handler of the application's own
        run.interrupted = True
    return run.collection()


async def generate_async(
    signature: str,
    count: int,
    *,
    settings: ClaudeSettings,
    seed: int,
    now: datetime,
    shares: Mapping[Difficulty, float] | None = None,
    orders: Sequence[CoverageOrder] = (),
) -> GeneratedCollection:
    """Do the same as `generate` in a running event loop; cancelling it cancels the work.

    Raises:
        ConfigurationError: as in `generate`.
        ModelError: as in `generate`.
    """
    run = _start(
        signature, count, settings=settings, seed=seed, now=now, shares=shares, orders=orders
    )
    await run.work()
    return run.collection()


def _start(
    signature: str,
    count: int,
    *,
    settings: ClaudeSettings,
    seed: int,
    now: datetime,
    shares: Mapping[Difficulty, float] | None,
    orders: Sequence[CoverageOrder],
) -> Writing:
    spec = signatures.get(signature)
    rng = random.Random(f"{signature}/{seed}")
    wanted = shares or spec.policy.difficulty_shares
    cells = deal_orders(spec, count, orders, shares=wanted, rng=rng)
    return Writing(
        spec=spec,
        settings=settings,
        seed=seed,
        now=now,
        orders=draw_orders(spec, cells, rng),
        ledger=Ledger(price=settings.known_price, cap_usd=settings.max_cost_usd),
    )
