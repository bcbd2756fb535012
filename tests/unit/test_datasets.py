"""Dataset versions: published once, never changed, provable, comparable."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from ratchet.datasets import Dataset, DatasetFolder
from ratchet.errors import DatasetError
from ratchet.examples import Difficulty, Source, Status
from ratchet.signatures import get
from ratchet.splits import Side
from tests.builders import NOON, completeness_example
from tests.dataset_builders import example_set, tree_of

SPEC = get("validate_completeness")
LATER = NOON + timedelta(hours=1)


@pytest.fixture
def folder(tmp_path: Path) -> DatasetFolder:
    """An empty folder of versions."""
    return DatasetFolder(tmp_path / "training_data")


def lines_of(path: Path) -> list[dict[str, Any]]:
    """The provenance lines of a version."""
    return [json.loads(line) for line in (path / "provenance.jsonl").read_text().splitlines()]


def test_a_version_has_the_promised_files(folder: DatasetFolder) -> None:
    """The names, keys and values on disk are those of the contract."""
    facts = {"sha": "abc", "author": "a", "repository": "r", "committed_at": "2026-01-01"}
    examples = example_set(4, source=Source.GIT, provenance=facts)

    version = folder.publish(SPEC, examples, now=NOON, notes="the first")

    root = folder.root / "validate_completeness"
    assert version.path == root / "v20260301_120000"
    assert (root / "latest").readlink() == Path("v20260301_120000")
    items = json.loads((version.path / "dataset.json").read_text())
    assert [list(item) for item in items] == [["inputs", "outputs", "metadata"]] * 4
    assert set(items[0]["metadata"]) == {
        *("source", "difficulty", "category", "notes", "example_id", "group_id", "quality_score")
    }
    assert [i["metadata"]["example_id"] for i in items] == sorted(e.example_id for e in examples)
    line = lines_of(version.path)[0]
    common = {"example_id", "source", "timestamp", "quality_score", "group_id", "split"}
    assert set(line) == common | set(facts)
    assert line["timestamp"] == "2026-03-01T12:00:00+00:00"
    metadata = json.loads((version.path / "metadata.json").read_text())
    assert metadata["version"] == "v20260301_120000"
    assert metadata["signature"] == "validate_completeness"
    assert metadata["created"] == "2026-03-01T12:00:00+00:00"
    assert metadata["example_count"] == 4
    assert metadata["parent_version"] is None
    assert metadata["notes"] == "the first"
    assert metadata["statistics"] == {
        "sources": {"git": 4},
        "difficulty": {"easy": 2, "hard": 1, "medium": 1},
        "categories": {"authentication": 4},
        "labels": {"complete": 2, "incomplete": 2},
        "quality_scores": {"mean": 61.5, "min": 60.0, "p50": 61.5, "max": 63.0},
    }


def test_a_version_gives_back_what_was_published(folder: DatasetFolder) -> None:
    """Examples, facts with awkward names, surrogates and sides survive the disk."""
    facts = {"timestamp": "theirs", "fact_x": 1, "index": 2, "nested": {"a": [1]}}
    odd = completeness_example(implementation="caf\udce9 \u2028 é", group_id="odd")
    examples = [*example_set(8, provenance=facts), odd.evolve(status=Status.ACCEPTED)]

    version = folder.publish(SPEC, examples, now=NOON)
    loaded = folder.load("validate_completeness")

    expected = {e.example_id: e.evolve(status=Status.ACCEPTED) for e in examples}
    assert {e.example_id: e for e in loaded.examples} == expected
    assert sum(len(loaded.side(side)) for side in Side) == 9
    counts = {side.value: len(loaded.side(side)) for side in Side}
    assert version.side_counts == {**counts, "excluded": 0}


def test_the_hash_depends_on_the_content_alone(tmp_path: Path) -> None:
    """Order, time, notes and folder change nothing; an example's metadata does."""
    examples = example_set(5)
    rescored = [examples[0].evolve(quality_score=99), *examples[1:]]

    first = DatasetFolder(tmp_path / "a").publish(SPEC, examples, now=NOON, notes="x")
    same = DatasetFolder(tmp_path / "b").publish(SPEC, examples[::-1], now=LATER)
    other = DatasetFolder(tmp_path / "c").publish(SPEC, rescored, now=NOON)

    assert first.content_sha256 == same.content_sha256 != other.content_sha256


