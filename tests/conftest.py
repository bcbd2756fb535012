"""What every test needs: an environment of its own, a store, and one Prefect server a session."""

from __future__ import annotations

import logging
import os
import shutil
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from ratchet.signatures import registry
from ratchet.store import Store, open_store
from tests.builders import NOON
from tests.postgres import session_server

PREFECT_STARTUP_SECONDS = 180

# A suite in the background of a script ignores Ctrl-C, and would hand that on to its commands.
signal.signal(signal.SIGINT, signal.default_int_handler)
os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"
os.environ["PREFECT_SERVER_ANALYTICS_ENABLED"] = "false"
os.environ["DO_NOT_TRACK"] = "1"
for name in [name for name in os.environ if name.startswith(("RATCHET_", "ANTHROPIC_"))]:
    del os.environ[name]


@pytest.fixture(scope="session")
def prefect_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real Prefect server with a database of its own; its API address.

    Tests that use it carry `pytest.mark.xdist_group("prefect")`, so that one worker starts
    one server.
    """
    from prefect.settings import PREFECT_API_URL
    from prefect.testing.utilities import prefect_test_harness

    with prefect_test_harness(server_startup_timeout=PREFECT_STARTUP_SECONDS):
        yield str(PREFECT_API_URL.value())


@pytest.fixture(autouse=True)
def _own_registry(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A signature that a test registers, and the module it wrote for it, are known to no other."""
    monkeypatch.setattr(registry, "_locations", dict(registry._locations))
    monkeypatch.setattr(registry, "_loaded", dict(registry._loaded))
    monkeypatch.setattr(sys, "path", list(sys.path))
    before = set(sys.modules)
    yield
    for name in set(sys.modules) - before:
        if "pytest-of-" in str(getattr(sys.modules[name], "__file__", "")):
            del sys.modules[name]


@pytest.fixture(autouse=True)
def _own_logging() -> Iterator[None]:
    """A command that turns the log down does so for no other test."""
    logger = logging.getLogger("ratchet")
    before = (logger.level, logger.propagate, logger.disabled)
    handlers = list(logger.handlers)
    yield
    logger.handlers[:] = handlers
    logger.setLevel(before[0])
    logger.propagate, logger.disabled = before[1:]


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working directory that is a user's project."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture(params=["sqlite", "postgresql"])
def database_kind(request: pytest.FixtureRequest) -> str:
    """Each test that needs a database runs on SQLite and on PostgreSQL."""
    return str(request.param)


@pytest.fixture(scope="session")
def sqlite_tables(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with the tables of a store and no rows; a copy is quicker than a migration."""
    path = tmp_path_factory.mktemp("tables") / "ratchet.db"
    open_store(f"sqlite:///{path}").close()
    return path


@pytest.fixture
def database_url(
    request: pytest.FixtureRequest, database_kind: str, tmp_path: Path, sqlite_tables: Path
) -> Iterator[str]:
    """The URL of a database: that of `store` for a test that uses it, or else an empty one."""
    is_for_store = "store" in request.fixturenames
    if database_kind == "sqlite":
        path = tmp_path / "ratchet.db"
        if is_for_store:
            shutil.copy(sqlite_tables, path)
        yield f"sqlite:///{path}"
        return
    server = session_server()
    with server.fresh_store() if is_for_store else server.fresh_database() as url:
        yield url


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    """An empty store whose clock stands at noon."""
    with open_store(database_url, clock=lambda: NOON) as opened:
        yield opened
