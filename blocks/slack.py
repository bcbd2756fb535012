"""The Slack block: where alerts go in Slack."""

from __future__ import annotations

from prefect.blocks.core import Block
from pydantic import Field, SecretStr


class Slack(Block):
    """A Slack workspace that takes alerts: by an incoming webhook, or by a bot in a channel."""

    _block_type_name = "Ratchet Slack"
    _block_type_slug = "ratchet-slack"

    webhook_url: SecretStr | None = Field(
        default=None, description="Address of an incoming webhook; its channel is part of it."
    )
    bot_token: SecretStr | None = Field(
        default=None, description="Token of a bot (xoxb-...) in place of a webhook."
    )
    channel: str = Field(
        default="", description="Channel that the bot writes to, for example #ratchet."
    )
