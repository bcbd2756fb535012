"""The key of an installation."""

from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from ratchet.serving.pseudonyms import load_key


def test_the_key_is_made_once_and_kept(tmp_path: Path) -> None:
    """Stand-ins stay the same over restarts, and only the owner can read the key."""
    first = load_key(tmp_path / "telemetry", {})

    assert load_key(tmp_path / "telemetry", {}) == first
    mode = (tmp_path / "telemetry" / "pseudonym.key").stat().st_mode
    assert stat.S_IMODE(mode) == 0o600
    assert len(list((tmp_path / "telemetry").iterdir())) == 1


def test_many_that_start_at_once_get_one_key(tmp_path: Path) -> None:
    """The workers of an app start together."""
    with ThreadPoolExecutor(8) as pool:
        keys = set(pool.map(lambda _: load_key(tmp_path / "new", {}), range(32)))

    assert len(keys) == 1


def test_the_environment_gives_several_hosts_one_key(tmp_path: Path) -> None:
    """Nothing is written then."""
    assert load_key(tmp_path / "none", {"RATCHET_PSEUDONYM_KEY": "shared"}) == b"shared"
    assert not (tmp_path / "none").exists()


def test_without_a_place_for_it_the_key_is_random(tmp_path: Path) -> None:
    """Redaction goes on; no key is ever a known one."""
    (tmp_path / "file").write_text("")

    assert load_key(tmp_path / "file", {}) != load_key(tmp_path / "file", {})


def test_a_damaged_key_is_not_used(tmp_path: Path) -> None:
    """A short key could be guessed."""
    (tmp_path / "pseudonym.key").write_bytes(b"")

    assert load_key(tmp_path, {}) != load_key(tmp_path, {})
