"""Claude as a judge: asked within a budget, each answer handed on as soon as it is there."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import anthropic

from ratchet.collect.claude.conversation import Conversation
from ratchet.collect.claude.ledger import OVER_BUDGET, Ledger
from ratchet.collect.claude.prices import Price, price_of
from ratchet.collect.claude.question import Question
from ratchet.collect.claude.settings import ClaudeSettings
from ratchet.errors import ModelError
from ratchet.examples import Example
from ratchet.quality.judges.questions import (
    PROMPT_VERSION,
    answer_schema,
    example_prompt,
    read_answer,
    system_prompt,
)
from ratchet.quality.judges.scorecard import Scorecard
from ratchet.signatures.spec import SignatureSpec

ANSWER_TOKENS = 1_500  # the most of an answer: four sentences and four figures take about 300
USUAL_ANSWER_TOKENS = 300
CHARACTERS_PER_TOKEN = 4.0  # of English; the cap reckons with two, to be safe
UNREADABLE = "unreadable scores"

Keep = Callable[[Scorecard], None]
"""Takes a scorecard the moment it is paid for."""


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """What judging would cost: as a rule, and at the very most; None when no price is known."""

    calls: int
    usual_usd: float | None
    most_usd: float | None


@dataclass(frozen=True, kw_only=True)
class Bill:
    """What judging came to.

    `failures` counts by reason the examples that stay unjudged, those for which the budget
    did not reach among them. `unconfirmed_usd` may have been billed for calls whose answer
    got lost. `refusal` says why Claude turned us away midway, if it did.
    """

    judged: int
    calls: int
    cost_usd: float | None
    unconfirmed_usd: float
    failures: Mapping[str, int]
    is_interrupted: bool
    refusal: str


def judge_name(model: str) -> str:
    """The name under which scores are kept: of the model and the wording of the question.

    >>> judge_name("claude-haiku-4-5")
    'claude:claude-haiku-4-5:p1'
    """
    return f"claude:{model}:p{PROMPT_VERSION}"


def estimate_cost(
    spec: SignatureSpec, examples: Sequence[Example], *, model: str, price: Price | None = None
) -> Estimate:
    """What it would cost to judge these examples; asks nobody."""
    known = price or price_of(model)
    if known is None:
        return Estimate(calls=len(examples), usual_usd=None, most_usd=None)
    ledger = Ledger(price=known, cap_usd=None)
    texts = [_question(spec, example).text for example in examples]
    tokens = round(sum(len(text) for text in texts) / CHARACTERS_PER_TOKEN)
    return Estimate(
        calls=len(examples),
        usual_usd=known.cost_usd(tokens, USUAL_ANSWER_TOKENS * len(examples)),
        most_usd=sum(ledger.most_usd(text, ANSWER_TOKENS) for text in texts),
    )


def judge_with_claude(
    spec: SignatureSpec, examples: Sequence[Example], *, settings: ClaudeSettings, keep: Keep
) -> Bill:
    """Have Claude judge examples, and hand each scorecard to `keep` as it comes.

    What fails is counted and left unjudged, never made up. Ctrl-C and the cap end the work;
    what was handed on is complete.

    Raises:
        ModelError: the key, the account, the model or the request was refused before the
            first example was judged.
    """
    work = _Judging(
        spec=spec,
        settings=settings,
        keep=keep,
        waiting=iter(examples),
        count=len(examples),
        ledger=Ledger(price=settings.known_price, cap_usd=settings.max_cost_usd),
    )

    async def until_interrupted() -> None:
        try:
            await work.run()
        except asyncio.CancelledError:  # how asyncio.run delivers Ctrl-C
            work.is_interrupted = True

    try:
        asyncio.run(until_interrupted())
    except KeyboardInterrupt:  # a second one, or a handler of the application's own
        work.is_interrupted = True
    return work.bill()


@dataclass(kw_only=True)
class _Judging:
    """One round under way."""

    spec: SignatureSpec
    settings: ClaudeSettings
    keep: Keep
    waiting: Iterator[Example]
    count: int
    ledger: Ledger
    judged: int = 0
    failures: Counter[str] = field(default_factory=Counter)
    is_interrupted: bool = False
    refusal: str = ""

    async def run(self) -> None:
        """Ask with as many workers as calls may run at once."""
        async with anthropic.AsyncAnthropic(
            api_key=self.settings.api_key,
            base_url=self.settings.base_url,
            timeout=self.settings.timeout_s,
            max_retries=self.settings.max_retries,
        ) as client:
            talk = Conversation(client=client, settings=self.settings, ledger=self.ledger)
            size = min(self.settings.max_concurrency, self.count)
            workers = [asyncio.create_task(self._work(talk)) for _ in range(size)]
            try:
                await asyncio.gather(*workers)
            except ModelError as error:
                if not self.judged:
                    raise
                self.refusal = str(error)
            finally:
                for worker in workers:
                    worker.cancel()
                await asyncio.gather(*workers, return_exceptions=True)

    async def _work(self, talk: Conversation) -> None:
        for example in self.waiting:
            reply = await talk.ask(_question(self.spec, example))
            dimensions = read_answer(reply.document)
            if reply.failure or dimensions is None:
                self.failures[reply.failure or UNREADABLE] += 1
                continue
            judge = judge_name(self.settings.model)
            self.keep(Scorecard(example_id=example.example_id, judge=judge, dimensions=dimensions))
            self.judged += 1

    def bill(self) -> Bill:
        return Bill(
            judged=self.judged,
            calls=self.ledger.calls,
            cost_usd=self.ledger.cost_usd,
            unconfirmed_usd=self.ledger.unconfirmed_usd,
            failures=dict(self.failures),
            is_interrupted=self.is_interrupted,
            refusal=self.refusal,
        )


def is_over_budget(bill: Bill) -> bool:
    """Whether the cap, and not the number of examples, ended the work."""
    return bill.failures.get(OVER_BUDGET, 0) > 0


def _question(spec: SignatureSpec, example: Example) -> Question:
    return Question(
        system=system_prompt(spec), prompt=example_prompt(example), schema=answer_schema()
    )
