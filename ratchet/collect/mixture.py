"""The mixture of synthetic and real examples, and how many synthetic ones it still admits.

The gate refuses a set of which one source makes more than its share (`source_share`). To
write more than that is money for examples that stay outside, so the cap here is never above
the one there.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ratchet.examples import Source, Status
from ratchet.signatures.spec import SignatureSpec

if TYPE_CHECKING:
    from ratchet.store import Store

COUNTED = (Status.CANDIDATE, Status.ACCEPTED, Status.APPROVED)
"""Rejected, quarantined and archived examples are in no set, so they do not count."""

DEFAULT_MAX_SHARE = 0.80
DEFAULT_ALWAYS_ADMITTED = 300
ROUNDING = 1e-9


@dataclass(frozen=True, kw_only=True)
class MixturePolicy:
    """The highest share of synthetic examples, 0..1, of all that a signature has.

    `always_admitted` synthetic examples are allowed whatever the share: a project without
    real data begins with them, and about 300 are what MIPROv2 wants.
    """

    max_share: float = DEFAULT_MAX_SHARE
    always_admitted: int = DEFAULT_ALWAYS_ADMITTED


USUAL_MIXTURE = MixturePolicy()


@dataclass(frozen=True, kw_only=True)
class Mixture:
    """What a signature has; `pending` synthetic ones lie in files and not yet in the store."""

    signature: str
    real: int
    synthetic: int
    pending: int = 0

    @property
    def share(self) -> float | None:
        """The share of synthetic examples, 0..1; None when there are none at all."""
        total = self.real + self.synthetic + self.pending
        return (self.synthetic + self.pending) / total if total else None

    @property
    def ratio(self) -> float | None:
        """Synthetic examples for each real one; None without a real one."""
        return (self.synthetic + self.pending) / self.real if self.real else None


@dataclass(frozen=True, kw_only=True)
class Admission:
    """How many of the `wanted` synthetic examples the mixture admits, and why not all."""

    mixture: Mixture
    wanted: int
    admitted: int
    max_share: float
    reason: str = ""


def measure_mixture(store: Store, signature: str, *, pending: int = 0) -> Mixture:
    """Count what the store holds of a signature.

    Raises:
        StoreError: the database can not be read.
    """
    from ratchet.store.mixture import count_sources

    counts = count_sources(store.database, signature, statuses=COUNTED)
    synthetic = counts.pop(Source.SYNTHETIC, 0)
    return Mixture(
        signature=signature, real=sum(counts.values()), synthetic=synthetic, pending=pending
    )


def admit(
    spec: SignatureSpec, mixture: Mixture, wanted: int, *, policy: MixturePolicy = USUAL_MIXTURE
) -> Admission:
    """Say how many more synthetic examples may be asked for."""
    share = min(policy.max_share, spec.policy.max_source_share)
    most = policy.always_admitted
    if share >= 1.0 - ROUNDING:
        return Admission(mixture=mixture, wanted=wanted, admitted=wanted, max_share=share)
    most = max(most, math.floor(share * mixture.real / (1.0 - share) + ROUNDING))
    room = max(0, most - mixture.synthetic - mixture.pending)
    admitted = min(wanted, room)
    reason = "" if admitted == wanted else _reason(mixture, admitted, wanted, most, share)
    return Admission(
        mixture=mixture, wanted=wanted, admitted=admitted, max_share=share, reason=reason
    )


def _reason(mixture: Mixture, admitted: int, wanted: int, most: int, share: float) -> str:
    held = f"{mixture.synthetic} synthetic and {mixture.real} real examples"
    waiting = f" and {mixture.pending} synthetic ones not stored yet" if mixture.pending else ""
    return (
        f"{mixture.signature}: {admitted} of {wanted} synthetic examples are asked for. There "
        f"are {held}{waiting}, and at most {most} synthetic ones are admitted ({share:.0%} of "
        "all). Collect real ones (`ratchet collect git`, `telemetry`), or raise "
        "synthetic.max_share or synthetic.always_admitted."
    )
