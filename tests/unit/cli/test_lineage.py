"""`ratchet blame`, `impact` and `forget`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ratchet.examples import Source
from ratchet.store import open_store
from tests.builders import completeness_example
from tests.cli_builders import COMPLETENESS, good_examples, ratchet, write_rows
from tests.lineage_builders import Stock, labelled

COMMIT = "0a1b2c3d4e5f"


@pytest.fixture
def stock(workspace: Path) -> Iterator[Stock]:
    """The store and the folders where the commands look for them."""
    with open_store(f"sqlite:///{workspace / '.ratchet' / 'ratchet.db'}") as store:
        yield Stock(store=store, root=workspace)


@pytest.fixture
def champion(stock: Stock) -> str:
    """A champion that shows an example of one commit; its version."""
    mined = completeness_example(
        source=Source.GIT,
        provenance={"sha": COMMIT, "author": "Ada <ada@x.org>", "repository": "shop"},
    )
    stock.store.examples.add([mined])
    version = stock.publish([mined, *good_examples(12)])
    program = stock.program(labelled(mined), dataset=version)
    stock.crown(program)
    return program


def test_blame_names_the_commit_behind_a_demonstration(champion: str) -> None:
    """By version, by latest or as champion; the signature is found by the version."""
    left = ratchet("blame", champion)
    document = ratchet("blame", "champion", "-s", COMPLETENESS, "--json").document

    assert "100 % of the traffic" in left.out
    assert f"git: repository shop, sha {COMMIT}, author Ada <ada@x.org>" in left.out
    assert "Sources: 1 git." in left.out
    assert document["program"]["version"] == champion
    assert document["demonstrations"][0]["origins"][0]["facts"]["sha"] == COMMIT


def test_blame_of_an_unknown_program_says_how_to_find_one(champion: str) -> None:
    """A program of no signature, and a signature without a champion."""
    assert "ratchet programs list" in ratchet("blame", "v1").err
    left = ratchet("blame", "champion", "-s", "generate_guidance")
    assert "no champion yet" in left.err
    assert champion not in left.err


def test_impact_tells_datasets_programs_and_traffic(champion: str, workspace: Path) -> None:
    """As tables, JSON, Mermaid text and a drawing."""
    picture = workspace / "lineage.svg"

    left = ratchet("impact", f"commit={COMMIT}", "--picture", picture)
    document = ratchet("impact", f"commit={COMMIT}", "--json").document
    mermaid = ratchet("impact", f"commit={COMMIT}", "--mermaid")

    assert f"commit={COMMIT}: 1 example (1 stored)" in left.out
    assert "100 % of the traffic is served by programs that learnt from it" in left.out
    assert picture.read_text().startswith("<?xml")
    assert [p["version"] for p in document["programs"]] == [champion]
    assert document["live_percent"] == {COMPLETENESS: 100.0}
    assert mermaid.out.startswith("flowchart LR\n")
    assert "selects nothing" in ratchet("impact", "colour=red").err


def test_forget_shows_its_plan_first_and_then_keeps_the_content_out(
    stock: Stock, champion: str, workspace: Path
) -> None:
    """Dry run, in earnest, and then an import that brings it back in vain."""
    (mined,) = stock.store.examples.find(COMPLETENESS)
    of = ("forget", f"commit={COMMIT}", "--reason", "the author asked")

    dry = ratchet(*of, "--dry-run")
    unasked = ratchet(*of)
    assert "To forget: 1 example" in dry.out
    assert "Still hold it, and never change" in dry.out
    assert (unasked.exit_code, "--yes" in unasked.err) == (2, True)
    assert stock.store.examples.get(mined.example_id) is not None

    done = ratchet(*of, "--yes")
    assert "Forgotten: 1 example deleted, 1 new tombstone" in done.out
    assert f"Optimise again: {COMPLETENESS} {champion}" in done.out
    assert "--signature" in done.out
    (entry,) = stock.store.audit.list(action="examples.forget")
    assert (entry.reason, entry.subject) == ("the author asked", f"commit={COMMIT}")

    write_rows(workspace / "again.jsonl", [mined])
    ratchet("import", workspace / "again.jsonl")
    assert stock.store.examples.get(mined.example_id) is None
    again = ratchet(*of, "--yes", "--json").document
    assert [example["whereabouts"] for example in again["examples"]] == ["forgotten"]
    assert (again["is_dry_run"], again["forgotten"]["known"]) == (False, 1)


def test_forgetting_needs_a_reason(champion: str) -> None:
    """An empty one is none."""
    left = ratchet("forget", f"commit={COMMIT}", "--reason", " ", "--yes")

    assert left.exit_code == 2
    assert "say why" in left.err
    assert ratchet("blame", champion).exit_code == 0
