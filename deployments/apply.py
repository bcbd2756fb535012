"""Applies what the files declare: `python -m deployments.apply [--dry-run] [--prune] [--json]`.

Applied twice it changes nothing the second time. What is on the server and no longer declared
stays until --prune asks for its removal. A schedule or automation that a person has paused
stays paused.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import asdict
from typing import Annotated

import typer
from prefect.client.orchestration import SyncPrefectClient, get_client

from deployments.declared import Declared, read_declared
from deployments.documents import documents_of
from deployments.plan import Action, Change, Plan, compare
from deployments.server import ServerState
from ratchet.errors import RatchetError

MARKS = {Action.CREATE: "+", Action.UPDATE: "~", Action.REMOVE: "-", Action.KEEP: " "}


def make_plan(declared: Declared, state: ServerState) -> Plan:
    """Hold everything that is declared against the server."""
    found = {
        "work pool": state.pools(),
        "block type": state.block_types(),
        "deployment": state.deployments(),
        "automation": state.automations(),
    }
    plan = Plan()
    for kind, documents in documents_of(declared).items():
        others = [n for n in found[kind] if n not in documents]
        foreign = others if kind in {"work pool", "block type"} else []
        plan += compare(kind, documents, found[kind], foreign=foreign)
    return plan


def carry_out(plan: Plan, declared: Declared, state: ServerState, *, prune: bool) -> Plan:
    """Make the changes of a plan; what was made, in the order in which it was."""
    deployments = {d.full_name: d for d in declared.deployments}
    automations = {a.name: a for a in declared.automations}
    put: dict[str, Callable[[str], None]] = {
        "work pool": state.create_pool,
        "block type": state.register_block,
        "deployment": lambda name: state.put_deployment(deployments[name], declared.pull),
        "automation": lambda name: state.put_automation(automations[name]),
    }
    remove = {"automation": state.remove_automation, "deployment": state.remove_deployment}
    done = []
    for kind, make in put.items():
        for change in plan.of(kind, Action.CREATE, Action.UPDATE):
            make(change.name)
            done.append(change)
    for kind, take_away in remove.items() if prune else ():
        for change in plan.of(kind, Action.REMOVE):
            take_away(change.name)
            done.append(change)
    return Plan(changes=tuple(done))


def apply(client: SyncPrefectClient, *, prune: bool = False, dry_run: bool = False) -> Plan:
    """Bring the server to what the files declare; the plan that was made for it.

    Raises:
        ConfigurationError: a file is wrong.
    """
    declared, state = read_declared(), ServerState(client)
    plan = make_plan(declared, state)
    if not dry_run:
        carry_out(plan, declared, state, prune=prune)
    return plan


def lines_of(plan: Plan, *, prune: bool) -> list[str]:
    """The plan for people: a line for each thing that is not kept, and its differences."""
    lines = []
    for change in plan.changes:
        if change.action is Action.KEEP:
            continue
        stays = change.action is Action.REMOVE and not prune
        note = " (not declared; --prune removes it)" if stays else ""
        lines.append(f"{MARKS[change.action]} {change.kind} {change.name}{note}")
        lines += [f"    {difference}" for difference in change.differences]
    kept = sum(change.action is Action.KEEP for change in plan.changes)
    return [*lines, f"{kept} of {len(plan.changes)} are as declared."]


def main(
    *,
    dry_run: Annotated[bool, typer.Option(help="Show what would change; change nothing.")] = False,
    prune: Annotated[bool, typer.Option(help="Remove what the files no longer name.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the plan as JSON.")] = False,
) -> None:
    """Apply work pool, blocks, deployments, schedules, limits and automations."""
    try:
        with get_client(sync_client=True) as client:
            plan = apply(client, prune=prune, dry_run=dry_run)
    except RatchetError as error:
        typer.echo(f"ratchet: {error}", err=True)
        raise typer.Exit(2) from error
    if as_json:
        _print_json(plan)
    else:
        sys.stdout.write("\n".join(lines_of(plan, prune=prune)) + "\n")


def _print_json(plan: Plan) -> None:
    from ratchet.cli.terminal import print_json

    def changed(change: Change) -> dict[str, object]:
        return {**asdict(change), "action": change.action.value}

    print_json({"changes": [changed(change) for change in plan.changes]})


if __name__ == "__main__":
    typer.run(main)
