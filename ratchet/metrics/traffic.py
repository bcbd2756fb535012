"""Samples of production traffic over the window."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from ratchet.metrics.bounds import bounded
from ratchet.metrics.metric import Sample
from ratchet.metrics.sources import Look
from ratchet.store.measures.traffic import PERCENTILES, Traffic, VariantTraffic, traffic_since

MS_PER_SECOND = 1000.0
UNKNOWN_MODEL = "unknown"


def traffic_samples(look: Look) -> Iterator[Sample]:
    """Requests, errors, latency, quality, tokens and cost, by signature, variant and model."""
    found = traffic_since(look.store.database, look.now - look.sources.window)
    yield Sample(name="ratchet_telemetry_records_total", value=found.arrivals)
    yield Sample(name="ratchet_quarantined_lines", value=found.quarantined_lines)
    shown = bounded(found.newest)
    for signature, label in shown.items():
        if signature == label:
            at = found.newest[signature].timestamp()
            labels = {"signature": signature}
            yield Sample(name="ratchet_telemetry_newest_timestamp_seconds", value=at, labels=labels)
    for variant in found.variants:
        if shown.get(variant.signature) == variant.signature:
            yield from _of_variant(variant)
    yield from _spending(found, shown)


def _of_variant(found: VariantTraffic) -> Iterator[Sample]:
    labels = {"signature": found.signature, "variant": found.variant}
    yield Sample(name="ratchet_window_requests", value=found.requests, labels=labels)
    yield Sample(name="ratchet_window_errors", value=found.errors, labels=labels)
    yield Sample(name="ratchet_window_labels", value=found.labels, labels=labels)
    if found.mean_latency_ms is not None:
        mean = found.mean_latency_ms / MS_PER_SECOND
        yield Sample(name="ratchet_window_latency_mean_seconds", value=mean, labels=labels)
    for percentile, latency_ms in zip(PERCENTILES, found.latency_percentiles_ms, strict=False):
        named = {**labels, "percentile": str(percentile)}
        seconds = latency_ms / MS_PER_SECOND
        yield Sample(name="ratchet_window_latency_seconds", value=seconds, labels=named)
    if found.mean_quality is not None:
        quality = found.mean_quality
        yield Sample(name="ratchet_window_quality_ratio", value=quality, labels=labels)


def _spending(found: Traffic, signatures: dict[str, str]) -> Iterator[Sample]:
    """By signature and model; those beyond the bound are added up as `other`."""
    models = bounded(spent.model or UNKNOWN_MODEL for spent in found.spending)
    costs: dict[tuple[str, str], float] = defaultdict(float)
    tokens: dict[tuple[str, str, str], int] = defaultdict(int)
    for spent in found.spending:
        key = (signatures[spent.signature], models[spent.model or UNKNOWN_MODEL])
        costs[key] += spent.cost_usd
        tokens[*key, "input"] += spent.input_tokens
        tokens[*key, "output"] += spent.output_tokens
    for (signature, model), cost in costs.items():
        labels = {"signature": signature, "model": model}
        yield Sample(name="ratchet_window_cost_usd", value=cost, labels=labels)
    for (signature, model, direction), count in tokens.items():
        labels = {"signature": signature, "model": model, "direction": direction}
        yield Sample(name="ratchet_window_tokens", value=count, labels=labels)
