"""The plan of a clean-up as a page: what goes, why, and how much it takes."""

from __future__ import annotations

from collections.abc import Iterator

from ratchet.upkeep.plan import Item, Part, Plan, megabytes

SHOWN = 50  # items of one kind


def plan_markdown(plan: Plan) -> str:
    """A section for each kind that has something to say."""
    lines = [f"# Clean-up of {plan.made_at:%Y-%m-%d %H:%M} UTC", "", f"{plan.headline}.", ""]
    for part in plan.parts:
        lines += _section(part)
    return "\n".join(lines)


def _section(part: Part) -> Iterator[str]:
    if not (part.items or part.held or part.problem):
        return
    yield from (f"## {part.kind.value}", "")
    if part.problem:
        yield from (f"Could not be looked at: {part.problem}", "")
    if part.items:
        yield from ("| what | why | size | rows |", "|---|---|---:|---:|")
        yield from (_row(item) for item in part.items[:SHOWN])
        if len(part.items) > SHOWN:
            yield f"| and {len(part.items) - SHOWN:,} more | | | |"
        yield ""
    for why, count in sorted(part.held.items()):
        yield f"- {count:,} stay: {why}"
    if part.held:
        yield ""


def _row(item: Item) -> str:
    size = "" if item.size_bytes is None else megabytes(item.size_bytes)
    rows = "" if item.rows is None else f"{item.rows:,}"
    return f"| `{item.name.replace('|', '/')}` | {item.reason} | {size} | {rows} |"
