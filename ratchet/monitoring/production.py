"""The check of production: quality, errors and latency against the time before, and silence."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from ratchet.alerts import Alert, Level
from ratchet.configuration.monitoring import MonitoringSettings
from ratchet.monitoring.check import Check
from ratchet.monitoring.comparison import (
    PERCENTILES,
    Change,
    error_rate_change,
    latency_change,
    quality_change,
)
from ratchet.monitoring.histogram import percentile
from ratchet.monitoring.slots import (
    DAY,
    HOUR,
    Slot,
    SlotTraffic,
    Traffic,
    slots_until,
    start_of_day,
    start_of_hour,
    traffic_between,
)
from ratchet.store.monitoring import MonitoringStore

NAME = "production"
QUALITY, LATENCY, ERRORS = "production-quality-drift", "latency", "error-rate"
SILENCE = "telemetry-silence"
KINDS = (QUALITY, LATENCY, ERRORS, SILENCE)
LATENCY_PERCENT = 95
MONTH_DAYS = 31


@dataclass(frozen=True, kw_only=True)
class ProductionFacts:
    """The slots of production with traffic, and the newest request of each signature.

    `pending` older slots are not counted yet: a store that is looked at for the first time is
    read bit by bit.
    """

    slots: SlotTraffic = field(default_factory=dict)
    newest: Mapping[str, datetime] = field(default_factory=dict)
    pending: int = 0


@dataclass(frozen=True, kw_only=True)
class Windows:
    """The traffic of one signature in the four windows that are compared."""

    signature: str
    newest: datetime
    recent: Traffic
    reference: Traffic
    judged: Traffic
    judged_before: Traffic


def wanted_slots(
    signatures: Sequence[str], settings: MonitoringSettings, *, now: datetime
) -> tuple[Slot, ...]:
    """The slots that the checks of production and of costs look at."""
    judged = settings.quality_recent_days + settings.quality_reference_days
    days = max(judged, settings.reference_days + 1, MONTH_DAYS)
    return tuple(
        slot for name in signatures for slot in slots_until(now, signature=name, days=days)
    )


def read_production(
    store: MonitoringStore, settings: MonitoringSettings, *, now: datetime
) -> ProductionFacts:
    """The facts of the check.

    Raises:
        StoreError: the store can not be read or written.
    """
    newest = store.newest_outcomes()
    slots = wanted_slots(sorted(newest), settings, now=now)
    looked = store.slots(slots, now=now)
    return ProductionFacts(slots=looked.slots, newest=newest, pending=looked.pending)


def check_production(
    facts: ProductionFacts, settings: MonitoringSettings, *, now: datetime
) -> Check:
    """Look at production, signature by signature."""
    found = [_windows(name, facts, settings, now) for name in sorted(facts.newest)]
    alerts: list[Alert | None] = []
    for windows in found:
        alerts += [
            _quality_alert(windows, settings, now),
            _error_alert(windows, settings, now),
            _latency_alert(windows, settings, now),
            _silence_alert(windows, settings, now),
        ]
    told = tuple(alert for alert in alerts if alert is not None)
    return Check(
        name=NAME,
        headline=_headline(found, told, settings) + _still_counting(facts),
        figures={windows.signature: _figures(windows, settings) for windows in found},
        alerts=told,
        kinds=KINDS,
    )


def _still_counting(facts: ProductionFacts) -> str:
    if not facts.pending:
        return ""
    return f" {facts.pending} older hours and days are not counted yet; the next looks do."


def _windows(
    signature: str, facts: ProductionFacts, settings: MonitoringSettings, now: datetime
) -> Windows:
    """Windows in whole slots: recent hours end with the current one, days begin at midnight."""
    end = now + HOUR
    recent = start_of_hour(now) - (settings.recent_hours - 1) * HOUR
    before = start_of_day(recent - settings.reference_days * DAY)
    judged = start_of_day(now - settings.quality_recent_days * DAY)
    judged_before = judged - settings.quality_reference_days * DAY

    def traffic(since: datetime, until: datetime) -> Traffic:
        return traffic_between(facts.slots, signature, since=since, until=until)

    return Windows(
        signature=signature,
        newest=facts.newest[signature],
        recent=traffic(recent, end),
        reference=traffic(before, recent),
        judged=traffic(judged, end),
        judged_before=traffic(judged_before, judged),
    )


def _quality(windows: Windows, settings: MonitoringSettings) -> Change | None:
    judged = min(windows.judged.judged, windows.judged_before.judged)
    if judged < settings.min_judged_requests:
        return None
    return quality_change(
        windows.judged, windows.judged_before, confidence=settings.comparison_confidence
    )


def _comparable(windows: Windows, settings: MonitoringSettings) -> bool:
    return min(windows.recent.requests, windows.reference.requests) >= settings.min_requests


def _quality_alert(windows: Windows, settings: MonitoringSettings, now: datetime) -> Alert | None:
    change = _quality(windows, settings)
    is_drop = change is not None and change.difference <= -settings.production_quality_drop + 1e-9
    if change is None or not is_drop or change.upper >= 0:
        return None
    name = windows.signature
    return Alert(
        kind=QUALITY,
        subject=name,
        level=Level.ERROR,
        title="Production Quality Fell",
        message=f"The mean quality of {name} fell from {change.reference:.3f} "
        f"({windows.judged_before.judged} judged requests) to {change.recent:.3f} "
        f"({windows.judged.judged}) in the last {settings.quality_recent_days} days; the "
        f"{settings.comparison_confidence:.1%} interval of the change is {change.lower:+.3f} to "
        f"{change.upper:+.3f}.",
        at=now,
        since=start_of_day(now - settings.quality_recent_days * DAY),
        advice=f"Look at what changed: `ratchet programs list --signature {name}`, the language "
        "model, the inputs. A champion can be taken back with `ratchet rollout rollback`.",
        runbook="emergencies#production-quality-fell",
        details={"signature": name, **_change_json(change)},
    )


def _error_alert(windows: Windows, settings: MonitoringSettings, now: datetime) -> Alert | None:
    change = error_rate_change(
        windows.recent, windows.reference, confidence=settings.comparison_confidence
    )
    if change is None or not _comparable(windows, settings):
        return None
    if change.difference < settings.error_rate_rise - 1e-9 or change.lower <= 0:
        return None
    name = windows.signature
    return Alert(
        kind=ERRORS,
        subject=name,
        level=Level.ERROR,
        title="Error Rate Rose",
        message=f"{change.recent:.1%} of the {windows.recent.requests} requests of {name} in the "
        f"last {settings.recent_hours} hours failed; it was {change.reference:.1%} in the "
        f"{settings.reference_days} days before. By chance it would be at most "
        f"{change.difference - change.lower:.1%} more.",
        at=now,
        since=start_of_hour(now) - (settings.recent_hours - 1) * HOUR,
        advice="Read the errors of failed requests, then ask whether the language model, a key or "
        "a rate limit is behind them: `ratchet doctor`.",
        runbook="emergencies#errors-in-production",
        details={"signature": name, **_change_json(change)},
    )


def _latency_alert(windows: Windows, settings: MonitoringSettings, now: datetime) -> Alert | None:
    change = _latency(windows, settings)
    if change is None or not _comparable(windows, settings):
        return None
    if change.difference < settings.latency_rise * change.reference or change.lower <= 0:
        return None
    name = windows.signature
    return Alert(
        kind=LATENCY,
        subject=name,
        level=Level.WARNING,
        title="Latency Rose",
        message=f"95 % of the requests of {name} took up to {change.recent:.0f} ms in the last "
        f"{settings.recent_hours} hours; it was {change.reference:.0f} ms in the "
        f"{settings.reference_days} days before.",
        at=now,
        since=start_of_hour(now) - (settings.recent_hours - 1) * HOUR,
        advice="Ask the provider's status page first; then look for longer inputs or a new "
        f"program version: `ratchet programs list --signature {name}`.",
        runbook="weekly#latency",
        details={"signature": name, "percentile": LATENCY_PERCENT, **_change_json(change)},
    )


def _latency(windows: Windows, settings: MonitoringSettings) -> Change | None:
    return latency_change(
        windows.recent,
        windows.reference,
        percent=LATENCY_PERCENT,
        confidence=settings.comparison_confidence,
    )


def _silence_alert(windows: Windows, settings: MonitoringSettings, now: datetime) -> Alert | None:
    """No request for long, where so many were to be expected that none is no chance."""
    silent = now - windows.newest
    expected = expected_requests(windows, settings, hours=silent / HOUR)
    is_chance = math.exp(-expected) >= 1 - settings.comparison_confidence
    if silent < timedelta(hours=settings.telemetry_silence_hours) or is_chance:
        return None
    name, hours = windows.signature, silent / HOUR
    return Alert(
        kind=SILENCE,
        subject=name,
        level=Level.WARNING,
        title="No Telemetry",
        message=f"No request of {name} for {hours:.0f} hours, where {expected:.0f} were to be "
        "expected.",
        at=now,
        since=windows.newest,
        advice="Ask whether the app runs, whether it records (`ratchet telemetry status`), and "
        "whether the spool is taken in (deployment ingest-telemetry).",
        runbook="weekly#telemetry",
        details={"signature": name, "silent_hours": round(hours, 2), "expected": round(expected)},
    )


def expected_requests(windows: Windows, settings: MonitoringSettings, *, hours: float) -> float:
    """How many requests would have come in so many hours at the rate of all windows."""
    days = settings.quality_recent_days + settings.quality_reference_days
    seen = windows.judged.requests + windows.judged_before.requests
    return seen / (days * 24) * hours


def _change_json(change: Change) -> dict[str, float]:
    return {
        "reference": change.reference,
        "recent": change.recent,
        "lower": change.lower,
        "upper": change.upper,
    }


def _figures(windows: Windows, settings: MonitoringSettings) -> dict[str, Any]:
    quality = _quality(windows, settings)
    latency = _latency(windows, settings)
    errors = error_rate_change(
        windows.recent, windows.reference, confidence=settings.comparison_confidence
    )
    return {
        "newest_request": windows.newest.isoformat(),
        "recent": _traffic_json(windows.recent),
        "reference": _traffic_json(windows.reference),
        "error_rate_change": None if errors is None else errors.difference,
        "p95_change": None if latency is None else round(latency.difference / latency.reference, 4),
        "quality": windows.judged.mean_quality,
        "judged_requests": windows.judged.judged,
        "quality_reference": windows.judged_before.mean_quality,
        "quality_change": None if quality is None else _change_json(quality),
    }


def _traffic_json(traffic: Traffic) -> dict[str, Any]:
    return {
        "requests": traffic.requests,
        "errors": traffic.errors,
        "error_rate": traffic.error_rate,
        **{
            f"p{percent}_latency_ms": _rounded(percentile(traffic.latencies, percent))
            for percent in PERCENTILES
        },
        "cost_usd": round(traffic.cost_usd, 6),
        "input_tokens": traffic.input_tokens,
        "output_tokens": traffic.output_tokens,
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 1)


def _headline(
    found: Sequence[Windows], alerts: Sequence[Alert], settings: MonitoringSettings
) -> str:
    if not found:
        return "No request of production yet."
    requests = sum(windows.recent.requests for windows in found)
    line = f"{requests:,} requests of {len(found)} signatures in {settings.recent_hours} hours"
    worse = sorted({alert.subject for alert in alerts})
    return f"{line}; look at {', '.join(worse)}." if worse else f"{line}, as in the days before."
