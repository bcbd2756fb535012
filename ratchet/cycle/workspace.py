"""Where the stages of a run find the store, the folders and the language model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

from ratchet.backup.journal import refuse_half_restored
from ratchet.configuration.optimisation import OptimisationSettings
from ratchet.configuration.quality import QualitySettings
from ratchet.curation.admission import Admission
from ratchet.files import write_text
from ratchet.settings import Settings
from ratchet.splits import DEFAULT_SHARES, Side

IDENTITY_FILE = "identity"


@dataclass(frozen=True, kw_only=True)
class ModelConnection:
    """Which language model answers, where, and with which key; an empty name is the default."""

    name: str = ""
    api_base: str | None = None
    api_key: str | None = field(default=None, repr=False)


@dataclass(frozen=True, kw_only=True)
class Workspace:
    """The places and connections of one installation, already resolved.

    `identity` is new when the state folder is: what was computed for another one is not
    taken over. `shares` are those of the sides of a dataset. Examples with a quality below
    `reject_below` (0..100) are refused; `admission` says which go into datasets.
    """

    store_url: str = field(repr=False)
    datasets: Path
    programs: Path
    cache: Path
    routing: Path
    telemetry: Path
    identity: str = ""
    shares: Mapping[Side, float] = field(default_factory=lambda: DEFAULT_SHARES)
    reject_below: float = field(default_factory=lambda: QualitySettings().reject_below)
    admission: Admission = field(default_factory=Admission)
    model: ModelConnection = field(default_factory=ModelConnection)
    git_token: str | None = field(default=None, repr=False)

    @classmethod
    def of(cls, settings: Settings, *, model: str = "") -> Workspace:
        """The workspace that the settings describe; `model` wins over theirs.

        Raises:
            StoreError: a restore of a backup has not ended.
        """
        refuse_half_restored(settings.home)
        return cls(
            store_url=settings.store_url,
            datasets=settings.datasets_folder,
            programs=settings.programs_folder,
            cache=settings.cache_folder,
            routing=settings.routing_file,
            telemetry=settings.telemetry_folder,
            identity=_identity(settings.home),
            shares=split_shares(settings.optimisation),
            reject_below=settings.quality.reject_below,
            admission=Admission.of(settings),
            model=ModelConnection(name=model or settings.model, api_base=settings.api_base or None),
        )


def split_shares(optimisation: OptimisationSettings) -> Mapping[Side, float]:
    """The shares of the sides of a dataset, as they are configured."""
    return {
        Side.TRAIN: round(optimisation.train_split, 9),
        Side.VALIDATION: optimisation.validation_split,
        Side.TEST: optimisation.test_split,
    }


def _identity(home: Path) -> str:
    path = home.absolute() / IDENTITY_FILE
    if not path.is_file():
        write_text(path, uuid4().hex)
    return path.read_text(encoding="utf-8")
