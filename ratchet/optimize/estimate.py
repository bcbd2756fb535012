"""What an optimisation will cost at most, before its first call."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

import dspy

from ratchet.canonical import canonical_json
from ratchet.examples import Example
from ratchet.optimize.endpoint import known_price
from ratchet.optimize.metered import MeteredLM
from ratchet.optimize.search import (
    MAX_LABELED_DEMOS,
    MINIBATCH_FROM,
    MINIBATCH_SIZE,
    OptimizerKind,
    OptimizerOptions,
    count_evaluations,
)
from ratchet.signatures.dspy_class import build
from ratchet.signatures.spec import SignatureSpec

CHARACTERS_PER_TOKEN = 4  # of English text; code takes a little more
SUMMARY_CALLS = 10 + 1  # MIPROv2 looks at ten batches of examples and then sums up
CALLS_PER_PROPOSAL = 3  # it describes the program and the module, then writes an instruction


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """An upper bound, all examples answered and nothing found in the cache.

    `cost_usd` is None when the price of the model is unknown.
    """

    calls: int
    input_tokens: int
    output_tokens: int
    cost_usd: float | None

    def __add__(self, other: Estimate) -> Estimate:
        """Both together; the price is unknown when one of them is."""
        known = self.cost_usd is not None and other.cost_usd is not None
        return Estimate(
            calls=self.calls + other.calls,
            input_tokens=self.input_tokens + other.input_tokens,
            output_tokens=self.output_tokens + other.output_tokens,
            cost_usd=(self.cost_usd or 0.0) + (other.cost_usd or 0.0) if known else None,
        )

    def times(self, count: int) -> Estimate:
        """The same so many times."""
        return Estimate(
            calls=count * self.calls,
            input_tokens=count * self.input_tokens,
            output_tokens=count * self.output_tokens,
            cost_usd=None if self.cost_usd is None else count * self.cost_usd,
        )


def estimate(
    spec: SignatureSpec,
    *,
    lm: MeteredLM,
    kind: OptimizerKind,
    options: OptimizerOptions,
    train: Sequence[Example],
    validation: Sequence[Example],
) -> Estimate:
    """Bound the calls, tokens and dollars of an optimisation; no call is made.

    Tokens are counted at four characters each, every prompt with all its demonstrations.
    `kind` is the chosen optimiser, not auto.
    """
    calls = count_calls(kind, options, train=len(train), validation=len(validation))
    return _bound(spec, calls, lm=lm, asked=validation, shown=train)


def estimate_answers(
    spec: SignatureSpec, *, lm: MeteredLM, examples: Sequence[Example], train: Sequence[Example]
) -> Estimate:
    """Bound what it costs to have one program answer `examples`; no call is made.

    The program shows as many examples of `train` as any optimiser puts into a prompt.
    """
    return _bound(spec, len(examples), lm=lm, asked=examples, shown=train)


def _bound(
    spec: SignatureSpec,
    calls: int,
    *,
    lm: MeteredLM,
    asked: Sequence[Example],
    shown: Sequence[Example],
) -> Estimate:
    """The bound of `calls` prompts that show examples and ask for others."""
    demos = MAX_LABELED_DEMOS * _mean_length([[e.inputs, e.outputs] for e in shown])
    prompt = _frame_length(spec) + _mean_length([e.inputs for e in asked]) + demos
    answer = _mean_length([e.outputs for e in asked])
    input_tokens = math.ceil(calls * prompt / CHARACTERS_PER_TOKEN)
    output_tokens = math.ceil(calls * answer / CHARACTERS_PER_TOKEN)
    price = known_price(lm.metered_engine.endpoint)
    cost = price.of(input_tokens=input_tokens, output_tokens=output_tokens) if price else None
    return Estimate(
        calls=calls, input_tokens=input_tokens, output_tokens=output_tokens, cost_usd=cost
    )


def count_calls(
    kind: OptimizerKind, options: OptimizerOptions, *, train: int, validation: int
) -> int:
    """How many calls the optimiser makes at most, of a program with one predictor.

    Bootstrapping may try every training example for each set of demonstrations; in MIPROv2
    all sets but the empty one and the labelled one are bootstrapped.

    >>> count_calls(OptimizerKind.BOOTSTRAP, OptimizerOptions(), train=20, validation=10)
    40
    """
    evaluations = count_evaluations(kind, options, validation)
    if kind is OptimizerKind.BOOTSTRAP:
        return train + evaluations * validation
    if kind is not OptimizerKind.MIPRO:
        return options.trials * (validation + train + 1)
    bootstrapped = (options.candidates - 2) * train
    proposing = SUMMARY_CALLS + CALLS_PER_PROPOSAL * options.candidates
    if validation > MINIBATCH_FROM:
        full = evaluations - options.trials + 1  # and once more at the end
        scored = full * validation + options.trials * MINIBATCH_SIZE
    else:
        scored = evaluations * validation
    return bootstrapped + proposing + scored


def _frame_length(spec: SignatureSpec) -> int:
    empty = dict.fromkeys(spec.input_names, "")
    return sum(len(m["content"]) for m in dspy.ChatAdapter().format(build(spec), [], empty))


def _mean_length(values: Sequence[object]) -> float:
    return fmean(len(canonical_json(value)) for value in values) if values else 0.0
