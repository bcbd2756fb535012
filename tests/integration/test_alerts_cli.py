"""`ratchet alerts` as a person uses it, against loopback servers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ratchet.alerts import Level
from ratchet.alerts.arrival import desk_of
from tests.alert_builders import an_alert
from tests.cli_builders import ratchet
from tests.slack_server import BROKEN, SlackServer, slack_server
from tests.smtp_server import Mailbox, smtp_server

pytestmark = pytest.mark.usefixtures("workspace")

SECRET = "planted-hunter2"


@pytest.fixture
def slack(monkeypatch: pytest.MonkeyPatch) -> Iterator[SlackServer]:
    """A Slack that is switched on by the environment, as a secret is given."""
    with slack_server() as server:
        monkeypatch.setenv("RATCHET_ALERTS__SLACK_ENABLED", "true")
        monkeypatch.setenv("RATCHET_ALERTS__SLACK_WEBHOOK_URL", server.webhook_url)
        yield server


@pytest.fixture
def mailbox(monkeypatch: pytest.MonkeyPatch) -> Iterator[Mailbox]:
    """A mail server that is switched on, recipients and all."""
    with smtp_server() as box:
        for name, value in {
            "EMAIL_ENABLED": "true",
            "EMAIL_SMTP_SERVER": "127.0.0.1",
            "EMAIL_SMTP_PORT": str(box.port),
            "EMAIL_SECURITY": "none",
            "EMAIL_FROM": "ratchet@models.example",
            "EMAIL_TO": json.dumps(["ada@models.example"]),
        }.items():
            monkeypatch.setenv(f"RATCHET_ALERTS__{name}", value)
        yield box


def raised(**changes: Any) -> str:
    """An alert that was seen just now; its name."""
    now = datetime.now(UTC)
    report = desk_of().take(an_alert(**{"at": now, "since": None, **changes}), now=now)
    assert report.plan is not None
    return report.plan.record.alert_id


def test_a_test_alert_goes_through_every_channel(slack: SlackServer, mailbox: Mailbox) -> None:
    """Slack, e-mail, file and log have it; nothing is recorded."""
    left = ratchet("alerts", "test")

    assert left.exit_code == 0
    assert [line.split(":")[0] for line in left.out.splitlines()] == [
        "file",
        "log",
        "slack",
        "email",
    ]
    assert slack.texts == ["INFO: Test of the alerts"]
    assert mailbox.subjects == ["[Ratchet] INFO: Test of the alerts"]
    assert len(list(Path(".ratchet/alerts").glob("alert_info_*.json"))) == 1
    assert ratchet("alerts", "list", "--json").document == []


def test_a_test_says_which_channel_does_not_work(
    slack: SlackServer, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The others get it all the same; the exit code is 1."""
    slack.failure = BROKEN
    monkeypatch.setenv("RATCHET_ALERTS__WEBHOOK_ENABLED", "true")

    left = ratchet("alerts", "test", "--json")

    results = {one["channel"]: one for one in left.document["channels"]}
    assert left.exit_code == 1
    assert results["slack"]["problem"] == "Slack answered 500: rollup_error"
    assert "RATCHET_ALERTS__WEBHOOK_URL" in results["webhook"]["problem"]
    assert results["email"]["is_delivered"]
    assert len(mailbox.mails) == 1


def test_one_channel_alone_can_be_tested(slack: SlackServer, mailbox: Mailbox) -> None:
    """And one that is not switched on is said to be so."""
    left = ratchet("alerts", "test", "--channel", "email")
    unknown = ratchet("alerts", "test", "--channel", "webhook")

    assert (left.exit_code, len(mailbox.mails), slack.texts) == (0, 1, [])
    assert unknown.exit_code == 2
    assert "Switched on: file, log, slack, email" in unknown.err


def test_alerts_are_listed_and_shown(slack: SlackServer) -> None:
    """By level, time and state; one with its advice and what became of each message."""
    name = raised()
    raised(kind="growth", level=Level.INFO)

    grave = ratchet("alerts", "list", "--level", "error", "--open", "--since", "1h", "--json")
    table = ratchet("alerts", "list")
    shown = ratchet("alerts", "show", name[:6])

    assert [row["alert_id"] for row in grave.document] == [name]
    assert "Latency over its limit" in table.out
    for part in ("What to do: Look at the model's provider.", "delivered", "P95 ms: 3100.0"):
        assert part in shown.out


