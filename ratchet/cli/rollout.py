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
app.command("start")(rollout_start.start)
app.command("status")(rollout_status.status)
app.command("list")(rollout_status.list_rollouts)
app.command("watch")(rollout_watch.watch)
app.command("explain")(rollout_explain.explain)
app.command("pause")(rollout_commands.pause)
app.command("resume")(rollout_commands.resume)
app.command("promote")(rollout_commands.promote)
app.command("rollback")(rollout_commands.rollback)
app.command("tick")(rollout_drive.tick)
app.command("drive")(rollout_drive.drive)
app.command("simulate")(rollout_simulate.simulate)
app.command("backtest")(rollout_backtest.backtest)
