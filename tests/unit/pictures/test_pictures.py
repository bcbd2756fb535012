"""Pictures: for light pages and dark ones, the same each time, whole whatever the records are."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import combinations
from pathlib import Path

import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text

from ratchet.errors import InputError, StoreError
from ratchet.pictures import dataset_trend, rollout_timeline, score_history, style
from ratchet.pictures import health as health_picture
from ratchet.pictures.style import Format
from ratchet.signatures import default_names
from tests.builders import NOON
from tests.picture_builders import DAY, arms, health, history, rolled_out, versions
from tests.store_builders import evaluation

Draw = Callable[[Format], bytes]
PICTURES: dict[str, Draw] = {
    "scores": lambda form: score_history.draw_score_history(
        history(), signature="validate_completeness", form=form
    ),
    "rollout": lambda form: rollout_timeline.draw_rollout_timeline(
        rolled_out(), arms(), now=NOON, form=form
    ),
    "datasets": lambda form: dataset_trend.draw_dataset_trend(versions(default_names()), form=form),
    "health": lambda form: health_picture.draw_health(health(default_names()), form=form),
}
BARE: dict[str, Draw] = {
    "no score": lambda form: score_history.draw_score_history((), signature="x", form=form),
    "one score": lambda form: score_history.draw_score_history(
        history(1), signature="x", form=form
    ),
    "no bounds": lambda form: score_history.draw_score_history(
        [replace(point, lower=None, upper=None, examples=None) for point in history(2)],
        signature="x",
        form=form,
    ),
    "no request": lambda form: rollout_timeline.draw_rollout_timeline(
        rolled_out(0, is_rolled_back=False), [], now=NOON, form=form
    ),
    "no version": lambda form: dataset_trend.draw_dataset_trend({"x": []}, form=form),
    "one version": lambda form: dataset_trend.draw_dataset_trend(versions(["x"], 1), form=form),
    "no traffic": lambda form: health_picture.draw_health(health(()), form=form),
}


def words_of(svg: bytes) -> str:
    """The text in a picture."""
    return " ".join(ET.fromstring(svg).itertext())  # noqa: S314 - drawn here


def luminance(colour: str) -> float:
    """Relative luminance of #rrggbb, after WCAG 2.1."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("ground", style.GROUNDS)
@pytest.mark.parametrize(
    ("colour", "least"), [(style.INK, 3.8), *((colour, 3.4) for colour in style.SERIES)]
)
def test_every_colour_can_be_read_on_light_and_on_dark(
    colour: str, least: float, ground: str
) -> None:
    """WCAG 2.1 asks graphics and large text for 3."""
    low, high = sorted((luminance(colour), luminance(ground)))

    assert (high + 0.05) / (low + 0.05) >= least


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_is_the_same_each_time_without_a_ground(name: str) -> None:
    """No date, no random ids, no white behind it; words can be searched."""
    first, second = PICTURES[name](Format.SVG), PICTURES[name](Format.SVG)

    assert first == second
    assert first.startswith(b"<?xml")
    assert b"#ffffff" not in first.lower()
    assert b"<text" in first


@pytest.mark.parametrize("name", PICTURES)
def test_no_words_cover_other_words(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every two texts of the figure have boxes that do not meet."""
    figures: list[Figure] = []
    for module in (dataset_trend, rollout_timeline, score_history, health_picture):
        monkeypatch.setattr(module, "rendered", lambda figure, _: figures.append(figure) or b"")
    with style.drawing():
        PICTURES[name](Format.PNG)
        (figure,) = figures
        canvas = FigureCanvasAgg(figure)
        canvas.draw()
        unseen = set(ticks_out_of_view(figure))
        boxes = [
            (text.get_text(), text.get_window_extent(canvas.get_renderer()))
            for text in figure.findobj(Text)
            if text.get_visible() and text.get_text().strip() and text not in unseen
        ]

    covered = [
        (one, other)
        for (one, box), (other, other_box) in combinations(boxes, 2)
        if box.overlaps(other_box)
    ]
    assert len(boxes) > 10
    assert covered == []


def ticks_out_of_view(figure: Figure) -> Iterator[Text]:
    """Labels that matplotlib holds and does not draw."""
    for axes in figure.axes:
        for axis in (axes.xaxis, axes.yaxis):
            low, high = sorted(axis.get_view_interval())
            for tick in axis.get_major_ticks():
                if not low <= tick.get_loc() <= high:
                    yield tick.label1


@pytest.mark.parametrize("name", BARE)
def test_few_records_are_drawn_all_the_same(name: str) -> None:
    """A young system has pictures too."""
    assert words_of(BARE[name](Format.SVG))


def test_the_score_history_names_verdicts_and_leaves_void_evaluations_out() -> None:
    """The oldest is first, with the size of its dataset where that is known."""
    late = evaluation("e2", created_at=NOON + DAY, dataset_version="v2")
    void = evaluation("e3", baseline_score=None, candidate_score=None, verdict="void")

    points = score_history.score_points([late, void, evaluation("e1")], {"v2": 120})
    words = words_of(score_history.draw_score_history(points, signature="my_signature"))

    assert [(point.at, point.examples) for point in points] == [(NOON, None), (NOON + DAY, 120)]
    assert "promote" in words
    assert "my_signature" in words


def test_the_timeline_names_every_kind_of_decision() -> None:
    """Advances are counted, and how it ended is in the title."""
    words = words_of(PICTURES["rollout"](Format.SVG))

    assert "advance (3)" in words
    assert "rollback" in words
    assert "v20260301_020000 against v20260201_020000, rolled back" in words


def test_the_health_says_every_check_with_its_state() -> None:
    """What is long is cut, what nobody judged is said."""
    words = words_of(PICTURES["health"](Format.SVG))

    assert "Ratchet: error" in words
    assert "No rollout is under way." in words
    assert " ..." in words
    assert "none" in words


def test_names_are_no_formulas() -> None:
    """Dollar signs and angle brackets of a signature are text."""
    drawn = score_history.draw_score_history(history(1), signature="a$b$<c>")

    assert "a$b$<c>" in words_of(drawn)


def test_another_suffix_and_a_file_in_the_way_are_refused(tmp_path: Path) -> None:
    """Both with what to do."""
    (tmp_path / "file").write_text("")

    with pytest.raises(InputError, match=r"\.svg or \.png"):
        style.format_of(Path("picture.gif"))
    with pytest.raises(StoreError, match="Choose another place"):
        style.write_picture(tmp_path / "file" / "a.svg", b"")
