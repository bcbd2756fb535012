"""Delivers what is due to Slack, as a process of its own: `send_alerts.py URL SLACK TIME`.

With a fourth argument it waits, at the moment at which it has claimed a message and would send
it, for ever: to be killed there.
"""

from __future__ import annotations

import sys
import threading
from dataclasses import dataclass
from datetime import datetime

from ratchet.alerts.channel import Channel, Receipt
from ratchet.alerts.delivery import deliver_due
from ratchet.alerts.message import Message
from ratchet.alerts.policy import AlertPolicy
from ratchet.alerts.slack import SlackChannel
from ratchet.store import open_store


@dataclass
class Stuck:
    """A Slack that says that it was asked, and never comes back."""

    name: str = "slack"
    is_record: bool = False

    def send(self, message: Message) -> Receipt:
        sys.stdout.write(f"{message.key}\n")
        sys.stdout.flush()
        threading.Event().wait()
        raise AssertionError("nobody sets the event")


def main(url: str, slack: str, moment: str, *stuck: str) -> None:
    """Deliver, and say how many messages were sent."""
    channel: Channel = Stuck() if stuck else SlackChannel(webhook_url=slack, timeout_seconds=10)
    policy = AlertPolicy(storm_alerts=1000)
    with open_store(url) as store:
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        sys.stdin.readline()
        attempts = deliver_due(store, (channel,), policy, datetime.fromisoformat(moment))
    sys.stdout.write(f"{len(attempts)}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
