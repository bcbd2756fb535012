"""The lineage as a picture: what was selected, what holds it, what learnt from it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum

from ratchet.lineage.impact import Impact, Reach, ReachedProgram
from ratchet.lineage.tracing import TracedExample

SHOWN_EXAMPLES = 12
ID_DIGITS = 8


class Column(IntEnum):
    """From left to right."""

    SELECTED = 0
    EXAMPLES = 1
    DATASETS = 2
    PROGRAMS = 3
    TRAFFIC = 4


@dataclass(frozen=True, kw_only=True)
class Node:
    """A box with its lines of text; `is_live` says that production is touched."""

    name: str
    column: Column
    lines: tuple[str, ...]
    is_live: bool = False


@dataclass(frozen=True, kw_only=True)
class Edge:
    """An arrow from one node to another; dashed when it only judges."""

    start: str
    end: str
    is_dashed: bool = False


@dataclass(frozen=True, kw_only=True)
class LineageGraph:
    """Boxes and arrows, each once."""

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]


def lineage_graph(impact: Impact) -> LineageGraph:
    """Draw an impact: more than a dozen examples of a signature become one box."""
    traced = impact.trace
    selected = Node(name="selected", column=Column.SELECTED, lines=(str(traced.selector),))
    boxes = {example.example_id: _box(example, impact) for example in traced.examples}
    nodes = {selected.name: selected, **{box.name: box for box in boxes.values()}}
    edges = dict.fromkeys(Edge(start=selected.name, end=box.name) for box in boxes.values())
    for version in traced.versions:
        name = f"{version.signature}/{version.version}"
        sides = ", ".join(f"{count} {side}" for side, count in version.sides.items())
        lines = (version.version + (" (archived)" if version.is_archived else ""), sides)
        nodes[name] = Node(name=name, column=Column.DATASETS, lines=lines)
        for example_id in sorted(version.example_ids):
            edges[Edge(start=boxes[example_id].name, end=name)] = None
    for program in impact.programs:
        nodes.update({node.name: node for node in _program_nodes(program)})
        edges.update(dict.fromkeys(_program_edges(program, impact, nodes)))
    return LineageGraph(nodes=tuple(nodes.values()), edges=tuple(edges))


def mermaid_text(graph: LineageGraph) -> str:
    """The graph in Mermaid's language, which GitHub and many editors draw."""
    names = {node.name: f"n{place}" for place, node in enumerate(graph.nodes)}
    lines = ["flowchart LR"]
    for node in graph.nodes:
        label = "<br/>".join(_escaped(line) for line in node.lines)
        style = ":::live" if node.is_live else ""
        lines.append(f'  {names[node.name]}["{label}"]{style}')
    for edge in graph.edges:
        arrow = "-.->" if edge.is_dashed else "-->"
        lines.append(f"  {names[edge.start]} {arrow} {names[edge.end]}")
    lines.append("  classDef live fill:#fde2e2,stroke:#b91c1c,color:#111")
    return "\n".join(lines) + "\n"


def _box(example: TracedExample, impact: Impact) -> Node:
    alike = [e for e in impact.trace.examples if e.signature == example.signature]
    if len(alike) > SHOWN_EXAMPLES:
        return Node(
            name=f"examples of {example.signature}",
            column=Column.EXAMPLES,
            lines=(f"{len(alike)} examples", example.signature),
        )
    return Node(
        name=example.example_id,
        column=Column.EXAMPLES,
        lines=(example.example_id[:ID_DIGITS], example.facts.source, example.whereabouts.value),
    )


def _program_nodes(program: ReachedProgram) -> Iterator[Node]:
    is_live = program.is_tainted and program.live_percent > 0
    name = f"{program.signature}@{program.version}"
    shown = f", {program.demonstrations} shown" if program.demonstrations else ""
    yield Node(
        name=name,
        column=Column.PROGRAMS,
        lines=(program.version, f"{program.reach}{shown}"),
        is_live=is_live,
    )
    if program.live_percent > 0:
        yield Node(
            name=f"{name} live",
            column=Column.TRAFFIC,
            lines=(f"{program.live_percent:g} % of the traffic", program.signature),
            is_live=is_live,
        )


def _program_edges(
    program: ReachedProgram, impact: Impact, nodes: dict[str, Node]
) -> Iterator[Edge]:
    name = f"{program.signature}@{program.version}"
    dataset = f"{program.signature}/{program.dataset_version}"
    if dataset in nodes:
        yield Edge(start=dataset, end=name, is_dashed=program.reach is Reach.JUDGED)
    elif program.reach is Reach.DESCENDED:
        parent = f"{program.signature}@{program.parent_version}"
        yield Edge(start=parent, end=name)
    else:  # it shows an example that no dataset version of its own holds
        boxes = {_box(e, impact).name for e in impact.trace.examples}
        yield from (Edge(start=box, end=name) for box in sorted(boxes))
    if program.live_percent > 0:
        yield Edge(start=name, end=f"{name} live", is_dashed=not program.is_tainted)


def _escaped(text: str) -> str:
    """Mermaid reads quotes and brackets; entities it shows."""
    for raw, entity in (("&", "&amp;"), ('"', "&quot;"), ("<", "&lt;"), (">", "&gt;")):
        text = text.replace(raw, entity)
    return text
