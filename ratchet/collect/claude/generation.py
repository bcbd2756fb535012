"""Generation by Claude: what is to be written is planned, and Ctrl-C keeps what was done."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

from ratchet import signatures
from ratchet.collect.claude.batches.journal import Job, Journal, Terms, open_journal
from ratchet.collect.claude.batches.writing import BatchWriting
from ratchet.collect.claude.collected import GeneratedCollection
from ratchet.collect.claude.commission import Commission
from ratchet.collect.claude.gathering import Gathering
from ratchet.collect.claude.ledger import Ledger
from ratchet.collect.claude.mixing import Plan
from ratchet.collect.claude.order import Order
from ratchet.collect.claude.reporting import Ending, collection_of
from ratchet.collect.claude.seeds import NO_SEEDS
from ratchet.collect.claude.writing import Writing


def generate(commission: Commission) -> GeneratedCollection:
    """Have Claude write examples, and keep those it labels alike twice.

    What fails is counted by reason and never made up, so fewer may come back. Ctrl-C ends
    the work and returns what was done. Inside a running event loop use `generate_async`.

    Raises:
        ConfigurationError: the signature is unknown, or the count or a share is negative.
        InputError: a strategy that was asked for lacks what it starts from, or another
            process works on the same batch job.
        ModelError: the key, the account, the model or the request was refused before the
            first example was done. Later the work stops and a note says why.
    """
    with _started(commission) as run:

        async def until_interrupted() -> None:
            try:
                await run.work.work()
            except asyncio.CancelledError:  # how asyncio.run delivers Ctrl-C
                run.work.interrupted = True

        try:
            asyncio.run(until_interrupted())
        except KeyboardInterrupt:  # a second one, or a handler of the application's own
            run.work.interrupted = True
        return run.collection()


async def generate_async(commission: Commission) -> GeneratedCollection:
    """Do the same as `generate` in a running event loop; cancelling it cancels the work.

    Raises:
        ConfigurationError: as in `generate`.
        InputError: as in `generate`.
        ModelError: as in `generate`.
    """
    with _started(commission) as run:
        await run.work.work()
        return run.collection()


@dataclass(frozen=True, kw_only=True)
class _Run:
    """A generation that was planned."""

    work: Writing | BatchWriting
    obstacles: Mapping[str, str]

    def collection(self) -> GeneratedCollection:
        work = self.work
        ending = Ending(
            interrupted=work.interrupted, refusal=work.refusal, obstacles=self.obstacles
        )
        if isinstance(work, BatchWriting):
            ending = replace(
                ending,
                waiting=work.waiting,
                batch_ids=work.journal.batch_ids,
                notes=tuple(work.notes),
                calls_before=work.calls_before,
                cost_before_usd=work.cost_before_usd,
            )
        return collection_of(work.gathering, work.ledger, ending)


@contextmanager
def _started(commission: Commission) -> Iterator[_Run]:
    if commission.batch is None:
        plan = _plan(commission)
        writing = Writing(
            gathering=_gathering(commission, plan.orders),
            ledger=_ledger(commission),
            progress=commission.progress,
        )
        yield _Run(work=writing, obstacles=_obstacles(commission, plan))
        return
    with open_journal(commission.batch.folder, commission.job_name) as journal:
        job, obstacles = _job(commission, journal)
        work = BatchWriting(
            gathering=replace(_gathering(commission, job.orders), now=job.created_at),
            ledger=_ledger(commission),
            progress=commission.progress,
            journal=journal,
            patience=commission.batch.patience,
        )
        yield _Run(work=work, obstacles=obstacles)


def _plan(commission: Commission) -> Plan:
    return commission.recipe.plan(commission.signature, commission.count, seed=commission.seed)


def _obstacles(commission: Commission, plan: Plan) -> Mapping[str, str]:
    """What kept strategies from working, unless nobody had asked for any."""
    recipe = commission.recipe
    return {} if recipe.seeds == NO_SEEDS or recipe.mix.weights else plan.obstacles


def _gathering(commission: Commission, orders: Sequence[Order]) -> Gathering:
    return Gathering(
        spec=signatures.get(commission.signature),
        settings=commission.settings,
        seed=commission.seed,
        now=commission.now,
        orders=orders,
        limits=commission.recipe.limits,
    )


def _ledger(commission: Commission) -> Ledger:
    settings = commission.settings
    return Ledger(
        price=settings.known_price,
        cap_usd=settings.max_cost_usd,
        in_batch=commission.batch is not None,
    )


def _job(commission: Commission, journal: Journal) -> tuple[Job, Mapping[str, str]]:
    """The job that the commission names, or else the one that it begins or goes on with."""
    if commission.job and journal.job is not None:
        return journal.job, {}
    plan, settings = _plan(commission), commission.settings
    terms = Terms(seed=commission.seed, model=settings.model, max_tokens=settings.max_tokens)
    job = journal.start(plan.orders, now=commission.now, terms=terms)
    return job, _obstacles(commission, plan)
