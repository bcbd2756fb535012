"""Builders of sets of examples for dataset versions."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ratchet.examples import Difficulty, Example
from tests.builders import completeness_example


def example_set(count: int, *, start: int = 0, **changes: Any) -> list[Example]:
    """`count` different examples of both labels and all difficulties, each a group of its own."""
    return [
        completeness_example(
            requirements=(f"Requirement {i}", f"Other requirement {i}"),
            missing=(f"Requirement {i}",) if i % 2 else (),
            difficulty=list(Difficulty)[i % 3],
            **{"group_id": f"g{i}", "quality_score": 60.0 + i % 40, **changes},
        )
        for i in range(start, start + count)
    ]


def tree_of(folder: Path) -> dict[str, bytes | str]:
    """Everything under `folder` that a reader can see, drafts and the lock left out."""
    found: dict[str, bytes | str] = {}
    for path in sorted(folder.rglob("*")):
        name = str(path.relative_to(folder))
        if path.is_symlink():
            found[name] = str(path.readlink())
        elif path.is_file() and not any(part.startswith(".") for part in path.parts[1:]):
            found[name] = path.read_bytes()
    return found
