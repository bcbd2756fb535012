"""What a generation hands back: the examples with their bill, and what has to be said of both."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ratchet.collect.claude.collected import GeneratedCollection
from ratchet.collect.claude.gathering import Gathering
from ratchet.collect.claude.ledger import OVER_BUDGET, Ledger
from ratchet.collect.claude.prices import PRICES_SOURCE


@dataclass(frozen=True, kw_only=True)
class Ending:
    """How the work ended, beside what it brought.

    `obstacles` are the strategies that could not work, with the reason. `calls_before` and
    `cost_before_usd` are what an earlier start had paid for.
    """

    interrupted: bool = False
    refusal: str = ""
    waiting: str = ""
    batch_ids: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    calls_before: int = 0
    cost_before_usd: float = 0.0
    obstacles: Mapping[str, str]


def collection_of(gathering: Gathering, ledger: Ledger, ending: Ending) -> GeneratedCollection:
    """What was done so far, with its bill."""
    return GeneratedCollection(
        examples=tuple(gathering.examples[place] for place in sorted(gathering.examples)),
        skipped=dict(gathering.skipped),
        notes=tuple(_notes(gathering, ledger, ending)),
        model=gathering.settings.model,
        calls=ledger.calls,
        input_tokens=ledger.used.input,
        output_tokens=ledger.used.output,
        cache_write_tokens=ledger.used.cache_write + ledger.used.long_cache_write,
        cache_read_tokens=ledger.used.cache_read,
        cost_usd=ledger.cost_usd,
        interrupted=ending.interrupted,
        is_waiting=bool(ending.waiting),
        strategies=gathering.tallies(),
        batch_ids=ending.batch_ids,
        is_refused=bool(ending.refusal),
        calls_before=ending.calls_before,
        cost_before_usd=ending.cost_before_usd,
    )


def _notes(gathering: Gathering, ledger: Ledger, ending: Ending) -> Iterator[str]:
    done, asked = len(gathering.examples), len(gathering.orders)
    model, cap = gathering.settings.model, gathering.settings.max_cost_usd
    if ending.interrupted:
        yield f"Interrupted after {done} of {asked} examples."
    if ending.refusal:
        yield f"Stopped after {done} of {asked} examples: {ending.refusal}"
    if ending.waiting:
        yield ending.waiting
    yield from ending.notes
    if gathering.skipped[OVER_BUDGET]:
        yield (
            f"The cap of ${cap} was reached: {done} of {asked} "
            "examples were written; no call was made that could pass it."
        )
    if ledger.price is None:
        yield (
            f"The price of {model} is unknown ({PRICES_SOURCE}), so the cost is "
            "not known and the cap did not hold; give a price in the settings."
        )
    if ledger.lost_calls:
        yield (
            f"{ledger.lost_calls} calls were sent and never answered; they may have "
            f"cost up to ${ledger.unconfirmed_usd:.4f} beside the cost given."
        )
    for name, why in ending.obstacles.items():
        yield f"{gathering.spec.name} was not written by {name}: {why}."
