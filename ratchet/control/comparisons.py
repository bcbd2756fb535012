"""The numbers behind a decision, each beside the limit and the evidence that it is held to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from ratchet.rollout import Mode, RolloutPolicy
from ratchet.rollout.policy import TOLERANCE

POINTS = 100.0  # a difference of rates in percentage points
WINDOWS = {"stage": "this stage", "cumulative": "all stages"}
HUGE = 1e6  # e-values beyond it are said to be beyond it

Numbers = Mapping[str, float | None]


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """One measure in one window. `value` and `limit` are in `unit`.

    `is_beyond` says that the estimate passes the limit; `is_proven` that the evidence of harm
    is as strong as `proof` asks. In guarded mode a candidate is rolled back where both hold;
    exact mode asks for no proof, and `proof` is empty.
    """

    window: str
    measure: str
    value: float
    limit: float
    unit: str
    is_beyond: bool
    is_proven: bool
    proof: str

    def words(self) -> str:
        """The comparison in a line."""
        side = "beyond" if self.is_beyond else "within"
        return (
            f"{self.measure}, {self.window}: {self.value:.4g} {self.unit}, {side} the limit of "
            f"{self.limit:g}{f'; {self.proof}' if self.proof else ''}"
        )

    def to_json(self) -> dict[str, Any]:
        """The comparison as JSON values."""
        return asdict(self)


def comparisons_of(policy: RolloutPolicy, evidence: Numbers) -> Iterator[Comparison]:
    """The comparisons that were possible when a decision with this evidence was made."""
    for window in WINDOWS:
        found = (
            _errors(policy, window, evidence),
            _latency(policy, window, evidence),
            _quality(policy, window, evidence),
        )
        for comparison in found:
            if comparison is not None:
                yield comparison


def _errors(policy: RolloutPolicy, window: str, evidence: Numbers) -> Comparison | None:
    value = evidence.get(f"{window}_error_difference")
    if value is None:
        return None
    return Comparison(
        window=WINDOWS[window],
        measure="more errors than the baseline",
        value=value * POINTS,
        limit=policy.max_error_difference * POINTS,
        unit="points",
        is_beyond=value > policy.max_error_difference + TOLERANCE,
        **_e_value(policy, window, "error", evidence),
    )


def _latency(policy: RolloutPolicy, window: str, evidence: Numbers) -> Comparison | None:
    value = evidence.get(f"{window}_latency_difference_ms")
    if value is None:
        return None
    lower = evidence.get(f"{window}_latency_lower_ms")
    bound = "no bound from so few requests" if lower is None else f"lower bound {lower:.0f} ms"
    is_guarded = policy.mode is Mode.GUARDED
    return Comparison(
        window=WINDOWS[window],
        measure="more latency than the baseline",
        value=value,
        limit=policy.max_latency_difference_ms,
        unit="ms",
        is_beyond=value > policy.max_latency_difference_ms + TOLERANCE,
        is_proven=is_guarded and lower is not None and lower > 0,
        proof=f"{bound} (above 0 proves harm)" if is_guarded else "",
    )


def _quality(policy: RolloutPolicy, window: str, evidence: Numbers) -> Comparison | None:
    value = evidence.get(f"{window}_quality")
    if value is None:
        return None
    labels = evidence.get(f"{window}_quality_labels") or 0
    return Comparison(
        window=WINDOWS[window],
        measure="quality of the candidate",
        value=value,
        limit=policy.min_quality,
        unit=f"over {labels:.0f} labels",
        is_beyond=policy.min_quality > value + TOLERANCE,
        **_e_value(policy, window, "quality", evidence),
    )


def _e_value(policy: RolloutPolicy, window: str, risk: str, evidence: Numbers) -> dict[str, Any]:
    """Whether the e-value reaches what the window's budget asks for, and the two in words."""
    found = evidence.get(f"{window}_{risk}_e_value")
    if policy.mode is not Mode.GUARDED or found is None:
        return {"is_proven": False, "proof": ""}
    level = policy.stage_alpha(risk) if window == "stage" else policy.cumulative_alpha(risk)
    needed = 1 / level
    shown = f"above {HUGE:,.0f}" if found > HUGE else f"{found:,.3g}"
    return {
        "is_proven": found >= needed - TOLERANCE,
        "proof": f"e-value {shown} ({needed:,.0f} proves harm)",
    }
