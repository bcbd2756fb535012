"""Where the stages of a run find the store, the folders and the language model."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

from ratchet.files import write_text
from ratchet.settings import Settings

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
    taken over.
    """

    store_url: str = field(repr=False)
    datasets: Path
    programs: Path
    cache: Path
    routing: Path
    telemetry: Path
    identity: str = ""
    model: ModelConnection = field(default_factory=ModelConnection)
    git_token: str | None = field(default=None, repr=False)

    @classmethod
    def of(cls, settings: Settings, *, model: str = "") -> Workspace:
        """The workspace that the settings describe; `model` wins over theirs."""
        return cls(
            store_url=settings.store_url,
            datasets=settings.datasets_folder,
            programs=settings.programs_folder,
            cache=settings.cache_folder,
            routing=settings.routing_file,
            telemetry=settings.telemetry_folder,
            identity=_identity(settings.home),
            model=ModelConnection(name=model or settings.model, api_base=settings.api_base or None),
        )


def _identity(home: Path) -> str:
    path = home.absolute() / IDENTITY_FILE
    if not path.is_file():
        write_text(path, uuid4().hex)
    return path.read_text(encoding="utf-8")
