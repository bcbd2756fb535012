"""`ratchet review` without a terminal, and what curation does to everything after it."""

from __future__ import annotations

from pathlib import Path

import pytest

from ratchet.cli.credentials import TOKEN_VARIABLE
from ratchet.examples import Example, Status
from ratchet.settings import load_settings
from ratchet.store import open_store
from tests.cli_builders import COMPLETENESS, curated_row, good_examples, ratchet, write_rows
from tests.curation_builders import curator, open_example, review


def kept(*examples: Example) -> None:
    """Store examples as they are, beside a curator called ada."""
    with open_store(load_settings().store_url) as store:
        store.curators.add(curator())
        store.examples.add(examples)


def decided(example: Example, verdict: str) -> None:
    """What ada decides."""
    with open_store(load_settings().store_url) as store:
        session = review(store)
        if verdict == "approve":
            session.approve(example)
        else:
            session.reject(example, reason="vague")


def held(example: Example) -> Status:
    """The status in the store."""
    with open_store(load_settings().store_url) as store:
        return store.examples.statuses([example.example_id])[example.example_id]


def test_the_queue_is_shown_without_a_token(workspace: Path) -> None:
    """In the order of worth, with the reasons; nothing is changed."""
    doubted = open_example(1, provenance={"agreement": 0.6})
    kept(open_example(2), doubted, open_example(3, quality_score=99.0))

    listed = ratchet("review", "-s", COMPLETENESS, "--list")
    found = ratchet("review", "-s", COMPLETENESS, "--json", "--limit", 1).document

    assert listed.exit_code == 0
    assert "2 examples to review" in listed.out
    assert found["total"] == 2
    assert [item["example_id"] for item in found["items"]] == [doubted.example_id]
    assert "a blind second label agrees by 0.60 only" in listed.out
    assert held(doubted) is Status.ACCEPTED


def test_the_bands_are_settings(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On the scale 0..1 or 0..100: from the threshold on, an example skips review."""
    kept(open_example(1, quality_score=80.0), open_example(2, quality_score=70.0))
    monkeypatch.setenv("RATCHET_QUALITY__MANUAL_REVIEW_THRESHOLD", "0.75")

    found = ratchet("review", "-s", COMPLETENESS, "--json").document

    assert [i["example"]["metadata"]["quality_score"] for i in found["items"]] == [70.0]


def test_a_status_may_be_asked_for(workspace: Path) -> None:
    """Also of what is decided; a word that is no status is refused."""
    gone = open_example(1, status=Status.REJECTED)
    kept(gone, open_example(2))

    found = ratchet("review", "-s", COMPLETENESS, "--json", "--status", "rejected").document
    wrong = ratchet("review", "-s", COMPLETENESS, "--list", "--status", "good")

    assert [item["example_id"] for item in found["items"]] == [gone.example_id]
    assert wrong.exit_code == 2
    assert "candidate" in wrong.err


def test_without_a_curator_a_review_only_shows_the_queue(workspace: Path) -> None:
    """And says how to name the first one."""
    with open_store(load_settings().store_url) as store:
        store.examples.add([open_example()])

    left = ratchet("review", "-s", COMPLETENESS)

    assert left.exit_code == 1
    assert "1 example to review" in left.out
    assert "ratchet curators add NAME --role admin" in left.out


def test_a_review_needs_a_terminal(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A pipe is told what it can have instead."""
    kept(open_example())
    monkeypatch.setenv(TOKEN_VARIABLE, "ada:x")

    left = ratchet("review", "-s", COMPLETENESS)

    assert left.exit_code == 2
    assert "--list" in left.err


def test_with_manual_curation_on_only_approved_examples_become_a_dataset(
    workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From the store and from files; the rest is counted, and the gates see the same set."""
    examples = [e.evolve(status=Status.ACCEPTED, quality_score=95.0) for e in good_examples(12)]
    kept(*examples)
    for example in examples[:10]:
        decided(example, "approve")
    path = write_rows(workspace / "more.jsonl", examples[10:])
    monkeypatch.setenv("RATCHET_CURATION__REQUIRE_APPROVAL", "true")

    gate = ratchet("gate", "-s", COMPLETENESS, "--json").document
    made = ratchet(
        "dataset", "create", "-s", COMPLETENESS, "--from-store", "--no-select", "--json"
    ).document
    more = ratchet("dataset", "add", path, "-s", COMPLETENESS, "--json").document

    assert gate["left_out"] == {"not approved by a curator": 2}
    assert made["version"]["example_count"] == 10
    assert more["left_out"]["not approved by a curator"] == 2


def test_the_best_may_be_trusted_without_a_person(
    workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By a setting of its own; what is below the threshold still waits."""
    good = good_examples(12)
    kept(
        *(e.evolve(status=Status.ACCEPTED, quality_score=95.0) for e in good[:10]),
        *(e.evolve(status=Status.ACCEPTED, quality_score=85.0) for e in good[10:]),
    )
    monkeypatch.setenv("RATCHET_CURATION__REQUIRE_APPROVAL", "true")
    monkeypatch.setenv("RATCHET_CURATION__TRUST_ABOVE_THRESHOLD", "true")

    gate = ratchet("gate", "-s", COMPLETENESS, "--json").document

    assert gate["left_out"] == {"not approved by a curator": 2}


def test_what_a_curator_rejected_leaves_the_next_version(workspace: Path) -> None:
    """Also when the latest version still holds it."""
    examples = [e.evolve(status=Status.ACCEPTED, quality_score=95.0) for e in good_examples(12)]
    kept(*examples)
    ratchet("dataset", "create", "-s", COMPLETENESS, "--from-store", "--no-select")
    decided(examples[0], "reject")
    extra = write_rows(workspace / "more.jsonl", good_examples(1, seed=9))

    made = ratchet("dataset", "add", extra, "-s", COMPLETENESS, "--json").document

    assert made["version"]["example_count"] == 12  # 11 and the new one


@pytest.mark.parametrize("command", ["validate", "import"])
def test_what_a_curator_rejected_is_not_brought_back(workspace: Path, command: str) -> None:
    """By collecting the same content again; the curator's reason is the reason."""
    example = good_examples(1)[0]
    kept(example.evolve(status=Status.ACCEPTED, quality_score=95.0))
    decided(example.evolve(status=Status.ACCEPTED), "reject")
    path = write_rows(workspace / "again.jsonl", [curated_row(example)])

    left = (
        ratchet(command, path, "-s", COMPLETENESS)
        if command == "import"
        else ratchet(command, path)
    )

    assert held(example) is Status.REJECTED
    assert "ada rejected it on 2026-03-01: vague" in left.out


def test_the_rejection_band_is_a_setting(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On either scale: what scores below it is refused outright."""
    path = write_rows(workspace / "one.jsonl", [curated_row(open_example())])
    before = ratchet("validate", path, "--json").document["reports"][0]
    monkeypatch.setenv("RATCHET_QUALITY__REJECT_BELOW", "0.3")

    after = ratchet("validate", path, "--json").document["reports"][0]

    assert (len(before["accepted"]), len(after["accepted"])) == (0, 1)
    assert "< 50.0" in str(before["rejected"][0]["reasons"])
    assert 30 <= after["accepted"][0]["quality_score"] < 50
