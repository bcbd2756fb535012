"""Where an app finds routing and telemetry, from the same settings as everything else.

The typed settings need pydantic, which an app should not have to import; of them, serving
needs the state folder alone.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

SETTINGS_FILE = "ratchet.toml"
DEFAULT_HOME = ".ratchet"
ROUTING = "routing/routing_config.json"
TELEMETRY = "telemetry"
SPOOL = "spool"  # in the folder of the telemetry, beside the key of the pseudonyms


def state_folder(environ: Mapping[str, str] = os.environ) -> Path:
    """The state folder: RATCHET_HOME, or `home` in ratchet.toml, or .ratchet; absolute."""
    home = next((v for k, v in environ.items() if k.upper() == "RATCHET_HOME" and v), None)
    return Path(home or _home_in_file() or DEFAULT_HOME).absolute()


def is_url(address: str) -> bool:
    """Whether an address is fetched over HTTP rather than read from a disk.

    >>> is_url("https://models.example/routing_config.json"), is_url("C:/routing_config.json")
    (True, False)
    """
    return address.startswith(("http://", "https://"))


def resolve(address: str, beside: str) -> str:
    """The full address of a program that the routing file at `beside` names.

    >>> resolve("../programs/a.json", "https://m.example/routing/routing_config.json")
    'https://m.example/programs/a.json'
    >>> resolve("/srv/a.json", "/srv/routing/routing_config.json")
    '/srv/a.json'
    """
    if is_url(address):
        return address
    if is_url(beside):
        from urllib.parse import urljoin

        return urljoin(beside, address)
    return str(Path(beside).parent / address)


def _home_in_file() -> str | None:
    try:
        content = Path(SETTINGS_FILE).read_bytes()
    except OSError:
        return None
    import tomllib

    try:
        home = tomllib.loads(content.decode()).get("home")
    except ValueError:  # the commands say what is wrong with it
        return None
    return home if isinstance(home, str) else None
