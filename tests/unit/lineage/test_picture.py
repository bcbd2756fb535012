"""The lineage as a picture."""

from __future__ import annotations

from pathlib import Path

import pytest

from ratchet.errors import InputError
from ratchet.examples import ExampleId
from ratchet.lineage.graph import SHOWN_EXAMPLES, Column, lineage_graph, mermaid_text
from ratchet.lineage.impact import Impact, Reach, ReachedProgram
from ratchet.lineage.picture import draw_lineage, place_nodes
from ratchet.lineage.selector import ExampleFacts, Selector
from ratchet.lineage.tracing import Trace, TracedExample, TracedVersion, Whereabouts


def impact(examples: int = 2) -> Impact:
    """Examples in one version, a live program made from it, and one that was judged on it."""
    ids = [ExampleId(f"{number:032x}") for number in range(examples)]
    traced = [
        TracedExample(
            facts=ExampleFacts(example_id=example_id, source="git", group_id="g"),
            signature="s",
            whereabouts=Whereabouts.STORED,
        )
        for example_id in ids
    ]
    version = TracedVersion(
        signature="s",
        version="v1",
        path=Path("v1"),
        is_archived=True,
        content_sha256="",
        example_ids=frozenset(ids),
        sides={"train": examples},
    )
    programs = (program("p1", Reach.LEARNT, 90.0), program("p2", Reach.JUDGED, 10.0))
    selector = Selector.parse('author=Ada "the <b>" $x^2$')
    return Impact(
        trace=Trace(selector=selector, examples=tuple(traced), versions=(version,)),
        programs=programs,
        live_percent={"s": 90.0},
    )


def program(version: str, reach: Reach, percent: float) -> ReachedProgram:
    """A program made from the version."""
    return ReachedProgram(
        signature="s",
        version=version,
        reach=reach,
        demonstrations=1,
        dataset_version="v1",
        parent_version=None,
        live_percent=percent,
        live_why="",
    )


def test_the_graph_leads_from_the_selected_to_the_traffic() -> None:
    """Every arrow goes to a later column, and only what learnt and serves is live."""
    graph = lineage_graph(impact())

    columns = {node.name: node.column for node in graph.nodes}
    assert all(columns[edge.start] < columns[edge.end] for edge in graph.edges)
    assert {node.name for node in graph.nodes if node.is_live} == {"s@p1", "s@p1 live"}
    assert [e.is_dashed for e in graph.edges if e.end in {"s@p1", "s@p2"}] == [False, True]


def test_many_examples_are_one_box() -> None:
    """A picture of a thousand boxes shows nothing."""
    few, many = lineage_graph(impact(SHOWN_EXAMPLES)), lineage_graph(impact(SHOWN_EXAMPLES + 1))

    assert sum(node.column is Column.EXAMPLES for node in few.nodes) == SHOWN_EXAMPLES
    (box,) = [node for node in many.nodes if node.column is Column.EXAMPLES]
    assert box.lines == ("13 examples", "s")
    assert len(many.edges) == len(set(many.edges))


def test_mermaid_text_has_every_box_and_arrow_and_no_raw_quotes() -> None:
    """What a person wrote can not break the picture."""
    graph = lineage_graph(impact())

    text = mermaid_text(graph)

    assert text.startswith("flowchart LR\n")
    assert text.count("-->") + text.count("-.->") == len(graph.edges)
    assert "author=Ada &quot;the &lt;b&gt;&quot;" in text
    assert text.count(":::live") == 2


def test_boxes_do_not_cover_each_other() -> None:
    """Each has a place of its own."""
    places = place_nodes(lineage_graph(impact(9)))

    assert len(set(places.values())) == len(places)


@pytest.mark.parametrize(("name", "magic"), [("a.svg", b"<?xml"), ("b.png", b"\x89PNG")])
def test_the_picture_is_a_file_of_its_suffix(tmp_path: Path, name: str, magic: bytes) -> None:
    """Dollar signs and angle brackets are text like any other."""
    path = tmp_path / "pictures" / name

    draw_lineage(lineage_graph(impact()), path, title="What it has reached")

    assert path.read_bytes().startswith(magic)


def test_another_suffix_is_refused(tmp_path: Path) -> None:
    """Before anything is drawn."""
    with pytest.raises(InputError, match=r"\.svg or \.png"):
        draw_lineage(lineage_graph(impact()), tmp_path / "a.pdf", title="x")
