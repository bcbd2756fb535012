"""What Claude's error statuses mean: worth another try, or wrong for good."""

from __future__ import annotations

import anthropic

from ratchet.collect.claude.settings import KEY_VARIABLE, ClaudeSettings
from ratchet.errors import ModelError

TRANSIENT = {408: "timeout", 409: "conflict", 429: "rate limited", 529: "overloaded"}
FATAL_HINTS = {
    401: f"the key in {KEY_VARIABLE} is not accepted; set a valid one",
    402: "the account has no credit; top it up",
    403: f"the key in {KEY_VARIABLE} may not do this; use one with access to the model",
    404: "there is no such model or address; check the model name and the base URL",
}


def transient_reason(error: anthropic.APIStatusError, settings: ClaudeSettings) -> str:
    """The reason in a word or two, of an error that may pass.

    Raises:
        ModelError: no retry mends it: the key, the account, the model or the request.
    """
    status = error.status_code
    if status in TRANSIENT:
        return TRANSIENT[status]
    if status >= 500:
        return "server error"
    said = (error.api_message or "no reason given").replace(settings.api_key, "***")
    hint = FATAL_HINTS.get(status, "the request was refused")
    raise ModelError(f"Claude answered {status} to {settings.model}: {hint} ({said}).") from error
