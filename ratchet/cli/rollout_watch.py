"""`ratchet rollout watch`: a rollout as it goes, until it ends."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from ratchet.cli import EXIT_NOT_REACHED
from ratchet.cli.arguments import AsJson
from ratchet.cli.rollout_arguments import ClockFile, Desk, OfSignature, RolloutId, opened
from ratchet.cli.rollout_status import overview_at
from ratchet.cli.rollout_views import arms_of, picture, show
from ratchet.cli.terminal import console

if TYPE_CHECKING:
    from ratchet.control.overview import Overview

Interval = Annotated[
    float, typer.Option(min=0.01, metavar="SECONDS", help="How often to look again.")
]
Draw = Callable[["Overview"], None]


def watch(
    *,
    experiment_id: RolloutId = None,
    signature: OfSignature = None,
    interval: Interval = 2.0,
    as_json: AsJson = False,
    clock_file: ClockFile = None,
) -> None:
    """Watch a rollout until it ends; it only looks, `drive` or the flow does the work.

    On a terminal the view is live; otherwise a line is printed for each change, with --json a
    document a line. Leaves with 1 when the rollout was rolled back.
    """
    from ratchet.control import SystemClock
    from ratchet.rollout import Status

    pace = SystemClock()  # the wait is real, whatever time the rollout lives in
    with opened(clock_file) as desk, _drawing(as_json=as_json) as draw:
        overview = overview_at(desk, desk.chosen(experiment_id, signature, or_ended=True))
        draw(overview)
        while not overview.record.state.is_over:
            pace.wait_until(pace.now() + timedelta(seconds=interval))
            before, overview = overview, _looked_again(desk, overview)
            if _is_news(overview, before):
                draw(overview)
    if overview.record.state.status is Status.ROLLED_BACK:
        raise typer.Exit(EXIT_NOT_REACHED)


def _looked_again(desk: Desk, before: Overview) -> Overview:
    """The overview now; the figures are asked for only when something was decided on them."""
    from ratchet.control.overview import overview_of

    record = desk.controller.record(before.record.experiment_id)
    if record.revision != before.record.revision:
        return overview_at(desk, record)
    return overview_of(record, before.statistics, now=desk.now)


def _is_news(overview: Overview, before: Overview) -> bool:
    """Whether something was written, or nobody has written for so long that it is an alert."""
    is_written = overview.record.revision != before.record.revision
    return is_written or overview.alerts != before.alerts


@contextmanager
def _drawing(*, as_json: bool) -> Iterator[Draw]:
    if as_json:
        yield _print_document
    elif not console.is_terminal:
        yield _print_line
    else:
        from rich.live import Live

        last: list[Overview] = []
        with Live(console=console, auto_refresh=False, screen=False, transient=True) as live:

            def draw(overview: Overview) -> None:
                last[:] = [overview]
                live.update(picture(overview), refresh=True)

            yield draw
        for overview in last:
            show(overview)


def _print_document(overview: Overview) -> None:
    sys.stdout.write(json.dumps(overview.to_json(), ensure_ascii=False) + "\n")
    sys.stdout.flush()


def _print_line(overview: Overview) -> None:
    record, state = overview.record, overview.record.state
    at = state.decisions[-1].at if state.is_over else record.ticked_at or state.started_at
    arms = " / ".join(str(arm.requests if arm else 0) for arm in arms_of(overview))
    said = (*overview.waits_for, *(f"look at: {words}" for words in overview.alerts))
    why = state.decisions[-1].reason if state.is_over else "; ".join(said)
    stages = len(state.policy.stages)
    sys.stdout.write(
        f"{at:%Y-%m-%d %H:%M:%S} {record.experiment_id} {state.status.value}, stage "
        f"{overview.stage} of {stages}, {state.percent:g} %, requests {arms}: {why}\n"
    )
    sys.stdout.flush()
