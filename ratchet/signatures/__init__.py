"""The signatures that Ratchet improves: contracts, metrics, gate policies, vocabulary."""

from ratchet.signatures.registry import (
    Location,
    default_names,
    get,
    names,
    register,
    register_location,
)
from ratchet.signatures.spec import Field, GatePolicy, Score, SignatureSpec, Values

__all__ = [
    "Field",
    "GatePolicy",
    "Location",
    "Score",
    "SignatureSpec",
    "Values",
    "default_names",
    "get",
    "names",
    "register",
    "register_location",
]
