"""Brings a git repository to this machine: a path stays where it is, a URL is mirrored."""

from __future__ import annotations

import base64
import os
from pathlib import Path
from urllib.parse import urlsplit

from git import Git, GitCommandError, GitCommandNotFound

from ratchet.canonical import sha256_of_text
from ratchet.errors import InputError

SCHEMES = ("https", "http", "ssh", "file")


def is_url(location: str) -> bool:
    """Whether `location` is an address rather than a path.

    >>> is_url("https://example.org/team/app.git"), is_url("../app")
    (True, False)
    """
    return urlsplit(location).scheme in SCHEMES


def bring_repository(location: str, *, cache: Path, token: str | None = None) -> Path:
    """Return a local path for `location`; a URL is cloned bare below `cache`, then updated.

    `token` is sent as the password of an https request and never stored, shown in an
    argument list, or put into an error.

    Raises:
        InputError: the path does not exist, or git could not fetch the address.
    """
    if not is_url(location):
        path = Path(location).expanduser().absolute()
        if not path.exists():
            raise InputError(f"The repository {location} does not exist.")
        return path
    mirror = cache / "repositories" / f"{sha256_of_text(location)[:16]}.git"
    environment = {"GIT_TERMINAL_PROMPT": "0", **_authorization(token)}
    try:
        if (mirror / "HEAD").exists():
            Git(mirror).fetch("--prune", "--quiet", "origin", env=environment)
        else:
            mirror.parent.mkdir(parents=True, exist_ok=True)
            Git().clone("--mirror", "--quiet", "--", location, str(mirror), env=environment)
    except (GitCommandError, GitCommandNotFound) as error:
        reason = str(error.stderr).strip().removeprefix("stderr: ").strip("'\n ")
        raise InputError(
            f"git could not fetch {_without_credentials(location)}: {reason}. "
            "Check the address; a private repository needs a token (Ratchet Git Source block)."
        ) from error
    except OSError as error:
        raise InputError(f"{mirror} can not be written: {error.strerror or error}.") from error
    return mirror


def head_of(repository: Path) -> str:
    """The sha of the newest commit; empty for a repository without one, or for no repository.

    What is wrong with a repository is said by whoever reads its history.
    """
    try:
        return str(Git(repository).rev_parse("--verify", "--quiet", "HEAD"))
    except (GitCommandError, GitCommandNotFound):
        return ""


def _authorization(token: str | None) -> dict[str, str]:
    """Git configuration by environment, so that the token is in no argument list."""
    if not token:
        return {}
    credentials = base64.b64encode(f"x-access-token:{token}".encode()).decode()
    first = int(os.environ.get("GIT_CONFIG_COUNT", "0"))
    return {
        "GIT_CONFIG_COUNT": str(first + 1),
        f"GIT_CONFIG_KEY_{first}": "http.extraHeader",
        f"GIT_CONFIG_VALUE_{first}": f"Authorization: Basic {credentials}",
    }


def _without_credentials(location: str) -> str:
    parts = urlsplit(location)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
