"""From a rollback decision to the message in Slack and in the mailbox, on the local stack.

Starts the whole system (server, worker, deployments, automations) with a Slack-shaped server
and an SMTP server on loopback. Each round announces a rollback as the rollout's flow does at
its decision, and waits until both messages have arrived: event, automation, flow run of
send-alert in a process of its own, delivery.

    python -m benchmarks.alert_latency [--rounds 5]
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

os.environ["PREFECT_LOGGING_LEVEL"] = "ERROR"

from prefect.settings import PREFECT_API_URL, temporary_settings

from ratchet.alerts import Alert, Level
from tasks.alert import announce_alert
from tests.local_system import RunningSystem, running_system, wait_for

LONGEST_SECONDS = 300


def rollback(experiment_id: str) -> Alert:
    """The alert of a candidate that was rolled back just now."""
    return Alert(
        kind="rollout-rolled-back",
        level=Level.ERROR,
        title="A/B Test Rolled Back",
        message=f"{experiment_id}: error rate 26.4 points above the baseline's (limit 5)",
        at=datetime.now(UTC),
        subject=experiment_id,
        details={"experiment_id": experiment_id, "final_traffic_percent": 10},
    )


def seconds_until_told(running: RunningSystem, experiment_id: str) -> tuple[float, float]:
    """Seconds until Slack, and until the mailbox, had the message."""
    started = time.perf_counter()
    assert announce_alert(rollback(experiment_id))
    arrived: dict[str, float] = {}

    def both() -> bool:
        waited = time.perf_counter() - started
        if any(experiment_id in str(post.document) for post in running.slack.posts):
            arrived.setdefault("slack", waited)
        if any(experiment_id in mail.as_string() for mail in running.mailbox.mails):
            arrived.setdefault("mail", waited)
        return len(arrived) == 2

    wait_for(both, seconds=LONGEST_SECONDS, saying=f"{experiment_id} was not told in time")
    return arrived["slack"], arrived["mail"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    with (
        tempfile.TemporaryDirectory() as folder,
        running_system(Path(folder) / "state") as running,
        temporary_settings({PREFECT_API_URL: running.system.api}),
    ):
        seconds_until_told(running, "warm-up")
        found = [seconds_until_told(running, f"rollout-{number}") for number in range(rounds)]
    for place, name in enumerate(("Slack", "e-mail")):
        times = sorted(pair[place] for pair in found)
        print(f"{name}: median {median(times):.1f} s, {times[0]:.1f} to {times[-1]:.1f} s")
    print(f"{rounds} rounds after a warm-up; load average {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
