"""The store: one open database with a shelf for every kind of record."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from types import TracebackType
from typing import Self

from ratchet.store.ablations import AblationStore
from ratchet.store.alerts import AlertStore
from ratchet.store.audit import AuditTrail
from ratchet.store.curators import CuratorStore
from ratchet.store.dimension_scores import DimensionScoreStore
from ratchet.store.engine import Database, connect
from ratchet.store.evaluations import EvaluationStore
from ratchet.store.examples import ExampleStore
from ratchet.store.forecasts import ForecastStore
from ratchet.store.migrate import ensure_schema
from ratchet.store.monitoring import MonitoringStore
from ratchet.store.outcome_statistics import OutcomeStore
from ratchet.store.payloads import PayloadStore
from ratchet.store.programs import ProgramStore
from ratchet.store.removals import RemovalStore
from ratchet.store.reviews import ReviewStore
from ratchet.store.rollouts import RolloutStore
from ratchet.store.runs import RunStore
from ratchet.store.telemetry import TelemetryStore


def utc_now() -> datetime:
    """The time, in UTC."""
    return datetime.now(UTC)


class Store:
    """Everything Ratchet remembers. Get one from `open_store`; close it, or use `with`.

    Safe to share between threads. A process started by fork opens its own.
    """

    def __init__(self, database: Database, *, clock: Callable[[], datetime]) -> None:
        self.database = database
        self.examples = ExampleStore(database, clock)
        self.curators = CuratorStore(database)
        self.reviews = ReviewStore(database)
        self.dimension_scores = DimensionScoreStore(database)
        self.programs = ProgramStore(database, clock)
        self.evaluations = EvaluationStore(database)
        self.forecasts = ForecastStore(database)
        self.ablations = AblationStore(database)
        self.runs = RunStore(database)
        self.rollouts = RolloutStore(database)
        self.telemetry = TelemetryStore(database)
        self.outcomes = OutcomeStore(database)
        self.payloads = PayloadStore(database)
        self.audit = AuditTrail(database)
        self.monitoring = MonitoringStore(database)
        self.alerts = AlertStore(database)
        self.removals = RemovalStore(database)

    def close(self) -> None:
        """Give back every connection."""
        self.database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


def open_store(url: str, *, migrate: bool = True, clock: Callable[[], datetime] = utc_now) -> Store:
    """Open the store at `url`, making and upgrading it as needed.

    Args:
        url: `sqlite:///relative/path.db`, `sqlite:////absolute/path.db`, or
            `postgresql://user:password@host/name` (`postgres://` works too).
        migrate: bring an older schema up to date; without it, an older one is refused.
        clock: says when an example was added.

    Raises:
        ConfigurationError: the URL can not be read.
        StoreError: the database can not be reached, opened or upgraded; the message says
            why and what to do.
    """
    database = connect(url)
    try:
        ensure_schema(database, migrate=migrate)
    except BaseException:
        database.close()
        raise
    return Store(database, clock=clock)
