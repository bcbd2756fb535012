"""Where an app finds routing and telemetry, from the same settings as everything else.

The typed settings need pydantic, which an app should not have to import; of them, serving
needs the state folder alone.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

SETTINGS_FILE = "ratchet.toml"
FILE_VARIABLES = ("RATCHET_CONFIG", "MONITORING_CONFIG")  # the latter is what cron jobs set
DEFAULT_HOME = ".ratchet"
ROUTING = "routing/routing_config.json"
TELEMETRY = "telemetry"
SPOOL = "spool"  # in the folder of the telemetry, beside the key of the pseudonyms


class SettingsFile(NamedTuple):
    """Where the settings file is, and the variable that says so; empty when none does."""

    path: Path
    variable: str


def settings_file(environ: Mapping[str, str] = os.environ) -> SettingsFile:
    """The settings file: what a variable names, or ratchet.toml in the working directory."""
    for variable in FILE_VARIABLES:
        if environ.get(variable):
            return SettingsFile(Path(environ[variable]).expanduser(), variable)
    return SettingsFile(Path(SETTINGS_FILE), "")


def state_folder(environ: Mapping[str, str] = os.environ) -> Path:
    """The state folder: RATCHET_HOME, or `home` in ratchet.toml, or .ratchet; absolute."""
    home = next((v for k, v in environ.items() if k.upper() == "RATCHET_HOME" and v), None)
    found = home or setting_in_file("home", environ=environ)
    return Path(found if isinstance(found, str) and found else DEFAULT_HOME).absolute()


def setting_in_file(*path: str, environ: Mapping[str, str] = os.environ) -> Any:
    """What the settings file says at a path of tables and a name; None when it says nothing."""
    found = _settings_in_file(settings_file(environ).path)
    for name in path:
        found = found.get(name) if isinstance(found, dict) else None
    return found


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


def _settings_in_file(path: Path) -> Any:
    """The settings as the file has them; a broken file is explained by the commands."""
    try:
        content = path.read_bytes()
    except OSError:
        return None
    import tomllib

    try:
        return tomllib.loads(content.decode())
    except ValueError:
        return None