def test_an_acknowledged_alert_says_with_whom_it_is(slack: SlackServer) -> None:
    """In the list, and in the audit trail."""
    name = raised()

    left = ratchet("alerts", "ack", name, "--by", "ada")

    assert left.exit_code == 0
    assert ratchet("alerts", "list", "--json").document[0]["state"] == "with ada"
    assert ratchet("audit", "list", "--action", "alert.acknowledge", "--json").document


def test_a_silence_keeps_slack_still_until_it_is_ended(slack: SlackServer) -> None:
    """The alert is recorded and filed; after the silence it is told when it is seen."""
    begun = ratchet("alerts", "silence", "lat*", "--for", "2h", "--reason", "known", "--json")
    raised()
    during = list(slack.texts)
    listed = ratchet("alerts", "silences", "--json").document
    ended = ratchet("alerts", "unsilence", begun.document["silence_id"])
    raised()

    assert during == []
    assert len(list(Path(".ratchet/alerts").iterdir())) == 1
    assert [one["pattern"] for one in listed] == ["lat*"]
    assert ended.exit_code == 0
    assert len(slack.texts) == 1
    assert ratchet("alerts", "unsilence", "lat*").exit_code == 2


@pytest.mark.parametrize("length", ["2", "2y", "0h", "900d", ""])
def test_a_silence_needs_a_length(length: str) -> None:
    """From a minute to a year, with its unit."""
    left = ratchet("alerts", "silence", "latency", "--for", length, "--reason", "known")

    assert left.exit_code == 2
    assert "30m, 2h, 7d or 1w" in " ".join(left.err.split())


def test_what_slack_did_not_take_is_delivered_later(
    slack: SlackServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`deliver` sends what is due, and says what is left and since when."""
    monkeypatch.setenv("RATCHET_ALERTS__RETRY_SECONDS", "0.1")
    monkeypatch.setenv("RATCHET_ALERTS__LONGEST_RETRY_MINUTES", "0.1")
    slack.failure = BROKEN
    raised(at=datetime.now(UTC) - timedelta(minutes=1))
    slack.failure = None

    left = ratchet("alerts", "deliver", "--json")
    while not left.document["attempts"]:  # until a tenth of a second has gone by
        left = ratchet("alerts", "deliver", "--json")

    assert [one["status"] for one in left.document["attempts"]] == ["delivered"]
    assert len(slack.texts) == 1
    assert ratchet("alerts", "deliver").out.startswith("Nothing is due.")


def test_a_secret_in_the_settings_file_is_pointed_out_and_shown_to_nobody(workspace: Path) -> None:
    """The variable to move it to is named; the secret itself appears nowhere."""
    (workspace / "ratchet.toml").write_text(
        f'[alerts]\nslack_enabled = true\nslack_webhook_url = "http://127.0.0.1:9/{SECRET}"\n'
    )

    tested, shown = ratchet("alerts", "test"), ratchet("config", "show")
    raised()

    assert "RATCHET_ALERTS__SLACK_WEBHOOK_URL" in tested.out
    everything = tested.out + tested.err + shown.out + shown.err
    everything += "".join(path.read_text() for path in Path(".ratchet/alerts").iterdir())
    assert SECRET not in everything
    assert SECRET.encode() not in Path(".ratchet/ratchet.db").read_bytes()


def test_an_alert_gets_out_when_the_settings_are_wrong(workspace: Path) -> None:
    """It is filed and logged, unrecorded, and says what is wrong with them."""
    (workspace / "ratchet.toml").write_text("[alerts]\nno_such_setting = 1\n")
    now = datetime.now(UTC)

    report = desk_of().take(an_alert(at=now), now=now)

    (path,) = Path(".ratchet/alerts").glob("*.json")
    assert not report.is_recorded
    assert "no_such_setting" in json.loads(path.read_text())["message"]
    assert not Path(".ratchet/ratchet.db").exists()


def test_a_channel_that_is_switched_on_and_not_set_up_is_an_alert(
    mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once, by the channels that work."""
    monkeypatch.setenv("RATCHET_ALERTS__SLACK_ENABLED", "true")

    raised()
    raised()

    assert mailbox.subjects == [
        "[Ratchet] ERROR: Latency over its limit [validate_completeness]",
        "[Ratchet] ERROR: Alerts do not get through by slack [slack]",
    ]
