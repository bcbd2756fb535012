"""The estimate is a bound: an optimisation costs no more than was said before."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from ratchet import signatures
from ratchet.collect import templates
from ratchet.optimize.endpoint import Endpoint, Price
from ratchet.optimize.estimate import count_calls, estimate
from ratchet.optimize.meter import Meter
from ratchet.optimize.metered import MeteredEngine, MeteredLM
from ratchet.optimize.offline import InContextEngine
from ratchet.optimize.optimizer import optimize
from ratchet.optimize.search import OptimizerKind, OptimizerOptions

SPEC = signatures.get("extract_requirements")
NOW = datetime(2026, 3, 1, tzinfo=UTC)


def offline_at(price: Price | None) -> MeteredLM:
    """Our own model, as if it had that price."""
    endpoint = Endpoint(model="test/model", price=price)
    return MeteredLM(MeteredEngine(InContextEngine(), endpoint=endpoint, meter=Meter()))


@pytest.mark.parametrize("kind", [OptimizerKind.BOOTSTRAP, OptimizerKind.MIPRO])
@pytest.mark.parametrize("validation", [8, 55])
def test_an_optimisation_stays_within_its_estimate(kind: OptimizerKind, validation: int) -> None:
    """Calls, input tokens and dollars are bounded, and the bound is not absurd."""
    examples = templates.generate(SPEC.name, 20 + validation, seed=3, now=NOW).examples
    train, scored = examples[:20], examples[20:]
    options = OptimizerOptions(kind=kind, trials=6, threads=2)
    lm = offline_at(Price(input_usd=1.0, output_usd=5.0))

    bound = estimate(SPEC, lm=lm, kind=kind, options=options, train=train, validation=scored)
    optimize(SPEC, train=train, validation=scored, lm=lm, options=options)

    spent = lm.meter.snapshot()
    assert bound.calls / 3 < spent.calls <= bound.calls
    assert spent.input_tokens <= bound.input_tokens
    assert bound.cost_usd is not None
    assert spent.cost_usd <= bound.cost_usd


def test_an_unknown_price_gives_no_dollars() -> None:
    """Calls and tokens are bounded all the same."""
    examples = templates.generate(SPEC.name, 20, seed=3, now=NOW).examples

    bound = estimate(
        SPEC,
        lm=offline_at(None),
        kind=OptimizerKind.MIPRO,
        options=OptimizerOptions(),
        train=examples[:12],
        validation=examples[12:],
    )

    assert bound.cost_usd is None
    assert bound.input_tokens > bound.output_tokens > 0


def test_more_trials_cost_more() -> None:
    """The bound follows the number of trials, whatever the optimiser."""
    for kind in (OptimizerKind.MIPRO, OptimizerKind.GEPA, OptimizerKind.SIMBA):
        few, many = (
            count_calls(kind, OptimizerOptions(trials=trials), train=20, validation=20)
            for trials in (5, 50)
        )
        assert few < many
