"""How the life of training data looks on the screen."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from ratchet.cli.terminal import number_of, print_table, say, say_all

if TYPE_CHECKING:
    from ratchet.lifecycle.caches import CachePlan
    from ratchet.lifecycle.cleaning import CleanupReport
    from ratchet.lifecycle.cleanup import Balance
    from ratchet.lifecycle.freshness import FreshnessReport

SHOWN = 10
MEGABYTE = 1_000_000


def show_cleanup(reports: Sequence[CleanupReport]) -> None:
    """Print who leaves, why, who stays although a rule says otherwise, and the balance."""
    for report in reports:
        plan = report.plan
        verb = "would leave" if report.removed is None else "left"
        count = len(plan.removals) if report.removed is None else report.removed
        say(
            f"{report.signature}: {number_of(count, 'example')} {verb}; "
            f"{plan.before:,} before, {plan.before - count:,} after",
            style="bold",
        )
        say_all((f"{number:,} {cause}" for cause, number in plan.causes.items()))
        say_all((f"{r.example_id[:8]} {r.reason}" for r in plan.removals), at_most=SHOWN)
        say_all(f"{number:,} stay: {why}" for why, number in sorted(plan.held.items()))
        if report.held_late:
            say(f"  {len(report.held_late)} were approved or audited meanwhile, and stay.")
        if plan.over_cap:
            say(f"  {plan.over_cap:,} are above the cap and may not leave.", style="yellow")
        _show_balance(plan.balance_before, plan.balance_after)
    if not reports:
        say("The store holds no examples.")


def show_caches(plan: CachePlan, *, is_dry_run: bool) -> None:
    """Print what goes by its reason, and what stays."""
    verb = "would go" if is_dry_run else "went"
    freed = plan.freed_bytes / MEGABYTE
    say(f"{number_of(len(plan.evictions), 'cache')} {verb}, {freed:.1f} MB", style="bold")
    reasons = Counter(eviction.reason for eviction in plan.evictions)
    say_all(f"{number:,}: {reason}" for reason, number in reasons.most_common())
    say(f"Kept: {number_of(plan.kept, 'cache')}, {plan.kept_bytes / MEGABYTE:.1f} MB")


def show_freshness(report: FreshnessReport) -> None:
    """Print ages, sources, growth, the trend of quality, and the balance."""
    ages = ", ".join(f"{name} {days:g}" for name, days in report.age_days.items()) or "none"
    say(f"{report.signature}: {report.usable:,} of {report.total:,} usable", style="bold")
    say(f"Age in days: {ages}")
    months = report.months_to_cap
    outlook = "nothing grows" if months is None else f"reached in {months:g} months at this growth"
    say(f"Cap of {report.cap:,}: {outlook}")
    say_all(report.findings, indent="! ")
    if report.sources:
        columns = ("source", "examples", "usable", "quality", "newest, days ago", "stale")
        rows = [
            (s.source, s.examples, s.usable_share, s.mean_quality, s.newest_days, s.is_stale)
            for s in report.sources
        ]
        print_table("Sources", columns, rows)
    _show_growth(report)
    if report.trend:
        told = ("version", "examples", "mean", "median", "change")
        rows_of_trend = [(v.version, v.examples, v.mean, v.median, v.change) for v in report.trend]
        print_table("Quality by dataset version", told, rows_of_trend)
    _show_cells(report)


def _show_growth(report: FreshnessReport) -> None:
    by_month: dict[str, dict[str, int]] = defaultdict(dict)
    for growth in report.growth:
        by_month[growth.month][growth.source] = growth.added
    if by_month:
        sources = sorted({growth.source for growth in report.growth})
        rows = [(m, *(found.get(s, 0) for s in sources)) for m, found in sorted(by_month.items())]
        print_table("Added by month", ("month", *sources), rows)


def _show_cells(report: FreshnessReport) -> None:
    by_category: dict[str, dict[str, int]] = defaultdict(dict)
    for cell in report.balance:
        by_category[cell.category][cell.difficulty] = cell.examples
    if by_category:
        levels = list(dict.fromkeys(cell.difficulty for cell in report.balance))
        rows = [(name, *(found[level] for level in levels)) for name, found in by_category.items()]
        print_table("Usable examples", ("category", *levels), rows)


def _show_balance(before: Balance, after: Balance) -> None:
    parts: tuple[tuple[str, Mapping[str, float], Mapping[str, float]], ...] = (
        ("difficulty", before.difficulties, after.difficulties),
        ("category", before.categories, after.categories),
    )
    for name, old, new in parts:
        moved = {word: round(100 * (new.get(word, 0.0) - share), 1) for word, share in old.items()}
        changes = [f"{word} {points:+.1f}" for word, points in moved.items() if points]
        said = ", ".join(changes[:SHOWN]) or "unchanged"
        say(f"  Shares by {name}, in points: {said}")
