"""Databases for the tests of the store: each test runs on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ratchet.store import Store, open_store
from tests.builders import NOON
from tests.postgres import session_server


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of an empty database."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'ratchet.db'}"
        return
    with session_server().fresh_database() as url:
        yield url


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    """An empty store whose clock stands at noon."""
    with open_store(database_url, clock=lambda: NOON) as opened:
        yield opened
