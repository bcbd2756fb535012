"""The health of one installation: all checks, or some of them, each made of its own facts."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from ratchet.alerts import Alert, Level
from ratchet.configuration.monitoring import MonitoringSettings
from ratchet.datasets import DatasetFolder
from ratchet.errors import ConfigurationError, RatchetError, StoreError
from ratchet.monitoring import costs, datasets, machine, outlook, production, rollouts, runs
from ratchet.monitoring.check import Check, State, worst
from ratchet.monitoring.production import ProductionFacts
from ratchet.store import Store, open_store

logger = logging.getLogger(__name__)

NAMES = (
    *(runs.NAME, rollouts.NAME, datasets.NAME),
    *(production.NAME, costs.NAME, outlook.NAME, machine.NAME),
)
CHECK_FAILED = "check-failed"
FORECASTS = 1_000  # the newest


@dataclass(frozen=True, kw_only=True)
class Places:
    """Where the checks look: the store, the dataset versions, the spool, the state folder."""

    store_url: str = field(repr=False)
    datasets: Path
    telemetry: Path
    home: Path


@dataclass(frozen=True, kw_only=True)
class Health:
    """What the checks found at one time.

    `is_blind` says that the database could not be read, so that most checks are missing.
    """

    at: datetime
    checks: tuple[Check, ...]
    is_blind: bool = False

    @property
    def state(self) -> State:
        """The worst state of all checks."""
        return worst(check.state for check in self.checks)

    @property
    def alerts(self) -> tuple[Alert, ...]:
        """The alerts of all checks, the gravest first."""
        found = [alert for check in self.checks for alert in check.alerts]
        return tuple(sorted(found, key=lambda alert: -alert.level.rank))

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds of alerts whose condition was looked for."""
        return tuple(kind for check in self.checks for kind in check.kinds)

    @property
    def headline(self) -> str:
        """The state and how many alerts there are, in a line."""
        count = len(self.alerts)
        said = "nothing to tell" if not count else f"{count} alert" + "s" * (count > 1)
        return f"{self.state.value}: {said} from {len(self.checks)} checks"

    def check(self, name: str) -> Check | None:
        """The check of that name, if it was made."""
        return next((check for check in self.checks if check.name == name), None)

    def to_json(self) -> dict[str, Any]:
        """The form of `ratchet monitor check-all --json`."""
        return {
            "timestamp": self.at.isoformat(),
            "state": self.state.value,
            "checks": [check.to_json() for check in self.checks],
        }


def look_at_health(
    places: Places,
    settings: MonitoringSettings,
    *,
    now: datetime,
    names: Sequence[str] = NAMES,
    signature: str | None = None,
) -> Health:
    """Make the named checks; a check that breaks is an alert and stops no other.

    With a `signature`, only its datasets are looked at, and nothing is taken to be over. A
    database that can not be read is an alert of the level critical.
    """
    try:
        store = open_store(places.store_url)
    except (StoreError, ConfigurationError) as error:
        return Health(at=now, checks=(_blind(places, settings, str(error), now),), is_blind=True)
    with store:
        look = _Look(store, places, settings, now, signature)
        found = tuple(_guarded(name, look.checks()[name], now) for name in names)
    if signature is not None:
        found = tuple(replace(check, kinds=()) for check in found)
    return Health(at=now, checks=found)


class _Look:
    """One look at a store; what two checks need is read once."""

    def __init__(
        self,
        store: Store,
        places: Places,
        settings: MonitoringSettings,
        now: datetime,
        signature: str | None,
    ) -> None:
        self._store = store
        self._places = places
        self._settings = settings
        self._now = now
        self._signature = signature
        self._production: ProductionFacts | None = None

    def checks(self) -> dict[str, Callable[[], Check]]:
        """How each check is made."""
        return {
            runs.NAME: self._runs,
            rollouts.NAME: self._rollouts,
            datasets.NAME: self._datasets,
            production.NAME: self._check_production,
            costs.NAME: self._costs,
            outlook.NAME: self._forecasts,
            machine.NAME: self._machine,
        }

    def _runs(self) -> Check:
        facts = runs.read_runs(self._store.monitoring)
        return runs.check_runs(facts, self._settings, now=self._now)

    def _rollouts(self) -> Check:
        facts = rollouts.read_rollouts(self._store.monitoring, self._settings, now=self._now)
        return rollouts.check_rollouts(facts, self._settings, now=self._now)

    def _datasets(self) -> Check:
        wanted = () if self._signature is None else (self._signature,)
        facts = datasets.read_datasets(DatasetFolder(self._places.datasets), wanted)
        pool = self._store.monitoring.pool()
        return datasets.check_datasets(facts, pool, self._settings, now=self._now)

    def _check_production(self) -> Check:
        return production.check_production(self._slots(), self._settings, now=self._now)

    def _costs(self) -> Check:
        spent = costs.read_costs(self._store.monitoring, now=self._now)
        return costs.check_costs(spent, self._slots(), self._settings, now=self._now)

    def _forecasts(self) -> Check:
        return outlook.check_forecasts(self._store.forecasts.list(limit=FORECASTS))

    def _machine(self) -> Check:
        facts = machine.MachineFacts(
            disks=_disks(self._places),
            backlog=machine.read_backlog(self._store, self._places.telemetry),
            database_bytes=self._store.monitoring.database_bytes(),
        )
        return machine.check_machine(facts, self._settings, now=self._now)

    def _slots(self) -> ProductionFacts:
        if self._production is None:
            self._production = production.read_production(
                self._store.monitoring, self._settings, now=self._now
            )
        return self._production


def _guarded(name: str, make: Callable[[], Check], now: datetime) -> Check:
    try:
        return make()
    except RatchetError as error:
        return _broken(name, str(error), now)
    except Exception as error:
        logger.exception("The check %s broke", name)
        return _broken(name, f"{type(error).__name__}: {error}", now)


def _broken(name: str, problem: str, now: datetime) -> Check:
    alert = Alert(
        kind=CHECK_FAILED,
        subject=name,
        level=Level.ERROR,
        title="A Check Could Not Be Made",
        message=f"The check of {name} broke, and nobody looks at them: {problem}",
        at=now,
        advice="`ratchet doctor` looks for damaged state; a backup has what it was.",
        runbook="emergencies#damaged-state",
        details={"check": name, "problem": problem},
    )
    return Check(name=name, headline=f"Could not be made: {problem}", alerts=(alert,))


def _blind(places: Places, settings: MonitoringSettings, problem: str, now: datetime) -> Check:
    facts = machine.MachineFacts(disks=_disks(places), database_problem=problem)
    return machine.check_machine(facts, settings, now=now)


def _disks(places: Places) -> tuple[machine.DiskFact, ...]:
    return machine.read_disks((places.home.absolute(), places.datasets.absolute()))
