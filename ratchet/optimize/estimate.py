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
    shown = MAX_LABELED_DEMOS * _mean_length([[e.inputs, e.outputs] for e in train])
    asked = _frame_length(spec) + _mean_length([e.inputs for e in validation]) + shown
    said = _mean_length([e.outputs for e in validation])
    input_tokens = math.ceil(calls * asked / CHARACTERS_PER_TOKEN)
    output_tokens = math.ceil(calls * said / CHARACTERS_PER_TOKEN)
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
