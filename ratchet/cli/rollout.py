"""`ratchet rollout`: every command that begins, shows, steers or foresees a rollout."""

from __future__ import annotations

import typer

from ratchet.cli import (
    rollout_backtest,
    rollout_commands,
    rollout_drive,
    rollout_explain,
    rollout_simulate,
    rollout_start,
    rollout_status,
    rollout_watch,
)

app = typer.Typer(
    no_args_is_help=True, help="Staged rollouts: begin one, watch it, steer it, explain it."
)
app.command("start", short_help="Begin a rollout, or foresee it with --dry-run.")(
    rollout_start.start
)
app.command("status", short_help="Show stages, both arms, what is waited for.")(
    rollout_status.status
)
app.command("list", short_help="List the rollouts.")(rollout_status.list_rollouts)
app.command("watch", short_help="Watch a rollout until it ends.")(rollout_watch.watch)
app.command("explain", short_help="Explain every decision by its evidence.")(
    rollout_explain.explain
)
app.command("pause", short_help="Stop the clock; all traffic to the baseline.")(
    rollout_commands.pause
)
app.command("resume", short_help="Go on after a pause.")(rollout_commands.resume)
app.command("promote", short_help="Give the candidate all traffic now.")(rollout_commands.promote)
app.command("rollback", short_help="Give the baseline all traffic, for good.")(
    rollout_commands.rollback
)
app.command("tick", short_help="Look once: telemetry, decision, routing.")(rollout_drive.tick)
app.command("drive", short_help="Drive a rollout to its end, in the foreground.")(
    rollout_drive.drive
)
app.command("simulate", short_help="Foresee what a policy does with such traffic.")(
    rollout_simulate.simulate
)
app.command("backtest", short_help="Replay recorded telemetry through a policy.")(
    rollout_backtest.backtest
)
