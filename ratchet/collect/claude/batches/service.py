"""Message batches at Claude's: submit, find again, wait, fetch; each survives a bad line."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import anthropic
import httpx2
from anthropic.types.messages import MessageBatch, MessageBatchIndividualResponse

from ratchet.collect.claude.batches.answer import Answer
from ratchet.collect.claude.batches.options import Patience
from ratchet.collect.claude.refusals import transient_reason
from ratchet.collect.claude.settings import ClaudeSettings

CLOCK_SKEW = timedelta(minutes=10)  # between this machine and Claude's
PAGE = 100
NOT_ACCEPTED = (429, 529)  # statuses after which a batch surely was not made
ENDED = "ended"


@dataclass(frozen=True, kw_only=True)
class Standing:
    """How far a batch is."""

    batch_id: str
    done: int
    total: int

    @classmethod
    def of(cls, batch: MessageBatch) -> Standing:
        """Read the counts of a batch."""
        counts = batch.request_counts
        over = counts.succeeded + counts.errored + counts.expired + counts.canceled
        return cls(batch_id=batch.id, done=over, total=over + counts.processing)


class StillRunningError(Exception):
    """The work stops here and the same command goes on later; the message says why."""


class BatchGoneError(Exception):
    """The results of a batch can not be had any more; the message says which."""


@dataclass(frozen=True, kw_only=True)
class BatchService:
    """One account's batches."""

    client: anthropic.AsyncAnthropic
    settings: ClaudeSettings
    patience: Patience
    report: Callable[[Standing], None]

    async def submit(
        self,
        requests: Mapping[str, Mapping[str, Any]],
        *,
        since: datetime,
        known: Collection[str],
    ) -> str | None:
        """Submit a batch once and return its id; None when it was not accepted.

        When an answer gets lost on the way, the batch may be there or not: it is looked for
        before it is sent again.

        Raises:
            ModelError: the key, the account or the request was refused.
        """
        once = self.client.with_options(max_retries=0)
        body = [{"custom_id": name, "params": params} for name, params in requests.items()]
        for attempt in range(self.settings.max_retries + 1):
            if attempt:
                await self.patience.sleep(min(60.0, 2.0**attempt))
            try:
                batch = await once.messages.batches.create(requests=body)  # type: ignore[arg-type]
                if isinstance(batch, MessageBatch) and batch.id:
                    return batch.id
            except anthropic.APIStatusError as error:
                transient_reason(error, self.settings)
                if error.status_code in NOT_ACCEPTED:
                    continue
            except (anthropic.APIConnectionError, ValueError):
                pass
            found = await self.find(list(requests), since=since, known=known)
            if found is not None:
                return found
        return None

    async def find(
        self, custom_ids: Sequence[str], *, since: datetime, known: Collection[str]
    ) -> str | None:
        """The batch of these requests among the recent ones, or None.

        A batch shows its custom ids with its results only. So those that are as large and not
        older are waited for, and recognised then.
        """
        wanted = set(custom_ids)
        for batch in [b async for b in self._recent(since - CLOCK_SKEW)]:
            is_possible = Standing.of(batch).total == len(wanted) and batch.id not in known
            if is_possible and await self._holds(batch, wanted):
                return batch.id
        return None

    async def wait(self, batch_id: str) -> MessageBatch:
        """Ask after a batch until it has ended.

        Raises:
            StillRunningError: it did not end in time.
            BatchGoneError: it was deleted, or its results were.
            ModelError: the key is refused.
        """
        patience = self.patience
        deadline = patience.deadline()
        while True:
            try:
                batch = await self.client.messages.batches.retrieve(batch_id)
                if batch.processing_status == ENDED:
                    return self._with_results(batch)
                self.report(Standing.of(batch))
            except anthropic.NotFoundError as error:
                raise BatchGoneError(f"The batch {batch_id} is gone at Claude's.") from error
            except anthropic.APIStatusError as error:
                transient_reason(error, self.settings)
            except (anthropic.APIConnectionError, ValueError, AttributeError):
                pass  # a line that is down, or a proxy's page: ask again
            if patience.clock() >= deadline:
                raise StillRunningError(
                    f"The batch {batch_id} had not ended after {patience.max_wait_hours:g} hours. "
                    "The same command goes on with it."
                )
            await patience.sleep(patience.poll_seconds)

    async def fetch(self, batch_id: str) -> dict[str, Answer]:
        """The results of a batch that has ended, by custom id.

        A stream that is cut off is read again from the start, which costs nothing.

        Raises:
            StillRunningError: the results could not be read to their end.
            ModelError: the key or the batch is refused.
        """
        for attempt in range(self.settings.max_retries + 1):
            if attempt:
                await self.patience.sleep(min(60.0, 2.0**attempt))
            try:
                return {a.custom_id: a async for a in self._results(batch_id)}
            except anthropic.APIStatusError as error:
                transient_reason(error, self.settings)
            except (anthropic.AnthropicError, httpx2.HTTPError, ValueError, AttributeError):
                continue
        raise StillRunningError(
            f"The results of the batch {batch_id} could not be read to their end. They are paid "
            "for and stay at Claude's for 29 days; the same command fetches them."
        )

    def _with_results(self, batch: MessageBatch) -> MessageBatch:
        if batch.results_url is None or batch.archived_at is not None:
            raise BatchGoneError(f"The results of the batch {batch.id} were removed at Claude's.")
        return batch

    async def _results(self, batch_id: str) -> AsyncIterator[Answer]:
        stream = await self.client.messages.batches.results(batch_id)
        async for response in stream:
            if isinstance(response, MessageBatchIndividualResponse):
                yield Answer.of(batch_id, response)

    async def _recent(self, since: datetime) -> AsyncIterator[MessageBatch]:
        """The batches made from `since` on, the newest first."""
        try:
            async for batch in self.client.messages.batches.list(limit=PAGE):
                if batch.created_at < since:
                    return
                yield batch
        except anthropic.APIStatusError as error:
            transient_reason(error, self.settings)
            raise StillRunningError(_LOST_SIGHT) from error
        except (anthropic.APIConnectionError, ValueError) as error:
            raise StillRunningError(_LOST_SIGHT) from error

    async def _holds(self, batch: MessageBatch, custom_ids: set[str]) -> bool:
        try:
            await self.wait(batch.id)
        except BatchGoneError:
            return False
        return not custom_ids.isdisjoint(await self.fetch(batch.id))


_LOST_SIGHT = (
    "A batch may have been submitted and Claude could not be asked. Nothing was sent again; the "
    "same command looks for it first."
)
