"""The registry: which signatures exist, loaded when they are first asked for."""

from __future__ import annotations

import importlib
from typing import Any

from ratchet.errors import ConfigurationError
from ratchet.signatures.nearest import nearest_name
from ratchet.signatures.spec import SignatureSpec

BUILT_IN = {
    name: f"ratchet.signatures.{name}:SPEC"
    for name in (
        "extract_requirements",
        "validate_intent",
        "validate_completeness",
        "validate_correctness",
        "generate_guidance",
    )
}

_locations: dict[str, str] = dict(BUILT_IN)
_loaded: dict[str, SignatureSpec] = {}


def names() -> tuple[str, ...]:
    """The registered signatures, the built-in ones first."""
    return tuple(dict.fromkeys([*_locations, *_loaded]))


def get(name: str) -> SignatureSpec:
    """Return the contract of a registered signature.

    Raises:
        ConfigurationError: the name is unknown; the message says the nearest known one.
    """
    if name not in _loaded:
        if name not in _locations:
            raise ConfigurationError(_unknown(name))
        _loaded[name] = _load(name, _locations[name])
    return _loaded[name]


def register(spec: SignatureSpec) -> SignatureSpec:
    """Add a signature; registering the same name again replaces it."""
    _loaded[spec.name] = spec
    return spec


def register_location(name: str, location: str) -> None:
    """Add a signature by `module:ATTRIBUTE`; it is imported when first asked for.

    The attribute is a `SignatureSpec`. A DSPy signature class becomes one through
    `ratchet.signatures.dspy_class.spec_from_dspy`.

    Raises:
        ConfigurationError: the location is not of that form.
    """
    if location.count(":") != 1:
        raise ConfigurationError(
            f"Signature {name!r} is configured as {location!r}; write it as module:ATTRIBUTE."
        )
    _loaded.pop(name, None)
    _locations[name] = location


def _load(name: str, location: str) -> SignatureSpec:
    module_name, attribute = location.split(":")
    try:
        found: Any = getattr(importlib.import_module(module_name), attribute)
    except (ImportError, AttributeError) as error:
        raise ConfigurationError(f"Signature {name!r} at {location!r}: {error}.") from error
    if not isinstance(found, SignatureSpec):
        raise ConfigurationError(
            f"Signature {name!r} at {location!r} is a {type(found).__name__}; "
            "it must be a SignatureSpec."
        )
    return found


def _unknown(name: str) -> str:
    best = nearest_name(name, names())
    hint = f" Did you mean {best}?" if best else ""
    return f"No signature is called {name!r}.{hint} Known: {', '.join(names())}."
