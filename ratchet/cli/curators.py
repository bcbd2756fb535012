"""`ratchet curators`: who may approve examples.

The first curator is named without a token, by whoever can write the store, and is an admin.
From then on an admin's token is needed; curators rotate their own.
"""

from __future__ import annotations

import secrets
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from ratchet.cli.arguments import AsJson, load
from ratchet.cli.credentials import current_admin, current_curator, login_name
from ratchet.cli.terminal import print_json, print_rows, say

if TYPE_CHECKING:
    from ratchet.curation.tokens import NewToken
    from ratchet.store import Store
    from ratchet.store.curators import CuratorRecord, Role

app = typer.Typer(no_args_is_help=True, help="Who may approve examples, each with a token.")

COLUMNS = ("name", "role", "state", "created_at", "created_by", "revoked_at")

Name = Annotated[str, typer.Argument(metavar="NAME", help="The curator.", show_default=False)]
Why = Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why, for the audit trail.")]


@app.command("add")
def add(
    *,
    name: Name,
    role: Annotated[
        str | None,
        typer.Option(metavar="curator|admin", help="[default: curator; the first is an admin]"),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Name a curator and print the token, once.

    The first is named without a token and is an admin; after that RATCHET_CURATOR_TOKEN must
    hold an admin's token, or it is asked for at the terminal.
    """
    from ratchet.curation.tokens import new_token
    from ratchet.store import open_store
    from ratchet.store.curators import CuratorRecord

    with open_store(load().store_url) as store:
        is_first = not store.curators.list()
        token = new_token(name, random_text=secrets.token_urlsafe)
        curator = CuratorRecord(
            name=name,
            role=_role(role, is_first=is_first),
            token_hash=token.token_hash,
            created_at=datetime.now(UTC),
            created_by=login_name() if is_first else current_admin(store).name,
        )
        store.curators.add(curator, is_first=is_first)
    _show_token(curator, token, as_json=as_json)


@app.command("list")
def list_curators(*, as_json: AsJson = False) -> None:
    """List the curators, the revoked ones too."""
    from ratchet.store import open_store

    with open_store(load().store_url) as store:
        rows = [_row(curator) for curator in store.curators.list()]
    print_rows("Curators", COLUMNS, rows, as_json=as_json)


@app.command("revoke")
def revoke(
    *,
    name: Name,
    reason: Why = "",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say what would be done.")
    ] = False,
) -> None:
    """Take a curator's right away. What the curator decided before stands.

    Needs an admin's token. The last admin stays.
    """
    from ratchet.store import open_store

    with open_store(load().store_url) as store:
        admin = current_admin(store)
        if dry_run:
            found = store.curators.get(name)
            state = "no curator" if found is None else f"{found.role}, {_state(found)}"
            say(f"Would revoke {name} ({state}) on behalf of {admin.name}.")
            return
        store.curators.revoke(name, actor=admin.name, at=datetime.now(UTC), reason=reason)
    say(f"Revoked {name}: the token opens nothing from now on.")


@app.command("rotate")
def rotate(*, name: Name, as_json: AsJson = False) -> None:
    """Print a new token for a curator; the old one opens nothing from then on.

    Needs the curator's own token or an admin's.
    """
    from ratchet.curation.tokens import new_token
    from ratchet.store import open_store

    with open_store(load().store_url) as store:
        actor = _allowed_to_rotate(store, name)
        token = new_token(name, random_text=secrets.token_urlsafe)
        now = datetime.now(UTC)
        curator = store.curators.rotate(name, token.token_hash, actor=actor, at=now)
    _show_token(curator, token, as_json=as_json)


def _role(given: str | None, *, is_first: bool) -> Role:
    from ratchet.store.curators import Role

    if given is None:
        return Role.ADMIN if is_first else Role.CURATOR
    if given not in set(Role):
        raise typer.BadParameter(f"{given!r} is no role; use curator or admin", param_hint="--role")
    if is_first and given != Role.ADMIN:
        raise typer.BadParameter("the first curator must be an admin", param_hint="--role")
    return Role(given)


def _allowed_to_rotate(store: Store, name: str) -> str:
    """Who is at the keyboard: the curator, or an admin.

    Raises:
        ConfigurationError: it is somebody else.
    """
    from ratchet.errors import ConfigurationError
    from ratchet.store.curators import Role

    curator = current_curator(store)
    if curator.name != name and curator.role is not Role.ADMIN:
        raise ConfigurationError(
            f"{curator.name} is a {curator.role}; only {name} or an admin rotates this token."
        )
    return curator.name


def _show_token(curator: CuratorRecord, token: NewToken, *, as_json: bool) -> None:
    if as_json:
        print_json({"name": curator.name, "role": curator.role.value, "token": token.text})
        return
    say(f"{curator.name} is {curator.role}. The token, shown this once and kept nowhere:")
    say(f"  {token.text}", style="bold")
    say("Use: export RATCHET_CURATOR_TOKEN=...; then ratchet review --signature NAME")


def _row(curator: CuratorRecord) -> dict[str, object]:
    facts = {key: value for key, value in asdict(curator).items() if key != "token_hash"}
    return {**facts, "role": curator.role.value, "state": _state(curator)}


def _state(curator: CuratorRecord) -> str:
    return "active" if curator.is_active else "revoked"
