"""The strategies by name: ways in which Claude comes by new examples."""

from __future__ import annotations

from ratchet.collect.claude.strategies.back_translation import BackTranslationStrategy
from ratchet.collect.claude.strategies.counterfactual import CounterfactualStrategy
from ratchet.collect.claude.strategies.coverage_cell import CoverageCellStrategy
from ratchet.collect.claude.strategies.evolve import EvolveStrategy
from ratchet.collect.claude.strategies.failure_driven import FailureDrivenStrategy
from ratchet.collect.claude.strategies.persona import PersonaStrategy
from ratchet.collect.claude.strategies.strategy import USUAL_LIMITS, EditLimits, Strategy

__all__ = ["STRATEGIES", "USUAL_LIMITS", "EditLimits", "Strategy"]

STRATEGIES: dict[str, Strategy] = {
    strategy.name: strategy
    for strategy in (
        CoverageCellStrategy(),
        EvolveStrategy(),
        CounterfactualStrategy(),
        PersonaStrategy(),
        BackTranslationStrategy(),
        FailureDrivenStrategy(),
    )
}
"""In the order in which people are told of them."""
