"""Alerts when several processes deliver at once, and when one is killed as it does."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import Any

from ratchet.alerts.delivery import deliver_due, raise_alert
from ratchet.alerts.policy import AlertPolicy
from ratchet.alerts.sending import LEASE
from ratchet.alerts.slack import SlackChannel
from ratchet.store import Store, open_store
from tests.alert_builders import DOWN, MINUTE, ScriptedChannel, an_alert
from tests.builders import NOON
from tests.slack_server import slack_server

PATIENT = AlertPolicy(storm_alerts=1000)
ALERTS = 30


def sender(url: str, slack: str, moment: datetime, *more: str) -> Any:
    """A process that has opened the store and waits for the word."""
    process = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "tests.faults.send_alerts",
            url,
            slack,
            moment.isoformat(),
            *more,
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def pile_up(store: Store, count: int) -> None:
    """Alerts that Slack did not take."""
    away = ScriptedChannel("slack", receipt=DOWN)
    for number in range(count):
        raise_alert(store, an_alert(subject=f"s{number}"), (away,), PATIENT, NOON)


def test_two_processes_that_deliver_at_once_send_each_message_once(
    store: Store, database_url: str
) -> None:
    """On SQLite and on PostgreSQL: thirty alerts, thirty messages."""
    pile_up(store, ALERTS)
    with slack_server() as slack:
        senders = [sender(database_url, slack.webhook_url, NOON + MINUTE) for _ in range(2)]
        for process in senders:
            process.stdin.write("go\n")
            process.stdin.flush()
        sent = [int(process.communicate(timeout=120)[0]) for process in senders]

    counts = Counter(slack.texts)
    assert sum(sent) == ALERTS
    assert len(counts) == ALERTS
    assert set(counts.values()) == {1}
    assert store.alerts.deliveries.outstanding() == ()


def test_what_a_killed_process_had_claimed_is_sent_by_another(tmp_path: Path) -> None:
    """After the lease, under the same key, so that a receiver could tell."""
    url = f"sqlite:///{tmp_path / 'ratchet.db'}"
    with open_store(url) as store, slack_server() as slack:
        pile_up(store, 1)
        process = sender(url, slack.webhook_url, NOON + MINUTE, "stuck")
        process.stdin.write("go\n")
        process.stdin.flush()
        assert process.stdout.readline().strip()
        process.kill()
        process.communicate(timeout=60)
        channel = SlackChannel(webhook_url=slack.webhook_url)

        at_once = deliver_due(store, (channel,), PATIENT, NOON + 2 * MINUTE)
        later = deliver_due(store, (channel,), PATIENT, NOON + MINUTE + LEASE)

    assert at_once == ()
    assert [one.delivery.status.value for one in later] == ["delivered"]
    assert len(slack.texts) == 1