def test_the_same_content_is_not_published_twice(folder: DatasetFolder) -> None:
    """Publishing what latest already holds returns that version and says so."""
    first = folder.publish(SPEC, example_set(5), now=NOON)

    again = folder.publish(SPEC, example_set(5)[::-1], now=LATER, notes="other notes")

    assert first.is_new
    assert not again.is_new
    assert again.version == first.version
    assert [v.version for v in folder.versions("validate_completeness")] == [first.version]


def test_versions_of_one_second_are_numbered_and_ordered(folder: DatasetFolder) -> None:
    """The eleventh version of a second is newer than the second one."""
    for count in range(1, 13):
        folder.publish(SPEC, example_set(count), now=NOON)

    names = [v.version for v in folder.versions("validate_completeness")]

    assert names == ["v20260301_120000", *(f"v20260301_120000_{n}" for n in range(1, 12))]
    assert [v.example_count for v in folder.versions("validate_completeness")] == [*range(1, 13)]


def test_adding_keeps_what_was_there(folder: DatasetFolder) -> None:
    """`add` publishes latest and the new examples, as a child of latest."""
    first = folder.add(SPEC, example_set(5), now=NOON)
    rescored = [e.evolve(quality_score=1.0) for e in example_set(5)]

    second = folder.add(SPEC, [*rescored, *example_set(3, start=5)], now=LATER)

    assert second.parent_version == first.version
    assert second.example_count == 8
    assert folder.latest("validate_completeness") == folder.versions("validate_completeness")[-1]
    assert second.statistics.quality_scores.min == 60.0


def sides_by_id(dataset: Dataset) -> dict[str, Side]:
    """The side of every example of a version."""
    return {e.example_id: side for side in Side for e in dataset.side(side)}


def test_no_example_changes_sides_between_versions(folder: DatasetFolder) -> None:
    """A child inherits the sides of its parent, also of what was absent in between."""
    folder.publish(SPEC, example_set(12), now=NOON)
    first = sides_by_id(folder.load("validate_completeness"))
    folder.publish(SPEC, example_set(3), now=NOON)

    folder.add(SPEC, example_set(40), now=NOON)

    third = sides_by_id(folder.load("validate_completeness"))
    assert len(third) == 40
    assert third.items() >= first.items()


def test_without_a_parent_the_sides_start_afresh(folder: DatasetFolder) -> None:
    """parent=None is the way to a new split, here of another salt."""
    folder.publish(SPEC, example_set(30), now=NOON)
    before = sides_by_id(folder.load("validate_completeness"))

    version = folder.publish(SPEC, example_set(30), now=NOON, parent=None, salt="two")

    assert version.is_new
    assert version.parent_version is None
    assert sides_by_id(folder.load("validate_completeness")) != before


def test_a_near_duplicate_across_sides_stays_out_for_good(folder: DatasetFolder) -> None:
    """What would leak is in the version, on no side, and does not come back later."""
    folder.publish(SPEC, example_set(12), now=NOON)
    dataset = folder.load("validate_completeness")
    bridge = completeness_example(requirements=("A bridge",), group_id="bridge")
    links = [(bridge.example_id, dataset.side(side)[0].example_id) for side in Side]

    second = folder.add(SPEC, [bridge], now=NOON, linked=links)
    third = folder.add(SPEC, example_set(5, start=20), now=NOON)

    assert second.side_counts["excluded"] == third.side_counts["excluded"] == 1
    assert second.split_report is not None
    assert [c.example_id for c in second.split_report.excluded] == [bridge.example_id]
    loaded = folder.load("validate_completeness")
    assert loaded.excluded == {bridge.example_id}
    assert bridge.example_id not in sides_by_id(loaded)


