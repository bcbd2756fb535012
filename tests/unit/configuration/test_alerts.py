"""The settings of alerts."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from ratchet.alerts import Level
from ratchet.alerts.channels import channels_of, policy_of
from ratchet.configuration.alerts import AlertSettings
from ratchet.settings import read_settings
from tests.alert_builders import HOUR
from tests.builders import NOON

SECRET = "planted-hunter2"


def test_secrets_come_from_the_environment_and_are_shown_to_nobody(
    monkeypatch: pytest.MonkeyPatch, workspace: Any
) -> None:
    """Not in a representation, nor in a dump of the settings."""
    for name in ("EMAIL_PASSWORD", "SLACK_WEBHOOK_URL", "SLACK_BOT_TOKEN", "WEBHOOK_URL"):
        monkeypatch.setenv(f"RATCHET_ALERTS__{name}", SECRET)
    monkeypatch.setenv("RATCHET_ALERTS__EMAIL_TO", '["ada@models.example"]')

    settings = read_settings()

    assert settings.alerts.email_password.get_secret_value() == SECRET
    assert settings.alerts.email_to == ("ada@models.example",)
    assert SECRET not in repr(settings) + str(settings.model_dump(mode="json"))


def test_files_and_log_are_on_from_the_start(workspace: Any) -> None:
    """Without a setting, an alert is still in a file and in the log."""
    found = channels_of(AlertSettings(), workspace)

    assert [channel.name for channel in found.ready] == ["file", "log"]
    assert found.folder == workspace / "alerts"


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"slack_enabled": True}, "SLACK_WEBHOOK_URL"),
        ({"slack_enabled": True, "slack_bot_token": SECRET}, "SLACK_CHANNEL"),
        ({"email_enabled": True}, "EMAIL_SMTP_SERVER"),
        ({"webhook_enabled": True}, "WEBHOOK_URL"),
    ],
)
def test_a_channel_that_is_not_set_up_is_named_and_stops_no_other(
    workspace: Any, given: dict[str, Any], named: str
) -> None:
    """With the variables that are missing, and without what is there."""
    found = channels_of(AlertSettings(**given), workspace)

    (problem,) = found.problems.values()
    assert f"RATCHET_ALERTS__{named}" in problem
    assert SECRET not in problem
    assert [channel.name for channel in found.ready] == ["file", "log"]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"quiet_from": "22:00"}, "go together"),
        ({"quiet_from": "22:00", "quiet_until": "22:00"}, "the same"),
        ({"quiet_from": "22:00+01:00", "quiet_until": "07:00"}, "its zone is"),
        ({"timezone": "Berlin"}, "Europe/Berlin"),
        ({"timezone": "../etc/passwd"}, "Europe/Berlin"),
        ({"info_channels": ["fax"]}, "file"),
    ],
)
def test_what_can_not_be_is_refused(given: dict[str, Any], said: str) -> None:
    """The message says what is allowed."""
    with pytest.raises(ValidationError, match=said):
        AlertSettings(**given)


def test_the_policy_is_that_of_the_settings() -> None:
    """Routes, cooldown, and the night by the clock on the wall of the zone."""
    settings = AlertSettings(
        warning_channels=["email"],
        cooldown_minutes=60,
        quiet_from="22:00",
        quiet_until="07:00",
        timezone="Europe/Berlin",
    )

    policy = policy_of(settings)

    assert policy.routes[Level.WARNING] == ("email",)
    assert policy.cooldown == HOUR
    assert policy.quiet_hours is not None
    assert policy.quiet_hours.end_after(NOON.replace(hour=23)) == NOON.replace(day=2, hour=6)
