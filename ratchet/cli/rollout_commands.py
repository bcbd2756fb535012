"""`ratchet rollout pause`, `resume`, `promote` and `rollback`: a person's commands."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ratchet.cli import EXIT_NOT_REACHED
from ratchet.cli.arguments import AsJson
from ratchet.cli.rollout_arguments import (
    Actor,
    ClockFile,
    Desk,
    OfSignature,
    Reason,
    RolloutId,
    named_actor,
    opened,
)
from ratchet.cli.terminal import print_json, say
from ratchet.errors import InputError, RatchetError

if TYPE_CHECKING:
    from ratchet.rollout import Action

Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask first.")]
Everything = Annotated[
    bool,
    typer.Option("--all", help="Every active rollout, in an emergency; goes on when one fails."),
]


@dataclass(frozen=True, kw_only=True)
class _Carried:
    """What became of a command: `done`, `nothing to do`, `refused` or `failed`."""

    experiment_id: str
    result: str
    message: str
    status: str | None = None
    percent: float | None = None

    @property
    def is_reached(self) -> bool:
        return self.result in ("done", "nothing to do")


def pause(
    *,
    reason: Reason,
    experiment_id: RolloutId = None,
    signature: OfSignature = None,
    actor: Actor = "",
    as_json: AsJson = False,
    clock_file: ClockFile = None,
) -> None:
    """Stop a rollout's clock and send all traffic to the baseline until somebody resumes."""
    from ratchet.rollout import Action

    _one(
        Action.PAUSE,
        experiment_id=experiment_id,
        signature=signature,
        reason=reason,
        actor=actor,
        clock_file=clock_file,
        as_json=as_json,
    )


def resume(
    *,
    reason: Reason,
    experiment_id: RolloutId = None,
    signature: OfSignature = None,
    actor: Actor = "",
    as_json: AsJson = False,
    clock_file: ClockFile = None,
) -> None:
    """Go on after a pause, by a person or because a stage was inconclusive."""
    from ratchet.rollout import Action

    _one(
        Action.RESUME,
        experiment_id=experiment_id,
        signature=signature,
        reason=reason,
        actor=actor,
        clock_file=clock_file,
        as_json=as_json,
    )


def promote(
    *,
    reason: Reason,
    experiment_id: RolloutId = None,
    signature: OfSignature = None,
    actor: Actor = "",
    yes: Yes = False,
    as_json: AsJson = False,
    clock_file: ClockFile = None,
) -> None:
    """Give the candidate all traffic now, whatever the evidence says; asks on a terminal."""
    from ratchet.rollout import Action

    named = experiment_id or f"the rollout of {signature}"
    _confirm(f"Give {named} all traffic without waiting for evidence?", yes=yes)
    _one(
        Action.PROMOTE,
        experiment_id=experiment_id,
        signature=signature,
        reason=reason,
        actor=actor,
        clock_file=clock_file,
        as_json=as_json,
    )


def rollback(
    *,
    reason: Reason,
    experiment_id: RolloutId = None,
    signature: OfSignature = None,
    everything: Everything = False,
    actor: Actor = "",
    yes: Yes = False,
    as_json: AsJson = False,
    clock_file: ClockFile = None,
) -> None:
    """Give the baseline all traffic, for good; also after a rollout was completed.

    With --all every active rollout at once. That asks first on a terminal; a single one is
    rolled back without a question.
    """
    from ratchet.rollout import Action

    if not everything:
        _one(
            Action.ROLLBACK,
            experiment_id=experiment_id,
            signature=signature,
            reason=reason,
            actor=actor,
            clock_file=clock_file,
            as_json=as_json,
        )
        return
    if experiment_id or signature:
        raise InputError("--all rolls every rollout back; leave out the ID and --signature.")
    with opened(clock_file) as desk:
        active = desk.controller.store.rollouts.list(only_active=True)
        if active:
            _confirm(f"Roll back all {len(active)} active rollouts?", yes=yes)
        carried = [
            _attempt(desk, Action.ROLLBACK, found.experiment_id, reason, actor) for found in active
        ]
    if not carried and not as_json:
        say("There is no active rollout; nothing to roll back.")
    _report(carried, as_list=True, as_json=as_json)


def _one(
    action: Action,
    *,
    experiment_id: str | None,
    signature: str | None,
    reason: str,
    actor: str,
    clock_file: Path | None,
    as_json: bool,
) -> None:
    with opened(clock_file) as desk:
        # A rollback is for what runs now; by signature it also finds what was completed.
        or_ended = signature is not None and action.value == "rollback"
        name = experiment_id  # as it is given, for a damaged one can not be read
        if name is None or signature is not None:
            name = desk.chosen(experiment_id, signature, or_ended=or_ended).experiment_id
        carried = _carry_out(desk, action, name, reason, actor)
    _report([carried], as_list=False, as_json=as_json)


def _carry_out(desk: Desk, action: Action, name: str, reason: str, actor: str) -> _Carried:
    from ratchet.rollout import Action as Actions
    from ratchet.rollout import Status

    record, decision = desk.controller.command(
        name, action, actor=named_actor(actor), reason=reason, now=desk.now
    )
    result = "nothing to do" if decision.action is Actions.HOLD else "done"
    return _Carried(
        experiment_id=name,
        result="refused" if decision.refused else result,
        message=decision.reason,
        status=record.state.status.value if record else Status.ROLLED_BACK.value,
        percent=record.state.percent if record else decision.percent,
    )


def _attempt(desk: Desk, action: Action, name: str, reason: str, actor: str) -> _Carried:
    """As `_carry_out`, but an error is an answer: the next rollout has its turn."""
    try:
        return _carry_out(desk, action, name, reason, actor)
    except RatchetError as error:
        return _Carried(experiment_id=name, result="failed", message=str(error))


def _confirm(question: str, *, yes: bool) -> None:
    if not yes and sys.stdin.isatty():
        typer.confirm(question, abort=True)


def _report(carried: list[_Carried], *, as_list: bool, as_json: bool) -> None:
    documents: list[dict[str, Any]] = [dict(vars(one)) for one in carried]
    if as_json:
        print_json(documents if as_list else documents[0])
    else:
        for one in carried:
            share = "" if one.percent is None else f"; the candidate has {one.percent:g} %"
            standing = f" ({one.status}{share})" if one.status else ""
            say(f"{one.experiment_id}: {one.result}: {one.message}{standing}")
    if not all(one.is_reached for one in carried):
        raise typer.Exit(EXIT_NOT_REACHED)
