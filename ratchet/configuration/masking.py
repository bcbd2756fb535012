"""What of the settings is nobody's business: passwords, tokens, keys, addresses with secrets."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

MASK = "***"
SECRET_WORDS = frozenset({"password", "passwd", "secret", "token", "credentials"})
SECRET_ENDINGS = ("webhook", "webhook_url", "api_key", "signing_key", "private_key", "access_key")

_IN_URL = re.compile(r"(?P<before>[a-z][a-z0-9+.-]*://[^/@\s:]*:)[^@\s]+(?=@)", re.IGNORECASE)
_AS_USER = re.compile(r"(?P<before>https?://)[^/@\s:]+(?=@)", re.IGNORECASE)
_IN_QUERY = re.compile(
    r"(?P<before>[?&](?:password|passwd|token|secret|api_key|sslpassword)=)[^&\s]+", re.IGNORECASE
)


def is_secret(path: str) -> bool:
    """Whether the value of a setting is shown to nobody, by its name.

    >>> is_secret("alerts.slack_webhook_url"), is_secret("collection.git_target")
    (True, False)
    """
    name = path.rpartition(".")[2].lower()
    return bool(SECRET_WORDS & set(name.split("_"))) or name.endswith(SECRET_ENDINGS)


def masked(path: str, value: Any) -> Any:
    """A value that may be shown: secrets are masked, and passwords within addresses.

    >>> masked("database_url", "postgresql://ratchet:hunter2@db/ratchet")
    'postgresql://ratchet:***@db/ratchet'
    >>> masked("alerts", {"email_password": "hunter2", "email_smtp_port": 587})
    {'email_password': '***', 'email_smtp_port': 587}
    """
    if isinstance(value, Mapping):
        return {name: masked(f"{path}.{name}", item) for name, item in value.items()}
    if is_secret(path):
        return MASK if value not in (None, "", [], ()) else value
    if isinstance(value, list | tuple):
        return [masked(path, item) for item in value]
    return masked_text(value) if isinstance(value, str) else value


def masked_text(text: str) -> str:
    """A text without the passwords and tokens of the addresses in it.

    >>> masked_text("https://ghp_123@github.example/a/b")
    'https://***@github.example/a/b'
    """
    for secret in (_IN_URL, _AS_USER, _IN_QUERY):
        text = secret.sub(rf"\g<before>{MASK}", text)
    return text
