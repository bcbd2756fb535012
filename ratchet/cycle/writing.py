"""Claude writes synthetic examples: at once, or in message batches that may outlive the run.

A batch is written down in the state folder before it is sent. A run that ends before its
batch does leaves it there, and a later one takes what it brings without paying again.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Self

from ratchet.collect import Collection
from ratchet.collect.claude import Commission, GeneratedCollection
from ratchet.collect.claude.batches.journal import Job, JobBusyError, jobs_of, open_journal
from ratchet.collect.claude.generation import generate
from ratchet.cycle.batch_terms import BatchTerms


@dataclass(frozen=True, kw_only=True)
class Written(Collection):
    """What Claude wrote for a run, over all its jobs.

    `ordered` counts the examples that batches had been asked for. `calls` and `cost_usd` are
    those of this run: what an earlier one had paid for is not counted again; the cost is None
    when the price is unknown. `news` are sentences for the summary of the run.
    """

    ordered: int = 0
    calls: int = 0
    cost_usd: float | None = 0.0
    interrupted: bool = False
    news: tuple[str, ...] = ()

    def with_more(self, found: GeneratedCollection, *, ordered: int, news: tuple[str, ...]) -> Self:
        """The same with what one job has brought."""
        both = Collection(examples=self.examples, skipped=self.skipped, notes=self.notes) + found
        costs = (self.cost_usd, found.own_cost_usd)
        return type(self)(
            examples=both.examples,
            skipped=both.skipped,
            notes=both.notes,
            ordered=self.ordered + ordered,
            calls=self.calls + found.own_calls,
            cost_usd=None if None in costs else sum(cost for cost in costs if cost is not None),
            interrupted=found.interrupted,
            news=(*self.news, *news),
        )


def write_with_claude(commission: Commission, terms: BatchTerms) -> Written:
    """Take what earlier batches of the signature bring, then have the rest written.

    What batches were asked for counts as written while a batch is what is wanted; a run that
    asks at once counts what has come home. The cap of the commission holds for all together.

    Raises:
        ModelError: the key, the account or the model was refused before anything was done.
        InputError: the journal of a batch was written by another version.
    """
    written = take_home(commission, terms, round_=commission.seed)
    held = written.ordered if terms.is_wanted else len(written.examples)
    left = commission.count - held
    if written.interrupted or left <= 0:
        return written
    fresh = replace(
        commission, count=left, settings=commission.settings.with_spent(written.cost_usd or 0.0)
    )
    if terms.is_wanted:
        fresh = replace(fresh, batch=terms.options(now=commission.now))
    return _with_job(written, fresh, terms, round_=commission.seed)


def take_home(commission: Commission, terms: BatchTerms, *, round_: int | None) -> Written:
    """What the batches of earlier runs bring; of the others, what this round took before.

    Without a `round_` the answers are only fetched, before Claude forgets them after 29 days,
    and the next run takes them.

    Raises:
        ModelError: as in `write_with_claude`.
        InputError: as in `write_with_claude`.
    """
    written = Written()
    for name, job in jobs_of(terms.folder, commission.signature).items():
        if job.taken_in is not None and job.taken_in != round_:
            continue
        resumed = _resumed(commission, name, job, terms, spent_usd=written.cost_usd or 0.0)
        written = _with_job(written, resumed, terms, round_=round_)
        if written.interrupted:
            break
    return written


def _resumed(
    commission: Commission, name: str, job: Job, terms: BatchTerms, *, spent_usd: float
) -> Commission:
    """The commission of a job that was begun before, with the words it was begun with."""
    begun, settings = job.terms, commission.settings
    if begun is not None:
        settings = replace(settings, model=begun.model, max_tokens=begun.max_tokens)
    return replace(
        commission,
        count=len(job.orders),
        seed=begun.seed if begun else commission.seed,
        settings=settings.with_spent(spent_usd),
        batch=terms.options(now=commission.now),
        job=name,
    )


def _with_job(
    written: Written, commission: Commission, terms: BatchTerms, *, round_: int | None
) -> Written:
    """Let one job come as far as it does, and write down when the round has all of it."""
    batch = commission.batch
    ordered = commission.count if batch else 0
    try:
        found = generate(commission)
    except JobBusyError as busy:
        return replace(written, ordered=written.ordered + ordered, news=(*written.news, str(busy)))
    is_home = not (found.is_waiting or found.interrupted or found.is_refused)
    if batch and is_home and round_ is not None:
        with open_journal(batch.folder, commission.job_name) as journal:
            journal.take(round_)
    return written.with_more(found, ordered=ordered, news=tuple(_news(commission, found, terms)))


def _news(commission: Commission, found: GeneratedCollection, terms: BatchTerms) -> Iterator[str]:
    """What the summary of a run says of a job."""
    brought = len(found.examples)
    if commission.job and brought:
        yield f"{brought} synthetic examples came from batches that an earlier run had sent."
    if found.is_waiting:
        still = commission.count - brought - sum(found.skipped.values())
        until = terms.until
        how = f"went on without them at {until:%Y-%m-%d %H:%M} UTC" if until else "did not wait"
        yield (
            f"{still} synthetic examples are still being written in message batches "
            f"({', '.join(found.batch_ids)}). The run {how}; the next one takes them, and pays "
            "for nothing twice."
        )
