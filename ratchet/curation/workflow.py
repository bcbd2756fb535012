"""The workflow of an example's status: which decision may follow which, and why not.

candidate, accepted, quarantined -> approved | rejected, or replaced by an edit (archived)
approved -> rejected, or replaced by an edit
rejected -> approved
archived -> nothing: its successor is looked at instead
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from ratchet.examples import Status


class Action(StrEnum):
    """What a curator can do to an example."""

    APPROVE = "approve"
    REJECT = "reject"
    EDIT = "edit"


RESULTS = {
    Action.APPROVE: Status.APPROVED,
    Action.REJECT: Status.REJECTED,
    Action.EDIT: Status.ARCHIVED,
}
"""The status of an example after each action."""

OPEN = (Status.CANDIDATE, Status.ACCEPTED, Status.QUARANTINED)
"""The statuses that wait for a curator."""

_ALLOWED = {
    Action.APPROVE: {*OPEN, Status.REJECTED},
    Action.REJECT: {*OPEN, Status.APPROVED},
    Action.EDIT: {*OPEN, Status.APPROVED, Status.REJECTED},
}


def refusal(
    status: Status, action: Action, *, reason: str = "", problems: Sequence[str] = ()
) -> str | None:
    """Say why `action` may not follow on `status`, or None when it may.

    Args:
        status: What the example is.
        action: What somebody wants to do to it.
        reason: Why; a rejection needs one.
        problems: What the example breaks of its contract; such a one is never approved.

    >>> refusal(Status.ACCEPTED, Action.APPROVE) is None
    True
    >>> refusal(Status.APPROVED, Action.APPROVE)
    'it is approved already'
    """
    if RESULTS[action] is status:
        return f"it is {status} already"
    if status not in _ALLOWED[action]:
        return f"an example that is {status} can not be {_PARTICIPLES[action]}"
    if action is Action.REJECT and not reason.strip():
        return "a rejection needs a reason: it tells collection what not to bring again"
    if action is Action.APPROVE and problems:
        return f"it breaks its contract: {'; '.join(problems)}. Edit or reject it"
    return None


_PARTICIPLES = {Action.APPROVE: "approved", Action.REJECT: "rejected", Action.EDIT: "edited"}
