"""What comes to be delivered: read whatever it is, and given a desk whatever the settings are.

An alert that is not understood, or settings that are wrong, must not swallow the alert.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from ratchet.alerts.alert import Alert, Level, plain_json
from ratchet.alerts.desk import SETTINGS, AlertDesk
from ratchet.configuration.alerts import AlertSettings
from ratchet.errors import ConfigurationError, InputError

if TYPE_CHECKING:
    from ratchet.settings import Settings

logger = logging.getLogger(__name__)

UNREADABLE = "unreadable-alert"
SHOWN_CHARS = 500
BLOCKS = "blocks"


def alert_of_document(document: Mapping[str, Any], *, now: datetime) -> Alert:
    """The alert that a document describes; one about the document, when it describes none."""
    try:
        return Alert.from_json(document)
    except InputError as error:
        shown = json.dumps(plain_json(document), ensure_ascii=False)[:SHOWN_CHARS]
        return Alert(
            kind=UNREADABLE,
            level=Level.WARNING,
            title="An alert could not be read",
            message=f"{error} It said: {shown}",
            at=now,
            advice="Look at the automation or the caller that sent it, and mend its parameters.",
            runbook="emergencies#alerts-do-not-arrive",
            details={"document": plain_json(document)},
        )


def desk_of(completed: Callable[[Settings], Settings] = lambda given: given) -> AlertDesk:
    """The desk of this installation.

    Args:
        completed: Puts what blocks say in place of the settings. When it fails, the settings
            alone hold, and that is told as an alert of its own.
    """
    from ratchet.serving.places import state_folder
    from ratchet.settings import read_settings

    try:
        settings = read_settings()
    except ConfigurationError as error:
        desk = AlertDesk.of(AlertSettings(), home=state_folder(), store_url="")
        return _with_problem(desk, SETTINGS, str(error))
    try:
        return _desk(completed(settings))
    except ConfigurationError as error:
        return _with_problem(_desk(settings), BLOCKS, str(error))
    except Exception as error:  # noqa: BLE001 - its text may hold what a block keeps secret
        said = f"{type(error).__name__} while reading them"
        return _with_problem(_desk(settings), BLOCKS, said)


def _desk(settings: Settings) -> AlertDesk:
    return AlertDesk.of(
        settings.alerts, home=settings.home.absolute(), store_url=settings.store_url
    )


def _with_problem(desk: AlertDesk, name: str, problem: str) -> AlertDesk:
    logger.error("Alerts are delivered without the %s: %s", name, problem)
    problems = {**desk.channels.problems, name: problem}
    return replace(desk, channels=replace(desk.channels, problems=problems))
