"""A test of the channels: one harmless alert through each, and how each of them took it."""

from __future__ import annotations

import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from ratchet.alerts.alert import Alert, Level
from ratchet.alerts.channel import Receipt, not_delivered
from ratchet.alerts.channels import Channels
from ratchet.alerts.message import Message, Notice
from ratchet.alerts.sending import attempt
from ratchet.errors import InputError

ID_DIGITS = 12


@dataclass(frozen=True, kw_only=True)
class TrialResult:
    """How a channel took the test, and how long that took."""

    channel: str
    receipt: Receipt
    seconds: float = 0.0


def try_channels(
    channels: Channels, wanted: Sequence[str], *, now: datetime
) -> tuple[TrialResult, ...]:
    """Send a test alert through each of `wanted`, or through all that are switched on.

    Raises:
        InputError: one of `wanted` is not switched on.
    """
    ready = {channel.name: channel for channel in channels.ready}
    names = tuple(dict.fromkeys(wanted)) or (*ready, *channels.problems)
    for name in names:
        if name not in ready and name not in channels.problems:
            known = ", ".join((*ready, *channels.problems)) or "none"
            raise InputError(
                f"There is no channel {name!r} that is switched on. Switched on: {known}. "
                "The settings are alerts.email_enabled, slack_enabled, webhook_enabled, "
                "file_alerts_enabled and log_enabled."
            )
    message = _message(now)
    results = []
    for name in names:
        if name in channels.problems:
            receipt = not_delivered(channels.problems[name], is_refused=True)
            results.append(TrialResult(channel=name, receipt=receipt))
            continue
        began = time.monotonic()
        receipt = attempt(ready[name], message)
        seconds = time.monotonic() - began
        results.append(TrialResult(channel=name, receipt=receipt, seconds=seconds))
    return tuple(results)


def _message(now: datetime) -> Message:
    number = uuid.uuid4().hex[:ID_DIGITS]
    alert = Alert(
        kind="test",
        level=Level.INFO,
        title="Test of the alerts",
        message="This is a test: alerts of Ratchet reach you by this channel.",
        at=now,
        advice="Nothing is to be done.",
        runbook="weekly#alerts",
        details={"sent_by": "ratchet alerts test"},
    )
    return Message(key=number, notices=(Notice(alert_id=number, alert=alert),))
