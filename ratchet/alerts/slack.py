"""The channel of Slack: an incoming webhook, or a bot that writes to a channel."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.client import HTTPException
from typing import TYPE_CHECKING, Any

from ratchet.alerts.channel import DELIVERED, Receipt, not_delivered
from ratchet.alerts.message import Message
from ratchet.alerts.slack_blocks import slack_body
from ratchet.alerts.webhook import seconds_of

if TYPE_CHECKING:
    from slack_sdk.web import SlackResponse
    from slack_sdk.webhook import WebhookResponse

WORD = re.compile(r"[a-z_]+")  # an error of the API
API_URL = "https://slack.com/api/"
OK = 200
TOO_MANY = 429
SERVER_ERROR = 500
PASSING = {"ratelimited", "rate_limited", "internal_error", "fatal_error", "service_unavailable"}
"""Errors of the API that pass by themselves; of the others somebody has to mend a setting."""


@dataclass(frozen=True, kw_only=True)
class SlackChannel:
    """Posts a card; `webhook_url`, or `bot_token` with `channel`, says where."""

    webhook_url: str = field(default="", repr=False)
    bot_token: str = field(default="", repr=False)
    channel: str = ""
    api_url: str = API_URL
    runbooks_url: str = ""
    timeout_seconds: float = 10.0
    name: str = "slack"
    is_record: bool = False

    def send(self, message: Message) -> Receipt:
        """Post the message once; who calls tries again."""
        body = slack_body(message, self.runbooks_url)
        try:
            return self._by_webhook(body) if self.webhook_url else self._by_bot(body)
        except (OSError, HTTPException, ValueError) as error:  # of urllib, which the SDK uses
            return self._failed(f"{type(error).__name__}: {error}")

    def _by_webhook(self, body: dict[str, Any]) -> Receipt:
        from slack_sdk.webhook import WebhookClient

        client = WebhookClient(
            self.webhook_url,
            timeout=_whole(self.timeout_seconds),
            retry_handlers=[],
            logger=_silent(),
        )
        answer = client.send_dict(body)
        if answer.status_code == OK and answer.body.strip() == "ok":
            return DELIVERED
        return self._refused_by_webhook(answer)

    def _refused_by_webhook(self, answer: WebhookResponse) -> Receipt:
        status = answer.status_code
        return self._failed(
            f"Slack answered {status}: {answer.body}",
            is_refused=OK < status < SERVER_ERROR and status != TOO_MANY,
            retry_after_seconds=seconds_of(str(answer.headers.get("Retry-After", ""))),
        )

    def _by_bot(self, body: dict[str, Any]) -> Receipt:
        from slack_sdk.errors import SlackApiError, SlackClientError
        from slack_sdk.web import WebClient

        client = WebClient(
            self.bot_token,
            base_url=self.api_url if self.api_url.endswith("/") else f"{self.api_url}/",
            timeout=_whole(self.timeout_seconds),
            retry_handlers=[],
            logger=_silent(),
        )
        try:
            client.chat_postMessage(channel=self.channel, unfurl_links=False, **body)
        except SlackApiError as error:
            return self._refused_by_api(error.response)
        except SlackClientError as error:
            return self._failed(f"{type(error).__name__}: {error}", is_refused=True)
        return DELIVERED

    def _refused_by_api(self, response: SlackResponse) -> Receipt:
        """What the API said: a word of its own, or, from a proxy, anything."""
        word = str(response.get("error", ""))
        is_word = WORD.fullmatch(word) is not None
        may_pass = word in PASSING or not is_word or response.status_code >= SERVER_ERROR
        return self._failed(
            f"Slack answered {response.status_code}: {word}",
            is_refused=not may_pass and response.status_code != TOO_MANY,
            retry_after_seconds=seconds_of(_header(response.headers, "Retry-After")),
        )

    def _failed(self, problem: str, **how: Any) -> Receipt:
        secrets = (self.webhook_url, self.bot_token, self.webhook_url.rpartition("/services/")[2])
        return not_delivered(problem, secrets=secrets, **how)


def _header(headers: Mapping[str, Any], name: str) -> str:
    found = next((value for key, value in headers.items() if key.lower() == name.lower()), "")
    return str(found[0] if isinstance(found, list) and found else found)


def _whole(seconds: float) -> int:
    return max(1, round(seconds))


def _silent() -> logging.Logger:
    """A logger of nobody: the SDK's own logs the address, which is the secret."""
    logger = logging.Logger("slack of ratchet", level=logging.CRITICAL + 1)  # noqa: LOG001
    logger.propagate = False
    return logger
