"""`[life]`: how long training data, dataset versions and caches are kept, and how many."""

from __future__ import annotations

from pydantic import Field

from ratchet.configuration.section import Section


class LifeSettings(Section):
    """When examples leave, when versions are archived, when cached answers are thrown away."""

    max_age_days: int = Field(
        default=730,
        ge=1,
        le=20_000,
        description="Days in the store after which an example is outdated.",
    )
    refused_max_age_days: int = Field(
        default=90,
        ge=1,
        le=20_000,
        description="Days after which a rejected or quarantined example leaves.",
    )
    min_quality: float = Field(
        default=40.0,
        ge=0,
        le=100,
        description="Quality (0..100) below which a settled example leaves.",
    )
    settling_days: int = Field(
        default=30,
        ge=0,
        le=3_650,
        description="Days in the store before the quality of an example counts against it.",
    )
    max_examples_per_signature: int = Field(
        default=50_000,
        ge=10,
        le=10_000_000,
        description="Examples of one signature above which the worst leave first.",
    )
    min_examples_per_cell: int = Field(
        default=3,
        ge=0,
        le=10_000,
        description="Examples of a category and difficulty that age and quality leave standing.",
    )
    balance_tolerance: float = Field(
        default=0.10,
        ge=0,
        le=1,
        description="How far the cap may push a category and difficulty below its share (0.1 is a "
        "tenth of it).",
    )
    stale_source_days: int = Field(
        default=45,
        ge=1,
        le=3_650,
        description="Days without a new example after which a source is called stale.",
    )
    trend_versions: int = Field(
        default=10, ge=2, le=1_000, description="Dataset versions that the quality trend shows."
    )
    archive_after_days: int = Field(
        default=90, ge=1, le=20_000, description="Days after which a dataset version is archived."
    )
    keep_versions: int = Field(
        default=3, ge=1, le=1_000, description="Newest dataset versions that are never archived."
    )
    cache_max_age_days: int = Field(
        default=30,
        ge=1,
        le=3_650,
        description="Days without use after which cached answers of a model are thrown away.",
    )
    cache_max_megabytes: int = Field(
        default=2_048,
        ge=1,
        le=10_000_000,
        description="Size of all cached answers above which the longest unused go.",
    )
    cache_grace_hours: float = Field(
        default=24.0,
        ge=0,
        le=720,
        description="Hours after its last use in which no cache is thrown away: a run may need it.",
    )
