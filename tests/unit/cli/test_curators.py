"""`ratchet curators`."""

from __future__ import annotations

from pathlib import Path

import pytest

from ratchet.cli.credentials import TOKEN_VARIABLE
from ratchet.settings import load_settings
from ratchet.store import open_store
from tests.cli_builders import ratchet


def named(name: str, *options: str) -> str:
    """Name a curator; the token."""
    left = ratchet("curators", "add", name, *options, "--json")
    assert left.exit_code == 0, left.err
    return str(left.document["token"])


def test_the_first_curator_is_an_admin_and_needs_no_token(
    workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From the second on, an admin vouches; the default role is the smaller one."""
    token = named("ada")
    refused = ratchet("curators", "add", "eve")
    monkeypatch.setenv(TOKEN_VARIABLE, token)
    named("bob")

    rows = ratchet("curators", "list", "--json").document

    assert refused.exit_code == 2
    assert TOKEN_VARIABLE in refused.err
    assert [(r["name"], r["role"], r["state"]) for r in rows] == [
        ("ada", "admin", "active"),
        ("bob", "curator", "active"),
    ]
    assert rows[1]["created_by"] == "ada"


def test_a_token_is_shown_once_and_stored_nowhere(workspace: Path) -> None:
    """Neither the database nor the list holds it."""
    token = named("ada")

    listed = ratchet("curators", "list")
    database = load_settings().home / "ratchet.db"

    secret = token.partition(":")[2]
    assert secret not in listed.out
    assert secret.encode() not in database.read_bytes()
    assert len(secret) >= 43  # 256 bits


def test_a_curator_names_nobody(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither adds nor revokes nor rotates another; but rotates its own."""
    monkeypatch.setenv(TOKEN_VARIABLE, named("ada"))
    token = named("bob")
    monkeypatch.setenv(TOKEN_VARIABLE, token)

    refused = [
        ratchet("curators", "add", "eve"),
        ratchet("curators", "revoke", "ada"),
        ratchet("curators", "rotate", "ada"),
    ]
    rotated = ratchet("curators", "rotate", "bob", "--json")
    late = ratchet("curators", "rotate", "bob")

    assert [left.exit_code for left in refused] == [2, 2, 2]
    assert all("bob is a curator" in left.err for left in refused)
    assert rotated.exit_code == 0
    assert late.exit_code == 2
    assert "not valid" in late.err
    monkeypatch.setenv(TOKEN_VARIABLE, rotated.document["token"])
    assert ratchet("curators", "rotate", "bob").exit_code == 0


def test_a_dry_run_revokes_nobody(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It says what would be done; without it, it is done and audited."""
    monkeypatch.setenv(TOKEN_VARIABLE, named("ada"))
    named("bob")

    said = ratchet("curators", "revoke", "bob", "--dry-run")
    before = ratchet("curators", "list", "--json").document
    done = ratchet("curators", "revoke", "bob", "--reason", "left the team")
    after = ratchet("curators", "list", "--json").document

    assert "Would revoke bob (curator, active)" in said.out
    assert [r["state"] for r in before] == ["active", "active"]
    assert done.exit_code == 0
    assert [r["state"] for r in after] == ["active", "revoked"]
    with open_store(load_settings().store_url) as store:
        entry = store.audit.list(action="curator.revoke")[0]
    assert (entry.subject, entry.actor, entry.reason) == ("bob", "ada", "left the team")


def test_the_first_can_not_be_less_than_an_admin(workspace: Path) -> None:
    """An unknown role is refused too, before anything is written."""
    first = ratchet("curators", "add", "ada", "--role", "curator")
    unknown = ratchet("curators", "add", "ada", "--role", "king")

    assert (first.exit_code, unknown.exit_code) == (2, 2)
    assert "must be an admin" in first.err
    assert "curator or admin" in unknown.err
    assert ratchet("curators", "list", "--json").document == []
