"""Verification and older forms: what was tampered with is named, what is old is readable."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from ratchet.datasets import DatasetFolder
from ratchet.errors import DatasetError
from ratchet.examples import Difficulty, Source
from ratchet.signatures import get
from ratchet.splits import Side
from tests.builders import NOON
from tests.dataset_builders import example_set

SPEC = get("validate_completeness")

Change = Callable[[Any], None]


@pytest.fixture
def folder(tmp_path: Path) -> DatasetFolder:
    """A folder with one whole version."""
    found = DatasetFolder(tmp_path)
    found.publish(SPEC, [*example_set(6), *example_set(1, start=6, group_id="g0")], now=NOON)
    return found


def tamper(folder: DatasetFolder, name: str, change: Change) -> None:
    """Change a file of the latest version in place, as no one should."""
    path = folder.root / "validate_completeness" / "latest" / name
    path.chmod(0o644)
    if name.endswith(".jsonl"):
        rows = [json.loads(line) for line in path.read_text().splitlines()]
        change(rows)
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    else:
        document = json.loads(path.read_text())
        change(document)
        path.write_text(json.dumps(document))


def test_a_whole_version_has_no_problems(folder: DatasetFolder) -> None:
    """What was published verifies, before and after another version."""
    folder.add(SPEC, example_set(3, start=10), now=NOON)

    assert folder.verify("validate_completeness") == []
    assert folder.verify("validate_completeness", "v20260301_120000") == []


def flip_first_label(items: Any) -> None:
    """Turn the label of the first example round."""
    items[0]["outputs"]["is_complete"] = not items[0]["outputs"]["is_complete"]


def tear_group(lines: Any) -> None:
    """Put one example of the group g0 on another side than the other."""
    pair = [line for line in lines if line["group_id"] == "g0"]
    pair[0]["split"] = "train" if pair[1]["split"] != "train" else "test"


@pytest.mark.parametrize(
    ("name", "change", "message"),
    [
        ("dataset.json", flip_first_label, "content_sha256 is"),
        ("dataset.json", flip_first_label, "not what their id says"),
        ("dataset.json", lambda items: items.pop(), "These provenance lines have no example"),
        ("dataset.json", lambda items: items.pop(), "metadata.json counts 7 examples; there are 6"),
        (
            "dataset.json",
            lambda items: items[0]["metadata"].update(quality_score=1.0),
            "The statistics in metadata.json are not those",
        ),
        ("provenance.jsonl", lambda lines: lines.pop(), "These examples have no provenance line"),
        ("provenance.jsonl", lambda lines: lines.pop(), "There are 6 provenance lines for 7"),
        ("provenance.jsonl", tear_group, "The group g0 is torn across"),
        (
            "provenance.jsonl",
            lambda lines: lines[0].update(author="someone else"),
            "provenance_sha256 is",
        ),
        (
            "provenance.jsonl",
            lambda lines: lines[0].update(source="git"),
            "in dataset.json and 'git' in provenance.jsonl",
        ),
        (
            "metadata.json",
            lambda metadata: metadata["statistics"]["labels"].update(complete=99),
            "The labels in metadata.json count",
        ),
    ],
)
def test_tampering_is_named(folder: DatasetFolder, name: str, change: Change, message: str) -> None:
    """Every file is proven by something in another one."""
    tamper(folder, name, change)

    problems = folder.verify("validate_completeness")

    assert any(message in problem for problem in problems), problems


def test_a_broken_file_is_named_with_its_place(folder: DatasetFolder) -> None:
    """Half a file is a problem with line and column for verify, and an error for load."""
    path = folder.root / "validate_completeness" / "latest" / "dataset.json"
    path.chmod(0o644)
    path.write_text(path.read_text()[:40])

    assert "dataset.json, line" in folder.verify("validate_completeness")[0]
    with pytest.raises(DatasetError, match=r"dataset.json, line \d+, column"):
        folder.load("validate_completeness")


def test_a_lost_link_is_named_and_mended_by_publishing(folder: DatasetFolder) -> None:
    """Without `latest` the versions are still there, and so are the sides of their groups."""
    (folder.root / "validate_completeness" / "latest").unlink()
    before = folder.load("validate_completeness", "v20260301_120000").sides

    problems = folder.verify("validate_completeness", "v20260301_120000")
    with pytest.raises(DatasetError, match="name a version: v20260301_120000"):
        folder.load("validate_completeness")
    folder.add(SPEC, example_set(9), now=NOON)

    assert "is missing" in problems[0]
    assert folder.load("validate_completeness").sides.items() >= before.items()


def test_a_damaged_version_does_not_hide_the_others(
    folder: DatasetFolder, caplog: pytest.LogCaptureFixture
) -> None:
    """The list leaves it out and the log says so."""
    folder.add(SPEC, example_set(9), now=NOON)
    path = folder.root / "validate_completeness" / "v20260301_120000" / "metadata.json"
    path.chmod(0o644)
    path.write_text("{")

    assert [v.version for v in folder.versions("validate_completeness")] == ["v20260301_120000_1"]
    assert "metadata.json, line 1, column 2" in caplog.text


def older_version(root: Path) -> Path:
    """A version as an earlier system wrote it."""
    folder = root / "validate_completeness" / "v20251103_080000"
    folder.mkdir(parents=True)
    items = [example.to_json() for example in example_set(2)]
    for item in items:
        item["metadata"] = {"source": "git_mining", "difficulty": "high", "category": "api"}
    lines = [
        {"index": i, "source": "git_mining", "added_at": "2025-11-03T08:00:00", "quality_score": 80}
        for i in range(2)
    ]
    metadata = {"version": "20251103_080000", "total_examples": 2, "quality_score_avg": 80.0}
    (folder / "dataset.json").write_text(json.dumps(items))
    (folder / "metadata.json").write_text(json.dumps(metadata))
    (folder / "provenance.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    (folder.parent / "latest").symlink_to(folder.name)
    return folder


def test_the_older_form_is_readable(tmp_path: Path) -> None:
    """total_examples, quality_score_avg, index and added_at are understood; no hash is claimed."""
    older_version(tmp_path)

    dataset = DatasetFolder(tmp_path).load("validate_completeness")

    assert dataset.version.example_count == 2
    assert dataset.version.statistics.quality_scores.mean == 80.0
    assert dataset.version.created == datetime(2025, 11, 3, 8, 0, tzinfo=UTC)
    assert dataset.sides == {}
    for example in dataset.examples:
        assert (example.source, example.difficulty) == (Source.GIT, Difficulty.HARD)
        assert (example.quality_score, example.created_at) == (80, dataset.version.created)
    (problem,) = DatasetFolder(tmp_path).verify("validate_completeness")
    assert "older form" in problem


def test_the_older_form_can_be_the_parent_of_a_new_version(tmp_path: Path) -> None:
    """Its examples get sides, ids and a hash in the version after it."""
    older_version(tmp_path)
    folder = DatasetFolder(tmp_path)

    version = folder.add(SPEC, example_set(4, start=2), now=NOON)

    assert version.parent_version == "v20251103_080000"
    assert version.example_count == 6
    assert sum(len(folder.load(version.signature).side(side)) for side in Side) == 6
    assert folder.verify("validate_completeness") == []
