"""What Prometheus is told: valid, named by its conventions, complete, and read once a while."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from ratchet.metrics.catalogue import BY_NAME, CATALOGUE, COLLECTION
from ratchet.metrics.exposition import SnapshotCollector, families, text_of
from ratchet.metrics.metric import Kind, Metric, Sample, mistakes_of
from ratchet.metrics.reading import Snapshot, read_snapshot
from ratchet.metrics.reference import BEGIN, END, reference_table
from ratchet.store import open_store
from tests.builders import NOON
from tests.metrics_builders import furnish, sources

DOCUMENT = Path(__file__).parents[3] / "docs" / "metrics.md"
BACKUP_METRICS = {"ratchet_backup_timestamp_seconds", "ratchet_backup_size_bytes"}
ABSENT = {
    *BACKUP_METRICS,
    "ratchet_rollout_tick_timestamp_seconds",
    "ratchet_checks_timestamp_seconds",
    "ratchet_rollout_decisions_total",
}


def furnished(root: Path) -> Snapshot:
    """The figures of an installation that has something of everything, an hour after noon."""
    places = sources(root)
    with open_store(places.store_url, clock=lambda: NOON) as store:
        furnish(store, root)
    return read_snapshot(places, clock=lambda: NOON + timedelta(minutes=59))


def empty(at_seconds: float = 0.0) -> Snapshot:
    """A snapshot with one sample."""
    return Snapshot(
        at=NOON,
        samples=(Sample(name="ratchet_backups", value=at_seconds, labels={"state": "usable"}),),
    )


@pytest.mark.parametrize("metric", CATALOGUE, ids=lambda metric: metric.name)
def test_a_metric_follows_the_conventions(metric: Metric) -> None:
    """Prefix, base units, _total for counters alone, a sentence of help, free labels."""
    assert list(mistakes_of(metric)) == []


def test_names_are_unique() -> None:
    """No two metrics share a name."""
    assert len(BY_NAME) == len(CATALOGUE)


def test_what_is_told_is_what_the_catalogue_says(tmp_path: Path) -> None:
    """Prometheus's own parser reads every family with its type, help and labels."""
    snapshot = furnished(tmp_path)

    found = {family.name: family for family in text_string_to_metric_families(text_of(snapshot))}

    assert snapshot.problem == ""
    told = {metric.name.removesuffix("_total"): metric for metric in CATALOGUE}
    assert set(told) - set(found) == {name.removesuffix("_total") for name in ABSENT}
    for name, family in found.items():
        metric = told[name]
        assert (family.type, family.documentation) == (metric.kind.value, metric.help)
        assert all(set(sample.labels) == set(metric.labels) for sample in family.samples)
        series = [tuple(sorted(sample.labels.items())) for sample in family.samples]
        assert len(series) == len(set(series))


def test_values_are_in_base_units(tmp_path: Path) -> None:
    """Milliseconds become seconds, percent and the 0..100 of qualities become ratios."""
    snapshot = furnished(tmp_path)

    def value(name: str, **labels: str) -> float:
        (found,) = (
            sample.value
            for sample in snapshot.samples
            if sample.name == name and labels.items() <= sample.labels.items()
        )
        return found

    candidate = {"variant": "candidate"}
    assert value("ratchet_window_latency_seconds", percentile="95", **candidate) == 1.0
    assert value("ratchet_window_errors", **candidate) == 1
    assert value("ratchet_rollout_candidate_share_ratio") == 0.1
    assert value("ratchet_dataset_quality_ratio") == 0.8
    assert value("ratchet_run_last_duration_seconds") == 3_600
    assert value("ratchet_alerts_open", level="warning") == 1
    assert value("ratchet_alerts_open", level="critical") == 0
    assert value("ratchet_spool_unread_lines") == 2
    assert value("ratchet_forecast_score_ratio", bound="expected") == 0.8


def test_without_a_store_that_is_said_and_nothing_else(tmp_path: Path) -> None:
    """Figures that can not be read are left out; the text is valid all the same."""
    (tmp_path / "ratchet.db").write_text("no database, but long enough to be one" * 100)
    places = sources(tmp_path, f"sqlite:///{tmp_path / 'ratchet.db'}")

    snapshot = read_snapshot(places, clock=lambda: NOON)

    names = {family.name for family in text_string_to_metric_families(text_of(snapshot))}
    assert "ratchet.db" in snapshot.problem
    assert names == {metric.name for metric in COLLECTION}
    assert "ratchet_collection_success 0.0" in text_of(snapshot)


def test_a_young_snapshot_is_told_again() -> None:
    """Within the age the store is not read a second time; after it, it is."""
    times = iter((100.0, 101.0, 114.0, 116.0, 117.0))
    numbers = iter(range(9))
    collector = SnapshotCollector(
        lambda: empty(next(numbers)), max_age_seconds=15, timer=lambda: next(times)
    )

    told = [next(iter(collector.collect())).samples[0].value for _ in range(3)]

    assert told == [0, 0, 1]


def test_scrapes_at_once_read_once() -> None:
    """Those that come while one reads wait for what it reads."""
    reads: list[int] = []
    arrived = threading.Barrier(4)

    def read() -> Snapshot:
        reads.append(1)
        return empty()

    collector = SnapshotCollector(read, max_age_seconds=60)

    def scrape() -> None:
        arrived.wait()
        list(collector.collect())

    scrapers = [threading.Thread(target=scrape) for _ in range(4)]
    for scraper in scrapers:
        scraper.start()
    for scraper in scrapers:
        scraper.join()

    assert len(reads) == 1


def test_a_sample_of_no_metric_is_refused() -> None:
    """A reader that tells what no document names is a mistake of ours."""
    with pytest.raises(KeyError, match="ratchet_nonsense"):
        list(families([Sample(name="ratchet_nonsense", value=1)]))


def test_label_values_are_escaped() -> None:
    """A version with quotes, a backslash and a line break comes back as it was."""
    odd = 'v"1\\\n'
    sample = Sample(
        name="ratchet_champion_info", value=1, labels={"signature": "s", "version": odd}
    )

    (family,) = text_string_to_metric_families(text_of(replace(empty(), samples=(sample,))))

    assert family.samples[0].labels["version"] == odd


def test_the_conventions_have_teeth() -> None:
    """A gauge that is named like a counter and a taken label are found."""
    odd = Metric(name="ratchet_runs_total", kind=Kind.GAUGE, help="Runs.", labels=("le",))

    assert len(list(mistakes_of(odd))) == 2


def test_the_document_has_the_table_of_the_catalogue() -> None:
    """docs/metrics.md is what `ratchet.metrics.reference` generates."""
    text = DOCUMENT.read_text(encoding="utf-8")

    assert text.partition(f"{BEGIN}\n")[2].partition(END)[0] == reference_table()
