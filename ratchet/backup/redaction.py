"""The settings file without its secrets: a backup is copied to places where they do not belong."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

HIDDEN = "***"
_SECRET_KEY = re.compile(
    r"password|passwd|secret|token|api_?key|webhook|credential|(^|_)dsn$|(^|_)key$", re.IGNORECASE
)
_URL_PASSWORD = re.compile(r"(?<=://)(?P<user>[^\s:/@\"']*):(?P<secret>[^\s\"']+)@")
_URL_QUERY = re.compile(
    r"(?<=[?&])(?P<key>password|token|api_?key|secret)=[^&\s\"']+", re.IGNORECASE
)


@dataclass(frozen=True, kw_only=True)
class Redacted:
    """A text without secrets, and the settings that had one.

    `text` is None when a secret could not be taken out, so that the text is better left out.
    """

    text: str | None
    keys: tuple[str, ...] = ()


def redact(text: str) -> Redacted:
    r"""Take the secrets out of a TOML text: by the name of their key, and passwords in URLs.

    Comments go, for nothing tells which of them holds a secret of yesterday.

    >>> redact('database_url = "postgresql://me:s3cret@db/ratchet"').text
    'database_url = "postgresql://me:***@db/ratchet"'
    >>> redact('[alerts]\napi_key = "abc"\nmax_tokens = 100').text
    '[alerts]\napi_key = "***"\nmax_tokens = 100'
    """
    clean = _redact_urls(_without_comments(text))
    try:
        keys = tuple(dict(_secrets(tomllib.loads(text), "")))
        secrets = dict(_secrets(tomllib.loads(clean), ""))
    except tomllib.TOMLDecodeError:
        return Redacted(text=None)
    for secret in sorted(secrets.values(), key=len, reverse=True):
        for quote in ('"""', "'''", '"', "'"):
            clean = clean.replace(f"{quote}{secret}{quote}", f'"{HIDDEN}"')
    is_clean = not any(_secrets(tomllib.loads(clean), ""))
    return Redacted(text=clean if is_clean else None, keys=keys)


def _secrets(value: Any, path: str) -> Iterator[tuple[str, str]]:
    """The place and the value of every secret that is not hidden already."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _secrets(inner, f"{path}.{key}" if path else key)
    elif isinstance(value, list):
        for inner in value:
            yield from _secrets(inner, path)
    elif isinstance(value, str) and value not in {"", HIDDEN}:
        is_secret = _SECRET_KEY.search(path.rpartition(".")[2]) or _redact_urls(value) != value
        if is_secret:
            yield path, value


def _redact_urls(text: str) -> str:
    hidden = _URL_PASSWORD.sub(rf"\g<user>:{HIDDEN}@", text)
    return _URL_QUERY.sub(rf"\g<key>={HIDDEN}", hidden)


def _without_comments(text: str) -> str:
    """Leave out the lines that are comments; a `#` after a value may be part of it."""
    return "".join(
        line for line in text.splitlines(keepends=True) if not line.lstrip().startswith("#")
    )
