"""`ratchet rollout tick` and `drive`: one look at a rollout now, or all looks to its end."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ratchet.cli import EXIT_NOT_REACHED
from ratchet.cli.arguments import AsJson
from ratchet.cli.rollout_arguments import ClockFile, Desk, OfSignature, RolloutId, opened
from ratchet.cli.run import prepare_prefect
from ratchet.cli.terminal import print_json, say, working
from ratchet.errors import ConfigurationError, InputError, RatchetError

if TYPE_CHECKING:
    from prefect.client.schemas.objects import State

    from ratchet.control import Standing, Tick

Everything = Annotated[bool, typer.Option("--all", help="Every active rollout.")]
TickSeconds = Annotated[
    float, typer.Option(min=0.01, metavar="SECONDS", help="How far the looks are apart.")
]


def tick(
    *,
    experiment_id: RolloutId = None,
    signature: OfSignature = None,
    everything: Everything = False,
    as_json: AsJson = False,
    clock_file: ClockFile = None,
) -> None:
    """Look at a rollout once: take in telemetry, decide, write the routing. For cron.

    With --all one that fails does not stop the others.
    """
    from ratchet.telemetry import ingest

    if everything and (experiment_id or signature):
        raise InputError("--all ticks every rollout; leave out the ID and --signature.")
    with opened(clock_file) as desk:
        names = _names(desk, experiment_id, signature, everything=everything)
        ingest(desk.controller.store, desk.settings.telemetry_folder, now=desk.now)
        looks = [_look(desk, name, keep_on=everything) for name in names]
        desk.controller.repair_routing(now=desk.now)
    if as_json:
        print_json(looks)
    elif not looks:
        say("There is no active rollout; nothing to tick.")
    else:
        for look in looks:
            say(_words(look))
    if any(look["error"] for look in looks):
        raise typer.Exit(EXIT_NOT_REACHED)


def drive(
    *,
    experiment_id: RolloutId = None,
    signature: OfSignature = None,
    tick_seconds: TickSeconds = 60.0,
    as_json: AsJson = False,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Show the log.")] = False,
    clock_file: ClockFile = None,
) -> None:
    """Drive a rollout to its end, in the foreground, by the flow in Prefect.

    Stopped at any moment, the same command goes on. Leaves with 1 when it was rolled back.
    """
    from ratchet.rollout import Status

    with opened(clock_file) as desk:
        name = desk.chosen(experiment_id, signature).experiment_id
    prepare_prefect(verbose=verbose)
    with working(f"Driving {name}; `ratchet rollout watch {name}` shows more", quiet=verbose):
        standing = _drive(name, tick_seconds, clock_file)
    if as_json:
        document = {key: getattr(standing, key) for key in ("experiment_id", "signature")}
        numbers = {"stage": standing.stage, "percent": standing.percent}
        print_json(
            {**document, "status": standing.status.value, **numbers, "reason": standing.reason}
        )
    else:
        say(f"{name}: {standing.status.value}: {standing.reason}")
    raise typer.Exit(0 if standing.status is Status.COMPLETED else EXIT_NOT_REACHED)


def _drive(name: str, tick_seconds: float, clock_file: Path | None) -> Standing:
    try:
        from flows.roll_out_program import roll_out_program
    except ModuleNotFoundError as error:
        if error.name not in ("flows", "flows.roll_out_program"):
            raise
        raise ConfigurationError(
            "The flows are not installed with this package; run this in a checkout of Ratchet, or "
            f"let cron run `ratchet rollout tick {name}` every minute."
        ) from error
    state: State[Any] = roll_out_program(
        experiment_id=name, tick_seconds=tick_seconds, clock_file=clock_file, return_state=True
    )
    standing = state.result(raise_on_failure=False)
    if isinstance(standing, Exception):
        raise standing
    result: Standing = standing
    return result


def _names(
    desk: Desk, experiment_id: str | None, signature: str | None, *, everything: bool
) -> list[str]:
    if everything:
        active = desk.controller.store.rollouts.list(only_active=True)
        return [found.experiment_id for found in active]
    return [desk.chosen(experiment_id, signature).experiment_id]


def _look(desk: Desk, name: str, *, keep_on: bool) -> dict[str, Any]:
    """Tick a rollout; with `keep_on` an error is part of the answer."""
    try:
        return _document(desk.controller.tick(name, now=desk.now))
    except RatchetError as error:
        if not keep_on:
            raise
        return {"experiment_id": name, "error": str(error)}


def _document(tick: Tick) -> dict[str, Any]:
    state, decision = tick.record.state, tick.decision
    return {
        "experiment_id": tick.record.experiment_id,
        "signature": state.signature,
        "status": state.status.value,
        "stage": state.stage + 1,
        "percent": state.percent,
        "outcomes": tick.outcomes,
        "action": decision.action.value,
        "rule": decision.rule.value,
        "reason": decision.reason,
        "missing": list(decision.missing),
        "alerts": list(decision.alerts),
        "is_news": tick.is_news,
        "error": None,
    }


def _words(look: dict[str, Any]) -> str:
    if look["error"]:
        return f"{look['experiment_id']}: failed: {look['error']}"
    alerts = "".join(f"; look at: {words}" for words in look["alerts"])
    return (
        f"{look['experiment_id']}: {look['action']} in stage {look['stage']} at "
        f"{look['percent']:g} %, {look['outcomes']:,} new requests: {look['reason']}{alerts}"
    )
