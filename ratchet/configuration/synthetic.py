"""`[synthetic]`: examples that Claude writes, how many beside real ones, and how."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, field_validator

from ratchet.configuration.section import Section


class SyntheticSettings(Section):
    """Synthetic examples; what is about all sources is in `[collection]`."""

    max_share: float = Field(
        default=0.80,
        ge=0,
        le=1,
        description=(
            "Highest share of synthetic examples of a signature (0.8 is four of five). The gate's "
            "own limit on one source holds beside it."
        ),
    )
    always_admitted: int = Field(
        default=300,
        ge=0,
        le=1_000_000,
        description="Synthetic examples that a signature may have whatever the share.",
    )
    batch: Literal["never", "scheduled", "always"] = Field(
        default="scheduled",
        description=(
            "When Claude writes in message batches, for half the price and up to a day: never, "
            "in the runs that their schedule has started, or always, by command too."
        ),
    )
    poll_seconds: float = Field(
        default=20.0,
        ge=0.01,
        le=3_600,
        description="Seconds between two looks at a batch that is under way.",
    )
    max_wait_hours: float = Field(
        default=26.0,
        gt=0,
        le=720,
        description="Hours after which the command leaves a batch; the next one goes on with it.",
    )
    run_max_wait_hours: float = Field(
        default=6.0,
        gt=0,
        le=720,
        description=(
            "Hours after its beginning at which an improvement run goes on without the batches "
            "that have not ended; the next run takes what they bring."
        ),
    )
    min_agreement: float = Field(
        default=0.6,
        ge=0,
        le=1,
        description="Metric score (0..1) from which the blind second label counts as the same.",
    )
    max_counterfactual_edit: float = Field(
        default=0.35,
        gt=0,
        le=1,
        description="Largest share of words that a counterfactual may change of its parent.",
    )
    min_evolved_edit: float = Field(
        default=0.10,
        ge=0,
        le=1,
        description="Share of words that a harder example must change, to be more than a copy.",
    )

    @field_validator("batch", mode="before")
    @classmethod
    def _switch(cls, value: Any) -> Any:
        """A switch, as it was once: on is always, off is never."""
        switch = str(value).lower()
        return {"true": "always", "false": "never"}.get(switch, value)

    def writes_in_batches(self, *, is_scheduled: bool) -> bool:
        """Whether a run has its examples written in batches.

        >>> SyntheticSettings().writes_in_batches(is_scheduled=True)
        True
        >>> SyntheticSettings().writes_in_batches(is_scheduled=False)
        False
        """
        return self.batch == "always" or (self.batch == "scheduled" and is_scheduled)
