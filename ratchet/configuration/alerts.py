"""`[alerts]`: by which channels alerts leave, when, and how often."""

from __future__ import annotations

from datetime import time
from pathlib import Path
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BeforeValidator, Field, SecretStr, field_validator, model_validator

from ratchet.configuration.section import Section

ChannelName = Literal["file", "log", "slack", "email", "webhook"]
CHANNEL_NAMES: tuple[ChannelName, ...] = ("file", "log", "slack", "email", "webhook")
SECRETS = (
    "email_password",
    "slack_webhook_url",
    "slack_bot_token",
    "webhook_url",
    "webhook_secret",
)
"""Settings that belong into the environment or into blocks, never into a file."""


def _listed(value: object) -> object:
    """A text with commas is a list too; a variable of the environment holds JSON."""
    if isinstance(value, str):
        return tuple(part.strip() for part in value.split(",") if part.strip())
    return value


Addresses = Annotated[tuple[str, ...], BeforeValidator(_listed)]
ChannelNames = Annotated[tuple[ChannelName, ...], BeforeValidator(_listed)]


class AlertSettings(Section):
    """The channels of alerts, which level takes which, and what is held back or repeated."""

    email_enabled: bool = Field(default=False, description="Send alerts by e-mail.")
    slack_enabled: bool = Field(default=False, description="Send alerts to Slack.")
    file_alerts_enabled: bool = Field(
        default=True, description="Write each alert as a JSON file into the folder of alerts."
    )
    log_enabled: bool = Field(default=True, description="Log each alert as one line of JSON.")
    webhook_enabled: bool = Field(
        default=False, description="Post alerts as JSON to an address of your own."
    )

    folder: Path | None = Field(
        default=None,
        description="Folder of the file alerts; empty means alerts in the state folder.",
    )
    email_smtp_server: str = Field(default="", description="Host of the SMTP server.")
    email_smtp_port: int = Field(
        default=587, ge=1, le=65_535, description="Port of the SMTP server."
    )
    email_security: Literal["starttls", "tls", "none"] = Field(
        default="starttls",
        description="starttls (port 587), tls from the first byte (port 465), or none; "
        "without it no password is sent.",
    )
    email_ca_file: Path | None = Field(
        default=None,
        description="PEM file of the authority that signed the server's certificate; empty means "
        "those of the system.",
    )
    email_username: str = Field(default="", description="Name to log in with; empty means none.")
    email_password: SecretStr = Field(
        default=SecretStr(""), description="Password to log in with; keep it in the environment."
    )
    email_from: str = Field(default="", description="Address that alerts come from.")
    email_to: Addresses = Field(default=(), description="Addresses that alerts go to.")

    slack_webhook_url: SecretStr = Field(
        default=SecretStr(""), description="Incoming webhook; keep it in the environment."
    )
    slack_bot_token: SecretStr = Field(
        default=SecretStr(""),
        description="Token of a bot, in place of a webhook; keep it in the environment.",
    )
    slack_channel: str = Field(
        default="", description="Channel that the bot writes to, for example #ratchet."
    )
    slack_api_url: str = Field(
        default="https://slack.com/api/", description="Address of Slack's API, for the bot."
    )
    webhook_url: SecretStr = Field(
        default=SecretStr(""), description="Address that is posted to; keep it in the environment."
    )
    webhook_secret: SecretStr = Field(
        default=SecretStr(""),
        description="Key of the signature of what is posted; empty means none; keep it in "
        "the environment.",
    )
    webhook_signature_header: str = Field(
        default="X-Ratchet-Signature-256",
        pattern=r"^[A-Za-z0-9-]+$",
        description="Header of the signature: sha256= and the HMAC of the body, in hex.",
    )
    timeout_seconds: float = Field(
        default=10.0, gt=0, le=60, description="Seconds to wait for an answer of a channel."
    )
    runbooks_url: str = Field(
        default="",
        description="Address of the runbooks of your documentation site; empty means that "
        "alerts name the file in docs.",
    )

    info_channels: ChannelNames = Field(
        default=("file", "log"), description="Channels of alerts of the level info."
    )
    warning_channels: ChannelNames = Field(
        default=("file", "log", "slack", "webhook"),
        description="Channels of alerts of the level warning.",
    )
    error_channels: ChannelNames = Field(
        default=CHANNEL_NAMES, description="Channels of alerts of the level error."
    )
    critical_channels: ChannelNames = Field(
        default=CHANNEL_NAMES, description="Channels of alerts of the level critical."
    )

    cooldown_minutes: float = Field(
        default=240.0,
        ge=1,
        le=20_000,
        description="Minutes before a condition that lasts is told again.",
    )
    escalate_after_minutes: float = Field(
        default=360.0,
        ge=1,
        le=100_000,
        description="Minutes after which an error that lasts and that nobody has acknowledged "
        "becomes critical.",
    )
    new_after_hours: float = Field(
        default=24.0,
        ge=0.1,
        le=10_000,
        description="Hours unseen after which a condition that comes back is a new one.",
    )
    storm_alerts: int = Field(
        default=5,
        ge=1,
        le=1_000,
        description="Messages to one channel above which the next ones are told together.",
    )
    storm_minutes: float = Field(
        default=5.0, ge=0.1, le=1_440, description="Minutes in which those messages are counted."
    )
    quiet_from: time | None = Field(
        default=None, description="Time of the day from which info is held back: 22:00."
    )
    quiet_until: time | None = Field(
        default=None, description="Time of the day at which what was held back is sent: 07:00."
    )
    timezone: str = Field(
        default="UTC", description="Time zone of the quiet hours, for example Europe/Berlin."
    )

    retry_seconds: float = Field(
        default=30.0,
        ge=0.1,
        le=3_600,
        description="Seconds after the first failed attempt; each further wait is twice as long.",
    )
    longest_retry_minutes: float = Field(
        default=60.0, ge=0.1, le=1_440, description="Longest wait between two attempts."
    )
    max_attempts: int = Field(
        default=48,
        ge=1,
        le=10_000,
        description="Attempts after which a channel is given up for a message.",
    )
    tell_after_attempts: int = Field(
        default=4,
        ge=1,
        le=10_000,
        description="Failed attempts after which the other channels say that one fails.",
    )

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise ValueError(
                f"{name!r} is no time zone; write one like Europe/Berlin or UTC"
            ) from error
        return name

    @field_validator("quiet_from", "quiet_until")
    @classmethod
    def _of_the_wall(cls, moment: time | None) -> time | None:
        if moment is not None and moment.tzinfo is not None:
            raise ValueError("write the time of the day alone; its zone is `timezone`")
        return moment

    @model_validator(mode="after")
    def _both_ends(self) -> Self:
        if (self.quiet_from is None) != (self.quiet_until is None):
            raise ValueError("quiet_from and quiet_until go together; set both or none")
        if self.quiet_from is not None and self.quiet_from == self.quiet_until:
            raise ValueError("quiet_from and quiet_until are the same; quiet all day is no alert")
        return self
