"""What a person points at."""

from __future__ import annotations

from typing import Any

import pytest

from ratchet.canonical import sha256_of_text
from ratchet.errors import InputError
from ratchet.examples import ExampleId
from ratchet.lineage.selector import ExampleFacts, Selector

ADA = "Ada <ada@x.org>"


def facts(**provenance: Any) -> ExampleFacts:
    """An example of these facts."""
    return ExampleFacts(
        example_id=ExampleId("abcdef0123456789"), source="git", group_id="g1", facts=provenance
    )


@pytest.mark.parametrize(
    ("selected", "provenance"),
    [
        ("abcdef01", {}),
        ("source=git_mining", {}),
        ("group=g1", {}),
        ("commit=0a1b2c3", {"sha": "0a1b2c3d"}),
        ("commit=0a1b2c3", {"sha": "ff", "other_commits": ["0a1b2c3d"]}),
        ("repository=shop", {"repository": "shop"}),
        ("author=ada@x.org", {"author": ADA}),
        (f"author={ADA}", {"author": ADA.upper()}),
        (
            f"author={ADA}",
            {"repository": "shop", "author": sha256_of_text(f"shop\n{ADA.lower()}")[:16]},
        ),
        ("file=a.csv", {"file": "a.csv", "row": 3}),
        ("file=a.csv:3", {"file": "a.csv", "row": 3}),
        ("origin=survey", {"origin": "survey"}),
        ("request=r1", {"request_id": "r1"}),
        ("strategy=evolve", {"strategy": "evolve"}),
    ],
)
def test_a_selector_finds_by_every_field(selected: str, provenance: dict[str, Any]) -> None:
    """An author also where only a hash of the name is kept."""
    assert Selector.parse(selected).matches(facts(**provenance))
    if provenance:
        assert not Selector.parse(selected).matches(facts())


@pytest.mark.parametrize(
    ("selected", "provenance"),
    [
        ("abcdef02", {}),
        ("source=manual", {}),
        ("commit=1a1b2c3", {"sha": "0a1b2c3d"}),
        ("author=bob@x.org", {"author": ADA}),
        ("author=da@x.org", {"author": ADA}),
        ("file=a.csv:4", {"file": "a.csv", "row": 3}),
        ("dataset=v1", {}),
    ],
)
def test_a_selector_leaves_others_alone(selected: str, provenance: dict[str, Any]) -> None:
    """A part of a name is not the name."""
    assert not Selector.parse(selected).matches(facts(**provenance))


@pytest.mark.parametrize(
    ("selected", "said"),
    [
        ("colour=red", "selects nothing"),
        ("abc", "at least 7"),
        ("commit=xyzxyzxyz", "at least 7"),
        ("source=git_", "no source"),
        ("author=", "needs a value"),
    ],
)
def test_a_selector_that_can_not_be_says_why(selected: str, said: str) -> None:
    """A typo must not select nothing, or everything."""
    with pytest.raises(InputError, match=said):
        Selector.parse(selected)
