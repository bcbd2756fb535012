"""The Grafana dashboard: whole, without overlaps, and about metrics that there are."""

from __future__ import annotations

import json
import re
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

from ratchet.metrics.catalogue import BY_NAME, CATALOGUE
from ratchet.metrics.reading import read_snapshot
from ratchet.store import open_store
from tests.builders import NOON
from tests.metrics_builders import furnish, sources

ROOT = Path(__file__).parents[3]
DASHBOARD: dict[str, Any] = json.loads((ROOT / "deployments" / "grafana.json").read_text())
PANELS: list[dict[str, Any]] = [p for p in DASHBOARD["panels"] if p["type"] != "row"]
EXPRESSIONS = [target["expr"] for panel in PANELS for target in panel["targets"]]
METRIC = re.compile(r"ratchet_\w+")
SELECTOR = re.compile(r"(ratchet_\w+)\{([^}]*)\}")


def test_every_metric_is_shown_and_every_shown_metric_is_told() -> None:
    """Nothing is shown that no document names, and nothing told that nobody sees."""
    shown = {name for expression in EXPRESSIONS for name in METRIC.findall(expression)}

    assert shown == {metric.name for metric in CATALOGUE}
    document = (ROOT / "docs" / "metrics.md").read_text(encoding="utf-8")
    assert all(f"`{name}`" in document for name in shown)


def test_queries_use_labels_that_the_metrics_have() -> None:
    """In selectors and in legends; counters alone have a rate."""
    for panel in PANELS:
        for target in panel["targets"]:
            expression = target["expr"]
            for name, selector in SELECTOR.findall(expression):
                labels = set(re.findall(r"(\w+)\s*=", selector))
                assert labels <= set(BY_NAME[name].labels), expression
            known = {label for name in METRIC.findall(expression) for label in BY_NAME[name].labels}
            assert set(re.findall(r"{{(\w+)}}", target["legendFormat"])) <= known, expression
            for name in re.findall(r"(?:rate|increase)\((ratchet_\w+)", expression):
                assert name.endswith("_total")


def test_values_in_selectors_are_values_that_are_told(tmp_path: Path) -> None:
    """A level or percentile that is misspelt would show nothing for ever."""
    places = sources(tmp_path)
    with open_store(places.store_url, clock=lambda: NOON) as store:
        furnish(store, tmp_path)
    samples = read_snapshot(places, clock=lambda: NOON).samples

    for expression in EXPRESSIONS:
        for name, selector in SELECTOR.findall(expression):
            for label, value in re.findall(r'(\w+)=~?"([^"$]+)"', selector):
                told = {sample.labels[label] for sample in samples if sample.name == name}
                assert set(value.split("|")) <= told, expression


def test_panels_have_a_place_of_their_own() -> None:
    """Within the 24 columns, none over another, each with an id of its own."""
    places = [panel["gridPos"] for panel in DASHBOARD["panels"]]

    assert len({panel["id"] for panel in DASHBOARD["panels"]}) == len(places)
    assert all(place["x"] >= 0 and place["x"] + place["w"] <= 24 for place in places)
    for one, other in combinations(places, 2):
        beside = one["x"] + one["w"] <= other["x"] or other["x"] + other["w"] <= one["x"]
        below = one["y"] + one["h"] <= other["y"] or other["y"] + other["h"] <= one["y"]
        assert beside or below, (one, other)


@pytest.mark.parametrize("panel", PANELS, ids=lambda panel: panel["title"])
def test_a_panel_asks_the_chosen_data_source(panel: dict[str, Any]) -> None:
    """The data source is a variable, so that the file can be imported anywhere."""
    chosen = {"type": "prometheus", "uid": "${datasource}"}

    assert panel["datasource"] == chosen
    assert all(target["datasource"] == chosen for target in panel["targets"])
    assert panel["fieldConfig"]["defaults"].get("unit", "short")


def test_variables_are_declared() -> None:
    """Every $name in a query is a variable of the dashboard or of Grafana."""
    declared = {variable["name"] for variable in DASHBOARD["templating"]["list"]}
    used = {name for text in EXPRESSIONS for name in re.findall(r"\$(\w+)", text)}

    assert used - {"__rate_interval"} <= declared
    assert (DASHBOARD["schemaVersion"], DASHBOARD["uid"]) == (39, "ratchet")
    assert declared == {"datasource", "signature", "percentile"}
