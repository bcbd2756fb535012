"""The report on age, growth, quality and balance."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ratchet.datasets import DatasetVersion, QualityScores, Statistics
from ratchet.examples import Difficulty, Source, Status
from ratchet.lifecycle.freshness import FreshnessReport, report_freshness
from ratchet.store.removals import ShelvedExample
from tests.builders import NOON
from tests.unit.lifecycle.test_cleanup import shelved


def reported(
    *examples: ShelvedExample, versions: tuple[DatasetVersion, ...] = (), **changes: Any
) -> FreshnessReport:
    """The report at noon."""
    limits = {"stale_source_days": 45, "trend_versions": 3, "cap": 100, **changes}
    return report_freshness("s", examples, versions, now=NOON, **limits)


def version(number: int, mean: float | None) -> DatasetVersion:
    """A dataset version of this mean quality."""
    return DatasetVersion(
        signature="s",
        version=f"v{number}",
        path=Path(f"v{number}"),
        created=NOON,
        example_count=number,
        statistics=Statistics(quality_scores=QualityScores(mean=mean, p50=mean)),
    )


def test_ages_are_percentiles_of_days() -> None:
    """Of all examples, by when they were made."""
    report = reported(*(shelved(days, days=days) for days in range(101)))

    assert report.age_days == {"p10": 10.0, "p50": 50.0, "p90": 90.0, "max": 100.0}
    assert reported().age_days == {}
    assert reported(shelved("one", days=7)).age_days == dict.fromkeys(
        ("p10", "p50", "p90", "max"), 7.0
    )


def test_growth_is_counted_by_month_and_source() -> None:
    """By when an example was added."""
    report = reported(
        shelved(1, days=1),
        shelved(2, days=2),
        shelved(3, days=40, source=Source.TELEMETRY),
    )

    assert [(g.month, g.source, g.added) for g in report.growth] == [
        ("2026-01", "telemetry", 1),
        ("2026-02", "git", 2),
    ]


def test_a_source_without_new_examples_is_stale() -> None:
    """With how much of it was usable and how good that was."""
    report = reported(
        shelved(1, days=46, quality_score=60.0),
        shelved(2, days=90, quality_score=80.0, status=Status.REJECTED),
        shelved(3, days=1, source=Source.IMPORT, quality_score=None),
    )

    git, imported = report.sources
    assert (git.source, git.is_stale, git.newest_days) == ("git", True, 46.0)
    assert (git.usable_share, git.mean_quality) == (0.5, 70.0)
    assert (imported.is_stale, imported.mean_quality) == (False, None)
    assert any("git is stale" in finding for finding in report.findings)


def test_the_trend_shows_the_last_versions_and_says_when_quality_fell() -> None:
    """The change is to the version before that had a score."""
    versions = (version(1, 90.0), version(2, 80.0), version(3, None), version(4, 75.5))

    report = reported(versions=versions)

    assert [(v.version, v.change) for v in report.trend] == [
        ("v2", None),
        ("v3", None),
        ("v4", -4.5),
    ]
    assert "Quality fell by 4.50 points to 75.50 with v4." in report.findings
    assert reported(versions=(version(1, 70.0), version(2, 71.0))).findings == ()


def test_the_balance_shows_cells_that_are_empty() -> None:
    """Every category with every difficulty; refused examples do not count."""
    report = reported(
        shelved(1, category="api"),
        shelved(2, category="ui", difficulty=Difficulty.HARD),
        shelved(3, category="ui", status=Status.QUARANTINED),
    )

    cells = {(c.category, c.difficulty): c.examples for c in report.balance}
    assert len(cells) == 6
    assert {cell: n for cell, n in cells.items() if n} == {("api", "medium"): 1, ("ui", "hard"): 1}
    assert "There is no usable example of difficulty easy." in report.findings


def test_the_growth_is_projected_to_the_cap() -> None:
    """Three months of thirty days; nothing new, no projection."""
    growing = [shelved(n, days=n) for n in range(60)]

    assert reported(*growing, cap=100).months_to_cap == 2.0
    assert reported(*growing, cap=70).findings[0].startswith("The cap is reached within a month")
    assert reported(shelved(1, days=100)).months_to_cap is None
    assert reported(shelved(1, days=100), stale_source_days=200).findings[-1].startswith("There is")
