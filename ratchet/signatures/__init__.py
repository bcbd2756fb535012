"""The signatures that Ratchet improves: contracts, metrics, gate policies, vocabulary."""

from ratchet.signatures.registry import (
    Floor,
    Location,
    default_names,
    get,
    names,
    raise_floor,
    register,
    register_location,
)
from ratchet.signatures.spec import Field, GatePolicy, Score, SignatureSpec, Values

__all__ = [
    "Field",
    "Floor",
    "GatePolicy",
    "Location",
    "Score",
    "SignatureSpec",
    "Values",
    "default_names",
    "get",
    "names",
    "raise_floor",
    "register",
    "register_location",
]
