"""The routing configuration: which program versions share a signature's traffic, and how.

Its JSON form is a contract with apps in any language; `routing_file` reads and writes it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from datetime import datetime
from enum import StrEnum
from typing import Any

from ratchet.errors import InputError

SCHEMA_VERSION = 1


class RouteStatus(StrEnum):
    """Where an experiment stands."""

    PENDING = "pending"
    RUNNING = "running"
    PAUSED = "paused"
    COMPLETED = "completed"
    ROLLED_BACK = "rolled_back"
    FAILED = "failed"


# A pause by a person writes a share of 0; one for want of evidence keeps the stage's share.
CARRYING = frozenset({RouteStatus.RUNNING, RouteStatus.PAUSED, RouteStatus.COMPLETED})


@dataclass(frozen=True, kw_only=True)
class Route:
    """How one signature's traffic is split between two program versions.

    A module is the address of a program's JSON state: an absolute path, a URL, or a path
    relative to the folder of the routing file. An empty one is the app's own program. The
    share is in percent, 0..100.

    Raises:
        InputError: the share or the status is impossible, or a name is missing.
    """

    experiment_id: str
    signature: str
    baseline_module: str | None = None
    candidate_module: str | None = None
    baseline_version: str | None = None
    candidate_version: str | None = None
    baseline_sha256: str | None = None
    candidate_sha256: str | None = None
    candidate_traffic_percent: float = 0.0
    status: RouteStatus = RouteStatus.PENDING
    salt: str = ""

    def __post_init__(self) -> None:
        for name in _TEXTS:
            value = getattr(self, name)
            if not isinstance(value, str) and not (value is None and name in _OPTIONAL):
                raise InputError(f"{name} is {value!r}; it must be a text.")
        if not self.signature or not self.experiment_id:
            raise InputError("A route needs a signature and an experiment_id.")
        percent = self.candidate_traffic_percent
        is_number = isinstance(percent, int | float) and not isinstance(percent, bool)
        if not is_number or not math.isfinite(percent) or not 0 <= percent <= 100:
            raise InputError(f"candidate_traffic_percent is {percent!r}; use 0 to 100.")
        if self.status not in tuple(RouteStatus):
            raise InputError(f"status is {self.status!r}; use one of {', '.join(RouteStatus)}.")
        object.__setattr__(self, "status", RouteStatus(self.status))

    @property
    def effective_percent(self) -> float:
        """The candidate's share, 0 unless the status lets it have traffic."""
        return self.candidate_traffic_percent if self.status in CARRYING else 0.0


_OPTIONAL = frozenset(
    f"{variant}_{fact}"
    for variant in ("baseline", "candidate")
    for fact in ("module", "version", "sha256")
)
_FIELDS = tuple(f.name for f in fields(Route))
_TEXTS = tuple(name for name in _FIELDS if name not in {"candidate_traffic_percent", "status"})


@dataclass(frozen=True, kw_only=True)
class RoutingConfig:
    """All routes at one revision, keyed by signature.

    `problems` names what a lenient reading left out; it is not part of the JSON form.

    Raises:
        InputError: the time has no zone, or a route stands under another signature's name.
    """

    revision: int
    updated_at: datetime
    routes: Mapping[str, Route] = field(default_factory=dict)
    problems: tuple[str, ...] = field(default=(), compare=False)

    def __post_init__(self) -> None:
        if self.updated_at.tzinfo is None:
            raise InputError(f"updated_at {self.updated_at} has no time zone; use UTC.")
        for name, route in self.routes.items():
            if name != route.signature:
                raise InputError(f"The route of {route.signature!r} stands under {name!r}.")

    def to_json(self) -> dict[str, Any]:
        """The contents of `routing_config.json`."""
        return {
            "schema_version": SCHEMA_VERSION,
            "revision": self.revision,
            "updated_at": self.updated_at.isoformat(),
            "routes": {
                name: asdict(route) | {"status": route.status.value}
                for name, route in self.routes.items()
            },
        }


def parse_config(document: Any, *, strict: bool = True) -> RoutingConfig:
    """Read the JSON form; unknown fields are ignored.

    Args:
        document: The parsed JSON.
        strict: Whether one broken route refuses the whole; otherwise it is left out and
            named in `problems`, and the other signatures go on.

    Raises:
        InputError: the document as a whole is none, or is of a newer schema.
    """
    if not isinstance(document, dict) or not isinstance(document.get("routes"), dict):
        raise InputError('It is no object with "routes".')
    schema = document.get("schema_version")
    if schema != SCHEMA_VERSION:
        raise InputError(f"Its schema_version is {schema!r}; this version reads {SCHEMA_VERSION}.")
    try:
        revision, updated_at = int(document["revision"]), document["updated_at"]
        written_at = datetime.fromisoformat(updated_at)
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(f"Its revision or updated_at is missing or wrong: {error}.") from error
    routes: dict[str, Route] = {}
    problems = []
    for name, facts in document["routes"].items():
        try:
            routes[name] = _route(name, facts)
        except InputError as error:
            if strict:
                raise
            problems.append(str(error))
    return RoutingConfig(
        revision=revision, updated_at=written_at, routes=routes, problems=tuple(problems)
    )


def _route(name: str, facts: Any) -> Route:
    if not isinstance(facts, dict):
        raise InputError(f"The route of {name} is no object.")
    try:
        route = Route(**{key: value for key, value in facts.items() if key in _FIELDS})
    except (InputError, TypeError) as error:
        raise InputError(f"The route of {name}: {error}") from error
    if route.signature != name:
        raise InputError(f"The route of {route.signature!r} stands under {name!r}.")
    return route
