"""`ratchet life`: clean up, throw away what no run can use, and say how fresh the data are."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ratchet.cli.arguments import AsJson, MaybeSignatureName, known_signature, load
from ratchet.cli.life_views import show_caches, show_cleanup, show_freshness
from ratchet.cli.terminal import print_json, progress_bar, say, working

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ratchet.configuration.life import LifeSettings
    from ratchet.datasets import DatasetFolder
    from ratchet.lifecycle.caches import CachePlan
    from ratchet.lifecycle.cleaning import CleanupReport
    from ratchet.lifecycle.cleanup import CleanupPolicy
    from ratchet.lifecycle.freshness import FreshnessReport
    from ratchet.settings import Settings
    from ratchet.store import Store

app = typer.Typer(no_args_is_help=True, help="The life of training data: clean up, report.")

DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would go and delete nothing.")]
Yes = Annotated[bool, typer.Option("--yes", help="Delete without asking.")]


@app.command("cleanup")
def cleanup(
    *,
    signature: MaybeSignatureName = None,
    dry_run: DryRun = False,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Delete outdated and poor examples, and the worst above the cap.

    Nothing that is approved, or that a deployed program, a sealed test side or an audit
    record refers to, is deleted. What goes leaves a tombstone and an entry in the audit
    trail. The rules are the settings under `life`.
    """
    settings = load()
    is_dry = dry_run or not yes
    reports = _clean_all(settings, signature, dry_run=is_dry, quiet=as_json)
    if not dry_run and not yes and not as_json:
        show_cleanup(reports)
        if not is_wanted(
            "Delete these examples?", is_something=any(r.plan.removals for r in reports)
        ):
            return
        reports = _clean_all(settings, signature, dry_run=False, quiet=as_json)
    if as_json:
        print_json({"is_dry_run": is_dry, "signatures": [_report_json(r) for r in reports]})
    else:
        show_cleanup(reports)


@app.command("caches")
def caches(*, dry_run: DryRun = False, yes: Yes = False, as_json: AsJson = False) -> None:
    """Throw away cached answers that belong to older data or programs.

    A cache is never read for other data than it was made from; this frees the space of those
    that no run can ask for again, of the old, and of the longest unused above the size in the
    settings.
    """
    from ratchet.lifecycle.caches import evict

    plan = _cache_plan(load())
    is_done = yes and not dry_run
    if not dry_run and not yes and not as_json:
        show_caches(plan, is_dry_run=True)
        if not is_wanted("Delete these caches?", is_something=bool(plan.evictions)):
            return
        is_done = True
    if is_done:
        evict(eviction.entry for eviction in plan.evictions)
    if as_json:
        print_json({"is_dry_run": not is_done, **_caches_json(plan)})
    else:
        show_caches(plan, is_dry_run=not is_done)


@app.command("report")
def report(*, signature: MaybeSignatureName = None, as_json: AsJson = False) -> None:
    """Say how old the data are, how they grow, and how quality and balance develop."""
    from ratchet.store import open_store

    settings = load()
    with working("Reading the store", quiet=as_json), open_store(settings.store_url) as store:
        reports = [
            _freshness(store, _folder(settings), name, settings.life)
            for name in _names(store, settings, signature)
        ]
    if as_json:
        print_json([asdict(found) for found in reports])
        return
    for found in reports:
        show_freshness(found)
    if not reports:
        say("There are no examples and no dataset versions yet.")


def is_wanted(question: str, *, is_something: bool) -> bool:
    """Whether the person at the terminal agrees; without something to delete nobody is asked.

    Raises:
        typer.BadParameter: there is something to delete and nobody to ask.
    """
    import sys

    if not is_something:
        return False
    if not sys.stdin.isatty():
        raise typer.BadParameter("nobody can be asked here; give --yes or --dry-run")
    return typer.confirm(question)


def _clean_all(
    settings: Settings, signature: str | None, *, dry_run: bool, quiet: bool
) -> list[CleanupReport]:
    from ratchet.cli.credentials import login_name
    from ratchet.lifecycle.cleaning import clean_up
    from ratchet.store import open_store

    reports = []
    with open_store(settings.store_url) as store, progress_bar("Cleaning", quiet=quiet) as move:
        specs = [known_signature(name) for name in _stored(store, signature)]
        for number, spec in enumerate(specs, 1):
            move(number - 1, len(specs), spec.name)
            reports.append(
                clean_up(
                    store,
                    _folder(settings),
                    settings.programs_folder,
                    spec,
                    _policy(settings.life),
                    actor=login_name(),
                    now=datetime.now(UTC),
                    dry_run=dry_run,
                )
            )
    return reports


def _policy(life: LifeSettings) -> CleanupPolicy:
    from dataclasses import fields

    from ratchet.lifecycle.cleanup import CleanupPolicy

    return CleanupPolicy(**{f.name: getattr(life, f.name) for f in fields(CleanupPolicy)})


def _cache_plan(settings: Settings) -> CachePlan:
    from ratchet.lifecycle.caches import CachePolicy, find_caches, plan_evictions
    from ratchet.lifecycle.current import current_inputs
    from ratchet.optimize.cached_work import FOLDER
    from ratchet.store import open_store

    life = settings.life
    with open_store(settings.store_url) as store:
        current = current_inputs(store, _folder(settings))
    policy = CachePolicy(
        max_age_days=life.cache_max_age_days,
        max_megabytes=life.cache_max_megabytes,
        grace_hours=life.cache_grace_hours,
    )
    entries = find_caches(settings.cache_folder / FOLDER)
    return plan_evictions(entries, current, policy, now=datetime.now(UTC))


def _freshness(
    store: Store, folder: DatasetFolder, name: str, life: LifeSettings
) -> FreshnessReport:
    from ratchet.datasets.archiving import archived_versions
    from ratchet.datasets.layout import version_order
    from ratchet.lifecycle.freshness import report_freshness

    versions = [*archived_versions(folder, name), *folder.versions(name)]
    return report_freshness(
        name,
        store.removals.shelved(name),
        sorted(versions, key=lambda version: version_order(version.version)),
        stale_source_days=life.stale_source_days,
        trend_versions=life.trend_versions,
        cap=life.max_examples_per_signature,
        now=datetime.now(UTC),
    )


def _names(store: Store, settings: Settings, signature: str | None) -> Sequence[str]:
    from ratchet.datasets.holdings import holding_signatures

    if signature is not None:
        return (known_signature(signature).name,)
    return sorted({*store.examples.signatures(), *holding_signatures(_folder(settings))})


def _stored(store: Store, signature: str | None) -> Sequence[str]:
    return store.examples.signatures() if signature is None else (signature,)


def _folder(settings: Settings) -> DatasetFolder:
    from ratchet.datasets import DatasetFolder

    return DatasetFolder(settings.datasets_folder)


def _report_json(report: CleanupReport) -> dict[str, Any]:
    return {**asdict(report), "causes": dict(report.plan.causes)}


def _caches_json(plan: CachePlan) -> dict[str, Any]:
    return {
        "evicted": [
            {
                "key": eviction.entry.key,
                "reason": eviction.reason,
                "size_bytes": eviction.entry.size_bytes,
                "used_at": eviction.entry.used_at,
                "work": asdict(eviction.entry.work) if eviction.entry.work else None,
            }
            for eviction in plan.evictions
        ],
        "freed_bytes": plan.freed_bytes,
        "kept": plan.kept,
        "kept_bytes": plan.kept_bytes,
    }
