"""A draft: an example that somebody is writing, field by field."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from ratchet.datasets.content import inputs_group
from ratchet.examples import Difficulty, Example, Source
from ratchet.signatures.spec import SignatureSpec

BY_HAND = "ratchet examples add"


@dataclass(frozen=True, kw_only=True)
class Draft:
    """What was typed so far."""

    inputs: Mapping[str, Any] = field(default_factory=dict)
    outputs: Mapping[str, Any] = field(default_factory=dict)
    difficulty: Difficulty = Difficulty.MEDIUM
    category: str = ""
    notes: str = ""


def problems_so_far(spec: SignatureSpec, draft: Draft) -> list[str]:
    """What is wrong with the draft, not counting what is not typed yet."""
    missing = {
        *(f"input {name} is missing" for name in spec.input_names),
        *(f"output {name} is missing" for name in spec.output_names),
    }
    return [p for p in spec.problems(draft.inputs, draft.outputs) if p not in missing]


def finish(spec: SignatureSpec, draft: Draft, *, author: str, now: datetime) -> Example:
    """The example that a complete draft is: source manual, with who wrote it and when."""
    return Example(
        signature=spec.name,
        inputs=dict(draft.inputs),
        outputs=dict(draft.outputs),
        source=Source.MANUAL,
        difficulty=draft.difficulty,
        category=draft.category,
        notes=draft.notes,
        group_id=inputs_group(draft.inputs),
        created_at=now,
        provenance={"added_by": author, "added_at": now.isoformat(), "added_with": BY_HAND},
    )
