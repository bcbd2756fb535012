"""The numbers behind a decision, each beside the limit and the evidence that it is held to."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from ratchet.rollout import Mode, RolloutPolicy
from ratchet.rollout import breaker as breaker_rule
from ratchet.rollout.policy import TOLERANCE

POINTS = 100.0  # a difference of rates in percentage points
WINDOWS = {"stage": "this stage", "cumulative": "all stages"}
HUGE = 1e6  # e-values beyond it are said to be beyond it
LARGEST_LOG = 700.0  # exp() of more overflows

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


def comparisons_of(policy: RolloutPolicy, evidence: Numbers, *, stage: int) -> Iterator[Comparison]:
    """The comparisons that were possible when a decision with this evidence was made.

    `stage`, from 0, is the one that was judged: the last gate compares upper bounds too.
    """
    found = [
        measure(policy, window, evidence)
        for window in WINDOWS
        for measure in (_errors, _latency, _quality)
    ]
    if policy.mode is Mode.GUARDED:
        if stage == policy.controlled_stages - 1:
            found += [_errors_at_most(policy, evidence), _latency_at_most(policy, evidence)]
        found.append(_breaker(evidence))
    found.append(_sample_ratio(policy, evidence))
    yield from (comparison for comparison in found if comparison is not None)


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
        proof=f"{bound} (a rollback needs it above 0, too)" if is_guarded else "",
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


def _errors_at_most(policy: RolloutPolicy, evidence: Numbers) -> Comparison | None:
    value = evidence.get("cumulative_error_upper")
    limit = policy.max_error_difference
    return value if value is None else _upper("errors", value * POINTS, limit * POINTS, "points")


def _latency_at_most(policy: RolloutPolicy, evidence: Numbers) -> Comparison | None:
    value = evidence.get("cumulative_latency_upper_ms")
    limit = policy.max_latency_difference_ms
    return value if value is None else _upper("latency", value, limit, "ms")


def _upper(risk: str, value: float, limit: float, unit: str) -> Comparison:
    """An upper bound, which the last gate wants below the limit."""
    return _plain(
        window="all stages",
        measure=f"upper bound of more {risk} (for the last gate)",
        value=value,
        limit=limit,
        unit=unit,
    )


def _breaker(evidence: Numbers) -> Comparison | None:
    """The run of failures of the candidate, where there is one."""
    score = evidence.get("breaker_score")
    if not score:
        return None
    limit = round(breaker_rule.LIMIT, 2)
    return _plain(window="just now", measure="breaker", value=score, limit=limit, unit="in its run")


def _sample_ratio(policy: RolloutPolicy, evidence: Numbers) -> Comparison | None:
    """Evidence that the arms do not hold their shares, where there is any."""
    log_e = evidence.get("sample_ratio_log_e")
    if log_e is None or log_e <= 0:
        return None
    return _plain(
        window="this stage",
        measure="evidence of a sample-ratio mismatch",
        value=math.exp(min(log_e, LARGEST_LOG)),
        limit=policy.sample_ratio_limit,
        unit="as e-value",
    )


def _plain(*, window: str, measure: str, value: float, limit: float, unit: str) -> Comparison:
    """A comparison that needs no proof, and that equality already fails."""
    return Comparison(
        window=window,
        measure=measure,
        value=value,
        limit=limit,
        unit=unit,
        is_beyond=value >= limit,
        is_proven=False,
        proof="",
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
        "proof": f"e-value {shown} (a rollback needs {needed:,.0f}, too)",
    }
