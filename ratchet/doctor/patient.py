"""What the doctor looks at: the settings, the store, the server, the clock."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from pathlib import Path

from ratchet.errors import RatchetError
from ratchet.orchestration.address import server_address
from ratchet.orchestration.api import Answer, PrefectApi
from ratchet.orchestration.deployments import DeploymentRecord, Deployments
from ratchet.settings import Settings
from ratchet.store import Store, open_store
from ratchet.store.engine import parse_url

SERVER_SECONDS = 5.0


class NotThereError(RatchetError):
    """What a check needs is not there, which is another check's finding."""


@dataclass(frozen=True, kw_only=True)
class Patient:
    """One installation. Looking at it changes nothing: no folder is made, nothing migrated.

    `mistakes` are those of the settings; `settings` are then the defaults, and the checks
    that need others are skipped. `clock` says the time.
    """

    settings: Settings
    clock: Callable[[], datetime]
    environ: Mapping[str, str] = field(repr=False)
    mistakes: tuple[str, ...] = ()

    @property
    def now(self) -> datetime:
        return self.clock()

    @property
    def home(self) -> Path:
        """The state folder."""
        return self.settings.home.absolute()

    @cached_property
    def api(self) -> PrefectApi:
        """The Prefect server that this machine would use."""
        return PrefectApi(server_address(self.environ), seconds=SERVER_SECONDS)

    @cached_property
    def hello(self) -> Answer:
        """The answer of the server when it is asked whether it is there.

        Raises:
            OrchestratorError: it does not answer, or refuses.
        """
        return self.api.ask("GET", "/health")

    @cached_property
    def deployments(self) -> tuple[DeploymentRecord, ...]:
        """Those of Ratchet on the server.

        Raises:
            NotThereError: the server does not answer.
        """
        self.require_server()
        return Deployments(self.api).list()

    def require_server(self) -> None:
        """Go on only when the server answers.

        Raises:
            NotThereError: it does not.
        """
        try:
            _ = self.hello
        except RatchetError as error:
            raise NotThereError("the Prefect server does not answer") from error

    @contextmanager
    def store(self) -> Iterator[Store]:
        """The store, as it is.

        Raises:
            NotThereError: there is none yet, or it can not be opened.
        """
        url = parse_url(self.settings.store_url)
        if url.get_backend_name() == "sqlite" and not Path(str(url.database)).exists():
            raise NotThereError("there is no store yet")
        try:
            opened = open_store(self.settings.store_url, migrate=False)
        except RatchetError as error:
            raise NotThereError("the store can not be opened") from error
        with opened:
            yield opened
