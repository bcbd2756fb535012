"""The gates: may this set of examples train a program, and if not, what is missing?

Every example must reach the quality that the policy asks for; validation passes quality on
and refuses only what is bad outright, `select_for_gate` leaves the rest of the weak ones
out, and the gate fails for any that is still there. In strict mode a failed check rejects
the whole set; otherwise it warns and the set is accepted. A label leak warns in both modes:
mining more of the same would not mend it. An empty set is rejected in both.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from ratchet.canonical import sha256_of_text
from ratchet.examples import Difficulty, Example
from ratchet.quality.gate_report import (
    Check,
    GateReport,
    GateVerdict,
    SetStatistics,
    Shortfall,
    ShortfallKind,
)
from ratchet.quality.leaks import LabelLeak, find_label_leaks
from ratchet.quality.sampling import Selection, select_for_gate
from ratchet.quality.shares import ROUNDING, Band, bands, missing_counts
from ratchet.signatures.spec import SignatureSpec

__all__ = ["Selection", "check", "collection_message", "select_for_gate"]

SPOT_CHECKS = 3


def check(spec: SignatureSpec, examples: Sequence[Example], *, strict: bool) -> GateReport:
    """Hold a set against the policy of its signature.

    Args:
        spec: The signature; its `policy` has the targets.
        examples: Valid, scored examples (what `validate` accepted).
        strict: Whether a failed check rejects the set, as in production; else it warns.
    """
    statistics = _statistics(spec, examples)
    checks = tuple(_checks(spec, examples, statistics))
    leaks = find_label_leaks(spec, examples)
    return GateReport(
        signature=spec.name,
        verdict=_verdict(checks, leaks, strict=strict, is_empty=not examples),
        strict=strict,
        checks=checks,
        shortfall=tuple(_shortfall(spec, examples, statistics)),
        label_leaks=leaks,
        statistics=statistics,
    )


def collection_message(collected: int, target: int) -> str:
    """Say how many examples came home, with the remedy when they are too few.

    >>> collection_message(30, 30)
    'collected: 30 examples, target: 30'
    >>> collection_message(10, 30)[:35]
    'collected: 10 examples, target: 30;'
    """
    message = f"collected: {collected} examples, target: {target}"
    if collected >= target:
        return message
    return f"{message}; look further back with --since-days, or lower the target"


def _verdict(
    checks: Iterable[Check], leaks: Sequence[LabelLeak], *, strict: bool, is_empty: bool
) -> GateVerdict:
    failed = not all(check.passed for check in checks)
    if is_empty or (failed and strict):
        return GateVerdict.REJECT
    return GateVerdict.WARN if failed or leaks else GateVerdict.PASS


def _statistics(spec: SignatureSpec, examples: Sequence[Example]) -> SetStatistics:
    by_hash = sorted(examples, key=lambda example: sha256_of_text(example.example_id))
    return SetStatistics(
        example_count=len(examples),
        difficulties=_counts(example.difficulty.value for example in examples),
        labels=_counts(spec.label(example.outputs) for example in examples),
        categories=_counts(example.category for example in examples),
        sources=_counts(example.source.value for example in examples),
        spot_check=tuple(example.example_id for example in by_hash[:SPOT_CHECKS]),
    )


def _counts(words: Iterable[str]) -> dict[str, int]:
    return dict(sorted(Counter(words).items()))


def _checks(
    spec: SignatureSpec, examples: Sequence[Example], statistics: SetStatistics
) -> Iterator[Check]:
    policy = spec.policy
    count = statistics.example_count
    yield Check(
        name="example_count",
        value=count,
        target=policy.min_examples,
        passed=count >= policy.min_examples,
        message=collection_message(count, policy.min_examples),
    )
    yield _quality_check(examples, policy.min_quality)
    yield _shares_check("difficulty", statistics.difficulties, _difficulty_targets(spec), spec)
    if policy.label_shares:
        yield _shares_check("label", statistics.labels, policy.label_shares, spec)
    categories = len(statistics.categories)
    yield Check(
        name="categories",
        value=categories,
        target=policy.min_categories,
        passed=categories >= policy.min_categories,
        message=f"categories={categories} {_sign(categories, policy.min_categories)} "
        f"{policy.min_categories}",
    )
    yield _source_check(statistics.sources, policy.max_source_share)


def _quality_check(examples: Sequence[Example], target: float) -> Check:
    """Every example is scored and reaches the target; the value is the lowest score."""
    scores = [e.quality_score for e in examples if e.quality_score is not None]
    lowest = min(scores, default=0.0)
    weak = sum(score < target for score in scores)
    unscored = len(examples) - len(scores)
    message = f"quality_score={lowest:.1f} {_sign(lowest, target)} {target:.1f}"
    if weak > 1:
        message += f" ({weak} examples)"
    if unscored:
        message += f"; {unscored} examples are not scored"
    passed = bool(scores) and not weak and not unscored
    return Check(name="quality_score", value=lowest, target=target, passed=passed, message=message)


def _difficulty_targets(spec: SignatureSpec) -> dict[str, float]:
    return {Difficulty(key).value: share for key, share in spec.policy.difficulty_shares.items()}


def _shares_check(
    name: str, counts: Mapping[str, int], targets: Mapping[str, float], spec: SignatureSpec
) -> Check:
    total = sum(counts.values())
    allowed = bands(targets, spec.policy.share_tolerance)
    shares = {key: counts.get(key, 0) / total if total else 0.0 for key in targets}
    outside = [key for key, band in allowed.items() if not _is_within(shares[key], band)]
    said = ", ".join(
        f"{name}_share[{key}]={shares[key]:.2f} outside "
        f"{allowed[key].low:.2f}..{allowed[key].high:.2f}"
        for key in outside
    )
    return Check(
        name=f"{name}_shares",
        value=shares,
        target=dict(targets),
        passed=not outside,
        message=said or f"{name} shares are within their targets",
    )


def _is_within(share: float, band: Band) -> bool:
    return band.low - ROUNDING <= share <= band.high + ROUNDING


def _source_check(sources: Mapping[str, int], highest: float) -> Check:
    total = sum(sources.values())
    name = max(sources, key=lambda key: sources[key], default="")
    share = sources[name] / total if total else 0.0
    passed = share <= highest + ROUNDING
    return Check(
        name="source_share",
        value={name: share} if name else {},
        target=highest,
        passed=passed,
        message=f"source_share[{name}]={share:.2f} {'<=' if passed else '>'} {highest:.2f}",
    )


def _sign(value: float, target: float) -> str:
    return ">=" if value >= target else "<"


def _shortfall(
    spec: SignatureSpec, examples: Sequence[Example], statistics: SetStatistics
) -> Iterator[Shortfall]:
    policy = spec.policy
    if (lacking := policy.min_examples - len(examples)) > 0:
        yield Shortfall(kind=ShortfallKind.EXAMPLES, count=lacking)
    weak = sum((e.quality_score or 0.0) < policy.min_quality for e in examples)
    if weak:
        yield Shortfall(kind=ShortfallKind.QUALITY, count=weak)
    for kind, counts, targets in (
        (ShortfallKind.DIFFICULTY, statistics.difficulties, _difficulty_targets(spec)),
        (ShortfallKind.LABEL, statistics.labels, policy.label_shares),
    ):
        allowed = bands(targets, policy.share_tolerance)
        if targets:
            missing = missing_counts(counts, allowed, at_least=policy.min_examples)
            for key, count in missing.items():
                yield Shortfall(kind=kind, key=key, count=count)
    if (lacking := policy.min_categories - len(statistics.categories)) > 0:
        yield Shortfall(kind=ShortfallKind.CATEGORY, count=lacking)
    yield from _source_shortfall(statistics.sources, policy.max_source_share)


def _source_shortfall(sources: Mapping[str, int], highest: float) -> Iterator[Shortfall]:
    total = sum(sources.values())
    for name, count in sources.items():
        band = Band(low=0.0, high=highest)
        wanted = total
        while count > band.most(wanted):
            wanted += 1
        if wanted > total:
            yield Shortfall(kind=ShortfallKind.SOURCE, key=name, count=wanted - total)
