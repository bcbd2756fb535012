"""Where Ratchet keeps its state and which defaults a team has chosen.

Values come, the later ones winning, from the defaults below, `ratchet.toml` in the working
directory (or the file that RATCHET_CONFIG names), and environment variables named
RATCHET_<SETTING>, or RATCHET_<SECTION>__<SETTING> for a setting in a table.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_settings import (
    BaseSettings,
    InitSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
)

from ratchet.configuration.agreement import disagreements
from ratchet.configuration.alerts import AlertSettings
from ratchet.configuration.backup import BackupSettings
from ratchet.configuration.bootstrap import BootstrapSettings
from ratchet.configuration.collection import CollectionSettings
from ratchet.configuration.curation import CurationSettings
from ratchet.configuration.environment import EnvironmentSource
from ratchet.configuration.files import read_settings_file
from ratchet.configuration.increments import IncrementsSettings
from ratchet.configuration.life import LifeSettings
from ratchet.configuration.metrics import MetricsSettings
from ratchet.configuration.mistakes import explain
from ratchet.configuration.monitoring import MonitoringSettings
from ratchet.configuration.optimisation import OptimisationSettings
from ratchet.configuration.quality import QualitySettings
from ratchet.configuration.synthetic import SyntheticSettings
from ratchet.configuration.upkeep import UpkeepSettings
from ratchet.errors import ConfigurationError
from ratchet.serving.places import ROUTING, SPOOL, TELEMETRY, settings_file
from ratchet.signatures import Floor, Location, raise_floor, register_location
from ratchet.signatures import get as get_signature


class OwnSignature(BaseModel):
    """A signature of the team's own; see `ratchet.signatures.Location`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    spec: str = Field(description="module:ATTRIBUTE of a SignatureSpec or a DSPy signature class.")
    metric: str = Field(default="", description="module:function, for a DSPy signature class.")
    decision: str = Field(default="", description="Boolean output at the heart of a validator.")
    min_quality: float = Field(default=70.0, ge=0, le=100, description="Quality of every example.")


class Settings(BaseSettings):
    """The effective settings of this process; paths are relative to the working directory."""

    model_config = SettingsConfigDict(
        env_prefix="RATCHET_",
        env_nested_delimiter="__",
        frozen=True,
        extra="forbid",
    )

    home: Path = Field(default=Path(".ratchet"), description="State folder.")
    database_url: str = Field(
        default="",
        description="SQLAlchemy URL of the store; empty means SQLite in the state folder.",
    )
    training_data: Path = Field(
        default=Path("training_data"), description="Folder of the dataset versions."
    )
    starter: Path | None = Field(
        default=None, description="Folder of the starter sets; empty means those of Ratchet."
    )
    runs: Path | None = Field(default=None, description="Folder of the runs.")
    programs: Path | None = Field(default=None, description="Folder of the program versions.")
    model: str = Field(
        default="",
        description=(
            "Language model, as `provider/name`; empty means Claude when ANTHROPIC_API_KEY is "
            "set and offline/in-context otherwise."
        ),
    )
    api_base: str = Field(default="", description="URL of an OpenAI-compatible endpoint.")
    log_format: Literal["text", "json"] = Field(
        default="text",
        description="Logs for people, or one JSON object a line with run, signature and stage.",
    )
    signatures: dict[str, str | OwnSignature] = Field(
        default_factory=dict,
        description="Your own signatures, by name: module:ATTRIBUTE, or a table.",
    )
    collection: CollectionSettings = CollectionSettings()
    bootstrap: BootstrapSettings = BootstrapSettings()
    optimisation: OptimisationSettings = OptimisationSettings()
    increments: IncrementsSettings = IncrementsSettings()
    quality: QualitySettings = QualitySettings()
    curation: CurationSettings = CurationSettings()
    life: LifeSettings = LifeSettings()
    synthetic: SyntheticSettings = SyntheticSettings()
    backup: BackupSettings = BackupSettings()
    upkeep: UpkeepSettings = UpkeepSettings()
    metrics: MetricsSettings = MetricsSettings()
    alerts: AlertSettings = AlertSettings()
    monitoring: MonitoringSettings = MonitoringSettings()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - ours reads lists with commas
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - pydantic's signature
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - pydantic's signature
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments win over the environment, the environment over the file."""
        in_file = InitSettingsSource(settings_cls, read_settings_file().document)
        return init_settings, EnvironmentSource(settings_cls), in_file

    @model_validator(mode="after")
    def _agrees(self) -> Self:
        found = list(disagreements(self.collection, self.bootstrap, self.optimisation))
        if found:
            raise ValueError("; ".join(found))
        return self

    @property
    def store_url(self) -> str:
        """The SQLAlchemy URL of the store."""
        return self.database_url or f"sqlite:///{self.home.absolute() / 'ratchet.db'}"

    @property
    def runs_folder(self) -> Path:
        """The folder that holds a folder for each run."""
        return (self.runs or self.home / "runs").absolute()

    @property
    def programs_folder(self) -> Path:
        """The folder that holds the program versions."""
        return (self.programs or self.home / "programs").absolute()

    @property
    def datasets_folder(self) -> Path:
        """The folder that holds the dataset versions."""
        return self.training_data.absolute()

    @property
    def routing_file(self) -> Path:
        """The routing configuration that apps read."""
        return self.home.absolute() / ROUTING

    @property
    def telemetry_folder(self) -> Path:
        """The spool into which apps of this machine write their telemetry."""
        return self.home.absolute() / TELEMETRY / SPOOL

    @property
    def cache_folder(self) -> Path:
        """The folder of what can be computed again: model calls, mined histories."""
        return (self.home / "cache").absolute()


class SettingsOfFile(Settings):
    """The settings as a document alone gives them: no file is read, and no variable."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003 - pydantic's signature
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - pydantic's signature
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - pydantic's signature
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - pydantic's signature
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The arguments only."""
        return (init_settings,)


def load_settings(**overrides: object) -> Settings:
    """Read the settings, register the user's own signatures and what all must reach.

    Raises:
        ConfigurationError: a value or a key is wrong; the message names each one.
    """
    settings = read_settings(**overrides)
    for name, given in settings.signatures.items():
        own = OwnSignature(spec=given) if isinstance(given, str) else given
        register_location(name, Location(**own.model_dump()))
    raise_floor(
        Floor(
            min_quality=settings.collection.min_quality_score,
            min_examples=settings.collection.min_examples_per_domain,
        )
    )
    return settings


def read_settings(**overrides: object) -> Settings:
    """Read the settings and do nothing with them.

    Raises:
        ConfigurationError: a value or a key is wrong; the message names each one.
    """
    try:
        return Settings(**overrides)  # type: ignore[arg-type]  # validated by pydantic
    except (ValidationError, SettingsError) as error:
        raise ConfigurationError(
            f"The settings are wrong. {'; '.join(_explained(error))}. "
            f"They come from {settings_file().path} and RATCHET_* variables."
        ) from error


def mistakes_in_settings() -> tuple[str, ...]:
    """A sentence for each mistake in the settings and in the signatures that they name.

    Raises:
        ConfigurationError: the settings file can not be read at all.
    """
    try:
        Settings()
    except (ValidationError, SettingsError) as error:
        return _explained(error)
    found = []
    for name in load_settings().signatures:
        try:
            get_signature(name)
        except ConfigurationError as error:
            found.append(str(error))
    return tuple(found)


def _explained(error: ValidationError | SettingsError) -> tuple[str, ...]:
    if isinstance(error, ValidationError):
        return explain(error, Settings)
    return (f"{error}; write the variable as JSON",)
