"""Older shapes: every row of an earlier system becomes one that today's contract accepts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ratchet.collect.files import read_examples
from ratchet.examples import Example, Source
from tests.builders import NOON


def imported(folder: Path, signature: str, inputs: Any, outputs: Any) -> Example:
    """The example that one older row becomes; fails with the reason when it is rejected."""
    path = folder / "older.json"
    path.write_text(json.dumps([{"input": inputs, "output": outputs}]))
    found = read_examples([path], signature=signature, source=Source.IMPORT, now=NOON)
    assert found.rejected == ()
    return found.examples[0]


def test_gaps_are_missing_aspects(tmp_path: Path) -> None:
    """validate_intent called them gaps; a gap may be an object with a text in it."""
    example = imported(
        tmp_path,
        "validate_intent",
        {"user_intent": "u", "work_item": "w", "implementation": "i", "requirements": ["r"]},
        {"intent_satisfied": False, "gaps": ["a", {"description": "b"}], "explanation": "e"},
    )

    assert example.outputs["missing_aspects"] == ["a", "b"]


@pytest.mark.parametrize("work_item", ["the task", {"title": "t", "requirements": ["r"]}])
def test_the_work_item_of_completeness_becomes_a_fact(tmp_path: Path, work_item: Any) -> None:
    """It is no input any more; its requirements are when the row has no others."""
    inputs: dict[str, Any] = {"work_item": work_item, "implementation": "i"}
    if isinstance(work_item, str):
        inputs["requirements"] = ["r"]

    example = imported(
        tmp_path,
        "validate_completeness",
        inputs,
        {"is_complete": True, "missing_requirements": [], "explanation": "e"},
    )

    assert example.inputs == {"implementation": "i", "requirements": ["r"]}
    assert example.provenance["work_item"] == work_item


def test_code_and_kinds_of_issues_are_joined(tmp_path: Path) -> None:
    """validate_correctness had the code apart, and three lists of issues."""
    example = imported(
        tmp_path,
        "validate_correctness",
        {"implementation": "Adds a cache.", "code_sample": "x = {}", "execution_context": "c"},
        {
            "is_correct": False,
            "logic_issues": ["never expires"],
            "error_handling_gaps": [],
            "edge_cases": ["empty key", "never expires"],
            "explanation": "e",
        },
    )

    assert example.inputs == {"implementation": "Adds a cache.\n\nx = {}", "execution_context": "c"}
    assert example.outputs["issues"] == ["never expires", "empty key"]


def test_guidance_items_become_steps_order_and_warnings(tmp_path: Path) -> None:
    """The most urgent item comes first in the order, and the code is left out."""
    findings = {"missing_requirements": ["tests"], "correctness_issues": [{"title": "a race"}]}
    items = [
        {"title": "Write tests", "description": "cover the lock", "priority": "medium"},
        {
            "title": "Lock it",
            "description": "guard the map",
            "priority": "critical",
            "code_example": "with lock: ...",
            "estimated_effort": "1 h",
        },
    ]

    example = imported(
        tmp_path,
        "generate_guidance",
        {
            "user_intent": "u",
            "requirements": ["r"],
            "review_findings": findings,
            "attempt_number": 2,
        },
        {"guidance": items},
    )

    assert example.inputs["issues"] == ["tests", "a race"]
    assert example.outputs == {
        "guidance": "1. Write tests: cover the lock\n2. Lock it: guard the map (effort: 1 h)",
        "priority_order": [2, 1],
        "warnings": ["Critical: guard the map"],
    }


def test_a_label_is_never_made_up(tmp_path: Path) -> None:
    """An older row without its label is rejected like any other."""
    path = tmp_path / "older.json"
    path.write_text(
        json.dumps(
            {
                "inputs": {"implementation": "i", "execution_context": "c"},
                "outputs": {"logic_issues": "none", "explanation": "e"},
            }
        )
    )

    found = read_examples([path], signature="validate_correctness", source=Source.IMPORT, now=NOON)

    assert "output is_correct is missing" in found.rejected[0].reason
    assert "output issues must be list[str], not str 'none'" in found.rejected[0].reason
