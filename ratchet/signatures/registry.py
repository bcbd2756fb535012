"""The registry: which signatures exist, loaded when they are first asked for."""

from __future__ import annotations

import importlib
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ratchet.errors import ConfigurationError
from ratchet.signatures.nearest import nearest_name
from ratchet.signatures.spec import GatePolicy, SignatureSpec
from ratchet.signatures.vocabulary import CATEGORIES

BUILT_IN = {
    name: f"ratchet.signatures.{name}:SPEC"
    for name in (
        "extract_requirements",
        "validate_intent",
        "validate_completeness",
        "validate_correctness",
        "generate_guidance",
        "generate_problem",
    )
}
ON_REQUEST = frozenset({"generate_problem"})
"""Signatures of another kind of work than the rest: improved when they are named, so that a
run over everything costs no more than before they came."""


@dataclass(frozen=True, kw_only=True)
class Location:
    """Where a signature is: `spec` and `metric` as module:ATTRIBUTE.

    `spec` names a `SignatureSpec`, or a DSPy signature class with a `metric` beside it: a
    function of DSPy's form (example, prediction, trace) that returns a number or an object
    with `score` and `feedback`. `decision` and `min_quality` go with a class only.

    Raises:
        ConfigurationError: a location is not of that form.
    """

    spec: str
    metric: str = ""
    decision: str = ""
    min_quality: float = GatePolicy().min_quality

    def __post_init__(self) -> None:
        for given in filter(None, (self.spec, self.metric)):
            if given.count(":") != 1:
                raise ConfigurationError(
                    f"A signature is configured as {given!r}; write it as module:ATTRIBUTE."
                )


@dataclass(frozen=True, kw_only=True)
class Floor:
    """The least that a team asks of every signature; a policy of its own may ask for more."""

    min_quality: float = 0.0
    min_examples: int = 0

    def raised(self, policy: GatePolicy) -> GatePolicy:
        """The policy, with what it asks for below the floor raised to it."""
        return replace(
            policy,
            min_quality=max(policy.min_quality, self.min_quality),
            min_examples=max(policy.min_examples, self.min_examples),
        )


_locations: dict[str, Location] = {name: Location(spec=spec) for name, spec in BUILT_IN.items()}
_loaded: dict[str, SignatureSpec] = {}
_floor: Floor = Floor()
_raised: dict[str, SignatureSpec] = {}  # those that the floor changes


def names() -> tuple[str, ...]:
    """The registered signatures, the built-in ones first."""
    return tuple(dict.fromkeys([*_locations, *_loaded]))


def default_names() -> tuple[str, ...]:
    """The signatures that are meant when none is named: all but those on request."""
    return tuple(name for name in names() if name not in ON_REQUEST)


def get(name: str) -> SignatureSpec:
    """Return the contract of a registered signature.

    Raises:
        ConfigurationError: the name is unknown; the message says the nearest known one.
    """
    if name not in _loaded:
        if name not in _locations:
            raise ConfigurationError(_unknown(name))
        _loaded[name] = _load(name, _locations[name])
    if name not in _raised:
        _raised[name] = _on_floor(_loaded[name])
    return _raised[name]


def raise_floor(floor: Floor) -> None:
    """Ask at least this of every signature from now on."""
    global _floor  # noqa: PLW0603 - like the registry, one for the process
    if floor != _floor:
        _floor = floor
        _raised.clear()


def register(spec: SignatureSpec) -> SignatureSpec:
    """Add a signature; registering the same name again replaces it."""
    _loaded[spec.name] = spec
    _raised.pop(spec.name, None)
    return spec


def register_location(name: str, location: Location) -> None:
    """Add a signature of one's own; it is imported when first asked for."""
    _loaded.pop(name, None)
    _raised.pop(name, None)
    _locations[name] = location


def _on_floor(spec: SignatureSpec) -> SignatureSpec:
    policy = _floor.raised(spec.policy)
    return spec if policy == spec.policy else replace(spec, policy=policy)


def _load(name: str, location: Location) -> SignatureSpec:
    found = _imported(name, location.spec)
    if isinstance(found, SignatureSpec):
        return found
    if not isinstance(found, type):
        raise ConfigurationError(
            f"Signature {name!r} at {location.spec!r} is a {type(found).__name__}; it must be a "
            "SignatureSpec or a DSPy signature class."
        )
    if not location.metric:
        raise ConfigurationError(
            f"Signature {name!r} is the class {location.spec!r}; name its metric too: "
            f'[signatures.{name}] spec = "{location.spec}", metric = "module:function".'
        )
    from ratchet.signatures.dspy_class import from_dspy_metric, spec_from_dspy

    return spec_from_dspy(
        found,
        name=name,
        metric=from_dspy_metric(_imported(name, location.metric)),
        policy=GatePolicy(min_quality=location.min_quality),
        decision=location.decision or None,
        categories=CATEGORIES,
    )


def _imported(name: str, location: str) -> Any:
    """The attribute; modules of the working directory are found too, where `ratchet.toml` is."""
    module_name, attribute = location.split(":")
    if (here := str(Path.cwd())) not in sys.path:
        sys.path.append(here)  # last: a module of the project never hides an installed one
    try:
        return getattr(importlib.import_module(module_name), attribute)
    except (ImportError, AttributeError) as error:
        raise ConfigurationError(f"Signature {name!r} at {location!r}: {error}.") from error


def _unknown(name: str) -> str:
    best = nearest_name(name, names())
    hint = f" Did you mean {best}?" if best else ""
    return f"No signature is called {name!r}.{hint} Known: {', '.join(names())}."
