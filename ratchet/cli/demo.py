"""`ratchet demo`: three rollouts with simulated traffic, from their start to their ends."""

from __future__ import annotations

import os
import tempfile
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ratchet.cli.arguments import AsJson
from ratchet.cli.run import prepare_prefect
from ratchet.cli.terminal import print_json, print_table, progress_bar, say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ratchet.cli.terminal import Move
    from ratchet.demo.stage import Demonstration, DemoRollout, Follow
    from ratchet.store import Store

START = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
COLUMNS = ("signature", "time", "decision", "share", "why")

Folder = Annotated[
    Path | None,
    typer.Option(help="Keep its state here. [default: a temporary folder, removed at the end]"),
]


def demo(
    *,
    folder: Folder = None,
    seed: Annotated[int, typer.Option(help="Seed of traffic and faults.")] = 1,
    as_json: AsJson = False,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Show the log.")] = False,
) -> None:
    """Show staged rollouts on simulated traffic: one candidate is good, two are not.

    Time, users and the faults of the model are simulated; router, telemetry, ingestion,
    the rollout flow in Prefect and the routing file are the real ones. Takes about two
    minutes, needs no key and no network, and leaves your own state alone.
    """
    prepare_prefect(verbose=verbose)
    if folder is not None:
        _demonstrate(folder.absolute(), seed=seed, as_json=as_json)
        return
    with tempfile.TemporaryDirectory(prefix="ratchet-demo-") as made:
        _demonstrate(Path(made), seed=seed, as_json=as_json)


def _demonstrate(home: Path, *, seed: int, as_json: bool) -> None:
    from ratchet.demo.stage import Demonstration
    from ratchet.settings import load_settings
    from ratchet.store import open_store

    os.environ |= _settings_of(home)  # the flows read them too
    settings = load_settings()
    with open_store(settings.store_url) as store:
        demonstration = Demonstration(settings=settings, store=store, start=START, seed=seed)
        rollouts = demonstration.begin()
        served = _play(demonstration, rollouts, quiet=as_json)
        rows = [row for found in rollouts for row in _decisions(store, found)]
        ends = {found.candidate.title: _end(store, found) for found in rollouts}
    if as_json:
        print_json({"requests": served, "ends": ends, "decisions": rows})
        return
    print_table("Decisions", COLUMNS, ([row[column] for column in COLUMNS] for row in rows))
    say(f"{served:,} requests were served; time, users and faults were simulated.")
    for title, end in ends.items():
        say(f"{title}: {end}")


def _settings_of(home: Path) -> dict[str, str]:
    return {
        "RATCHET_HOME": str(home),
        "RATCHET_DATABASE_URL": f"sqlite:///{home / 'ratchet.db'}",
        "RATCHET_PROGRAMS": str(home / "programs"),
    }


def _play(demonstration: Demonstration, rollouts: Sequence[DemoRollout], *, quiet: bool) -> int:
    with progress_bar("Starting Prefect", quiet=quiet) as move:
        from prefect.client.orchestration import get_client

        from flows.roll_out_program import roll_out_program

        def drive(found: DemoRollout) -> Any:
            return roll_out_program(
                experiment_id=found.experiment_id,
                clock_file=demonstration.clock.path,
                return_state=True,
            )

        with (
            get_client(sync_client=True),  # one server before the threads, or each starts its own
            ThreadPoolExecutor(max_workers=len(rollouts)) as executor,
        ):
            runs = [executor.submit(copy_context().run, drive, found) for found in rollouts]
            follow = _follower(demonstration, runs, move)
            return demonstration.play(rollouts, follow=follow)


def _follower(demonstration: Demonstration, runs: Sequence[Future[Any]], move: Move) -> Follow:
    """Waits until every flow has looked at its rollout, and shows how far they are."""
    from ratchet.demo.waiting import wait_for_ticks

    def follow(moment: datetime) -> None:
        standing = wait_for_ticks(demonstration.store, moment, runs)
        # A decision is in SQL a moment before the routing follows; the next minute waits for it.
        demonstration.controller.repair_routing(now=moment)
        shares = ", ".join(f"{name} {percent:g} %" for name, percent in standing.items())
        minutes = round((moment - START).total_seconds() / 60)
        move(minutes, 0, f"{minutes // 60} h {minutes % 60:02d} min simulated; {shares}")

    return follow


def _decisions(store: Store, found: DemoRollout) -> list[dict[str, Any]]:
    return [
        {
            "signature": found.candidate.signature,
            "candidate": found.candidate.title,
            "time": f"{(decision.at - START).total_seconds() / 60:.0f} min",
            "decision": decision.action.value,
            "share": f"{decision.percent:g} %",
            "why": decision.reason,
        }
        for decision in store.rollouts.decisions(found.experiment_id)
    ]


def _end(store: Store, found: DemoRollout) -> str:
    decision = store.rollouts.decisions(found.experiment_id)[-1]
    minutes = (decision.at - START).total_seconds() / 60
    return f"{decision.action.value} after {minutes:.0f} minutes, {decision.reason}"
