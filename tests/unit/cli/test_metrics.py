"""`ratchet metrics`: what is written, listed and refused."""

from __future__ import annotations

from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from ratchet.store import open_store
from tests.builders import NOON
from tests.cli_builders import ratchet
from tests.metrics_builders import furnish, sources


def test_the_file_is_what_the_textfile_collector_reads(workspace: Path) -> None:
    """It is valid, whole, and no draft is left beside it."""
    left = ratchet("metrics", "write", "out/ratchet.prom", "--json")

    text = (workspace / "out" / "ratchet.prom").read_text(encoding="utf-8")
    assert left.exit_code == 0
    assert left.document["samples"] == text.count("\n") - text.count("#")
    assert any(f.name == "ratchet_runs" for f in text_string_to_metric_families(text))
    assert [path.name for path in (workspace / "out").iterdir()] == ["ratchet.prom"]


def test_a_file_that_would_not_be_collected_is_refused(workspace: Path) -> None:
    """The collector reads *.prom alone."""
    left = ratchet("metrics", "write", "ratchet.txt")

    assert left.exit_code != 0
    assert ".prom" in left.err
    assert not (workspace / "ratchet.txt").exists()


def test_an_unreadable_store_is_in_the_file_and_in_the_exit_code(
    workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who reads the file and who reads the exit code both learn it."""
    (workspace / "broken.db").write_text("no database at all, though long enough" * 100)
    monkeypatch.setenv("RATCHET_DATABASE_URL", f"sqlite:///{workspace / 'broken.db'}")

    left = ratchet("metrics", "write", "ratchet.prom")

    assert left.exit_code == 1
    assert "ratchet_collection_success 0.0" in (workspace / "ratchet.prom").read_text()


def test_the_list_has_units_and_values(workspace: Path) -> None:
    """A program gets every metric with its samples, a person a table."""
    places = sources(workspace)
    with open_store(places.store_url, clock=lambda: NOON) as store:
        furnish(store, workspace)

    document = {one["name"]: one for one in ratchet("metrics", "list", "--json").document}
    shown = ratchet("metrics", "list").out

    assert document["ratchet_disk_free_bytes"]["unit"] == "bytes"
    succeeded = {"labels": {"status": "succeeded"}, "value": 1.0}
    assert succeeded in document["ratchet_runs"]["samples"]
    assert "ratchet_runs_consecutive_failures" in shown
