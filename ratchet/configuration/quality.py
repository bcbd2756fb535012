"""`[quality]`: from which score an example is taken, looked at by a person, or refused."""

from __future__ import annotations

from typing import Any, Self

from pydantic import Field, field_validator, model_validator

from ratchet.configuration.section import Section, percent_of_share


class QualitySettings(Section):
    """The bands of example quality, 0..100; a value on the older 0..1 scale is converted.

    >>> QualitySettings(manual_review_threshold=0.9).manual_review_threshold
    90.0
    """

    manual_review_threshold: float = Field(
        default=90.0,
        ge=0,
        le=100,
        description="Quality, 0..100, below which a person looks at an example before it is taken.",
        json_schema_extra={"unit": "quality, 0..100"},
    )
    reject_below: float = Field(
        default=50.0,
        ge=0,
        le=100,
        description="Quality, 0..100, below which an example is refused without a person.",
        json_schema_extra={"unit": "quality, 0..100"},
    )
    min_decisions: int = Field(
        default=30,
        ge=10,
        le=100_000,
        description="Decisions of people that a judge needs before it is calibrated to them.",
        json_schema_extra={"unit": "decisions"},
    )
    judge_budget_usd: float = Field(
        default=5.0,
        gt=0,
        le=10_000,
        description="Dollars that one run of a paid judge may cost.",
        json_schema_extra={"unit": "US dollars"},
    )

    @field_validator("manual_review_threshold", "reject_below", mode="before")
    @classmethod
    def _to_percent(cls, value: Any) -> Any:
        """Of 0..1 make 0..100: 0.9 was never meant as nine tenths of a point."""
        return percent_of_share(value)

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.reject_below > self.manual_review_threshold:
            raise ValueError(
                f"reject_below {self.reject_below:g} is above manual_review_threshold "
                f"{self.manual_review_threshold:g}; it must be at most that"
            )
        return self
