"""The decision which program answers a request, prepared for every route when routing changes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from ratchet.rollout.assignment import BASELINE, CANDIDATE, buckets_below
from ratchet.serving.places import resolve
from ratchet.serving.routes import Route, RoutingConfig


class Decision(NamedTuple):
    """Which variant and version answers, and where its state is.

    A named tuple, because one is made or compared for every request. `propensity` is the
    probability, 0..1, with which a key came to this variant when the decision was made; 0
    says that the request is outside the comparison: without a route, or not served by the
    variant it was assigned. An empty `address` is the app's own program.
    """

    signature: str
    variant: str = BASELINE
    propensity: float = 0.0
    experiment_id: str | None = None
    program_version: str | None = None
    address: str = ""
    sha256: str = ""


class Arms(NamedTuple):
    """Both decisions of a route; the candidate's holds for buckets below `buckets`."""

    salt: str
    buckets: int
    baseline: Decision
    candidate: Decision


def arms_of(config: RoutingConfig, beside: str) -> dict[str, Arms]:
    """The arms of every route, by signature, with addresses made absolute."""
    return {name: _arms(route, beside) for name, route in config.routes.items()}


def only_baselines(arms: Mapping[str, Arms]) -> dict[str, Arms]:
    """The same routes with no traffic for a candidate, outside every comparison."""
    return {
        name: arm._replace(buckets=0, baseline=arm.baseline._replace(propensity=0.0))
        for name, arm in arms.items()
    }


def _arms(route: Route, beside: str) -> Arms:
    share = route.effective_percent / 100
    common = {"signature": route.signature, "experiment_id": route.experiment_id}
    baseline = Decision(
        **common,
        variant=BASELINE,
        propensity=round(1 - share, 4),
        program_version=route.baseline_version,
        address=_address(route.baseline_module, beside),
        sha256=route.baseline_sha256 or "",
    )
    candidate = Decision(
        **common,
        variant=CANDIDATE,
        propensity=share,
        program_version=route.candidate_version,
        address=_address(route.candidate_module, beside),
        sha256=route.candidate_sha256 or "",
    )
    return Arms(route.salt, buckets_below(route.effective_percent), baseline, candidate)


def _address(module: str | None, beside: str) -> str:
    return resolve(module, beside) if module else ""
