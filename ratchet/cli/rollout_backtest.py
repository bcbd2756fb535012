"""`ratchet rollout backtest`: what a policy would have done with what was recorded."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ratchet.cli.arguments import AsJson
from ratchet.cli.rollout_arguments import (
    Allocation,
    Mode,
    OfSignature,
    OnDeadline,
    Policy,
    opened,
    policy_from,
)
from ratchet.cli.terminal import number_of, print_json, print_table, say, say_all, working
from ratchet.errors import InputError

if TYPE_CHECKING:
    from ratchet.control.recordings import Recording
    from ratchet.rollout import Decision
    from ratchet.rollout.backtest import Backtest

SHOWN = 5  # unusable lines that are printed

Files = Annotated[
    list[Path] | None,
    typer.Argument(metavar="FILE", help="Telemetry, JSONL.", show_default=False),
]
FromStore = Annotated[
    str | None,
    typer.Option(metavar="ID", help="What the store holds of this rollout, in place of files."),
]
ExperimentId = Annotated[
    str | None, typer.Option(metavar="ID", help="The experiment, when the files hold several.")
]


def backtest(
    *,
    files: Files = None,
    from_store: FromStore = None,
    signature: OfSignature = None,
    experiment_id: ExperimentId = None,
    policy: Policy = "standard",
    mode: Mode = None,
    on_deadline: OnDeadline = None,
    allocation: Allocation = None,
    as_json: AsJson = False,
) -> None:
    """Replay recorded telemetry through a policy: which decisions it would have taken, and when.

    Where the policy stands at another share than the record, requests are thinned, so it sees
    fewer than were recorded, never more.
    """
    from ratchet.rollout.backtest import backtest as replayed

    chosen = policy_from(policy, mode=mode, on_deadline=on_deadline, allocation=allocation)
    with working("Reading and replaying", quiet=as_json):
        recording = _recording(files or [], from_store, signature, experiment_id)
        found = replayed(chosen, recording.records)
    if as_json:
        _print_document(found, recording)
    else:
        _show(found, recording)


def _recording(
    files: list[Path], from_store: str | None, signature: str | None, experiment_id: str | None
) -> Recording:
    from ratchet.control.recordings import recorded_in_files, recorded_in_store

    if sum(map(bool, (files, from_store, signature))) != 1:
        raise InputError("Give files, or --from-store ID, or --signature NAME: one of the three.")
    if files:
        return recorded_in_files(files, experiment_id=experiment_id, now=datetime.now(UTC))
    if experiment_id:
        raise InputError("--experiment-id is for files; the store knows its rollouts apart.")
    with opened() as desk:
        record = desk.chosen(from_store, signature, or_ended=True)
        return recorded_in_store(desk.controller.store.telemetry, record.experiment_id)


def _print_document(found: Backtest, recording: Recording) -> None:
    state = found.state
    print_json(
        {
            "experiment_id": recording.experiment_id,
            "status": state.status.value,
            "stage": state.stage + 1,
            "percent": state.percent,
            "used": found.used,
            "unused": found.unused,
            "left_out": recording.left_out,
            "unusable": list(recording.unusable),
            "policy": state.policy.to_json(),
            "decisions": [{**d.to_json(), "stage": d.stage + 1} for d in found.decisions],
            "holds": [{**d.to_json(), "stage": d.stage + 1} for d in found.holds],
        }
    )


def _show(found: Backtest, recording: Recording) -> None:
    state = found.state
    steps = sorted((*found.holds, *found.decisions), key=lambda decision: decision.at)
    columns = ("time (UTC)", "action", "rule", "stage", "share", "reason")
    print_table(f"{recording.experiment_id} replayed", columns, map(_row, steps))
    status = state.status.value.replace("_", " ")
    say(f"It would be {status} in stage {state.stage + 1} at {state.percent:g} %.")
    say(
        f"{number_of(found.used, 'request')} used, {found.unused:,} thinned out or later, "
        f"{recording.left_out:,} of the record compare with nothing or belong elsewhere."
    )
    if recording.unusable:
        say(f"{number_of(len(recording.unusable), 'line')} could not be used:")
        say_all(recording.unusable, at_most=SHOWN)


def _row(decision: Decision) -> tuple[str, ...]:
    return (
        f"{decision.at:%Y-%m-%d %H:%M}",
        decision.action.value,
        decision.rule.value,
        str(decision.stage + 1),
        f"{decision.percent:g} %",
        decision.reason,
    )
