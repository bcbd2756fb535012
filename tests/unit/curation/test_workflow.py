"""Which decision may follow on which status."""

from __future__ import annotations

import pytest

from ratchet.curation.workflow import OPEN, Action, refusal
from ratchet.examples import Status


@pytest.mark.parametrize("status", OPEN)
@pytest.mark.parametrize("action", Action)
def test_everything_may_be_done_to_what_is_open(status: Status, action: Action) -> None:
    """A candidate, an accepted and a quarantined example wait for a curator."""
    assert refusal(status, action, reason="because") is None


@pytest.mark.parametrize(
    ("status", "action", "why"),
    [
        (Status.APPROVED, Action.APPROVE, "approved already"),
        (Status.REJECTED, Action.REJECT, "rejected already"),
        (Status.ARCHIVED, Action.APPROVE, "archived can not be approved"),
        (Status.ARCHIVED, Action.REJECT, "archived can not be rejected"),
        (Status.ARCHIVED, Action.EDIT, "archived already"),
    ],
)
def test_what_makes_no_sense_is_refused_with_the_reason(
    status: Status, action: Action, why: str
) -> None:
    """An archived example has a successor; a decision is not taken twice."""
    assert why in str(refusal(status, action, reason="because"))


def test_a_decision_may_be_reversed() -> None:
    """People change their minds, and say why."""
    assert refusal(Status.APPROVED, Action.REJECT, reason="wrong label") is None
    assert refusal(Status.REJECTED, Action.APPROVE) is None


@pytest.mark.parametrize("reason", ["", "  "])
def test_a_rejection_needs_a_reason(reason: str) -> None:
    """Blanks are none; an approval needs none."""
    assert "needs a reason" in str(refusal(Status.ACCEPTED, Action.REJECT, reason=reason))
    assert refusal(Status.ACCEPTED, Action.APPROVE, reason=reason) is None


def test_nothing_that_breaks_its_contract_is_approved() -> None:
    """Nobody may wave it through; it can be edited or rejected."""
    problems = ["output is_complete is missing"]

    assert problems[0] in str(refusal(Status.ACCEPTED, Action.APPROVE, problems=problems))
    assert refusal(Status.ACCEPTED, Action.EDIT, problems=problems) is None
