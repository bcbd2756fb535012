"""`ratchet rollout status` and `list`: where rollouts stand."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ratchet.cli.arguments import AsJson, MaybeSignatureName, PictureFile, known_signature
from ratchet.cli.rollout_arguments import ClockFile, Desk, OfSignature, RolloutId, opened
from ratchet.cli.rollout_views import program_name, show
from ratchet.cli.terminal import print_json, print_table, say

if TYPE_CHECKING:
    from ratchet.control.overview import Overview
    from ratchet.store import RolloutRecord, RolloutSummary

OnlyActive = Annotated[bool, typer.Option("--active", help="Only those that have not ended.")]


def status(
    *,
    experiment_id: RolloutId = None,
    signature: OfSignature = None,
    picture: PictureFile = None,
    as_json: AsJson = False,
    clock_file: ClockFile = None,
) -> None:
    """Show a rollout: its stages, both arms side by side, what it waits for, its next gate.

    Without ID or --signature, the only active one, or else the newest. The figures are those
    of all requests as reported; decisions are made on the evidence that `explain` shows.
    """
    with opened(clock_file) as desk:
        record = desk.chosen(experiment_id, signature, or_ended=True)
        overview = overview_at(desk, record)
        if picture is not None:
            _draw(desk, record, picture)
    if as_json:
        print_json(overview.to_json())
        return
    show(overview)
    if picture is not None:
        say(f"Picture: {picture}")


def list_rollouts(
    *, active: OnlyActive = False, signature: MaybeSignatureName = None, as_json: AsJson = False
) -> None:
    """List the rollouts, the newest first."""
    if signature is not None:
        known_signature(signature)
    with opened() as desk:
        found = desk.controller.store.rollouts.list(signature=signature, only_active=active)
    if as_json:
        print_json([_document(one) for one in found])
    elif found:
        columns = (
            "rollout",
            "signature",
            "status",
            "stage",
            "share",
            "candidate",
            "against",
            "why",
        )
        print_table("Rollouts", columns, map(_row, found))
    else:
        kind = "active rollout" if active else "rollout"
        say(f"There is no {kind} yet. Begin one with `ratchet rollout start`.")


def overview_at(desk: Desk, record: RolloutRecord) -> Overview:
    """The overview of a rollout just now, with the figures of its requests."""
    from ratchet.control.overview import overview_of

    figures = desk.controller.store.outcomes.statistics(
        record.experiment_id, record.state.policy.stages
    )
    return overview_of(record, figures, now=desk.now)


def _draw(desk: Desk, record: RolloutRecord, path: Path) -> None:
    from ratchet.pictures.reading import picture_of_rollout
    from ratchet.pictures.style import format_of, write_picture

    store, form = desk.controller.store, format_of(path)
    write_picture(path, picture_of_rollout(store, record, now=desk.now, form=form))


def _row(found: RolloutSummary) -> tuple[Any, ...]:
    waits = found.latest.reason if found.latest else "not ticked yet"
    return (
        found.experiment_id,
        found.signature,
        found.status.value,
        f"{found.stage + 1} of {len(found.policy['stages'])}",
        f"{found.percent:g} %",
        found.candidate_version,
        program_name(found.baseline_version),
        waits if found.is_active else found.end_reason,
    )


def _document(found: RolloutSummary) -> dict[str, Any]:
    return {
        "experiment_id": found.experiment_id,
        "signature": found.signature,
        "status": found.status.value,
        "is_active": found.is_active,
        "stage": found.stage + 1,
        "stages": found.policy["stages"],
        "percent": found.percent,
        "candidate_version": found.candidate_version,
        "baseline_version": found.baseline_version,
        "started_at": found.started_at.isoformat(),
        "started_by": found.started_by,
        "ended_at": found.ended_at.isoformat() if found.ended_at else None,
        "end_reason": found.end_reason,
        "ticked_at": found.ticked_at.isoformat() if found.ticked_at else None,
        "waits_for": found.latest.reason if found.latest and found.is_active else None,
    }
