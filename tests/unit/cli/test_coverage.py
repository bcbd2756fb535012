"""`ratchet coverage`, and the starter sets on the command line."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli_builders import COMPLETENESS, good_examples, ratchet, write_rows


@pytest.fixture(autouse=True)
def workplace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working directory; state and datasets go below it."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_full_set_is_shown_as_full() -> None:
    """The starter set covers its plan and leaves nothing to order."""
    left = ratchet("coverage", COMPLETENESS, "--starter", "--json")

    assert left.exit_code == 0
    assert left.document["is_full"]
    assert left.document["orders"] == []


def test_a_poor_set_is_shown_with_what_to_collect(workplace: Path) -> None:
    """Have, want, missing and orders in words; the exit code says that it is not full."""
    file = write_rows(workplace / "few.jsonl", good_examples(5))

    left = ratchet("coverage", COMPLETENESS, "--file", file)

    assert left.exit_code == 1
    assert "missing" in left.out
    assert "To collect:" in left.out
    assert "examples, medium" in left.out


def test_the_store_is_looked_at_when_nothing_is_named() -> None:
    """After importing the starter sets the store covers the plan of each signature."""
    imported = ratchet("import", "--starter", "--signature", COMPLETENESS)
    left = ratchet("coverage", COMPLETENESS, "--json")

    assert imported.exit_code == 0
    assert left.exit_code == 0
    assert left.document["example_count"] == 50


def test_a_dataset_version_is_made_of_the_starter_set_and_covered() -> None:
    """`dataset create --starter --strict` publishes all fifty."""
    created = ratchet("dataset", "create", "-s", COMPLETENESS, "--starter", "--strict", "--json")
    left = ratchet("coverage", COMPLETENESS, "--dataset", "latest", "--json")

    assert created.exit_code == 0
    assert left.exit_code == 0
    assert left.document["example_count"] == 50


def test_collection_takes_its_orders_from_the_deficit() -> None:
    """`collect synthetic --for-coverage` writes examples for an empty store."""
    left = ratchet(
        "collect", "synthetic", "-s", COMPLETENESS, "--target", 5, "--for-coverage",
        "--lm", "offline/in-context", "--json",
    )  # fmt: skip

    assert left.exit_code == 0
    assert left.document["signatures"][0]["collected"] == 5


def test_two_places_at_once_are_refused() -> None:
    """One set is looked at, so one place is named."""
    left = ratchet("coverage", COMPLETENESS, "--starter", "--from-store")

    assert left.exit_code == 2
    assert "one of" in left.err


def test_import_wants_files_or_the_starter_sets() -> None:
    """Neither is refused, and so is both."""
    assert ratchet("import").exit_code == 2
    assert ratchet("import", "x.json", "--starter").exit_code == 2
