"""Builders of what curation works on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ratchet import signatures
from ratchet.configuration.curation import CurationSettings
from ratchet.curation.evidence import Evidence
from ratchet.curation.queue import QueueItem, build_queue
from ratchet.curation.review import Review
from ratchet.examples import Example, Status
from ratchet.quality.coverage import measure_coverage
from ratchet.store import Store
from ratchet.store.curators import CuratorRecord, Role
from tests.builders import NOON, completeness_example
from tests.cli_builders import COMPLETENESS

SPEC = signatures.get(COMPLETENESS)


def curator(name: str = "ada", role: Role = Role.CURATOR) -> CuratorRecord:
    """A curator with a hash that no token has."""
    return CuratorRecord(
        name=name, role=role, token_hash="hash of a token", created_at=NOON, created_by="root"
    )


def stored(store: Store, *examples: Example) -> Example:
    """Store examples as they are, with a curator called ada; the first of them."""
    if store.curators.get("ada") is None:
        store.curators.add(curator())
    store.examples.add(examples)
    return examples[0]


def review(store: Store, *, name: str = "ada") -> Review:
    """A review of validate_completeness whose clock stands at noon."""
    return Review(store.reviews, SPEC, curator=name, clock=lambda: NOON)


def open_example(number: int = 0, **changes: Any) -> Example:
    """An accepted example that nobody approved yet."""
    fields: dict[str, Any] = {
        "implementation": f"Added login number {number} in auth.py with tests.",
        "status": Status.ACCEPTED,
        "quality_score": 80.0,
    }
    return completeness_example(**{**fields, **changes})


def queue_of(
    examples: Sequence[Example],
    *,
    usable: Sequence[Example] = (),
    thresholds: Mapping[str, float] | None = None,
    settings: CurationSettings | None = None,
    **evidence: Any,
) -> tuple[QueueItem, ...]:
    """The queue of these examples, beside those that are usable."""
    found = Evidence(
        coverage=measure_coverage(SPEC, usable), thresholds=thresholds or {}, **evidence
    )
    return build_queue(SPEC, examples, found, settings or CurationSettings())
