"""The lineage drawn as a file: SVG or PNG, by its suffix."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

from ratchet.lineage.graph import Column, LineageGraph, Node
from ratchet.pictures.style import INK, drawing, format_of, rendered, write_picture

if TYPE_CHECKING:
    from matplotlib.axes import Axes

COLUMN_INCHES, ROW_INCHES = 2.9, 0.9
BOX_WIDTH, BOX_HEIGHT = 0.82, 0.7
LINE_CHARS = 34
CALM, LIVE = "#eef2f7", "#fde2e2"
CALM_EDGE, LIVE_EDGE = "#64748b", "#b91c1c"
TITLES = {
    Column.SELECTED: "selected",
    Column.EXAMPLES: "examples",
    Column.DATASETS: "dataset versions",
    Column.PROGRAMS: "programs",
    Column.TRAFFIC: "traffic",
}

Places = dict[str, tuple[float, float]]


def draw_lineage(graph: LineageGraph, path: Path, *, title: str) -> None:
    """Draw the graph into `path`; what serves traffic and has learnt from the selected is red.

    Raises:
        InputError: the suffix is neither .svg nor .png.
        StoreError: the file can not be written.
    """
    form = format_of(path)
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    places = place_nodes(graph)
    rows = max((-y for _, y in places.values()), default=0.0) + 2
    figure = Figure(figsize=(COLUMN_INCHES * len(Column), max(2.5, ROW_INCHES * rows)))
    FigureCanvasAgg(figure)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_xlim(-0.6, len(Column) - 0.4)
    axes.set_ylim(-rows + 0.4, 1.6)
    axes.axis("off")
    axes.text(-0.5, 1.3, title, fontsize=12, fontweight="bold", va="center", color=INK)
    _draw(axes, graph, places)
    with drawing():
        write_picture(path, rendered(figure, form))


def place_nodes(graph: LineageGraph) -> Places:
    """The middle of every box: a column each, centred on the longest."""
    columns: dict[Column, list[Node]] = defaultdict(list)
    for node in graph.nodes:
        columns[node.column].append(node)
    longest = max((len(nodes) for nodes in columns.values()), default=0)
    return {
        node.name: (float(column), -(row + (longest - len(nodes)) / 2))
        for column, nodes in columns.items()
        for row, node in enumerate(nodes)
    }


def _draw(axes: Axes, graph: LineageGraph, places: Places) -> None:
    from matplotlib.patches import FancyBboxPatch

    for column in {node.column for node in graph.nodes}:
        axes.text(column, 0.75, TITLES[column], ha="center", fontsize=9, color=CALM_EDGE)
    for edge in graph.edges:
        (start_x, start_y), (end_x, end_y) = places[edge.start], places[edge.end]
        axes.annotate(
            "",
            xy=(end_x - BOX_WIDTH / 2, end_y),
            xytext=(start_x + BOX_WIDTH / 2, start_y),
            arrowprops={
                "arrowstyle": "-|>",
                "color": CALM_EDGE,
                "linestyle": "--" if edge.is_dashed else "-",
                "linewidth": 0.8,
            },
        )
    for node in graph.nodes:
        x, y = places[node.name]
        box = FancyBboxPatch(
            (x - BOX_WIDTH / 2, y - BOX_HEIGHT / 2),
            BOX_WIDTH,
            BOX_HEIGHT,
            boxstyle="round,pad=0,rounding_size=0.08",
            facecolor=LIVE if node.is_live else CALM,
            edgecolor=LIVE_EDGE if node.is_live else CALM_EDGE,
        )
        axes.add_patch(box)
        text = "\n".join(_short(line) for line in node.lines)
        axes.text(x, y, text, ha="center", va="center", fontsize=7, parse_math=False)


def _short(line: str) -> str:
    return line if len(line) <= LINE_CHARS else f"{line[: LINE_CHARS - 3]}..."
