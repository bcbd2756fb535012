"""Coverage: which cells of a signature's plan a set of examples fills, and what is missing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ratchet.examples import Example
from ratchet.signatures.coverage_plan import CoverageCell
from ratchet.signatures.spec import SignatureSpec


@dataclass(frozen=True, kw_only=True)
class CellCoverage:
    """A cell of the plan and how many examples of a set are in it."""

    cell: CoverageCell
    have: int

    @property
    def missing(self) -> int:
        """How many more the plan wants; 0 when it is full."""
        return max(0, self.cell.want - self.have)


@dataclass(frozen=True, kw_only=True)
class CoverageReport:
    """What a set covers of the plan of its signature, cell by cell."""

    signature: str
    example_count: int
    cells: tuple[CellCoverage, ...]

    @property
    def is_full(self) -> bool:
        """Whether no cell misses an example; a signature without a plan asks for nothing."""
        return not self.missing

    @property
    def missing(self) -> tuple[CellCoverage, ...]:
        """The cells that are not full."""
        return tuple(found for found in self.cells if found.missing)

    @property
    def message(self) -> str:
        """The state in a line."""
        if not self.cells:
            return f"{self.signature} has no coverage plan"
        full = len(self.cells) - len(self.missing)
        return f"coverage: {full} of {len(self.cells)} cells are full, with {self._examples}"

    @property
    def _examples(self) -> str:
        return f"{self.example_count} example{'' if self.example_count == 1 else 's'}"

    def to_json(self) -> dict[str, Any]:
        """The report for programs."""
        return {
            "signature": self.signature,
            "example_count": self.example_count,
            "is_full": self.is_full,
            "cells": [
                {
                    "key": found.cell.key,
                    "words": found.cell.words,
                    "rule": found.cell.rule.said,
                    "have": found.have,
                    "want": found.cell.want,
                    "missing": found.missing,
                }
                for found in self.cells
            ],
        }


def measure_coverage(spec: SignatureSpec, examples: Sequence[Example]) -> CoverageReport:
    """Count the examples of each cell of the plan of `spec`.

    Args:
        spec: The signature with its plan.
        examples: Examples that hold the contract of the signature.
    """
    counts = Counter(cell.key for example in examples for cell in spec.coverage.filled_by(example))
    return CoverageReport(
        signature=spec.name,
        example_count=len(examples),
        cells=tuple(CellCoverage(cell=c, have=counts[c.key]) for c in spec.coverage.cells),
    )
