"""`[optimisation]`: when an optimisation may start, how long it searches, what it must reach."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from ratchet.configuration.collection import LEAST_EXAMPLES
from ratchet.configuration.section import Section

SECONDS_IN_HOUR = 3600
LEAST_TRAIN_SHARE = 0.1


class OptimisationSettings(Section):
    """Optimisation and the verdict on it.

    Raises:
        ValueError: validation and test leave too little to train on.
    """

    optimizer: Literal["auto", "mipro", "bootstrap", "gepa", "simba"] = Field(
        default="auto",
        description="auto takes BootstrapFewShot from 10 examples and MIPROv2 from 50.",
    )
    trials: int = Field(default=50, ge=1, le=1000, description="Trials of MIPROv2.")
    timeout_hours: float = Field(
        default=2.0,
        gt=0,
        le=168,
        description="Hours after which the optimisation of a signature is stopped.",
    )
    max_cost_usd: float | None = Field(
        default=None,
        gt=0,
        le=1_000_000,
        description="US dollars at which a signature's optimisation is stopped; empty for no cap.",
    )
    min_improvement: float = Field(
        default=0.05,
        ge=0,
        le=10,
        description="Gain a candidate must reach, relative to the baseline's score (0.05 is 5 %).",
        json_schema_extra={"unit": "share"},
    )
    auto_enable_threshold: int = Field(
        default=LEAST_EXAMPLES,
        ge=LEAST_EXAMPLES,
        le=100_000,
        description="Usable examples from which optimisation is enabled.",
        json_schema_extra={"unit": "examples"},
    )
    reoptimize_on_new_data: bool = Field(
        default=True,
        description="Whether new data may start an optimisation; see [increments] for when.",
    )
    validation_split: float = Field(
        default=0.25,
        ge=0.05,
        le=0.6,
        description="Share of a dataset (0.05..0.6) on which the optimiser compares candidates.",
    )
    test_split: float = Field(
        default=0.40,
        ge=0.1,
        le=0.8,
        description="Share of a dataset (0.1..0.8) that is sealed for the verdict.",
    )

    @model_validator(mode="after")
    def _leaves_something_to_train_on(self) -> Self:
        if self.train_split < LEAST_TRAIN_SHARE - 1e-9:
            raise ValueError(
                f"validation_split {self.validation_split:g} and test_split {self.test_split:g} "
                f"leave {self.train_split:.2f} to train on; allowed is a sum of at most "
                f"{1 - LEAST_TRAIN_SHARE:g}"
            )
        return self

    @property
    def train_split(self) -> float:
        """What is left to train on, 0..1."""
        return 1 - self.validation_split - self.test_split

    @property
    def timeout_seconds(self) -> float:
        """`timeout_hours` in seconds."""
        return self.timeout_hours * SECONDS_IN_HOUR
