"""How lineage looks on the screen and as JSON."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from ratchet.cli.terminal import counted, number_of, print_table, say, say_all

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ratchet.lineage.blame import Blame, BlamedDemonstration
    from ratchet.lineage.forgetting import ForgetPlan
    from ratchet.lineage.impact import Impact, ReachedProgram
    from ratchet.lineage.tracing import TracedExample
    from ratchet.store.removals import Forgotten

SHOWN = 12
MEGABYTE = 1_000_000


def show_blame(found: Blame) -> None:
    """Print a program's demonstrations, each with the examples that it shows."""
    program = found.program
    live = f", {found.live_percent:g} % of the traffic" if found.live_percent else ""
    say(f"{program.signature} {program.version}{live}", style="bold")
    say(f"Made by {program.optimizer} from {program.dataset_version or 'no dataset'}.")
    for demo in found.demonstrations:
        _show_demonstration(demo)
    if found.demonstrations:
        say(f"Sources: {counted(found.sources)}.")
    else:
        say("Its prompts hold no demonstrations.")


def show_impact(impact: Impact) -> None:
    """Print what was selected, and the datasets, programs and traffic that it has reached."""
    traced = impact.trace
    where = counted(Counter(example.whereabouts.value for example in traced.examples))
    say(
        f"{traced.selector}: {number_of(len(traced.examples), 'example')}"
        f"{f' ({where})' if where else ''}",
        style="bold",
    )
    say_all(map(_example_line, traced.examples), at_most=SHOWN)
    if traced.versions:
        rows = [
            (
                f"{v.signature}/{v.version}",
                len(v.example_ids),
                counted(v.sides),
                v.is_archived,
            )
            for v in traced.versions
        ]
        print_table("Dataset versions", ("version", "of them", "sides", "archived"), rows)
    if impact.programs:
        columns = ("program", "it", "shown", "traffic, %", "why")
        print_table("Programs", columns, map(_program_row, impact.programs))
    for signature, percent in impact.live_percent.items():
        say(f"{signature}: {percent:g} % of the traffic is served by programs that learnt from it.")


def show_plan(plan: ForgetPlan, backups: Sequence[str]) -> None:
    """Print what would be forgotten, and what else holds it."""
    show_impact(plan.impact)
    say(
        f"To forget: {number_of(len(plan.examples), 'example')}; payloads of "
        f"{number_of(len(plan.request_ids), 'request')}; {plan.cache_bytes / MEGABYTE:.1f} MB of "
        "cached answers."
    )
    held = [str(version.path) for version in plan.impact.trace.versions]
    held += [str(path) for path in plan.run_files]
    _show_left("Still hold it, and never change; delete them yourself when you must:", held)
    _show_left("Backups that may hold it:", backups)


def show_forgotten(plan: ForgetPlan, done: Forgotten) -> None:
    """Print what was done and what is to be done next."""
    say(
        f"Forgotten: {number_of(done.examples, 'example')} deleted, "
        f"{number_of(done.tombstones, 'new tombstone')}, {done.known} known already, "
        f"{number_of(done.payloads, 'payload')} deleted, "
        f"{number_of(done.corrections, 'corrected output')} blanked.",
        style="bold",
    )
    programs = plan.impact.to_reoptimise
    for program in programs:
        say(
            f"Optimise again: {program.signature} {program.version} {program.reach} and serves "
            f"{program.live_percent:g} % (`ratchet run --signature {program.signature}`)."
        )
    if not programs:
        say("No program that serves traffic has learnt from it.")


def impact_as_json(impact: Impact) -> dict[str, Any]:
    """An impact without the content of the examples."""
    return {
        "selector": str(impact.trace.selector),
        "examples": [
            {
                "example_id": example.example_id,
                "signature": example.signature,
                "whereabouts": example.whereabouts.value,
                "status": example.status,
                "source": example.facts.source,
                "derived_from": example.derived_from,
                "facts": dict(example.facts.facts),
            }
            for example in impact.trace.examples
        ],
        "datasets": [asdict(version) for version in impact.trace.versions],
        "programs": [asdict(program) for program in impact.programs],
        "live_percent": dict(impact.live_percent),
    }


def _show_demonstration(demo: BlamedDemonstration) -> None:
    say(f"{demo.predictor} {demo.number}: {demo.match}", style="bold")
    say(f"  {demo.beginning}")
    for origin in demo.origins:
        held = f", in {origin.dataset_version}" if origin.dataset_version else ""
        status = origin.status or "not in the store"
        say(f"  {origin.example_id[:8]} ({status}{held}): {origin.sentence}")


def _example_line(example: TracedExample) -> str:
    derived = f", made from {example.derived_from[:8]}" if example.derived_from else ""
    standing = example.status or example.whereabouts.value
    return (
        f"{example.example_id[:8]} {example.signature}, {example.facts.source}, {standing}{derived}"
    )


def _program_row(program: ReachedProgram) -> tuple[Any, ...]:
    why = program.problem or program.live_why or None
    return (
        f"{program.signature} {program.version}",
        program.reach.value,
        program.demonstrations,
        program.live_percent,
        why,
    )


def _show_left(title: str, places: Sequence[str]) -> None:
    if places:
        say(title)
        say_all(places, at_most=SHOWN)
