"""The writing of examples at once: workers fill orders and have each label checked blind."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass

import anthropic

from ratchet.collect.claude.commission import Progress
from ratchet.collect.claude.conversation import Conversation
from ratchet.collect.claude.gathering import Gathering
from ratchet.collect.claude.ledger import Ledger
from ratchet.collect.claude.settings import ClaudeSettings
from ratchet.errors import ModelError


@dataclass(kw_only=True)
class Writing:
    """One generation under way, a call after the other."""

    gathering: Gathering
    ledger: Ledger
    progress: Progress
    interrupted: bool = False
    refusal: str = ""

    async def work(self) -> None:
        """Fill the orders with as many workers as calls may run at once."""
        settings = self.gathering.settings
        async with open_client(settings) as client:
            talk = Conversation(client=client, settings=settings, ledger=self.ledger)
            waiting = iter(self.gathering.open_places)
            size = min(settings.max_concurrency, len(self.gathering.orders))
            workers = [asyncio.create_task(self._fill(talk, waiting)) for _ in range(size)]
            try:
                await asyncio.gather(*workers)
            except ModelError as error:
                self._stop(error)
            finally:
                for worker in workers:
                    worker.cancel()
                await asyncio.gather(*workers, return_exceptions=True)

    def _stop(self, error: ModelError) -> None:
        """Keep paid work when Claude turns us away midway; with none, it is an error."""
        if not self.gathering.examples:
            raise error
        self.refusal = str(error)

    async def _fill(self, talk: Conversation, waiting: Iterator[int]) -> None:
        for place in waiting:
            await self._write(talk, place)
            total = len(self.gathering.orders)
            self.progress(total - len(self.gathering.open_places), total, "")

    async def _write(self, talk: Conversation, place: int) -> None:
        """Write one example and keep it when the blind look agrees."""
        reply = await talk.ask(self.gathering.writing_question(place))
        draft = self.gathering.draft(place, reply)
        if draft is not None:
            blind = await talk.ask(self.gathering.blind_question(draft))
            self.gathering.judge(place, draft, blind)


def open_client(settings: ClaudeSettings) -> anthropic.AsyncAnthropic:
    """A client that reaches Claude as the settings say."""
    return anthropic.AsyncAnthropic(
        api_key=settings.api_key,
        base_url=settings.base_url,
        timeout=settings.timeout_s,
        max_retries=settings.max_retries,
    )
