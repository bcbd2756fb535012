"""What curators say about a set that is about to become a dataset version."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ratchet.curation.admission import Admission, Admitted
from ratchet.examples import Example
from ratchet.store import Store

SETTLED = "rejected or replaced by a curator"


@dataclass(frozen=True, kw_only=True)
class Curated:
    """The examples that may go into a version, and how many may not, by reason."""

    examples: tuple[Example, ...]
    left_out: Mapping[str, int]


def curated(store: Store, examples: Sequence[Example], admission: Admission) -> Curated:
    """Leave out what a curator rejected or replaced and, where approval is asked for, the rest.

    What counts is the status in the store: an example may have been reviewed since it was
    validated, or since the latest version was published.

    Raises:
        StoreError: the store can not be read.
    """
    ids = [example.example_id for example in examples]
    settled = store.reviews.settled(ids)
    open_ = [example for example in examples if example.example_id not in settled]
    left_out = {SETTLED: len(examples) - len(open_)} if settled else {}
    if not admission.require_approval:
        return Curated(examples=tuple(open_), left_out=left_out)
    statuses = store.examples.statuses(ids)
    current = (e.evolve(status=statuses.get(e.example_id, e.status)) for e in open_)
    admitted = admission.read(store, open_[0].signature).sort(current) if open_ else Admitted()
    return Curated(examples=admitted.examples, left_out={**left_out, **admitted.left_out})
