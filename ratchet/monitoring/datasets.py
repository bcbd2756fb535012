"""The check of dataset versions: quality from version to version, growth, diversity of sources."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ratchet.alerts import Alert, Level
from ratchet.configuration.monitoring import MonitoringSettings
from ratchet.datasets import DatasetFolder, DatasetVersion
from ratchet.datasets.layout import latest_folder, signature_folder, version_folders
from ratchet.datasets.reading import read_version
from ratchet.errors import DatasetError
from ratchet.monitoring.check import Check
from ratchet.store.monitoring import PoolFact

NAME = "datasets"
DEGRADED, DIVERSITY, DAMAGED = "dataset-quality-degradation", "source-diversity", "dataset-damaged"
KINDS = (DEGRADED, DIVERSITY, DAMAGED)
SHOWN_VERSIONS = 6
ROUNDING = 1e-9


@dataclass(frozen=True, kw_only=True)
class DatasetFacts:
    """The newest versions of a signature, the oldest first, up to the one in force.

    `problem` says why the newest could not be read.
    """

    signature: str
    versions: tuple[DatasetVersion, ...] = ()
    problem: str = ""


def read_datasets(
    folder: DatasetFolder, signatures: Sequence[str] = ()
) -> tuple[DatasetFacts, ...]:
    """The facts of the check, from the metadata alone; of every signature when none is given."""
    names = [name for name in folder.signatures() if not signatures or name in signatures]
    return tuple(_read(folder, name) for name in names)


def check_datasets(
    facts: Sequence[DatasetFacts],
    pool: Sequence[PoolFact],
    settings: MonitoringSettings,
    *,
    now: datetime,
) -> Check:
    """Look at the dataset versions, and at the examples that wait in the store."""
    found: list[Alert | None] = []
    for each in facts:
        found += [
            _degraded(each, settings, now),
            _one_sided(each, settings, now),
            _damaged(each, now),
        ]
    alerts = tuple(alert for alert in found if alert is not None)
    return Check(
        name=NAME,
        headline=_headline(facts, alerts),
        figures={
            "signatures": {each.signature: _figures(each) for each in facts if each.versions},
            "pool": _pool(pool),
        },
        alerts=alerts,
        kinds=KINDS,
    )


def quality_drop(versions: Sequence[DatasetVersion]) -> float | None:
    """The drop of the mean quality from the version before to the newest, relative to it.

    Negative for a rise; None when either is unknown.
    """
    if len(versions) < 2:
        return None
    before, latest = (_quality(version) for version in versions[-2:])
    return None if not before or latest is None else (before - latest) / before


def effective_sources(sources: Mapping[str, int]) -> float:
    """How many sources there would be if all gave the same: the exponential of the entropy.

    >>> round(effective_sources({"git": 50, "synthetic": 50}), 2), effective_sources({"git": 9})
    (2.0, 1.0)
    """
    total = sum(sources.values())
    shares = [count / total for count in sources.values() if count]
    return math.exp(-sum(share * math.log(share) for share in shares)) if shares else 0.0


def _read(folder: DatasetFolder, signature: str) -> DatasetFacts:
    home = signature_folder(folder.root, signature)
    latest = latest_folder(home)
    paths = version_folders(home)
    if latest in paths:  # a person may have put an older version in force
        paths = paths[: paths.index(latest) + 1]
    versions, problem = [], ""
    for path in paths[-SHOWN_VERSIONS:]:
        try:
            versions.append(read_version(path))
        except DatasetError as error:
            problem = str(error)
    return DatasetFacts(signature=signature, versions=tuple(versions), problem=problem)


def _degraded(facts: DatasetFacts, settings: MonitoringSettings, now: datetime) -> Alert | None:
    drop = quality_drop(facts.versions)
    if drop is None or drop <= settings.dataset_quality_drop_threshold + ROUNDING:
        return None
    previous, latest = facts.versions[-2:]
    return Alert(
        kind=DEGRADED,
        subject=facts.signature,
        level=Level.ERROR,
        title="Dataset Quality Degradation",
        message=f"The mean quality of {facts.signature} fell by {drop:.1%}, from "
        f"{_quality(previous):.1f} in {previous.version} to {_quality(latest):.1f} in "
        f"{latest.version}; {settings.dataset_quality_drop_threshold:.0%} is the limit.",
        at=now,
        since=latest.created,
        advice=f"Compare them: `ratchet dataset diff --signature {facts.signature} "
        f"{previous.version} {latest.version}`; then reject the weak examples and publish again.",
        runbook="emergencies#dataset-quality-fell",
        details={
            "signature": facts.signature,
            "latest_version": latest.version,
            "previous_version": previous.version,
            "latest_quality": _quality(latest),
            "previous_quality": _quality(previous),
            "drop_percent": round(100 * drop, 2),
        },
    )


def _one_sided(facts: DatasetFacts, settings: MonitoringSettings, now: datetime) -> Alert | None:
    if not facts.versions or not facts.versions[-1].statistics.sources:
        return None
    latest = facts.versions[-1]
    sources = latest.statistics.sources
    name = max(sources, key=lambda source: (sources[source], source))
    share = sources[name] / sum(sources.values())
    if share <= settings.largest_source_share:
        return None
    return Alert(
        kind=DIVERSITY,
        subject=facts.signature,
        level=Level.INFO,
        title="Dataset From One Source",
        message=f"{share:.0%} of {latest.version} of {facts.signature} come from {name}; the "
        "program sees little of what production is like.",
        at=now,
        since=latest.created,
        advice="Take in production telemetry and examples of other sources: `ratchet collect`.",
        runbook="monthly#sources",
        details={"signature": facts.signature, "source": name, "share": share},
    )


def _damaged(facts: DatasetFacts, now: datetime) -> Alert | None:
    if not facts.problem:
        return None
    return Alert(
        kind=DAMAGED,
        subject=facts.signature,
        level=Level.ERROR,
        title="Dataset Version Damaged",
        message=facts.problem,
        at=now,
        advice=f"`ratchet dataset verify --signature {facts.signature}` lists what is wrong; "
        "restore it with `ratchet backup restore`.",
        runbook="emergencies#damaged-state",
        details={"signature": facts.signature},
    )


def _quality(version: DatasetVersion) -> float | None:
    return version.statistics.quality_scores.mean


def _figures(facts: DatasetFacts) -> dict[str, Any]:
    latest = facts.versions[-1]
    sources = latest.statistics.sources
    before = facts.versions[-2] if len(facts.versions) > 1 else None
    return {
        "version": latest.version,
        "created": latest.created.isoformat(),
        "examples": latest.example_count,
        "growth": None if before is None else latest.example_count - before.example_count,
        "quality": _quality(latest),
        "quality_drop": quality_drop(facts.versions),
        "sources": dict(sources),
        "effective_sources": round(effective_sources(sources), 2),
        "trend": [
            {"version": each.version, "examples": each.example_count, "quality": _quality(each)}
            for each in facts.versions
        ],
    }


def _pool(pool: Sequence[PoolFact]) -> dict[str, dict[str, int]]:
    counts: dict[str, dict[str, int]] = {}
    for fact in sorted(pool, key=lambda fact: (fact.signature, fact.status)):
        counts.setdefault(fact.signature, {})[fact.status] = fact.count
    return counts


def _headline(facts: Sequence[DatasetFacts], alerts: Sequence[Alert]) -> str:
    known = [each for each in facts if each.versions]
    if not known:
        return "No dataset version yet. Publish one with `ratchet run`."
    examples = sum(each.versions[-1].example_count for each in known)
    fallen = sum(alert.kind == DEGRADED for alert in alerts)
    return f"{len(known)} signatures, {examples:,} examples in force" + (
        f"; quality fell in {fallen}." if fallen else "."
    )