def test_a_version_can_not_be_written(folder: DatasetFolder) -> None:
    """Files and folder have read-only modes."""
    version = folder.publish(SPEC, example_set(3), now=NOON)

    modes = {p.name: p.stat().st_mode & 0o777 for p in version.path.iterdir()}

    assert set(modes.values()) == {0o444}
    assert version.path.stat().st_mode & 0o777 == 0o555


def test_publishing_leaves_earlier_versions_untouched(folder: DatasetFolder) -> None:
    """Every byte of the first version is the same after the second."""
    first = folder.publish(SPEC, example_set(5), now=NOON)
    before = tree_of(first.path)

    folder.add(SPEC, example_set(5, start=5), now=LATER)

    assert tree_of(first.path) == before


def test_a_diff_names_what_was_added_removed_and_changed(folder: DatasetFolder) -> None:
    """Examples by id, metadata by field, and the drift of the statistics."""
    old = example_set(4, quality_score=80.0)
    changed = old[1].evolve(difficulty=Difficulty.HARD, quality_score=40.0)
    new = [changed, *old[2:], *example_set(1, start=9, quality_score=80.0)]
    first = folder.publish(SPEC, old, now=NOON)
    folder.publish(SPEC, new, now=LATER)

    diff = folder.diff("validate_completeness", first.version)

    assert diff.added == (new[-1].example_id,)
    assert diff.removed == (old[0].example_id,)
    assert {(c.example_id, c.field, c.old, c.new) for c in diff.changed} == {
        (changed.example_id, "difficulty", "medium", "hard"),
        (changed.example_id, "quality_score", 80.0, 40.0),
    }
    assert diff.drift == {
        "difficulty": {"hard": 0.25, "medium": -0.25},
        "labels": {"complete": -0.25, "incomplete": 0.25},
    }
    assert diff.quality_change == -0.125
    assert folder.diff("validate_completeness", "latest", "latest").is_empty


def test_nothing_is_no_dataset(folder: DatasetFolder) -> None:
    """An empty set is refused, and leaves no version."""
    with pytest.raises(DatasetError, match="no example of validate_completeness"):
        folder.publish(SPEC, [], now=NOON)

    assert folder.versions("validate_completeness") == []
    assert folder.latest("validate_completeness") is None


def test_an_example_that_breaks_the_contract_is_refused(folder: DatasetFolder) -> None:
    """What can not train a program is not published; the message says why."""
    broken = completeness_example().evolve(outputs={"is_complete": True})
    stranger = completeness_example().evolve(signature="validate_intent")

    with pytest.raises(DatasetError, match="output missing_requirements is missing"):
        folder.publish(SPEC, [broken], now=NOON)
    with pytest.raises(DatasetError, match="is of validate_intent"):
        folder.publish(SPEC, [stranger], now=NOON)


@pytest.mark.parametrize(
    ("signature", "version", "message"),
    [
        ("validate_completness", "latest", "Did you mean validate_completeness"),
        ("validate_completeness", "v20260301_1200", "Did you mean v20260301_120000"),
        ("validate_completeness", "v20270101_000000", "There are: v20260301_120000"),
        ("../elsewhere", "latest", "can not name a folder"),
    ],
)
def test_an_unknown_version_names_those_there_are(
    folder: DatasetFolder, signature: str, version: str, message: str
) -> None:
    """The error shows the nearest name, or the newest versions."""
    folder.publish(SPEC, example_set(3), now=NOON)

    with pytest.raises(DatasetError, match=message):
        folder.load(signature, version)


def test_a_version_may_be_named_without_its_v(folder: DatasetFolder) -> None:
    """The time stamp alone is enough."""
    folder.publish(SPEC, example_set(3), now=NOON)

    assert folder.load("validate_completeness", "20260301_120000").version.example_count == 3
