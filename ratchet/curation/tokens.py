"""Tokens of curators: made once, shown once, and kept as an argon2 hash only."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from ratchet.errors import ConfigurationError
from ratchet.store.curators import CuratorRecord

SEPARATOR = ":"
SECRET_BYTES = 32  # 256 bits: no list of guesses gets anywhere, however fast the hash
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,63}")
_HASHER = PasswordHasher()  # argon2id, as RFC 9106 recommends for little memory: 64 MiB


@dataclass(frozen=True, kw_only=True)
class NewToken:
    """A token to hand to its curator, and the hash to keep; `text` is not kept anywhere."""

    text: str
    token_hash: str


def new_token(name: str, *, random_text: Callable[[int], str]) -> NewToken:
    """Make a token for a curator.

    Args:
        name: Whose it is; the token begins with it.
        random_text: `secrets.token_urlsafe`, or what a test puts in its place.

    Raises:
        ConfigurationError: the name can not be one.
    """
    if not _NAME.fullmatch(name):
        raise ConfigurationError(
            f"{name!r} can not name a curator: use 1 to 64 letters, digits, dots, hyphens, "
            "underscores or @, and begin with a letter or digit."
        )
    text = f"{name}{SEPARATOR}{random_text(SECRET_BYTES)}"
    return NewToken(text=text, token_hash=_HASHER.hash(text))


def identify(token: str, find: Callable[[str], CuratorRecord | None]) -> CuratorRecord:
    """The curator whose token this is.

    An unknown name takes as long as a wrong secret, and reads the same. That a token was
    revoked is said only to who holds it.

    Args:
        token: What was given.
        find: The curator of a name, or None: `store.curators.get`.

    Raises:
        ConfigurationError: the token is of nobody, or of somebody who was revoked.
    """
    name, _, _ = token.strip().partition(SEPARATOR)
    curator = find(name) if _NAME.fullmatch(name) else None
    if curator is None:
        _HASHER.hash(token)  # as much work as a comparison
    if curator is None or not _matches(curator.token_hash, token.strip()):
        raise ConfigurationError(
            "The curator token is not valid. Check RATCHET_CURATOR_TOKEN, or ask an admin for "
            "`ratchet curators rotate NAME`."
        )
    if curator.revoked_at is not None:
        raise ConfigurationError(
            f"The token of {curator.name} was revoked on {curator.revoked_at:%Y-%m-%d %H:%M} UTC. "
            f"An admin can name you again with `ratchet curators add {curator.name}`."
        )
    return curator


def _matches(token_hash: str, token: str) -> bool:
    try:
        return _HASHER.verify(token_hash, token)
    except (VerificationError, InvalidHashError):
        return False
