"""The channels that are switched on, and the policy, from the settings and from blocks."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from ratchet.alerts.alert import Level
from ratchet.alerts.channel import Channel
from ratchet.alerts.email import EmailChannel
from ratchet.alerts.files import FileChannel
from ratchet.alerts.log import LogChannel
from ratchet.alerts.policy import AlertPolicy
from ratchet.alerts.quiet_hours import QuietHours
from ratchet.alerts.slack import SlackChannel
from ratchet.alerts.webhook import WebhookChannel
from ratchet.configuration.alerts import SECRETS, AlertSettings

FOLDER = "alerts"


@dataclass(frozen=True, kw_only=True)
class Channels:
    """The channels that are switched on and complete.

    `problems` says, by channel, why one that is switched on can not be used; the others are
    used all the same, for half the channels are better than none.
    """

    ready: tuple[Channel, ...]
    problems: Mapping[str, str]
    folder: Path


def channels_of(settings: AlertSettings, home: Path) -> Channels:
    """The channels that the settings switch on; `home` is the state folder."""
    folder = (settings.folder or home / FOLDER).absolute()
    ready: list[Channel] = []
    problems: dict[str, str] = {}
    if settings.file_alerts_enabled:
        ready.append(FileChannel(folder=folder))
    if settings.log_enabled:
        ready.append(LogChannel())
    for name, is_on, missing, build in (
        ("slack", settings.slack_enabled, _missing_for_slack, _slack),
        ("email", settings.email_enabled, _missing_for_email, _email),
        ("webhook", settings.webhook_enabled, _missing_for_webhook, _webhook),
    ):
        if is_on and (problem := missing(settings)):
            problems[name] = problem
        elif is_on:
            ready.append(build(settings))
    return Channels(ready=tuple(ready), problems=problems, folder=folder)


def policy_of(settings: AlertSettings) -> AlertPolicy:
    """When alerts are told, to whom, and how often."""
    return AlertPolicy(
        routes={
            Level.INFO: settings.info_channels,
            Level.WARNING: settings.warning_channels,
            Level.ERROR: settings.error_channels,
            Level.CRITICAL: settings.critical_channels,
        },
        cooldown=timedelta(minutes=settings.cooldown_minutes),
        escalate_after=timedelta(minutes=settings.escalate_after_minutes),
        new_after=timedelta(hours=settings.new_after_hours),
        storm_alerts=settings.storm_alerts,
        storm_window=timedelta(minutes=settings.storm_minutes),
        quiet_hours=_quiet_hours(settings),
        retry_after=timedelta(seconds=settings.retry_seconds),
        longest_retry=timedelta(minutes=settings.longest_retry_minutes),
        max_attempts=settings.max_attempts,
        tell_after_attempts=settings.tell_after_attempts,
    )


def secrets_in_file(document: Mapping[str, Any]) -> tuple[str, ...]:
    """The secrets that a settings file holds, by name; they belong into the environment.

    >>> secrets_in_file({"alerts": {"email_password": "hunter2", "email_from": "a@b.example"}})
    ('alerts.email_password',)
    """
    table = document.get("alerts")
    names: Collection[str] = table if isinstance(table, Mapping) else ()
    return tuple(f"alerts.{name}" for name in SECRETS if name in names)


def _quiet_hours(settings: AlertSettings) -> QuietHours | None:
    if settings.quiet_from is None or settings.quiet_until is None:
        return None
    return QuietHours(
        start=settings.quiet_from, end=settings.quiet_until, zone=ZoneInfo(settings.timezone)
    )


def _missing_for_slack(settings: AlertSettings) -> str:
    if settings.slack_webhook_url.get_secret_value():
        return ""
    if not settings.slack_bot_token.get_secret_value():
        return _missing("slack_webhook_url, or slack_bot_token with slack_channel")
    return "" if settings.slack_channel else _missing("slack_channel")


def _missing_for_email(settings: AlertSettings) -> str:
    names = [
        name
        for name in ("email_smtp_server", "email_from", "email_to")
        if not getattr(settings, name)
    ]
    if settings.email_username and not settings.email_password.get_secret_value():
        names.append("email_password")
    if not names and settings.email_username and settings.email_security == "none":
        return "email_security is none, and a password is never sent in clear; use starttls or tls."
    return _missing(", ".join(names)) if names else ""


def _missing_for_webhook(settings: AlertSettings) -> str:
    return "" if settings.webhook_url.get_secret_value() else _missing("webhook_url")


def _missing(names: str) -> str:
    listed = names.replace(", ", " ").replace("or ", "").replace("with ", "").split()
    variables = ", ".join(f"RATCHET_ALERTS__{name.upper()}" for name in listed)
    return f"It is switched on and {names} is not set. Set {variables}, or name a block."


def _slack(settings: AlertSettings) -> Channel:
    return SlackChannel(
        webhook_url=settings.slack_webhook_url.get_secret_value(),
        bot_token=settings.slack_bot_token.get_secret_value(),
        channel=settings.slack_channel,
        api_url=settings.slack_api_url,
        runbooks_url=settings.runbooks_url,
        timeout_seconds=settings.timeout_seconds,
    )


def _email(settings: AlertSettings) -> Channel:
    return EmailChannel(
        host=settings.email_smtp_server,
        port=settings.email_smtp_port,
        security=settings.email_security,
        username=settings.email_username,
        password=settings.email_password.get_secret_value(),
        ca_file=settings.email_ca_file,
        sender=settings.email_from,
        to=settings.email_to,
        runbooks_url=settings.runbooks_url,
        timeout_seconds=settings.timeout_seconds,
    )


def _webhook(settings: AlertSettings) -> Channel:
    return WebhookChannel(
        url=settings.webhook_url.get_secret_value(),
        secret=settings.webhook_secret.get_secret_value(),
        signature_header=settings.webhook_signature_header,
        timeout_seconds=settings.timeout_seconds,
    )
