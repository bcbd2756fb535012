"""Which examples may go into a dataset."""

from __future__ import annotations

import pytest

from ratchet.curation.admission import UNAPPROVED, Admission
from ratchet.examples import Status
from tests.curation_builders import open_example

OPEN = Admission()
STRICT = Admission(require_approval=True)
TRUSTING = Admission(require_approval=True, trusted_from=90.0)


@pytest.mark.parametrize(
    ("status", "quality", "admitted_by"),
    [
        (Status.APPROVED, None, [OPEN, STRICT, TRUSTING]),
        (Status.ACCEPTED, 95.0, [OPEN, TRUSTING]),
        (Status.ACCEPTED, 90.0, [OPEN, TRUSTING]),
        (Status.ACCEPTED, 89.9, [OPEN]),
        (Status.ACCEPTED, None, [OPEN]),
        (Status.CANDIDATE, 99.0, []),
        (Status.REJECTED, 99.0, []),
        (Status.QUARANTINED, 99.0, []),
        (Status.ARCHIVED, 99.0, []),
    ],
)
def test_the_rule_decides_by_status_and_quality(
    status: Status, quality: float | None, admitted_by: list[Admission]
) -> None:
    """With manual curation on, a person decides; a team may trust the best scores instead."""
    example = open_example(status=status, quality_score=quality)

    assert [rule for rule in (OPEN, STRICT, TRUSTING) if rule.admits(example)] == admitted_by


def test_what_waits_is_counted() -> None:
    """So that nobody wonders where the examples are."""
    approved = open_example(1, status=Status.APPROVED)

    sorted_out = STRICT.sort([approved, open_example(2), open_example(3)])

    assert sorted_out.examples == (approved,)
    assert sorted_out.left_out == {UNAPPROVED: 2}
    assert OPEN.sort([approved]).left_out == {}
