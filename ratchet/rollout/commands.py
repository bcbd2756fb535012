"""The commands of a person: pause, resume, promote and roll back, with who and why.

Rolling back wins over everything and is final. A command that can not be carried out changes
nothing; its decision is a hold that is marked as refused and says why. Asking for what is
already so changes nothing either, and is not a refusal.
"""

from __future__ import annotations

from datetime import datetime

from ratchet.errors import InputError
from ratchet.rollout.records import Action, Decision, Rule
from ratchet.rollout.state import RolloutState, Status
from ratchet.rollout.transitions import Verdict, carry_out

Changed = tuple[RolloutState, Decision]


def pause(state: RolloutState, *, actor: str, reason: str, now: datetime) -> Changed:
    """Stop the clock and send all traffic to the baseline until somebody resumes."""
    _require(actor, reason)
    if state.is_over:
        return _refused(state, Action.PAUSE, actor, now)
    if state.is_paused_by_person:
        return _nothing_to_do(state, "already paused", actor, now)
    return _carry_out(state, Action.PAUSE, actor, reason, now)


def resume(state: RolloutState, *, actor: str, reason: str, now: datetime) -> Changed:
    """Go on after any pause; a stage that was inconclusive gets a new deadline."""
    _require(actor, reason)
    if state.is_over:
        return _refused(state, Action.RESUME, actor, now)
    if state.pause is None:
        return _nothing_to_do(state, "already running", actor, now)
    return _carry_out(state, Action.RESUME, actor, reason, now)


def promote(state: RolloutState, *, actor: str, reason: str, now: datetime) -> Changed:
    """Give the candidate all traffic and complete the rollout, whatever the evidence says."""
    _require(actor, reason)
    if state.status is Status.ROLLED_BACK:
        return _refused(state, Action.PROMOTE, actor, now)
    if state.status is Status.COMPLETED:
        return _nothing_to_do(state, "already completed", actor, now)
    return _carry_out(state, Action.PROMOTE, actor, reason, now)


def roll_back(state: RolloutState, *, actor: str, reason: str, now: datetime) -> Changed:
    """Give the baseline all traffic, for good; also after the rollout was completed."""
    _require(actor, reason)
    if state.status is Status.ROLLED_BACK:
        return _nothing_to_do(state, "already rolled back", actor, now)
    return _carry_out(state, Action.ROLLBACK, actor, reason, now)


def _carry_out(
    state: RolloutState, action: Action, actor: str, reason: str, now: datetime
) -> Changed:
    verdict = Verdict(action=action, rule=Rule.PERSON, reason=reason)
    return carry_out(state, verdict, now=now, actor=actor)


def _refused(state: RolloutState, action: Action, actor: str, now: datetime) -> Changed:
    reason = (
        f"{action.value} refused: the rollout is {state.status.value}, which is final; "
        "start a new one"
    )
    verdict = Verdict(action=Action.HOLD, rule=Rule.PERSON, reason=reason, refused=True)
    return carry_out(state, verdict, now=now, actor=actor)


def _nothing_to_do(state: RolloutState, reason: str, actor: str, now: datetime) -> Changed:
    verdict = Verdict(action=Action.HOLD, rule=Rule.PERSON, reason=reason)
    return carry_out(state, verdict, now=now, actor=actor)


def _require(actor: str, reason: str) -> None:
    """A command without a name or a reason can not be explained later.

    Raises:
        InputError: one of them is empty.
    """
    if not actor.strip() or not reason.strip():
        raise InputError("A command needs an actor and a reason; one of them is empty.")
