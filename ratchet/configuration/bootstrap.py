"""`[bootstrap]`: the first examples of a domain."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, Self

from pydantic import Field, field_validator

from ratchet.configuration.section import Section

Level = Literal["easy", "medium", "hard"]
LEVELS: tuple[Level, ...] = ("easy", "medium", "hard")


class DomainTable(Section):
    """`[bootstrap.domains.NAME]`: what one domain wants otherwise; empty means as for all."""

    target_examples: int | None = Field(
        default=None, ge=1, le=1_000_000, description="Problems wanted in this domain."
    )
    max_attempts_per_example: int | None = Field(
        default=None, ge=1, le=100, description="Attempts for each topic in its turn."
    )
    difficulty_levels: tuple[Level, ...] | None = Field(
        default=None, min_length=1, description="Difficulties that are asked for."
    )


class BootstrapSettings(Section):
    """The first examples of a domain, and what single domains want otherwise."""

    target_examples_per_domain: int = Field(
        default=20, ge=1, le=1_000_000, description="Problems wanted for each domain."
    )
    max_attempts_per_example: int = Field(
        default=5, ge=1, le=100, description="Attempts for each topic in its turn."
    )
    difficulty_levels: tuple[Level, ...] = Field(
        default=LEVELS, min_length=1, description="Difficulties that are asked for."
    )
    domains: Mapping[str, DomainTable] = Field(
        default_factory=dict, description="Tables of single domains, by name."
    )

    @field_validator("difficulty_levels")
    @classmethod
    def _each_once(cls, levels: tuple[Level, ...]) -> tuple[Level, ...]:
        return tuple(level for level in LEVELS if level in levels)

    def of(self, domain: str) -> Self:
        """The settings of one domain, with its table taken into account."""
        own = self.domains.get(domain, DomainTable())
        return self.model_copy(
            update={
                "target_examples_per_domain": own.target_examples
                or self.target_examples_per_domain,
                "max_attempts_per_example": own.max_attempts_per_example
                or self.max_attempts_per_example,
                "difficulty_levels": own.difficulty_levels or self.difficulty_levels,
            }
        )
