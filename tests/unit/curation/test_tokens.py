"""Tokens of curators."""

from __future__ import annotations

import pytest

from ratchet.curation.tokens import identify, new_token
from ratchet.errors import ConfigurationError
from ratchet.store.curators import CuratorRecord, Role
from tests.builders import NOON

TOKEN = new_token("ada", random_text=lambda size: "x" * size)
ADA = CuratorRecord(
    name="ada", role=Role.ADMIN, token_hash=TOKEN.token_hash, created_at=NOON, created_by="root"
)
KNOWN = {"ada": ADA}


def test_a_token_names_its_curator() -> None:
    """Blanks around it, as copying leaves them, do no harm."""
    assert identify(f" {TOKEN.text}\n", KNOWN.get) == ADA


def test_only_a_hash_is_kept() -> None:
    """The hash is argon2id and does not hold the secret."""
    assert TOKEN.token_hash.startswith("$argon2id$")
    assert "xxx" not in TOKEN.token_hash


@pytest.mark.parametrize("token", ["ada:wrong", "eve:" + "x" * 32, "ada", "", ":", "\x00:x"])
def test_a_wrong_token_and_an_unknown_name_read_the_same(token: str) -> None:
    """Who guesses does not learn which names exist."""
    with pytest.raises(ConfigurationError, match=r"^The curator token is not valid"):
        identify(token, KNOWN.get)


def test_a_revoked_token_says_so_to_who_holds_it() -> None:
    """And to nobody else."""
    revoked = {
        "ada": CuratorRecord(
            name="ada",
            role=Role.ADMIN,
            token_hash=TOKEN.token_hash,
            created_at=NOON,
            created_by="root",
            revoked_at=NOON,
        )
    }

    with pytest.raises(ConfigurationError, match="revoked on 2026-03-01 12:00"):
        identify(TOKEN.text, revoked.get)
    with pytest.raises(ConfigurationError, match="not valid"):
        identify("ada:guess", revoked.get)


@pytest.mark.parametrize("name", ["", "a:b", "-x", "a b", "é", "x" * 65])
def test_a_name_that_would_break_a_token_is_refused(name: str) -> None:
    """The message says what a name may be."""
    with pytest.raises(ConfigurationError, match="1 to 64 letters"):
        new_token(name, random_text=lambda size: "x" * size)
