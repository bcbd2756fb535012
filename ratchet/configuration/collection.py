"""`[collection]`: how much is collected, from how far back, and what is good enough to keep."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from ratchet.configuration.section import Section, percent_of_share

LEAST_EXAMPLES = 10
"""Examples that any optimiser needs; see `ratchet.optimize.search`."""


class CollectionSettings(Section):
    """Collection of training examples.

    Raises:
        ValueError: the least number of examples is above the largest.
    """

    mode: Literal["automatic", "manual", "bootstrap"] = Field(
        default="automatic",
        description=(
            "What ratchet.capture() takes: every result, only what is captured with keep=True, "
            "or every result of a domain that has too few examples."
        ),
    )
    min_quality_score: Annotated[float, BeforeValidator(percent_of_share)] = Field(
        default=70.0,
        ge=0,
        le=100,
        description=(
            "Quality (0..100) below which no example is accepted; a signature's own policy may "
            "ask for more. A value up to 1 is taken as a share: 0.7 is 70."
        ),
        json_schema_extra={"unit": "quality, 0..100"},
    )
    min_examples_per_domain: int = Field(
        default=LEAST_EXAMPLES,
        ge=LEAST_EXAMPLES,
        le=100_000,
        description="Examples from which a signature or a domain counts as ready.",
    )
    max_examples_per_domain: int = Field(
        default=100,
        ge=LEAST_EXAMPLES,
        le=1_000_000,
        description=(
            "Examples of one domain from which further captured results wait for a person "
            "instead of being accepted."
        ),
    )
    repositories: tuple[str, ...] = Field(
        default=(".",),
        description="Git repositories to mine: paths, or https addresses.",
    )
    since_days: int = Field(
        default=90, ge=1, le=20_000, description="Days of history and telemetry to look at."
    )
    git_target: int = Field(
        default=30, ge=0, le=100_000, description="Examples wanted from git, for each signature."
    )
    synthetic_target: int = Field(
        default=20, ge=0, le=100_000, description="Synthetic examples wanted, for each signature."
    )
    telemetry_target: int = Field(
        default=30,
        ge=0,
        le=100_000,
        description="Examples wanted from production telemetry, for each signature; 0 for none.",
    )
    stored_target: int = Field(
        default=100,
        ge=0,
        le=1_000_000,
        description=(
            "Accepted examples of the store that the latest version lacks and a run takes up at "
            "most, for each signature; 0 for none."
        ),
    )
    duplicate_threshold: float = Field(
        default=0.90,
        ge=0.5,
        le=1.0,
        description="Likeness of inputs (0.5..1) from which an example is a duplicate.",
        json_schema_extra={"unit": "share"},
    )

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.min_examples_per_domain > self.max_examples_per_domain:
            raise ValueError(
                f"min_examples_per_domain is {self.min_examples_per_domain} and "
                f"max_examples_per_domain {self.max_examples_per_domain}; allowed is a minimum "
                f"of {LEAST_EXAMPLES}..{self.max_examples_per_domain}, or a larger maximum"
            )
        return self
