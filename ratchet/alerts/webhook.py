"""The channel of any webhook: a JSON document, posted, with a signature when there is a key."""

from __future__ import annotations

import hashlib
import hmac
import json
from dataclasses import dataclass, field

from ratchet.alerts.channel import DELIVERED, Receipt, not_delivered
from ratchet.alerts.message import Message

TOO_MANY = 429
PASSING = {408, 425, TOO_MANY}
SERVER_ERROR = 500
KEY_HEADER = "X-Ratchet-Delivery"


@dataclass(frozen=True, kw_only=True)
class WebhookChannel:
    """Posts to `url`; a receiver with the same `secret` can check that it was Ratchet."""

    url: str = field(repr=False)
    secret: str = field(default="", repr=False)
    signature_header: str = "X-Ratchet-Signature-256"
    timeout_seconds: float = 10.0
    name: str = "webhook"
    is_record: bool = False

    def send(self, message: Message) -> Receipt:
        """Post the message; redirects are not followed, so that it goes nowhere else."""
        import httpx

        body = json.dumps(message.to_json(), ensure_ascii=False, default=str).encode(
            "utf-8", "replace"
        )
        try:
            answer = httpx.post(
                self.url,
                content=body,
                headers=self._headers(body, message.key),
                timeout=self.timeout_seconds,
            )
        except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
            said = f"{type(error).__name__}: {error}"
            return not_delivered(said, secrets=(self.url, self.secret))
        if answer.is_success:
            return DELIVERED
        return self._refusal(answer.status_code, answer.headers.get("Retry-After", ""))

    def _headers(self, body: bytes, key: str) -> dict[str, str]:
        headers = {"Content-Type": "application/json; charset=utf-8", KEY_HEADER: key}
        if self.secret:
            headers[self.signature_header] = signature_of(body, self.secret)
        return headers

    def _refusal(self, status: int, retry_after: str) -> Receipt:
        may_pass = status in PASSING or status >= SERVER_ERROR
        return not_delivered(
            f"The address answered {status}.",
            is_refused=not may_pass,
            retry_after_seconds=seconds_of(retry_after),
        )


def signature_of(body: bytes, secret: str) -> str:
    """The signature of a posted body, in the form that GitHub made usual.

    >>> signature_of(b"{}", "key")
    'sha256=a777724d943eb48dc69bca8a4a6d57a04db3f9ec7e1de4e581e860265bdf3032'
    """
    return f"sha256={hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()}"


def seconds_of(retry_after: str) -> float | None:
    """The header Retry-After in seconds; None when it says none.

    >>> seconds_of("30"), seconds_of("Wed, 21 Oct 2026 07:28:00 GMT"), seconds_of("")
    (30.0, None, None)
    """
    try:
        found = float(retry_after)
    except ValueError:
        return None
    return found if 0 <= found < float("inf") else None
