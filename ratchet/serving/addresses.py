"""Reading what an address points to, from a disk or over HTTP, with limits on size and time."""

from __future__ import annotations

import os
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from ratchet.errors import InputError
from ratchet.serving.places import is_url

MAX_BYTES = 64 * 1024 * 1024
TIMEOUT_SECONDS = 5.0
FIRST_TIMEOUT_SECONDS = 2.0  # an app's start does not wait longer for its routing
FILE_CHECK_SECONDS = 1.0
URL_CHECK_SECONDS = 5.0


class Source(Protocol):
    """Where a text that may change is read from."""

    check_seconds: float

    def poll(self) -> bytes | None:
        """The content when it has changed since the last poll, else None.

        Raises:
            InputError: it can not be read.
        """

    def forget(self) -> None:
        """Give the content at the next poll in any case: the last one could not be used."""

    def after_fork(self) -> None: ...


def source_of(address: str) -> Source:
    """The source behind a path or a URL."""
    return UrlSource(address) if is_url(address) else FileSource(Path(address))


def read_address(address: str, *, timeout_seconds: float = TIMEOUT_SECONDS) -> bytes:
    """The whole content of a file or a URL.

    Raises:
        InputError: it can not be read, or is larger than 64 MiB.
    """
    if is_url(address):
        return _fetch(address, None, timeout_seconds).content or b""
    try:
        with Path(address).open("rb") as stream:
            return _limited(stream.read(MAX_BYTES + 1), address)
    except OSError as error:
        raise InputError(f"{address} can not be read: {error.strerror or error}.") from error


class FileSource:
    """A file, read again when its time, size or inode is another one."""

    check_seconds = FILE_CHECK_SECONDS

    def __init__(self, path: Path) -> None:
        self._path = str(path)
        self._seen: tuple[int, ...] | None = None

    def poll(self) -> bytes | None:
        try:
            found = os.stat(self._path)  # noqa: PTH116 - a Path costs more than the call
        except OSError as error:
            raise InputError(f"{self._path} can not be read: {error.strerror}.") from error
        seen = (found.st_mtime_ns, found.st_ctime_ns, found.st_size, found.st_ino)
        if seen == self._seen:
            return None
        content = read_address(self._path)
        self._seen = seen
        return content

    def forget(self) -> None:
        self._seen = None

    def after_fork(self) -> None:
        """Nothing is shared: a child reads by itself."""


@dataclass(frozen=True, kw_only=True)
class _Reply:
    """What a server said; no content when it has not changed."""

    content: bytes | None = None
    etag: str | None = None
    error: InputError | None = None


class UrlSource:
    """A URL, fetched by a thread of its own: no request of the app waits for it."""

    check_seconds = URL_CHECK_SECONDS

    def __init__(self, address: str) -> None:
        self._address = address
        self._etag: str | None = None
        self._reply: _Reply | None = None
        self._fetching: threading.Thread | None = None
        self._is_first = True

    def poll(self) -> bytes | None:
        if self._is_first:
            self._is_first = False
            self._reply = _asked(self._address, None, FIRST_TIMEOUT_SECONDS)
        elif self._fetching is None or not self._fetching.is_alive():
            self._fetching = threading.Thread(
                target=self._fetch_aside, name="ratchet-routing", daemon=True
            )
            self._fetching.start()
        reply, self._reply = self._reply, None
        if reply is None:
            return None
        if reply.error is not None:
            raise reply.error
        self._etag = reply.etag
        return reply.content

    def forget(self) -> None:
        self._etag = None

    def after_fork(self) -> None:
        """The fetching thread stayed in the parent."""
        self._fetching = None

    def _fetch_aside(self) -> None:
        self._reply = _asked(self._address, self._etag, TIMEOUT_SECONDS)


def _asked(address: str, etag: str | None, timeout_seconds: float) -> _Reply:
    try:
        return _fetch(address, etag, timeout_seconds)
    except InputError as error:
        return _Reply(error=error)


def _fetch(address: str, etag: str | None, timeout_seconds: float) -> _Reply:
    from http.client import HTTPException
    from urllib.error import HTTPError
    from urllib.request import Request, urlopen

    headers = {"If-None-Match": etag} if etag else {}
    request = Request(address, headers=headers)  # noqa: S310 - only http(s) comes here
    try:
        with urlopen(request, timeout=timeout_seconds) as reply:  # noqa: S310 - the same
            content = _limited(reply.read(MAX_BYTES + 1), address)
            return _Reply(content=content, etag=reply.headers.get("ETag"))
    except HTTPError as error:
        if error.code == 304:  # not modified
            return _Reply(etag=etag)
        raise InputError(f"{address} answered {error.code}.") from error
    except (OSError, HTTPException, ValueError) as error:
        raise InputError(f"{address} can not be fetched: {error}.") from error


def _limited(content: bytes, address: str) -> bytes:
    if len(content) > MAX_BYTES:
        raise InputError(f"{address} is larger than {MAX_BYTES} bytes.")
    return content
