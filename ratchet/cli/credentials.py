"""Who is at the keyboard: the curator whose token is in the environment or typed in."""

from __future__ import annotations

import getpass
import os
import sys
from typing import TYPE_CHECKING

from ratchet.errors import ConfigurationError

if TYPE_CHECKING:
    from ratchet.store import Store
    from ratchet.store.curators import CuratorRecord

TOKEN_VARIABLE = "RATCHET_CURATOR_TOKEN"  # noqa: S105 - the name of a variable
NAME_FIRST = (
    "Nobody may approve examples yet. Name the first curator with "
    "`ratchet curators add NAME --role admin`; it prints a token."
)


def given_token() -> str | None:
    """The token from the environment or, at a terminal, from a prompt that does not show it.

    It is never an argument, which `ps` and the history of the shell would keep.
    """
    if token := os.environ.get(TOKEN_VARIABLE, "").strip():
        return token
    if not sys.stdin.isatty():
        return None
    return getpass.getpass("Curator token: ", stream=sys.stderr).strip() or None


def current_curator(store: Store) -> CuratorRecord:
    """The curator whose token was given.

    Raises:
        ConfigurationError: there is no curator yet, no token was given, or it is refused.
    """
    from ratchet.curation.tokens import identify

    if not any(curator.is_active for curator in store.curators.list()):
        raise ConfigurationError(NAME_FIRST)
    token = given_token()
    if token is None:
        raise ConfigurationError(
            f"This needs the token of a curator: set {TOKEN_VARIABLE}, or run it at a terminal "
            "to be asked."
        )
    return identify(token, store.curators.get)


def current_admin(store: Store) -> CuratorRecord:
    """The admin whose token was given.

    Raises:
        ConfigurationError: see `current_curator`, or the curator is no admin.
    """
    from ratchet.store.curators import Role

    curator = current_curator(store)
    if curator.role is not Role.ADMIN:
        raise ConfigurationError(
            f"{curator.name} is a {curator.role}; only an admin names and removes curators."
        )
    return curator


def login_name() -> str:
    """The name under which the person is logged in."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container user without a name
        return f"user {os.getuid()}"
