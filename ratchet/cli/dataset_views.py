"""How dataset versions look on the screen and as JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ratchet.cli.terminal import counted, say, say_all

if TYPE_CHECKING:
    from ratchet.datasets import DatasetDiff, DatasetVersion
    from ratchet.examples import Example

SIDES = ("train", "validation", "test")
SHOWN = 10


def version_row(version: DatasetVersion, *, is_latest: bool) -> tuple[Any, ...]:
    """A version as a row: name, size, sides, quality, parent, notes."""
    standing = " (latest)" if is_latest else " (archived)" if version.is_archived else ""
    return (
        f"{version.version}{standing}",
        version.example_count,
        "/".join(str(version.side_counts.get(side, 0)) for side in SIDES),
        version.statistics.quality_scores.mean,
        version.parent_version,
        version.notes,
    )


def version_as_json(version: DatasetVersion) -> dict[str, Any]:
    """The record of a version, without what only its publisher knows."""
    hidden = ("split_report", "is_new")
    told = {name: value for name, value in asdict(version).items() if name not in hidden}
    return {**told, "is_archived": version.is_archived}


def sides_of(version: DatasetVersion) -> str:
    """How many examples there are, and on which side."""
    counts = ", ".join(f"{count} {side}" for side, count in version.side_counts.items() if count)
    return f"{version.example_count} examples ({counts})"


def show_version(version: DatasetVersion) -> None:
    """Print where a version comes from and what is in it."""
    statistics = version.statistics
    quality = statistics.quality_scores
    facts = {
        "created": f"{version.created:%Y-%m-%d %H:%M:%S} UTC",
        "folder": version.path,
        "parent": version.parent_version or "none",
        "notes": version.notes or "none",
        "content": version.content_sha256[:12] or "not recorded",
        "examples": sides_of(version),
        "sources": counted(statistics.sources),
        "difficulty": counted(statistics.difficulty),
        "labels": counted(statistics.labels),
        "categories": counted(statistics.categories),
        "quality": "not scored"
        if quality.mean is None
        else f"mean {quality.mean:g}, lowest {quality.min:g}, median {quality.p50:g}, "
        f"highest {quality.max:g}",
    }
    say(f"{version.signature} {version.version}", style="bold")
    say_all(f"{name:<11} {value}" for name, value in facts.items())


def show_example(example: Example, *, side: str) -> None:
    """Print one example whole."""
    from ratchet.canonical import canonical_json

    score = "not scored" if example.quality_score is None else f"quality {example.quality_score:g}"
    say()
    say(
        f"{example.example_id} ({side}, {example.difficulty}, {example.category}, "
        f"{example.source}, {score})",
        style="bold",
    )
    for part, values in (("in", example.inputs), ("out", example.outputs)):
        for name, value in values.items():
            text = value if isinstance(value, str) else canonical_json(value)
            say(f"  {part:<3} {name}: {text}".replace("\n", "\n      "))


def show_diff(found: DatasetDiff) -> None:
    """Print what happened between two versions; the longest lists are cut."""
    say(f"{found.signature}: {found.old} -> {found.new}", style="bold")
    if found.is_empty:
        say("They hold the same content.")
        return
    for word, ids in (("added", found.added), ("removed", found.removed)):
        say(f"{len(ids)} {word}")
        say_all(ids, at_most=SHOWN)
    say(f"{len(found.changed)} changes of metadata")
    say_all(
        (f"{c.example_id} {c.field}: {c.old!r} -> {c.new!r}" for c in found.changed),
        at_most=SHOWN,
    )
    for kind, changes in found.drift.items():
        shown = ", ".join(f"{name} {change:+.1%}" for name, change in changes.items())
        say(f"Shares of {kind}: {shown}")
    if found.quality_change is not None:
        say(f"Mean quality: {found.quality_change:+.1%}")


def draw_trend(versions: Mapping[str, Sequence[DatasetVersion]], path: Path) -> None:
    """Draw size and quality of the versions over time into a file."""
    from ratchet.pictures.dataset_trend import draw_dataset_trend
    from ratchet.pictures.style import format_of, write_picture

    write_picture(path, draw_dataset_trend(versions, form=format_of(path)))
