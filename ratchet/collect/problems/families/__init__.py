"""The library of problem families, by subject; each family names its topic and school level."""

from __future__ import annotations

from ratchet.collect.problems.families import (
    arithmetic,
    calculus,
    combinatorics,
    complex_numbers,
    differential_equations,
    equations,
    finance,
    geometry,
    matrices,
    number_theory,
    probability,
    series,
    statistics,
    trigonometry,
)
from ratchet.collect.problems.families.family import Family

FAMILIES: tuple[Family, ...] = (
    *arithmetic.FAMILIES,
    *equations.FAMILIES,
    *number_theory.FAMILIES,
    *geometry.FAMILIES,
    *trigonometry.FAMILIES,
    *combinatorics.FAMILIES,
    *probability.FAMILIES,
    *statistics.FAMILIES,
    *matrices.FAMILIES,
    *calculus.FAMILIES,
    *series.FAMILIES,
    *complex_numbers.FAMILIES,
    *differential_equations.FAMILIES,
    *finance.FAMILIES,
)

__all__ = ["FAMILIES", "Family"]
