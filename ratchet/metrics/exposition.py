"""Tells a snapshot to Prometheus: as a collector behind an endpoint, and as a text."""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from ratchet.metrics.catalogue import BY_NAME, CATALOGUE
from ratchet.metrics.metric import Kind, Metric, Sample

if TYPE_CHECKING:
    from prometheus_client.metrics_core import Metric as Family

    from ratchet.metrics.reading import Snapshot


class SnapshotCollector(Collector):
    """Gives the newest snapshot; one younger than `max_age_seconds` is given again.

    However many scrapes come at once, one reads and the others wait for it, so that scraping
    can not load the database.
    """

    def __init__(
        self,
        read: Callable[[], Snapshot],
        *,
        max_age_seconds: float,
        timer: Callable[[], float] = time.monotonic,
    ) -> None:
        self._read = read
        self._max_age_seconds = max_age_seconds
        self._timer = timer
        self._lock = threading.Lock()
        self._snapshot: Snapshot | None = None
        self._read_at = 0.0

    def collect(self) -> Iterator[Family]:
        """The families of the catalogue that have a sample."""
        yield from families(self._newest().samples)

    def describe(self) -> Iterable[Family]:
        """Nothing is known before the first scrape, so that registering reads nothing."""
        return ()

    def _newest(self) -> Snapshot:
        with self._lock:
            age = self._timer() - self._read_at
            if self._snapshot is None or age >= self._max_age_seconds:
                self._snapshot = self._read()
                self._read_at = self._timer()
            return self._snapshot


def registry_of(collector: Collector) -> CollectorRegistry:
    """A registry with this collector alone: what else is in the process is not told."""
    registry = CollectorRegistry()
    registry.register(collector)
    return registry


def text_of(snapshot: Snapshot) -> str:
    """The snapshot in the text format of Prometheus, version 0.0.4."""
    collector = SnapshotCollector(lambda: snapshot, max_age_seconds=float("inf"))
    return generate_latest(registry_of(collector)).decode()


def families(samples: Iterable[Sample]) -> Iterator[Family]:
    """The samples by metric, in the order of the catalogue.

    Raises:
        KeyError: a sample is of no metric of the catalogue, or lacks a label.
    """
    grouped: dict[str, list[Sample]] = defaultdict(list)
    for sample in samples:
        grouped[BY_NAME[sample.name].name].append(sample)
    for metric in CATALOGUE:
        if metric.name in grouped:
            yield _family(metric, grouped[metric.name])


def _family(metric: Metric, samples: Iterable[Sample]) -> Family:
    make = CounterMetricFamily if metric.kind is Kind.COUNTER else GaugeMetricFamily
    family = make(metric.name, metric.help, labels=metric.labels)
    for sample in samples:
        family.add_metric([sample.labels[label] for label in metric.labels], float(sample.value))
    return family
