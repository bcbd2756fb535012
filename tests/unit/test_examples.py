"""The example record: what it refuses, what its id depends on, its form on disk."""

from __future__ import annotations

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ratchet.errors import InputError
from ratchet.examples import Difficulty, Example, Source, Status
from tests.builders import completeness_example


def test_the_id_follows_the_content_and_not_the_metadata() -> None:
    """Two sources that find the same inputs and outputs found the same example."""
    example = completeness_example()

    same = example.evolve(source=Source.GIT, notes="seen again", quality_score=80.0)
    other = completeness_example(implementation="Nothing was added.")

    assert same.example_id == example.example_id
    assert other.example_id != example.example_id


def test_a_change_is_checked_like_a_new_example() -> None:
    """An impossible value and an unknown name are refused; the original stays as it was."""
    example = completeness_example()

    with pytest.raises(InputError, match="quality_score is 101"):
        example.evolve(quality_score=101.0)
    with pytest.raises(TypeError, match="qualty"):
        example.evolve(qualty=1.0)

    assert example.quality_score is None


@given(st.text(min_size=1), st.floats(0, 100), st.sampled_from(list(Status)))
def test_the_form_on_disk_loses_nothing(text: str, quality: float, status: Status) -> None:
    """An example read back equals the one written, whatever its text."""
    example = completeness_example(
        implementation=text,
        notes=text,
        quality_score=quality,
        status=status,
        provenance={"sha": "abc", "rank": 1},
    )

    assert Example.from_json(example.to_json()) == example


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"quality_score": 100.5}, "0..100"),
        ({"quality_score": float("nan")}, "0..100"),
        ({"category": ""}, "category"),
        ({"group_id": ""}, "group_id"),
        ({"created_at": datetime(2026, 1, 1)}, "time zone"),  # noqa: DTZ001 - the fault under test
    ],
)
def test_impossible_values_are_refused_at_construction(changes: dict, message: str) -> None:
    """A record that exists is a record that holds."""
    with pytest.raises(InputError, match=message):
        completeness_example(**changes)


@pytest.mark.parametrize(
    ("word", "source"),
    [
        ("git_mining", "git"),
        ("git_mined", "git"),
        ("production", "telemetry"),
        ("manual_curation", "manual"),
        ("bootstrap", "pipeline"),
        (" Git ", "git"),
    ],
)
def test_the_source_names_of_earlier_systems_are_understood(word: str, source: str) -> None:
    """Data of earlier systems keeps its origin."""
    assert Source.parse(word) == source


def test_an_unknown_word_is_refused_with_the_known_ones() -> None:
    """The message lists what could have been meant."""
    with pytest.raises(InputError, match="easy, hard, medium"):
        Difficulty.parse("impossible")


def test_a_document_without_metadata_is_no_example() -> None:
    """What is missing is named."""
    with pytest.raises(InputError, match="metadata"):
        Example.from_json({"inputs": {}, "outputs": {}})
