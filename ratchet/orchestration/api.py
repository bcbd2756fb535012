"""Calls of Prefect's REST API: JSON in, JSON out, and what a failure means."""

from __future__ import annotations

import contextlib
import email.utils
import json
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlsplit

from ratchet.errors import ConfigurationError, RatchetError
from ratchet.orchestration.address import ServerAddress

ANSWER_SECONDS = 10.0
PAGE = 200
BUSY = 503  # the answer of a server whose SQLite file is locked: nothing was done
PAUSES_SECONDS = (0.5, 1.0, 2.0, 4.0)  # before a busy server is asked again
LOOPBACK = {"127.0.0.1", "localhost", "::1"}


class OrchestratorError(RatchetError):
    """The Prefect server refused a call; nothing was changed by it."""


class BusyError(OrchestratorError):
    """The Prefect server had no time for a call, again and again."""


class UnreachableError(OrchestratorError):
    """The Prefect server does not answer."""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What the server said; `at` is its own clock, None when it does not say."""

    document: Any
    status: int
    at: datetime | None


class PrefectApi:
    """One Prefect server; every call waits `seconds` at most.

    A server that is busy is asked again after each of `pauses` seconds.
    """

    def __init__(
        self,
        address: ServerAddress,
        *,
        seconds: float = ANSWER_SECONDS,
        pauses: Sequence[float] = PAUSES_SECONDS,
    ) -> None:
        self.address = address
        self._seconds = seconds
        self._pauses = tuple(pauses)
        # A proxy knows no server on this machine.
        is_local = urlsplit(address.api).hostname in LOOPBACK
        handlers = [urllib.request.ProxyHandler({})] if is_local else []
        self._opener = urllib.request.build_opener(*handlers)

    def get(self, path: str) -> Any:
        """Read; see `ask`."""
        return self.ask("GET", path).document

    def post(self, path: str, body: Mapping[str, Any]) -> Any:
        """Filter or create; see `ask`."""
        return self.ask("POST", path, body).document

    def patch(self, path: str, body: Mapping[str, Any]) -> None:
        """Change; see `ask`."""
        self.ask("PATCH", path, body)

    def pages(self, path: str, body: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
        """Everything that a filter finds, page after page."""
        offset = 0
        while found := self.post(path, {**body, "limit": PAGE, "offset": offset}):
            yield from found
            if len(found) < PAGE:
                return
            offset += PAGE

    def ask(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Answer:
        """Make a call.

        Raises:
            UnreachableError: the server does not answer.
            BusyError: it has no time, however often it is asked.
            OrchestratorError: it refuses; the message has its words.
        """
        for pause in self._pauses:
            try:
                return self._asked(method, path, body)
            except BusyError:
                time.sleep(pause)
        return self._asked(method, path, body)

    def _asked(self, method: str, path: str, body: Mapping[str, Any] | None) -> Answer:
        request = self._request(method, path, body)
        try:
            with self._opener.open(request, timeout=self._seconds) as reply:
                content = reply.read()
                return Answer(
                    document=json.loads(content) if content else None,
                    status=reply.status,
                    at=_time_of(reply.headers.get("Date")),
                )
        except urllib.error.HTTPError as error:
            kind = BusyError if error.code == BUSY else OrchestratorError
            raise kind(self._refused(error)) from error
        except (OSError, ValueError) as error:  # URLError and timeouts are OSErrors
            raise UnreachableError(self._unreachable(error)) from error

    def _request(
        self, method: str, path: str, body: Mapping[str, Any] | None
    ) -> urllib.request.Request:
        if not self.address.api.startswith(("http://", "https://")):
            raise ConfigurationError(
                f"The address of the Prefect server is {self.address.api!r}, from "
                f"{self.address.source}; write one like http://127.0.0.1:4200/api."
            )
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        if self.address.authorization:
            headers["Authorization"] = self.address.authorization
        return urllib.request.Request(  # noqa: S310 - the scheme was looked at
            self.address.api + quote(path, safe="/?=&"),
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers=headers,
        )

    def _refused(self, error: urllib.error.HTTPError) -> str:
        said = error.read().decode("utf-8", "replace").strip()
        with contextlib.suppress(ValueError, AttributeError):
            said = str(json.loads(said).get("detail", said))
        return f"The Prefect server at {self.address.api} refused with {error.code}: {said}"

    def _unreachable(self, error: Exception) -> str:
        reason = getattr(error, "reason", error)
        return (
            f"The Prefect server at {self.address.api} (from {self.address.source}) does not "
            f"answer: {reason}. Start it with `ratchet up`, or set PREFECT_API_URL."
        )


def _time_of(header: str | None) -> datetime | None:
    return email.utils.parsedate_to_datetime(header) if header else None
