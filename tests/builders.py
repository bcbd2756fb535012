"""Builders of test data: each returns a valid record and takes what the test is about."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from ratchet.examples import Difficulty, Example, Source

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def completeness_example(
    *,
    requirements: tuple[str, ...] = ("Log in with a password", "Lock after five failures"),
    missing: tuple[str, ...] = (),
    implementation: str = "Added login() in auth.py with 40 lines and tests/test_auth.py.",
    **changes: Any,
) -> Example:
    """A validate_completeness example; complete unless something is missing."""
    fields: dict[str, Any] = {
        "signature": "validate_completeness",
        "inputs": {"implementation": implementation, "requirements": list(requirements)},
        "outputs": {
            "is_complete": not missing,
            "missing_requirements": list(missing),
            "explanation": f"{len(requirements) - len(missing)} of {len(requirements)} covered.",
        },
        "source": Source.MANUAL,
        "difficulty": Difficulty.MEDIUM,
        "category": "authentication",
        "group_id": "g1",
        "created_at": NOON,
    }
    return Example(**{**fields, **changes})
