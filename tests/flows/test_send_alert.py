"""The flow that delivers an alert, and its event, on a real Prefect server."""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import LogFilter, LogFilterFlowRunId
from prefect.settings import PREFECT_API_URL, temporary_settings

from blocks import Connections, Email, Slack
from flows.send_alert import send_alert
from ratchet.alerts import Alert
from ratchet.alerts.announcement import event_id
from ratchet.store import open_store
from tasks.alert import announce_alert, send_rest
from tests.alert_builders import an_alert
from tests.rollout_traffic import wait_until
from tests.slack_server import BROKEN, slack_server
from tests.smtp_server import smtp_server, write_certificate

pytestmark = [
    pytest.mark.xdist_group("prefect"),
    pytest.mark.usefixtures("prefect_server", "workspace"),
]

PASSWORD = "hunter2-hunter2"
SLACK = Connections(slack="alerts")


def saved_logs(run_id: UUID) -> list[Any]:
    """The log of a flow run on the server, once the structured line is there."""
    found: list[Any] = []

    def have_arrived() -> bool:
        wanted = LogFilter(flow_run_id=LogFilterFlowRunId(any_=[run_id]))
        with get_client(sync_client=True) as client:
            found[:] = client.read_logs(wanted, limit=200, offset=0)
        return any('"alert_id"' in log.message for log in found)

    wait_until(have_arrived, "the log of the flow run")
    return found


def now_alert(**changes: Any) -> Alert:
    """An alert of this moment."""
    return an_alert(**{"at": datetime.now(UTC), "since": None, **changes})


def save_slack(url: str) -> None:
    """The Slack block that `SLACK` names."""
    Slack(webhook_url=url).save("alerts", overwrite=True)


def test_the_flow_sends_through_the_blocks_and_shows_no_secret(
    workspace: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Slack and e-mail of their blocks have it, after a login over STARTTLS; the run says so."""
    caplog.set_level(logging.DEBUG, logger="ratchet")
    certificate = write_certificate(workspace / "server.pem")
    monkeypatch.setenv("RATCHET_ALERTS__EMAIL_CA_FILE", str(certificate))
    with (
        slack_server() as slack,
        smtp_server(certificate=certificate, login=("ratchet", PASSWORD)) as box,
    ):
        save_slack(slack.webhook_url)
        Email(
            host="127.0.0.1",
            port=box.port,
            username="ratchet",
            password=PASSWORD,
            sender="ratchet@models.example",
            to=["ada@models.example"],
        ).save("alerts", overwrite=True)

        state = send_alert(
            now_alert().to_json(), Connections(slack="alerts", email="alerts"), return_state=True
        )

    assert state.is_completed()
    assert str(state.message).startswith("raised: file delivered, log delivered, slack delivered")
    assert len(slack.texts) == len(box.mails) == 1
    assert box.was_encrypted == [True]
    with get_client(sync_client=True) as client:
        run = client.read_flow_run(state.state_details.flow_run_id)
    assert run.name == "alert: Latency over its limit"
    logs = saved_logs(run.id)
    said = f"{run.model_dump_json()}{logs}{caplog.text}"
    assert PASSWORD not in said
    assert slack.webhook_url not in said


def test_a_channel_that_fails_does_not_fail_the_flow_and_gets_it_later(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The retries of the second task send it; another alert, and the flow, do not wait."""
    monkeypatch.setenv("RATCHET_ALERTS__RETRY_SECONDS", "0.1")
    monkeypatch.setattr(send_rest, "retry_delay_seconds", [0.2] * 5)
    with slack_server() as slack:
        save_slack(slack.webhook_url)
        slack.failure = BROKEN
        original = slack.answer

        def mended_after_two(request: Any) -> None:
            original(request)
            if slack.attempts == 2:
                slack.failure = None

        slack.answer = mended_after_two  # type: ignore[method-assign]
        state = send_alert(now_alert().to_json(), SLACK, return_state=True)

    assert state.is_completed()
    assert slack.attempts == 3
    assert len(slack.texts) == 1


def test_what_is_no_alert_becomes_one(workspace: Path) -> None:
    """A mistake in an automation is told, with what it sent, and swallows nothing."""
    state = send_alert({"level": "loud", "title": "Fire"}, return_state=True)

    (path,) = (workspace / ".ratchet" / "alerts").iterdir()
    document = json.loads(path.read_text())
    assert state.is_completed()
    assert document["kind"] == "unreadable-alert"
    assert document["details"]["document"] == {"level": "loud", "title": "Fire"}


def test_a_block_that_is_not_there_is_an_alert_and_the_rest_is_sent(workspace: Path) -> None:
    """By the settings alone; the second alert says which block is missing."""
    state = send_alert(now_alert().to_json(), Connections(slack="nowhere"), return_state=True)

    with open_store(f"sqlite:///{workspace / '.ratchet' / 'ratchet.db'}") as store:
        records = store.alerts.list()
    assert state.is_completed()
    assert sorted(record.alert.kind for record in records) == ["channel-fails", "latency"]
    assert any("nowhere" in record.alert.message for record in records)


def test_without_a_database_the_flow_sends_all_the_same(
    workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Unrecorded, and it says so."""
    monkeypatch.setenv(
        "RATCHET_DATABASE_URL", "postgresql://r:hunter2@127.0.0.1:9/r?connect_timeout=1"
    )
    with slack_server() as slack:
        save_slack(slack.webhook_url)
        state = send_alert(now_alert().to_json(), SLACK, return_state=True)

    assert state.is_completed()
    assert str(state.message).startswith("not recorded (")
    assert len(slack.texts) == 1


def test_an_announced_alert_is_one_event_however_often_it_is_told() -> None:
    """Its payload is the alert, its resource the condition."""
    alert = now_alert()

    assert [announce_alert(alert) for _ in range(2)] == [True, True]

    found: list[dict[str, Any]] = []

    def has_arrived() -> bool:
        query = {"filter": {"event": {"name": ["ratchet.alert.latency"]}}, "limit": 50}
        with get_client(sync_client=True) as client:
            found[:] = client.request("POST", "/events/filter", json=query).json()["events"]
        return bool(found)

    wait_until(has_arrived, "the event of the alert")
    (event,) = [one for one in found if one["id"] == str(event_id(alert))]
    assert UUID(event["id"]) == event_id(alert)
    assert event["resource"]["prefect.resource.id"] == f"ratchet.alert.{alert.fingerprint}"
    assert event["resource"]["ratchet.level"] == "error"
    assert Alert.from_json(event["payload"]) == alert


def test_a_server_that_is_away_costs_a_log_line(caplog: pytest.LogCaptureFixture) -> None:
    """And the caller learns that nobody was told."""
    with temporary_settings({PREFECT_API_URL: "http://127.0.0.1:9/api"}):
        assert not announce_alert(now_alert())

    assert "ratchet.alert.latency was not announced" in caplog.text
