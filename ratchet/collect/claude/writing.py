"""The writing of examples by Claude: workers fill orders and have each label checked blind."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

import anthropic

from ratchet.canonical import sha256_of
from ratchet.collect.claude.collected import GeneratedCollection
from ratchet.collect.claude.conversation import OVER_BUDGET, Conversation
from ratchet.collect.claude.ledger import Ledger
from ratchet.collect.claude.prices import PRICES_SOURCE
from ratchet.collect.claude.prompts import (
    BLIND_SYSTEM,
    SYSTEM,
    Order,
    blind_prompt,
    writing_prompt,
)
from ratchet.collect.claude.schema import example_schema, outputs_schema, read_fields
from ratchet.collect.claude.settings import ClaudeSettings
from ratchet.errors import ModelError
from ratchet.examples import Example, Source
from ratchet.signatures.spec import SignatureSpec, Values

STRATEGY = "claude"
GROUP_DIGITS = 16

log = logging.getLogger(__name__)


@dataclass(kw_only=True)
class Writing:
    """One generation under way; examples are kept by the place of their order."""

    spec: SignatureSpec
    settings: ClaudeSettings
    seed: int
    now: datetime
    orders: list[Order]
    ledger: Ledger
    examples: dict[int, Example] = field(default_factory=dict)
    skipped: Counter[str] = field(default_factory=Counter)
    interrupted: bool = False
    refusal: str = ""

    async def work(self) -> None:
        """Fill the orders with as many workers as calls may run at once."""
        async with anthropic.AsyncAnthropic(
            api_key=self.settings.api_key,
            base_url=self.settings.base_url,
            timeout=self.settings.timeout_s,
            max_retries=self.settings.max_retries,
        ) as client:
            talk = Conversation(client=client, settings=self.settings, ledger=self.ledger)
            waiting = iter(enumerate(self.orders))
            size = min(self.settings.max_concurrency, len(self.orders))
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
        if not self.examples:
            raise error
        self.refusal = str(error)

    async def _fill(self, talk: Conversation, waiting: Iterator[tuple[int, Order]]) -> None:
        for place, order in waiting:
            failure = await self._write(talk, place, order)
            if failure is not None:
                self.skipped[failure] += 1
                log.info("%s: an example was dropped: %s", self.spec.name, failure)

    async def _write(self, talk: Conversation, place: int, order: Order) -> str | None:
        """Write one example and keep it when the blind look agrees; else say why not."""
        written = await talk.ask(
            system=SYSTEM,
            prompt=writing_prompt(self.spec, order),
            schema=example_schema(self.spec),
        )
        if written.failure:
            return written.failure
        document = written.document if isinstance(written.document, dict) else {}
        inputs = read_fields(self.spec.inputs, document.get("inputs"))
        outputs = read_fields(self.spec.outputs, document.get("outputs"))
        if self.spec.problems(inputs, outputs):
            return "broken contract"
        blind = await talk.ask(
            system=BLIND_SYSTEM,
            prompt=blind_prompt(self.spec, inputs),
            schema=outputs_schema(self.spec),
        )
        if blind.failure:
            return blind.failure if blind.failure == OVER_BUDGET else f"unverified: {blind.failure}"
        answer = read_fields(self.spec.outputs, blind.document)
        if self.spec.problems(inputs, answer):
            return "unverified: broken contract"
        agreement = self._agreement(inputs, outputs, answer)
        if agreement is None:
            return "labels disagree"
        notes = str(document.get("notes", ""))
        self.examples[place] = self._example(order, inputs, outputs, notes, agreement)
        return None

    def _agreement(self, inputs: Values, outputs: Values, answer: Values) -> float | None:
        """The metric's score of the blind answer, or None when it is another label."""
        decision = self.spec.decision
        if decision is not None and answer[decision] != outputs[decision]:
            return None
        score = self.spec.metric(inputs, outputs, answer).value
        return score if score >= self.settings.min_agreement else None

    def _example(
        self, order: Order, inputs: Values, outputs: Values, notes: str, agreement: float
    ) -> Example:
        parent = sha256_of(inputs)[:GROUP_DIGITS]
        provenance = {
            "strategy": STRATEGY,
            "model": self.settings.model,
            "seed": self.seed,
            "parent": parent,
            "scenario": order.scenario,
            "agreement": round(agreement, 4),
            "label_asked": order.cell.positive,
            "tags": order.tags,
        }
        return Example(
            signature=self.spec.name,
            inputs=inputs,
            outputs=outputs,
            source=Source.SYNTHETIC,
            difficulty=order.cell.difficulty,
            category=order.category,
            group_id=f"synthetic:{self.spec.name}:{parent}",
            created_at=self.now,
            notes=notes,
            provenance=provenance,
        )

    def collection(self) -> GeneratedCollection:
        """What was done so far, with its bill."""
        return GeneratedCollection(
            examples=tuple(self.examples[place] for place in sorted(self.examples)),
            skipped=dict(self.skipped),
            notes=tuple(self._notes()),
            model=self.settings.model,
            calls=self.ledger.calls,
            input_tokens=self.ledger.input_tokens,
            output_tokens=self.ledger.output_tokens,
            cost_usd=self.ledger.cost_usd,
            interrupted=self.interrupted,
        )

    def _notes(self) -> Iterator[str]:
        done, asked = len(self.examples), len(self.orders)
        if self.interrupted:
            yield f"Interrupted after {done} of {asked} examples."
        if self.refusal:
            yield f"Stopped after {done} of {asked} examples: {self.refusal}"
        if self.skipped[OVER_BUDGET]:
            yield (
                f"The cap of ${self.settings.max_cost_usd} was reached: {done} of {asked} "
                "examples were written; no call was made that could pass it."
            )
        if self.ledger.price is None:
            yield (
                f"The price of {self.settings.model} is unknown ({PRICES_SOURCE}), so the cost is "
                "not known and the cap did not hold; give a price in the settings."
            )
        if self.ledger.lost_calls:
            yield (
                f"{self.ledger.lost_calls} calls were sent and never answered; they may have "
                f"cost up to ${self.ledger.unconfirmed_usd:.4f} beside the cost given."
            )
