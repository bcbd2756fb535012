"""Cleans up what is old: the plan and what became of it are artifacts."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime

from prefect import task
from prefect.artifacts import create_markdown_artifact, create_table_artifact
from prefect.logging import get_run_logger

from blocks.connections import Connections
from ratchet.settings import load_settings
from ratchet.store import open_store
from ratchet.upkeep.cleaning import carry_out, keepers_of, plan_cleaning
from ratchet.upkeep.markdown import plan_markdown
from ratchet.upkeep.plan import Kind, Report, rows_of

TIMEOUT_SECONDS = 3600  # what is left is done next week


@task(timeout_seconds=TIMEOUT_SECONDS)
def clean_up_state(connections: Connections, only: Collection[Kind], *, dry_run: bool) -> Report:
    """Plan and carry out; with `dry_run` the report has no outcomes."""
    with open_store(connections.workspace().store_url) as store:
        keepers = keepers_of(load_settings(), store)
        plan = plan_cleaning(keepers, now=datetime.now(UTC), only=only)
        create_markdown_artifact(
            plan_markdown(plan), key="clean-up-plan", description=f"{plan.headline}."
        )
        report = Report(plan=plan, outcomes=()) if dry_run else carry_out(plan, keepers)
    headline = f"Would be: {plan.headline}" if dry_run else report.headline
    create_table_artifact(rows_of(plan), key="clean-up", description=f"{headline}.")
    get_run_logger().info("%s", headline)
    return report
