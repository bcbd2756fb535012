"""Builders of alerts, and a channel whose failures a test scripts."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from ratchet.alerts import Alert, Level
from ratchet.alerts.channel import DELIVERED, Receipt
from ratchet.alerts.message import Message, News, Notice
from tests.builders import NOON

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


def an_alert(**changes: Any) -> Alert:
    """An error about the latency of a signature."""
    fields: dict[str, Any] = {
        "kind": "latency",
        "subject": "validate_completeness",
        "level": Level.ERROR,
        "title": "Latency over its limit",
        "message": "p95 is 3,100 ms, the limit is 2,000 ms.",
        "at": NOON,
        "since": NOON - HOUR,
        "advice": "Look at the model's provider.",
        "runbook": "weekly#latency",
        "link": "http://prefect.example/runs/1",
        "details": {"p95_ms": 3100.0},
    }
    return Alert(**{**fields, **changes})


def a_message(*alerts: Alert, news: News = News.RAISED, reason: str = "") -> Message:
    """A message that tells these alerts, or one."""
    notices = tuple(
        Notice(alert_id=f"alert{number}", alert=alert, news=news)
        for number, alert in enumerate(alerts or (an_alert(),))
    )
    return Message(key="key1", notices=notices, reason=reason)


@dataclass
class ScriptedChannel:
    """Keeps what it is given, and answers with `receipt`."""

    name: str = "slack"
    is_record: bool = False
    receipt: Receipt = DELIVERED
    messages: list[Message] = field(default_factory=list)
    attempts: int = 0

    def send(self, message: Message) -> Receipt:
        self.attempts += 1
        if self.receipt.is_delivered:
            self.messages.append(message)
        return self.receipt

    @property
    def told(self) -> list[str]:
        """What was told, an entry a notice: news and kind of the alert."""
        return [
            f"{notice.news} {notice.alert.kind}"
            for message in self.messages
            for notice in message.notices
        ]


DOWN = Receipt(is_delivered=False, problem="503 away")
REFUSED = Receipt(is_delivered=False, problem="invalid_auth", is_refused=True)
