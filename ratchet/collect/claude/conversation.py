"""One call of Claude: a prompt and a schema in, a document or the reason why there is none out."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import anthropic
from anthropic.types import Message

from ratchet.collect.claude.ledger import Ledger
from ratchet.collect.claude.settings import KEY_VARIABLE, ClaudeSettings
from ratchet.errors import ModelError

OVER_BUDGET = "over budget"
TRANSIENT = {408: "timeout", 409: "conflict", 429: "rate limited", 529: "overloaded"}
STOPPED = {
    "max_tokens": "cut off",
    "model_context_window_exceeded": "cut off",
    "refusal": "refused",
}
FATAL_HINTS = {
    401: f"the key in {KEY_VARIABLE} is not accepted; set a valid one",
    402: "the account has no credit; top it up",
    403: f"the key in {KEY_VARIABLE} may not do this; use one with access to the model",
    404: "there is no such model or address; check the model name and the base URL",
}


@dataclass(frozen=True, kw_only=True)
class Reply:
    """What came of a call: a `document`, or the `failure` in a word or two."""

    document: Any = None
    failure: str | None = None


@dataclass(frozen=True, kw_only=True)
class Conversation:
    """Calls Claude within a budget; the SDK retries what is worth retrying."""

    client: anthropic.AsyncAnthropic
    settings: ClaudeSettings
    ledger: Ledger

    async def ask(self, *, system: str, prompt: str, schema: Mapping[str, Any]) -> Reply:
        """Ask for a document that answers to `schema`.

        The text is parsed here and not by the SDK, so that the tokens of an answer that
        can not be read are counted too.

        Raises:
            ModelError: the key, the account, the model or the request is refused.
        """
        whole = system + prompt + json.dumps(schema)
        reserved = self.ledger.reserve(whole, self.settings.max_tokens)
        if reserved is None:
            return Reply(failure=OVER_BUDGET)
        try:
            message = await self._send(system, prompt, schema)
        except anthropic.APIStatusError as error:
            self.ledger.release(reserved)
            return Reply(failure=self._transient_reason(error))
        except anthropic.APITimeoutError:
            self.ledger.lose(reserved)
            return Reply(failure="timeout")
        except anthropic.APIConnectionError:
            self.ledger.lose(reserved)
            return Reply(failure="connection lost")
        except (ValueError, anthropic.APIResponseValidationError):
            self.ledger.lose(reserved)
            return Reply(failure="malformed answer")
        except BaseException:
            self.ledger.lose(reserved)
            raise
        return self._read(message, reserved)

    async def _send(self, system: str, prompt: str, schema: Mapping[str, Any]) -> Any:
        return await self.client.messages.create(
            model=self.settings.model,
            max_tokens=self.settings.max_tokens,
            system=system,
            messages=[{"role": "user", "content": prompt}],
            output_config={"format": {"type": "json_schema", "schema": dict(schema)}},
        )

    def _read(self, message: Any, reserved: float) -> Reply:
        usage = message.usage if isinstance(message, Message) else None
        if usage is None:  # a proxy's page, or JSON of another shape
            self.ledger.lose(reserved)
            return Reply(failure="malformed answer")
        self.ledger.settle(
            reserved, input_tokens=usage.input_tokens, output_tokens=usage.output_tokens
        )
        if message.stop_reason in STOPPED:
            return Reply(failure=STOPPED[message.stop_reason])
        text = "".join(block.text for block in message.content if block.type == "text")
        try:
            return Reply(document=json.loads(text))
        except ValueError:
            return Reply(failure="malformed output")

    def _transient_reason(self, error: anthropic.APIStatusError) -> str:
        """The reason to count; an error that no retry mends is raised."""
        status = error.status_code
        if status in TRANSIENT:
            return TRANSIENT[status]
        if status >= 500:
            return "server error"
        said = (error.api_message or "no reason given").replace(self.settings.api_key, "***")
        hint = FATAL_HINTS.get(status, "the request was refused")
        raise ModelError(f"Claude answered {status} to {self.settings.model}: {hint} ({said}).")
