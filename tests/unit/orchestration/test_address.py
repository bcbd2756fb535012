"""Where the Prefect server is: the environment, Prefect's profile, or that of `ratchet up`."""

from __future__ import annotations

from pathlib import Path

import pytest

from ratchet.errors import ConfigurationError
from ratchet.orchestration.address import LOCAL_API, server_address
from ratchet.orchestration.api import PrefectApi

PROFILES = """
active = "team"
[profiles.team]
PREFECT_API_URL = "https://prefect.example/api/"
PREFECT_API_AUTH_STRING = "ada:secret"
[profiles.other]
PREFECT_API_URL = "https://other.example/api"
"""


def environ(folder: Path, **more: str) -> dict[str, str]:
    """An environment whose home of Prefect is a folder."""
    return {"PREFECT_HOME": str(folder), **more}


def test_without_anything_it_is_the_local_system(tmp_path: Path) -> None:
    """The server of `ratchet up` on this machine."""
    found = server_address(environ(tmp_path))

    assert (found.api, found.ui, found.authorization) == (LOCAL_API, "http://127.0.0.1:4200", "")


def test_the_profile_of_prefect_is_read(tmp_path: Path) -> None:
    """The active one, or the one that a variable names; with the password it holds."""
    (tmp_path / "profiles.toml").write_text(PROFILES)

    active = server_address(environ(tmp_path))
    chosen = server_address(environ(tmp_path, PREFECT_PROFILE="other"))

    assert active.api == "https://prefect.example/api"
    assert active.authorization == "Basic YWRhOnNlY3JldA=="
    assert "secret" not in repr(active)
    assert chosen.api == "https://other.example/api"


def test_a_variable_wins_over_the_profile(tmp_path: Path) -> None:
    """As in Prefect itself; the UI may be elsewhere."""
    (tmp_path / "profiles.toml").write_text(PROFILES)

    found = server_address(
        environ(
            tmp_path,
            PREFECT_API_URL="http://127.0.0.1:1/api",
            PREFECT_API_KEY="k",
            PREFECT_UI_URL="https://ui.example/",
        )
    )

    assert (found.api, found.ui) == ("http://127.0.0.1:1/api", "https://ui.example")
    assert found.authorization == "Bearer k"


def test_a_broken_profile_is_no_profile(tmp_path: Path) -> None:
    """Prefect itself will complain about it."""
    (tmp_path / "profiles.toml").write_text("active = ")

    assert server_address(environ(tmp_path)).api == LOCAL_API


def test_an_address_that_is_no_url_is_refused(tmp_path: Path) -> None:
    """With where it comes from."""
    api = PrefectApi(server_address(environ(tmp_path, PREFECT_API_URL="file:///etc/passwd")))

    with pytest.raises(ConfigurationError, match="the variable PREFECT_API_URL"):
        api.get("/health")
