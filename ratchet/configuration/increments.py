"""`[increments]`: how much new data, or what drop in quality, starts an optimisation again."""

from __future__ import annotations

from pydantic import Field

from ratchet.configuration.section import Section


class IncrementsSettings(Section):
    """The triggers of another optimisation; each of them alone is enough."""

    min_new_examples: int = Field(
        default=25,
        ge=1,
        le=1_000_000,
        description="New usable examples since the last optimised dataset version.",
    )
    min_growth_share: float = Field(
        default=0.20,
        gt=0,
        le=100,
        description=(
            "New usable examples as a share of the last optimised version (0.2 is a fifth); "
            "counts from a tenth of min_new_examples on."
        ),
    )
    production_quality_drop: float = Field(
        default=0.05,
        gt=0,
        le=1,
        description="Drop of the mean production quality (0..1) since the last optimisation.",
        json_schema_extra={"unit": "quality, 0..1"},
    )
    min_judged_requests: int = Field(
        default=30,
        ge=5,
        le=1_000_000,
        description="Judged production requests, before and after, without which no drop counts.",
    )
    dataset_quality_drop: float = Field(
        default=0.10,
        gt=0,
        le=1,
        description="Drop of a dataset's mean quality, relative to the last optimised version.",
        json_schema_extra={"unit": "share"},
    )
    min_hours_between: float = Field(
        default=24.0,
        ge=0,
        le=8760,
        description="Hours after the last optimisation in which no trigger counts.",
    )
    forecast_examples: int = Field(
        default=200,
        ge=1,
        le=1_000_000,
        description="Further examples that a forecast of the learning curve is made for.",
    )
    plateau_points: float = Field(
        default=1.0,
        gt=0,
        le=100,
        description="Forecast gain in points (hundredths of a score) below which it is a plateau.",
    )
