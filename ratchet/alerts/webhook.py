"""The channel of any webhook: a JSON document, posted, with a signature when there is a key."""

from __future__ import annotations

import hashlib
import hmac
import json
from dataclasses import dataclass, field
from http.client import HTTPException
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from ratchet.alerts.channel import DELIVERED, Receipt, not_delivered
from ratchet.alerts.message import Message, is_web

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
        if not is_web(self.url):
            return not_delivered("The address does not begin with https://.", is_refused=True)
        body = json.dumps(message.to_json(), ensure_ascii=False, default=str).encode(
            "utf-8", "replace"
        )
        try:
            self._post(body, message.key)
        except HTTPError as error:
            with error:
                return self._refusal(error.code, error.headers.get("Retry-After", ""))
        except (OSError, HTTPException, ValueError) as error:
            said = f"{type(error).__name__}: {error}"
            return not_delivered(said, secrets=(self.url, self.secret, urlsplit(self.url).path))
        return DELIVERED

    def _post(self, body: bytes, key: str) -> None:
        """Post by urllib: httpx would log the address, which may be the secret.

        Raises:
            HTTPError: the answer is no success.
            OSError: there is no answer.
        """
        request = Request(self.url, data=body, headers=self._headers(body, key))  # noqa: S310 - looked at above
        opener = build_opener(_NoRedirect)
        with opener.open(request, timeout=self.timeout_seconds) as answer:
            answer.read()

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


class _NoRedirect(HTTPRedirectHandler):
    def redirect_request(self, *_: object, **__: object) -> None:
        return None


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
