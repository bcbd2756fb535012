"""A question to Claude: what is sent for it, what it is called in a batch, how it is read."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ratchet.canonical import sha256_of
from ratchet.collect.claude.settings import ClaudeSettings

if TYPE_CHECKING:
    from anthropic.types import Message

ID_DIGITS = 32  # custom ids have up to 64 characters; 128 bits never collide
STOPPED = {
    "max_tokens": "cut off",
    "model_context_window_exceeded": "cut off",
    "refusal": "refused",
}


@dataclass(frozen=True, kw_only=True)
class Reply:
    """What came of a call: a `document`, or the `failure` in a word or two."""

    document: Any = None
    failure: str | None = None


@dataclass(frozen=True, kw_only=True)
class Question:
    """A constant part, which is cached, the prompt, and the schema of the answer."""

    system: str
    prompt: str
    schema: Mapping[str, Any]

    @property
    def text(self) -> str:
        """Everything that is billed as input."""
        return self.system + self.prompt + json.dumps(self.schema)

    def parameters(self, settings: ClaudeSettings, *, in_batch: bool) -> dict[str, Any]:
        """The parameters of a message; a batch may take an hour, so its cache lasts as long."""
        age = {"ttl": "1h"} if in_batch else {}
        cached = {"type": "ephemeral", **age}
        return {
            "model": settings.model,
            "max_tokens": settings.max_tokens,
            "system": [{"type": "text", "text": self.system, "cache_control": cached}],
            "messages": [{"role": "user", "content": self.prompt}],
            "output_config": {"format": {"type": "json_schema", "schema": dict(self.schema)}},
        }

    def custom_id(self, settings: ClaudeSettings, *, place: int, attempt: int) -> str:
        """The name of this question in a batch, from its content, its place and its attempt."""
        content = [self.parameters(settings, in_batch=True), place, attempt]
        return f"ratchet-{sha256_of(content)[:ID_DIGITS]}"


def text_of(message: Message) -> str:
    """The text of a message, all blocks of it."""
    return "".join(block.text for block in message.content if block.type == "text")


def read_text(text: str, stop_reason: str | None) -> Reply:
    """The document in an answer.

    It is parsed here and not by the SDK, so that the tokens of an answer that can not be read
    are counted too.
    """
    if stop_reason in STOPPED:
        return Reply(failure=STOPPED[stop_reason])
    try:
        return Reply(document=json.loads(text))
    except ValueError:
        return Reply(failure="malformed output")
