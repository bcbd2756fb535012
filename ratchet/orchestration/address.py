"""Where the Prefect server is and how one identifies oneself, from what Prefect reads itself."""

from __future__ import annotations

import base64
import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

LOCAL_API = "http://127.0.0.1:4200/api"  # of `ratchet up`
API, KEY, USER = "PREFECT_API_URL", "PREFECT_API_KEY", "PREFECT_API_AUTH_STRING"
UI = "PREFECT_UI_URL"


@dataclass(frozen=True, kw_only=True)
class ServerAddress:
    """The API and the UI of a server; `authorization` is the header, empty for none.

    `source` says where the address comes from.
    """

    api: str
    ui: str
    source: str
    authorization: str = field(default="", repr=False)


def server_address(environ: Mapping[str, str] = os.environ) -> ServerAddress:
    """The server of the environment, else of Prefect's profile, else that of `ratchet up`."""
    profile = _profile(environ)
    for values, source in ((environ, f"the variable {API}"), (profile, "the profile of Prefect")):
        if values.get(API):
            return _address(values[API], source, {**profile, **environ})
    return _address(LOCAL_API, "the default of `ratchet up`", {**profile, **environ})


def _address(api: str, source: str, values: Mapping[str, str]) -> ServerAddress:
    api = api.rstrip("/")
    ui = values.get(UI) or api.removesuffix("/api")
    return ServerAddress(
        api=api, ui=ui.rstrip("/"), source=source, authorization=_authorization(values)
    )


def _authorization(values: Mapping[str, str]) -> str:
    if values.get(KEY):
        return f"Bearer {values[KEY]}"
    if values.get(USER):
        return "Basic " + base64.b64encode(values[USER].encode()).decode()
    return ""


def _profile(environ: Mapping[str, str]) -> Mapping[str, str]:
    """What the active profile of Prefect sets; nothing when there is none that can be read."""
    home = Path(environ.get("PREFECT_HOME") or "~/.prefect").expanduser()
    path = Path(environ.get("PREFECT_PROFILES_PATH") or home / "profiles.toml").expanduser()
    try:
        document: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    name = environ.get("PREFECT_PROFILE") or document.get("active") or ""
    found = document.get("profiles", {}).get(name, {})
    return {key: str(value) for key, value in found.items()}
