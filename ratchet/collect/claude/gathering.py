"""The gathering of examples: what is asked for each order, what is kept of it, and the count."""

from __future__ import annotations

import logging
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from statistics import fmean
from typing import Any

from ratchet.canonical import sha256_of
from ratchet.collect.claude.agreement import StrategyTally
from ratchet.collect.claude.draft import Draft, Reading
from ratchet.collect.claude.ledger import OVER_BUDGET
from ratchet.collect.claude.order import Order
from ratchet.collect.claude.prompts import (
    HASH_DIGITS,
    blind_prompt,
    blind_system,
    prompt_hash,
    writing_system,
)
from ratchet.collect.claude.question import Question, Reply
from ratchet.collect.claude.schema import outputs_schema, read_fields
from ratchet.collect.claude.settings import ClaudeSettings
from ratchet.collect.claude.strategies import STRATEGIES, EditLimits
from ratchet.collect.claude.strategies.counterfactual import NOT_FLIPPED, CounterfactualStrategy
from ratchet.collect.claude.strategies.strategy import decision_of
from ratchet.examples import Example, Source
from ratchet.signatures.spec import SignatureSpec, Values

DISAGREE = "labels disagree"
UNVERIFIED = "unverified"

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class CallIds:
    """Where the two calls of an example are found at Claude's; empty outside of batches."""

    batch_id: str = ""
    custom_id: str = ""


NO_BATCH = CallIds()


@dataclass(kw_only=True)
class Gathering:
    """Orders on one side, examples and counts on the other; both by the place of the order."""

    spec: SignatureSpec
    settings: ClaudeSettings
    seed: int
    now: datetime
    orders: Sequence[Order]
    limits: EditLimits
    examples: dict[int, Example] = field(default_factory=dict)
    dropped: dict[int, str] = field(default_factory=dict)
    written: set[int] = field(default_factory=set)
    labelled: set[int] = field(default_factory=set)

    @property
    def skipped(self) -> Counter[str]:
        """What was dropped, by reason."""
        return Counter(self.dropped.values())

    @property
    def open_places(self) -> list[int]:
        """The orders of which nothing is decided yet."""
        done = self.examples.keys() | self.dropped.keys()
        return [place for place in range(len(self.orders)) if place not in done]

    def drop(self, place: int, reason: str) -> None:
        """Give an order up."""
        self.dropped[place] = reason
        log.info("%s: an example was dropped: %s", self.spec.name, reason)

    def writing_question(self, place: int) -> Question:
        """Ask for the example that was ordered."""
        order = self.orders[place]
        strategy = STRATEGIES[order.strategy]
        return Question(
            system=writing_system(self.spec),
            prompt=strategy.prompt(self.spec, order),
            schema=strategy.schema(self.spec),
        )

    def draft(self, place: int, reply: Reply) -> Draft | None:
        """The draft in a reply; None, and the order dropped, when there is none."""
        order = self.orders[place]
        reading = (
            Reading(failure=reply.failure)
            if reply.failure
            else STRATEGIES[order.strategy].read(self.spec, order, reply.document, self.limits)
        )
        if reading.draft is None:
            self.drop(place, reading.failure or "")
            return None
        self.written.add(place)
        return reading.draft

    def blind_question(self, draft: Draft) -> Question:
        """Ask for the label of a draft, without a word about it."""
        return Question(
            system=blind_system(self.spec),
            prompt=blind_prompt(self.spec, draft.inputs),
            schema=outputs_schema(self.spec),
        )

    def judge(self, place: int, draft: Draft, reply: Reply, *, ids: CallIds = NO_BATCH) -> None:
        """Keep a draft when the blind label agrees with it; drop it otherwise."""
        if reply.failure:
            is_budget = reply.failure == OVER_BUDGET
            self.drop(place, reply.failure if is_budget else f"{UNVERIFIED}: {reply.failure}")
            return
        answer = read_fields(self.spec.outputs, reply.document)
        if self.spec.problems(draft.inputs, answer):
            self.drop(place, f"{UNVERIFIED}: broken contract")
            return
        self.labelled.add(place)
        reason = self._disagreement(draft, answer)
        score = self.spec.metric(draft.inputs, draft.outputs, answer).value
        if reason or score < self.settings.min_agreement:
            self.drop(place, reason or DISAGREE)
            return
        self.examples[place] = self._example(draft, score, ids)

    def _disagreement(self, draft: Draft, answer: Values) -> str | None:
        """Why the blind label is another one, as far as the decision goes."""
        found = decision_of(self.spec, answer)
        if found == decision_of(self.spec, draft.outputs):
            return None
        is_pair = draft.order.strategy == CounterfactualStrategy.name
        return NOT_FLIPPED if is_pair else DISAGREE

    def _example(self, draft: Draft, agreement: float, ids: CallIds) -> Example:
        order = draft.order
        return Example(
            signature=self.spec.name,
            inputs=draft.inputs,
            outputs=draft.outputs,
            source=Source.SYNTHETIC,
            difficulty=order.cell.difficulty,
            category=order.category,
            group_id=self._group_id(draft),
            created_at=self.now,
            notes=draft.notes,
            provenance=self._provenance(draft, agreement, ids),
        )

    def _group_id(self, draft: Draft) -> str:
        """That of the example it comes from, so that no split tears them; else its own."""
        order = draft.order
        if order.parent is not None:
            return order.parent.group_id
        if order.failure is not None and order.failure.group_id:
            return order.failure.group_id
        return f"synthetic:{self.spec.name}:{sha256_of(draft.inputs)[:HASH_DIGITS]}"

    def _provenance(self, draft: Draft, agreement: float, ids: CallIds) -> dict[str, Any]:
        order = draft.order
        prompt = STRATEGIES[order.strategy].prompt(self.spec, order)
        found: dict[str, Any] = {
            "strategy": order.strategy,
            "model": self.settings.model,
            "seed": self.seed,
            "parent": order.parent_id or sha256_of(draft.inputs)[:HASH_DIGITS],
            "prompt_hash": prompt_hash(writing_system(self.spec), prompt),
            "agreement": round(agreement, 4),
            "label_asked": order.cell.positive,
            "tags": list(order.tags),
            **draft.facts,
        }
        said = {
            "scenario": order.scenario,
            "persona": order.persona,
            "batch_id": ids.batch_id,
            "custom_id": ids.custom_id,
        }
        return {**found, **{name: value for name, value in said.items() if value}}

    def tallies(self) -> tuple[StrategyTally, ...]:
        """What became of the orders, strategy by strategy."""
        places: dict[str, list[int]] = defaultdict(list)
        for place, order in enumerate(self.orders):
            places[order.strategy].append(place)
        return tuple(self._tally(name, found) for name, found in places.items())

    def _tally(self, strategy: str, places: Sequence[int]) -> StrategyTally:
        kept = [self.examples[place] for place in places if place in self.examples]
        scores = [float(example.provenance["agreement"]) for example in kept]
        return StrategyTally(
            strategy=strategy,
            asked=len(places),
            written=len(self.written.intersection(places)),
            labelled=len(self.labelled.intersection(places)),
            agreed=len(kept),
            mean_agreement=fmean(scores) if scores else None,
        )
