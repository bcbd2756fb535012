"""Who has started the flow run: its schedule, or somebody."""

from __future__ import annotations

from prefect.context import FlowRunContext


def is_scheduled() -> bool:
    """Whether a schedule has started this flow run.

    False for one that a person, a command, an automation or another flow has started, and
    outside of flow runs.
    """
    context = FlowRunContext.get()
    return context is not None and context.flow_run is not None and context.flow_run.auto_scheduled
