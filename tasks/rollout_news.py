"""Makes the steps of a rollout known in Prefect: events, alerts, a progress bar, a stage table.

All of it is best effort: a Prefect server that does not answer costs a log line, never a tick.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from prefect.artifacts import (
    create_markdown_artifact,
    create_progress_artifact,
    create_table_artifact,
    update_progress_artifact,
)
from prefect.events import emit_event
from prefect.settings import PREFECT_CLIENT_MAX_RETRIES, temporary_settings

from ratchet.control import (
    Announcement,
    Clock,
    Tick,
    announcements_of,
    decision_log,
    held,
    progress_percent,
    stage_rows,
)
from ratchet.control.step_alerts import alert_of_step
from ratchet.rollout import Action
from ratchet.store import RolloutRecord, Store
from tasks.alert import emit_alert
from tasks.artifacts import artifact_key
from tasks.events import require_server, wait_until_sent

SILENCE_SECONDS = 60.0  # after a failure, before the server is asked again
RESOURCE = "ratchet.rollout"

RunLogger = logging.Logger | logging.LoggerAdapter[Any]


class RolloutNews:
    """Tells the Prefect server what is new of one rollout, at the ticks that bring news."""

    def __init__(self, store: Store, clock: Clock, logger: RunLogger) -> None:
        self._store = store
        self._clock = clock
        self._logger = logger
        self._bar: UUID | None = None
        self._silent_until = 0.0

    def __call__(self, record: RolloutRecord, tick: Tick | None) -> None:
        """Publish what was not yet, when there is any; a failure is logged."""
        steps = announcements_of(record)
        if tick is not None and tick.is_news and tick.decision.action is Action.HOLD:
            steps = (*steps, held(record, tick.decision))
        is_first = tick is None
        if not (steps or is_first) or time.monotonic() < self._silent_until:
            return
        try:
            with temporary_settings({PREFECT_CLIENT_MAX_RETRIES: 1}):
                require_server()
                self._announce(record, steps)
                self._show(record, now=self._clock.now())
        except Exception as error:  # noqa: BLE001 - news must not stop the rollout
            self._silent_until = time.monotonic() + SILENCE_SECONDS
            self._logger.warning(
                "The news of %s were not published (%s); the next try is in %g seconds",
                record.experiment_id,
                error or type(error).__name__,
                SILENCE_SECONDS,
            )

    def _show(self, record: RolloutRecord, *, now: datetime) -> None:
        share = progress_percent(record, now=now)
        if self._bar is None:
            created = create_progress_artifact(
                share,
                key=artifact_key(record.experiment_id, "rollout-progress"),
                description=f"Rolling out {record.candidate_version}",
            )
            self._bar = cast("UUID", created)
        else:
            update_progress_artifact(self._bar, progress=share)
        figures = self._store.outcomes.statistics(record.experiment_id, record.state.policy.stages)
        create_table_artifact(
            stage_rows(record, figures, now=now),
            key=artifact_key(record.experiment_id, "rollout-stages"),
            description=f"{record.state.signature}: {record.state.status.value}",
        )

    def _announce(self, record: RolloutRecord, steps: Iterable[Announcement]) -> None:
        """Emit; what was sent is marked, so that it is sent again only after a kill in between."""
        told = record.announced
        for step in steps:
            emit(step)
            if (alert := alert_of_step(record, step)) is not None:
                emit_alert(alert)
            self._logger.info("%s: %s", step.event, step.payload["reason"])
            told = max(told, step.number)
        wait_until_sent()
        if told > record.announced:
            self._store.rollouts.mark_announced(
                record.experiment_id, before=record.announced, after=told
            )


def emit(step: Announcement) -> None:
    """Hand an event to Prefect; repeated, it has the same id and the server keeps one."""
    emit_event(
        event=step.event,
        resource={
            "prefect.resource.id": f"{RESOURCE}.{step.experiment_id}",
            "prefect.resource.name": step.experiment_id,
            "ratchet.signature": str(step.payload["signature"]),
        },
        payload=step.payload,
        id=step.event_id,
    )


def publish_log(record: RolloutRecord, logger: RunLogger) -> None:
    """The decision log as an artifact; a failure is logged."""
    try:
        with temporary_settings({PREFECT_CLIENT_MAX_RETRIES: 1}):
            require_server()
            create_markdown_artifact(
                decision_log(record),
                key=artifact_key(record.experiment_id, "rollout-decisions"),
                description=f"{record.experiment_id}: {record.state.status.value}",
            )
    except Exception as error:  # noqa: BLE001 - the log is in SQL; this is a copy of it
        logger.warning("The decision log was not published: %s", error)
