"""One dimension of quality, and the tally of evidence it is worked out with."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Dimension:
    """A dimension of quality: its name, its value 0..100, and the reason in a sentence."""

    name: str
    value: float
    reason: str

    def __post_init__(self) -> None:
        if not 0 <= self.value <= 100:
            raise ValueError(f"A dimension is 0..100, not {self.value}.")


@dataclass(frozen=True, kw_only=True)
class Finding:
    """Evidence for a dimension: the factor 0..1 it is multiplied by, and what was seen."""

    factor: float
    reason: str


def dimension_from(name: str, findings: Iterable[Finding], *, praise: str) -> Dimension:
    """Multiply the findings into a dimension; `praise` is its reason when nothing was found.

    >>> dimension_from("clarity", [Finding(factor=0.5, reason="guidance shouts")], praise="")
    Dimension(name='clarity', value=50.0, reason='guidance shouts')
    """
    value = 1.0
    reasons = []
    for finding in sorted(findings, key=lambda finding: finding.factor):
        value *= finding.factor
        if finding.factor < 1:
            reasons.append(finding.reason)
    return Dimension(name=name, value=round(100 * value, 1), reason="; ".join(reasons) or praise)
