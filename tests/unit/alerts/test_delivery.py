"""From an alert to the channels, over a real store."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, time
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from ratchet.alerts import Alert, Level
from ratchet.alerts.channel import DELIVERED, Receipt
from ratchet.alerts.delivery import (
    DeliveryReport,
    deliver_due,
    raise_alert,
    raise_alert_at,
    resolve_missing,
)
from ratchet.alerts.files import FileChannel
from ratchet.alerts.message import Message
from ratchet.alerts.policy import CHANNEL_FAILS, AlertPolicy
from ratchet.alerts.quiet_hours import QuietHours
from ratchet.store import Store, open_store
from tests.alert_builders import DOWN, HOUR, MINUTE, REFUSED, ScriptedChannel, an_alert
from tests.builders import NOON

POLICY = AlertPolicy()


class Post:
    """Slack and e-mail over one store, and the time."""

    def __init__(self, store: Store, policy: AlertPolicy = POLICY) -> None:
        self.store, self.policy, self.now = store, policy, NOON
        self.slack, self.email = ScriptedChannel("slack"), ScriptedChannel("email")

    @property
    def channels(self) -> tuple[ScriptedChannel, ...]:
        return self.slack, self.email

    def see(self, alert: Alert | None = None, **changes: Any) -> DeliveryReport:
        return raise_alert(
            self.store,
            alert or an_alert(at=self.now, **changes),
            self.channels,
            self.policy,
            self.now,
        )

    def deliver(self) -> None:
        deliver_due(self.store, self.channels, self.policy, self.now)

    def resolve(self, *still_open: Alert) -> list[str]:
        closed = resolve_missing(
            self.store,
            ("latency",),
            still_open,
            channels=self.channels,
            policy=self.policy,
            now=self.now,
        )
        return [record.alert.subject for record in closed]


@pytest.fixture
def post(tmp_path: Path) -> Any:
    """On SQLite; what differs between databases is tested in tests/unit/store."""
    with open_store(f"sqlite:///{tmp_path / 'ratchet.db'}") as store:
        yield Post(store)


def test_an_alert_is_recorded_and_told_once(post: Post) -> None:
    """Seen again within the cooldown, it is counted only."""
    first, again = post.see(), post.see(message="p95 is 3,200 ms")

    (record,) = post.store.alerts.list()
    assert (first.is_recorded, again.attempts) == (True, ())
    assert (record.count, record.alert.message) == (1, "p95 is 3,200 ms")
    assert post.slack.told == post.email.told == ["raised latency"]


def test_a_channel_that_fails_stops_no_other_and_gets_it_later(post: Post) -> None:
    """Slack is away; e-mail has it at once, Slack when it is due again and back."""
    post.slack.receipt = DOWN
    report = post.see()
    post.now += MINUTE
    post.slack.receipt = DELIVERED

    post.deliver()

    assert [one.channel for one in report.outstanding] == ["slack"]
    assert post.email.told == ["raised latency"]
    assert post.slack.told == ["raised latency"]
    assert post.slack.attempts == 2


def test_before_it_is_due_again_nothing_is_tried(post: Post) -> None:
    """A receiver that asked for 90 seconds gets them."""
    post.slack.receipt = replace(DOWN, retry_after_seconds=90)
    post.see()
    post.now += MINUTE

    post.deliver()

    assert post.slack.attempts == 1


def test_the_others_say_that_a_channel_fails_and_that_it_works_again(post: Post) -> None:
    """A refused login is told by e-mail at once, and its end when Slack has taken something."""
    post.slack.receipt = REFUSED
    post.see()
    failing = list(post.email.told)
    post.now += HOUR
    post.slack.receipt = DELIVERED

    post.deliver()

    assert failing == ["raised latency", f"raised {CHANNEL_FAILS}"]
    assert post.email.told == [*failing, f"resolved {CHANNEL_FAILS}"]
    assert post.slack.told == ["raised latency"]


def test_two_channels_that_fail_do_not_talk_about_each_other_for_ever(post: Post) -> None:
    """Each failure is one alert, however often it is tried."""
    post.slack.receipt = post.email.receipt = REFUSED
    post.see()
    for _ in range(5):
        post.now += 2 * HOUR
        post.deliver()

    kinds = sorted(record.alert.kind for record in post.store.alerts.list())
    assert kinds == [CHANNEL_FAILS, CHANNEL_FAILS, "latency"]


def test_what_is_given_up_is_kept_as_failed(post: Post) -> None:
    """After the last attempt its row says so, with the last answer."""
    post.policy = AlertPolicy(max_attempts=1)
    post.slack.receipt = DOWN

    report = post.see()

    (failed,) = [one.delivery for one in report.attempts if one.delivery.channel == "slack"][:1]
    stored = post.store.alerts.deliveries.of_alert(failed.alert_id)
    assert [(d.status.value, d.error) for d in stored if d.channel == "slack"] == [
        ("failed", "503 away")
    ]
    assert f"raised {CHANNEL_FAILS}" in post.email.told


def test_a_channel_that_breaks_is_a_channel_that_fails(post: Post) -> None:
    """A fault in a channel stops neither the alert nor the others, and its text is not told."""

    class Broken(ScriptedChannel):
        def send(self, message: Message) -> Receipt:
            raise RuntimeError(f"hunter2 {message.key}")

    post.slack = Broken("slack")

    report = post.see()

    problems = [one.receipt.problem for one in report.attempts if one.receipt.problem]
    assert problems == ["The channel slack broke: RuntimeError."]
    assert post.email.told == ["raised latency"]


def test_a_storm_becomes_one_digest(post: Post) -> None:
    """Twenty conditions in a minute: five messages, then one that lists the other fifteen."""
    for number in range(20):
        post.see(subject=f"signature {number}")
    post.now += 5 * MINUTE

    post.deliver()

    sizes = [len(message.notices) for message in post.slack.messages]
    assert sizes == [1, 1, 1, 1, 1, 15]
    assert "gathered" in post.slack.messages[-1].reason
    assert len(post.slack.told) == 20


def test_after_an_outage_the_backlog_is_one_digest(post: Post) -> None:
    """What piled up while Slack was away does not come as a hundred messages."""
    post.slack.receipt = DOWN
    for number in range(5):
        post.see(subject=f"signature {number}")
        post.now += 10 * MINUTE
    post.see(subject="signature 5")
    post.slack.receipt = DELIVERED
    post.now += 2 * HOUR

    post.deliver()

    (message,) = post.slack.messages
    assert len(message.notices) == 6


def test_the_night_holds_back_info_until_the_morning(post: Post) -> None:
    """One digest at seven, with what has ended in between as ended."""
    night = QuietHours(start=time(22), end=time(7), zone=ZoneInfo("UTC"))
    post.policy = AlertPolicy(routes=dict.fromkeys(Level, ("slack",)), quiet_hours=night)
    post.now = NOON.replace(hour=23)
    for subject in ("one", "two"):
        post.see(level=Level.INFO, subject=subject)
    post.now += HOUR
    post.resolve(an_alert(subject="two"))
    post.deliver()
    at_night = list(post.slack.messages)
    post.now = NOON.replace(day=2, hour=7)

    post.deliver()

    assert at_night == []
    assert post.slack.told == ["resolved latency", "raised latency"]
    assert len(post.slack.messages) == 1


def test_what_was_looked_for_and_not_found_is_over(post: Post) -> None:
    """Other kinds stay as they are, and who was told hears the end once."""
    still = an_alert(subject="one")
    for alert in (still, an_alert(subject="two"), an_alert(kind="disk-space")):
        post.see(alert)
    post.now += HOUR

    closed = [post.resolve(still), post.resolve(still)]

    assert closed == [["two"], []]
    assert post.slack.told.count("resolved latency") == 1
    assert {r.alert.kind for r in post.store.alerts.list(is_open=True)} == {
        "latency",
        "disk-space",
    }


def test_what_is_over_and_comes_back_is_told_again(post: Post) -> None:
    """At once: the cooldown is that of one occurrence."""
    post.see()
    post.now += MINUTE
    post.resolve()
    post.now += MINUTE

    post.see()

    assert post.slack.told == ["raised latency", "resolved latency", "raised latency"]


def test_what_happened_once_is_closed_when_it_was_not_seen_for_a_day(post: Post) -> None:
    """Nobody looks whether a failed run is over; it leaves the open ones without a word."""
    post.see(kind="flow-run-failed")
    post.now += 25 * HOUR

    post.deliver()

    assert post.store.alerts.list(is_open=True) == ()
    assert post.slack.told == ["raised flow-run-failed"]


def test_without_the_database_it_is_sent_and_filed_and_says_so(tmp_path: Path) -> None:
    """Slack and a file have it, though files are switched off; nothing is recorded."""
    slack, folder = ScriptedChannel("slack"), tmp_path / "alerts"

    report = raise_alert_at(
        "postgresql://ratchet:hunter2@127.0.0.1:9/ratchet?connect_timeout=1",
        an_alert(),
        (slack,),
        POLICY,
        NOON,
        folder=folder,
    )

    (path,) = folder.glob("alert_*.json")
    told = slack.messages[0].notices[0].alert.message
    assert not report.is_recorded
    assert "not recorded" in told
    assert "hunter2" not in told + path.read_text()
    assert json.loads(path.read_text())["title"] == "Latency over its limit"


def test_a_database_that_goes_away_in_between_loses_nothing(tmp_path: Path) -> None:
    """The store is open, and its table is gone: sent directly."""
    slack = ScriptedChannel("slack")
    with open_store(f"sqlite:///{tmp_path / 'ratchet.db'}") as store:
        with store.database.writing() as connection:
            connection.exec_driver_sql("DROP TABLE alert_deliveries")

        report = raise_alert(store, an_alert(), (slack,), POLICY, NOON, folder=tmp_path / "alerts")

    assert not report.is_recorded
    assert slack.told == ["raised latency"]
    assert len(list((tmp_path / "alerts").iterdir())) == 1


@pytest.mark.parametrize(("moment", "name"), [(NOON, "alert_error_20260301_120000.json")])
def test_files_carry_level_and_time_and_never_replace_each_other(
    tmp_path: Path, moment: datetime, name: str
) -> None:
    """Three in the same second are three files, each whole."""
    channel = FileChannel(folder=tmp_path / "alerts")
    notice_of = Message(key="k", notices=_notices(an_alert(at=moment)))

    for _ in range(3):
        assert channel.send(notice_of).is_delivered

    names = sorted(path.name for path in (tmp_path / "alerts").iterdir())
    assert names == sorted(
        [name, name.replace(".json", "_2.json"), name.replace(".json", "_3.json")]
    )
    document = json.loads((tmp_path / "alerts" / name).read_text())
    assert {"level", "title", "message", "timestamp", "details"} <= set(document)
    assert Alert.from_json(document) == an_alert(at=moment)


def _notices(alert: Alert) -> Any:
    from ratchet.alerts.message import Notice

    return (Notice(alert_id="a1", alert=alert),)
