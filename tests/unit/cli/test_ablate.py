"""`ratchet increments ablate`: what each source is worth, on the offline model."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from ratchet.datasets import DatasetFolder
from ratchet.examples import Source
from ratchet.settings import load_settings
from ratchet.signatures import get
from ratchet.store import open_store
from tests.builders import NOON
from tests.cli_builders import Left, good_examples, ratchet

EXTRACT = "extract_requirements"
ABLATE = ("increments", "ablate", "-s", EXTRACT, "--optimizer", "bootstrap")
pytestmark = pytest.mark.xdist_group("cli")  # one worker makes the project that all tests share


def publish(*sources: Source, count: int = 40) -> None:
    """A dataset version whose examples come from these sources in turn."""
    examples = [
        e.evolve(source=sources[place % len(sources)])
        for place, e in enumerate(good_examples(count, signature=EXTRACT))
    ]
    DatasetFolder(load_settings().datasets_folder).publish(get(EXTRACT), examples, now=NOON)


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Left]:
    """A project with a dataset of two sources, made the working directory, and its ablation."""
    before = Path.cwd()
    os.chdir(tmp_path_factory.mktemp("project"))
    publish(Source.GIT, Source.MANUAL)
    yield ratchet(*ABLATE, "--repeats", 2, "--json")
    os.chdir(before)


def test_every_source_gets_its_effect_with_an_interval(measured: Left) -> None:
    """With minus without, of each search and of all; the interval holds the effect."""
    found = measured.document

    assert measured.exit_code == 0
    assert {e["source"] for e in found["effects"]} == {"git", "manual"}
    assert found["seeds"] == [1, 2]
    for effect in found["effects"]:
        assert effect["effect"] == pytest.approx(effect["score_with"] - effect["score_without"])
        assert effect["effect"] == pytest.approx(sum(effect["by_seed"]) / 2)
        assert effect["lower"] <= effect["effect"] <= effect["upper"]
        assert effect["pairs"] == found["test_examples"] > 0
        assert effect["worth"] in {"carries", "harms", "unclear"}


def test_the_split_stays_and_the_look_at_it_is_recorded(measured: Left) -> None:
    """Sealed examples are looked at, so that is written down, with what for."""
    with open_store(load_settings().store_url) as store:
        uses = store.evaluations.test_uses(EXTRACT)
        evaluations = store.evaluations.list()

    assert {use.purpose for use in uses} == {"source contributions"}
    assert uses[0].n == measured.document["test_examples"]
    assert evaluations == ()  # no verdict, and no point of the learning curve


def test_it_is_kept_and_shown_with_the_contributions(measured: Left, tmp_path: Path) -> None:
    """The newest measurement, in words, as JSON and as a picture."""
    shown = ratchet("increments", "contributions", "-s", EXTRACT)
    picture = tmp_path / "sources.svg"
    found = ratchet(
        "increments", "contributions", "-s", EXTRACT, "--picture", picture, "--json"
    ).document

    assert "with offline/in-context on dataset v2026" in shown.out
    assert "95 % interval" in shown.out
    assert found["measured"]["effects"] == measured.document["effects"]
    assert "manual" in "".join(ET.parse(picture).getroot().itertext())  # noqa: S314 - our own picture


def test_started_again_nothing_is_asked_twice(measured: Left) -> None:
    """As after a kill: every answer is there, and the figures are the same."""
    again = ratchet(*ABLATE, "--repeats", 2, "--json").document

    assert measured.document["lm_calls"] > 0
    assert again["lm_calls"] == 0
    assert again["effects"] == measured.document["effects"]


def test_one_search_says_that_its_luck_is_not_measured(measured: Left) -> None:
    """And one source can be asked about alone."""
    left = ratchet(*ABLATE, "--repeats", 1, "--source", "git")

    assert "One search shows nothing: the intervals do not hold its luck" in left.out
    assert "manual:" not in left.out


def test_a_dry_run_says_what_it_costs_and_asks_nothing(
    workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a paid model: arms, calls and dollars, before anything is spent or looked at."""
    publish(Source.GIT, Source.MANUAL)
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-ant-test")
    paid = ("--lm", "anthropic/claude-sonnet-4-5", "--dry-run")

    found = ratchet(*ABLATE, *paid, "--json").document
    said = ratchet(*ABLATE, *paid)

    whole, *others = found["arms"]
    learnt = whole["train"] + whole["validation"]
    assert whole["left_out"] == ""
    assert [arm["left_out"] for arm in others] == ["git", "manual"]
    assert sum(learnt - a["train"] - a["validation"] for a in others) == learnt
    assert found["estimate"]["cost_usd"] > 0
    assert found["estimate"]["calls"] > 3 * 3 * found["test_examples"]
    assert "USD" in said.out
    with open_store(load_settings().store_url) as store:
        assert store.evaluations.test_uses(EXTRACT) == ()
        assert store.ablations.list(EXTRACT) == ()


def test_a_single_source_can_not_be_left_out(workspace: Path) -> None:
    """There would be nothing to learn from."""
    publish(Source.GIT)

    left = ratchet(*ABLATE)

    assert left.exit_code == 2
    assert "has one source (git)" in left.err


def test_a_source_that_is_not_there_is_named(workspace: Path) -> None:
    """With those that are."""
    publish(Source.GIT, Source.MANUAL)

    left = ratchet(*ABLATE, "--source", "telemetry")

    assert left.exit_code == 2
    assert "no example of 'telemetry'" in left.err
    assert "git, manual" in left.err


def test_too_few_examples_without_a_source_are_said_and_not_scored(workspace: Path) -> None:
    """Nearly all come from git: without them nothing can be optimised, and no figure is made up."""
    publish(*[Source.GIT] * 9, Source.MANUAL, count=40)

    left = ratchet(*ABLATE, "--repeats", 1, "--json")

    effects = {e["source"]: e for e in left.document["effects"]}
    assert left.exit_code == 0
    assert effects["git"]["effect"] is None
    assert "too few" in effects["git"]["obstacle"]
    assert effects["manual"]["effect"] is not None


def test_a_picture_of_nothing_is_refused(workspace: Path) -> None:
    """The message says what to run first."""
    left = ratchet("increments", "contributions", "-s", EXTRACT, "--picture", "x.svg")

    assert left.exit_code == 2
    assert "ratchet increments ablate" in left.err
