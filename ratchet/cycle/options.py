"""What a person can choose about an improvement run; one definition for everyone who asks."""

from __future__ import annotations

from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from ratchet import signatures
from ratchet.collect.git_history import MiningOptions
from ratchet.collect.git_history.options import MAX_SINCE_DAYS
from ratchet.errors import ConfigurationError
from ratchet.optimize.meter import Budget
from ratchet.optimize.search import OptimizerKind, OptimizerOptions
from ratchet.optimize.verdict import PromotionPolicy
from ratchet.settings import Settings

TIME_WITH_EVALUATION = 1.25  # of the optimisation's limit; then the model is asked no more
OptimizerChoice = Literal["auto", "mipro", "bootstrap", "gepa", "simba"]


class ImprovementOptions(BaseModel):
    """The options of one improvement run."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    repositories: tuple[str, ...] = Field(
        default=(".",), description="Git repositories to mine, as paths."
    )
    signatures: tuple[str, ...] = Field(
        default=(), description="Signatures to improve; empty means all but those on request."
    )
    since_days: int = Field(
        default=90,
        ge=1,
        le=MAX_SINCE_DAYS,
        description="How many days of history and telemetry to look at.",
    )
    git_target: int = Field(
        default=30, ge=0, description="Examples wanted from git, for each signature."
    )
    synthetic_target: int = Field(
        default=20, ge=0, description="Synthetic examples wanted, for each signature."
    )
    batch: bool | None = Field(
        default=None,
        description=(
            "Have Claude write synthetic examples in message batches: half the price, and the run "
            "waits. Not given, synthetic.batch of the settings says when."
        ),
    )
    telemetry_target: int = Field(
        default=30,
        ge=0,
        description="Examples wanted from production telemetry, for each signature; 0 for none.",
    )
    stored_target: int = Field(
        default=100,
        ge=0,
        description=(
            "At most so many accepted examples of the store (imported, captured, curated) that "
            "the latest version lacks are taken up, for each signature; 0 for none."
        ),
    )
    starter: bool = Field(
        default=True,
        description="Lay the starter set under a dataset with few examples of one's own.",
    )
    trials: int = Field(default=50, ge=1, le=1000, description="Trials of MIPROv2.")
    optimizer: OptimizerChoice = Field(
        default="auto",
        description="auto takes BootstrapFewShot from 10 examples and MIPROv2 from 50.",
    )
    min_improvement: float = Field(
        default=0.05,
        ge=0,
        le=10,
        description="Gain a candidate must reach, relative to the baseline's score (0.05 is 5 %).",
    )
    strict: bool = Field(
        default=True, description="Refuse a whole set that misses a gate, instead of warning."
    )
    model: str = Field(
        default="", description="Language model as provider/name; empty means the configured one."
    )
    seed: int = Field(default=1, ge=1, description="Seed of every random choice.")
    duplicate_threshold: float = Field(
        default=0.90,
        ge=0.5,
        le=1.0,
        description="Similarity of inputs (0..1) from which an example is a duplicate.",
    )
    max_cost_usd: float | None = Field(
        default=None, gt=0, description="Stop a signature's optimisation at this cost."
    )
    max_seconds: float = Field(
        default=7200, gt=0, description="Stop a signature's optimisation after this time."
    )

    @field_validator("signatures")
    @classmethod
    def _known(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        for name in names:
            signatures.get(name)
        return tuple(dict.fromkeys(names))

    @classmethod
    def of(cls, **values: Any) -> Self:
        """Build options and explain in one line what is wrong with them.

        Raises:
            ConfigurationError: a value is out of range or of the wrong type.
        """
        try:
            return cls(**values)
        except ValidationError as error:
            details = "; ".join(
                f"--{'-'.join(str(part) for part in problem['loc']).replace('_', '-')}: "
                f"{problem['msg']} (given: {problem['input']!r})"
                for problem in error.errors()
            )
            raise ConfigurationError(details) from error

    def completed_by(self, settings: Settings, *, is_scheduled: bool = False) -> Self:
        """The same options, with what nobody has chosen as the settings say.

        `is_scheduled` says that the run was started by its schedule and not by a person.
        """
        collection, optimisation = settings.collection, settings.optimisation
        configured = {
            "repositories": collection.repositories,
            "since_days": collection.since_days,
            "git_target": collection.git_target,
            "synthetic_target": collection.synthetic_target,
            "batch": settings.synthetic.writes_in_batches(is_scheduled=is_scheduled),
            "telemetry_target": collection.telemetry_target,
            "stored_target": collection.stored_target,
            "duplicate_threshold": collection.duplicate_threshold,
            "trials": optimisation.trials,
            "optimizer": optimisation.optimizer,
            "min_improvement": optimisation.min_improvement,
            "max_cost_usd": optimisation.max_cost_usd,
            "max_seconds": optimisation.timeout_seconds,
        }
        unset = {"batch"} if self.batch is None else set()
        chosen = {name: getattr(self, name) for name in self.model_fields_set - unset}
        return type(self)(**{**configured, **chosen})

    def mining(self) -> MiningOptions:
        """How git histories are mined."""
        return MiningOptions(since_days=self.since_days)

    def optimizing(self, *, dataset_size: int) -> OptimizerOptions:
        """How a program is optimised on a dataset of so many examples."""
        return OptimizerOptions(
            kind=OptimizerKind(self.optimizer),
            trials=self.trials,
            seed=self.seed,
            max_seconds=self.max_seconds,
            dataset_size=dataset_size,
        )

    def promotion(self) -> PromotionPolicy:
        """When a candidate may replace its baseline."""
        return PromotionPolicy(min_improvement=self.min_improvement)

    def budget(self) -> Budget:
        """What one signature may spend."""
        return Budget(
            max_cost_usd=self.max_cost_usd, max_seconds=self.max_seconds * TIME_WITH_EVALUATION
        )

    @property
    def signature_names(self) -> tuple[str, ...]:
        """The signatures this run improves."""
        return self.signatures or signatures.default_names()
