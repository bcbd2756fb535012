"""How fresh the training data is, how it grows, and how quality and balance develop."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from statistics import fmean, quantiles

from ratchet.datasets import DatasetVersion
from ratchet.examples import Difficulty
from ratchet.lifecycle.cleanup import REFUSED
from ratchet.store.removals import ShelvedExample

DAY = timedelta(days=1)
PERCENTILES = (10, 50, 90)
GROWTH_MONTHS = 3  # whole months behind the projection: a quarter


@dataclass(frozen=True, kw_only=True)
class Growth:
    """Examples of one source that were added in one month ("2026-03")."""

    month: str
    source: str
    added: int


@dataclass(frozen=True, kw_only=True)
class SourceFreshness:
    """One source: how much of it is usable, how good it is, and how long ago the last came.

    `mean_quality` is 0..100, None without a score; `usable_share` is 0..1.
    """

    source: str
    examples: int
    usable_share: float
    mean_quality: float | None
    newest_days: float
    is_stale: bool


@dataclass(frozen=True, kw_only=True)
class VersionQuality:
    """The quality of a dataset version, 0..100, and its change to the version before."""

    version: str
    examples: int
    mean: float | None
    median: float | None
    change: float | None


@dataclass(frozen=True, kw_only=True)
class CellCount:
    """Usable examples of a category and difficulty, and their share (0..1)."""

    category: str
    difficulty: str
    examples: int
    share: float


@dataclass(frozen=True, kw_only=True)
class FreshnessReport:
    """The life of one signature's data; ages are days since an example was made.

    `months_to_cap` projects the growth of the last whole months; None when nothing grows.
    """

    signature: str
    total: int
    usable: int
    age_days: Mapping[str, float]
    growth: tuple[Growth, ...]
    sources: tuple[SourceFreshness, ...]
    trend: tuple[VersionQuality, ...]
    balance: tuple[CellCount, ...]
    cap: int
    months_to_cap: float | None
    findings: tuple[str, ...] = field(default=())


def report_freshness(
    signature: str,
    examples: Iterable[ShelvedExample],
    versions: Sequence[DatasetVersion],
    *,
    stale_source_days: int,
    trend_versions: int,
    cap: int,
    now: datetime,
) -> FreshnessReport:
    """Sum up what is stored of a signature, and its dataset versions, the oldest first."""
    everyone = tuple(examples)
    usable = [example for example in everyone if example.status not in REFUSED]
    sources = tuple(_sources(everyone, stale_source_days=stale_source_days, now=now))
    trend = tuple(_trend(versions[-trend_versions:]))
    months = _months_to_cap(everyone, cap=cap, now=now)
    return FreshnessReport(
        signature=signature,
        total=len(everyone),
        usable=len(usable),
        age_days=_ages(everyone, now=now),
        growth=tuple(_growth(everyone)),
        sources=sources,
        trend=trend,
        balance=tuple(_cells(usable)),
        cap=cap,
        months_to_cap=months,
        findings=tuple(_findings(sources, trend, usable, months, stale_source_days)),
    )


def _ages(examples: Sequence[ShelvedExample], *, now: datetime) -> dict[str, float]:
    """The percentiles by name; empty without examples."""
    ages = sorted((now - example.created_at) / DAY for example in examples)
    if not ages:
        return {}
    cuts = quantiles(ages, n=100, method="inclusive") if len(ages) > 1 else [ages[0]] * 99
    found = {f"p{percent}": cuts[percent - 1] for percent in PERCENTILES}
    return {name: round(days, 1) for name, days in {**found, "max": ages[-1]}.items()}


def _growth(examples: Iterable[ShelvedExample]) -> Iterator[Growth]:
    counts = Counter((f"{e.added_at:%Y-%m}", e.source.value) for e in examples)
    for (month, source), added in sorted(counts.items()):
        yield Growth(month=month, source=source, added=added)


def _sources(
    examples: Iterable[ShelvedExample], *, stale_source_days: int, now: datetime
) -> Iterator[SourceFreshness]:
    by_source: dict[str, list[ShelvedExample]] = defaultdict(list)
    for example in examples:
        by_source[example.source.value].append(example)
    for source, found in sorted(by_source.items()):
        scores = [e.quality_score for e in found if e.quality_score is not None]
        newest = (now - max(example.added_at for example in found)) / DAY
        yield SourceFreshness(
            source=source,
            examples=len(found),
            usable_share=round(sum(e.status not in REFUSED for e in found) / len(found), 4),
            mean_quality=round(fmean(scores), 2) if scores else None,
            newest_days=round(newest, 1),
            is_stale=newest > stale_source_days,
        )


def _trend(versions: Iterable[DatasetVersion]) -> Iterator[VersionQuality]:
    before: float | None = None
    for version in versions:
        quality = version.statistics.quality_scores
        known = quality.mean is not None and before is not None
        yield VersionQuality(
            version=version.version,
            examples=version.example_count,
            mean=quality.mean,
            median=quality.p50,
            change=round(quality.mean - before, 2) if known else None,  # type: ignore[operator]
        )
        before = quality.mean if quality.mean is not None else before


def _cells(usable: Sequence[ShelvedExample]) -> Iterator[CellCount]:
    """Every category with every difficulty, so that what is missing is seen."""
    counts = Counter((example.category, example.difficulty.value) for example in usable)
    for category in sorted({category for category, _ in counts}):
        for difficulty in Difficulty:
            count = counts[category, difficulty.value]
            yield CellCount(
                category=category,
                difficulty=difficulty.value,
                examples=count,
                share=round(count / len(usable), 4),
            )


def _months_to_cap(examples: Sequence[ShelvedExample], *, cap: int, now: datetime) -> float | None:
    since = now - GROWTH_MONTHS * 30 * DAY
    monthly = sum(example.added_at >= since for example in examples) / GROWTH_MONTHS
    if not monthly:
        return None
    return round(max(0, cap - len(examples)) / monthly, 1)


def _findings(
    sources: Sequence[SourceFreshness],
    trend: Sequence[VersionQuality],
    usable: Sequence[ShelvedExample],
    months: float | None,
    stale_source_days: int,
) -> Iterator[str]:
    for source in sources:
        if source.is_stale:
            yield (
                f"{source.source} is stale: its newest example came {source.newest_days:.0f} days "
                f"ago, the limit is {stale_source_days}."
            )
    changes = [version for version in trend if version.change is not None]
    if changes and (last := changes[-1]).change is not None and last.change < 0:
        yield (f"Quality fell by {-last.change:.2f} points to {last.mean:.2f} with {last.version}.")
    if months is not None and months <= 1:
        yield "The cap is reached within a month at this growth; the worst leave first then."
    missing = [d.value for d in Difficulty if not any(e.difficulty is d for e in usable)]
    if usable and missing:
        yield f"There is no usable example of difficulty {', '.join(missing)}."
