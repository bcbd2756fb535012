"""The routing file: made from the rollouts in SQL, which are the truth, and repaired from them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from ratchet.errors import InputError
from ratchet.programs import STATE_FILE
from ratchet.serving.routes import Route, RouteStatus, RoutingConfig
from ratchet.serving.routing_file import read_config, write_config
from ratchet.store import RolloutSummary, Store


def routing_of(store: Store, *, programs: Path, beside: Path, now: datetime) -> RoutingConfig:
    """What the routing file has to say: the newest rollout of every signature.

    Args:
        store: Where the rollouts are.
        programs: The folder of the program versions.
        beside: The folder of the routing file; programs are named relative to it.
        now: The time that is written into it.
    """
    revision, rollouts = store.rollouts.routing()
    address = os.path.relpath(programs, beside)
    routes = {found.signature: _route(store, found, address) for found in rollouts}
    return RoutingConfig(revision=revision, updated_at=now, routes=routes)


def write_routing(store: Store, *, programs: Path, path: Path, now: datetime) -> bool:
    """Bring the routing file up to what SQL says; False when it was so already.

    Routes of signatures that no rollout here has named are left as they are. A file that
    claims to be newer than SQL, as after the restore of a backup, is overtaken: the
    revision in SQL jumps above it first, and what is written is read after that.

    Raises:
        StoreError: the folder or the database can not be written.
    """
    wanted = routing_of(store, programs=programs, beside=path.parent, now=now)
    present = _present(path)
    if present is not None and present.revision > wanted.revision:
        wanted = routing_of(store, programs=programs, beside=path.parent, now=now)
        if present.revision > wanted.revision:
            store.rollouts.raise_routing_revision(present.revision + 1)
            wanted = routing_of(store, programs=programs, beside=path.parent, now=now)
    wanted = replace(wanted, routes={**_foreign(present), **wanted.routes})
    if present is not None and _said(present) == _said(wanted):
        return False
    return bool(wanted.routes) and write_config(path, wanted)


def _present(path: Path) -> RoutingConfig | None:
    try:
        return read_config(path)
    except InputError:
        return None


def _said(config: RoutingConfig) -> tuple[int, Mapping[str, Route]]:
    return config.revision, dict(config.routes)


def _foreign(present: RoutingConfig | None) -> Mapping[str, Route]:
    return present.routes if present is not None else {}


def _route(store: Store, rollout: RolloutSummary, address: str) -> Route:
    baseline = _program(store, rollout.signature, rollout.baseline_version, address)
    candidate = _program(store, rollout.signature, rollout.candidate_version, address)
    return Route(
        experiment_id=rollout.experiment_id,
        signature=rollout.signature,
        baseline_module=baseline[0],
        candidate_module=candidate[0],
        baseline_version=rollout.baseline_version,
        candidate_version=rollout.candidate_version,
        baseline_sha256=baseline[1],
        candidate_sha256=candidate[1],
        candidate_traffic_percent=rollout.percent,
        status=RouteStatus(rollout.status.value),
        salt=rollout.salt,
    )


def _program(
    store: Store, signature: str, version: str | None, address: str
) -> tuple[str | None, str | None]:
    """Address and hash of a version; nothing for the app's own program."""
    if version is None:
        return None, None
    record = store.programs.get(signature, version)
    place = f"{address}/{signature}/{version}/{STATE_FILE}"
    return place, record.sha256 if record else None
