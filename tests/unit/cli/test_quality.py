"""`ratchet validate` and `ratchet gate`."""

from __future__ import annotations

from pathlib import Path

from ratchet.examples import Difficulty, Example, Status
from ratchet.files import read_json, read_jsonl
from ratchet.settings import load_settings
from ratchet.store import open_store
from tests.cli_builders import COMPLETENESS, curated_row, good_examples, ratchet, write_rows
from tests.quality_builders import balanced_set, scored_example


def weak(example: Example) -> Example:
    """An example that says nothing, which validation rejects."""
    return example.evolve(
        inputs={"implementation": "x", "requirements": ["a"]},
        outputs={"is_complete": True, "missing_requirements": [], "explanation": ""},
    )


def test_validation_leaves_accepted_rejected_and_reports(workspace: Path) -> None:
    """A file per signature in each of three folders, for whoever wants to look."""
    good = good_examples(5)
    path = write_rows(workspace / "found.jsonl", [*good, weak(good[0])])

    left = ratchet("validate", path, "--output", "out")

    accepted = list(read_jsonl(workspace / "out/accepted" / f"{COMPLETENESS}.jsonl"))
    rejected = list(read_jsonl(workspace / "out/rejected" / f"{COMPLETENESS}.jsonl"))
    report = read_json(workspace / "out/reports" / f"{COMPLETENESS}.json")
    assert left.exit_code == 0
    assert (len(accepted), len(rejected)) == (5, 1)
    assert accepted[0]["metadata"]["status"] == "accepted"
    assert accepted[0]["metadata"]["quality_score"] > 50
    assert len(report["rejected"]) == 1
    assert "## Rejected" in (workspace / "out/reports" / f"{COMPLETENESS}.md").read_text()


def test_what_was_collected_is_validated_by_default(workspace: Path) -> None:
    """After `ratchet collect` no file has to be named, and nothing of an example is lost."""
    ratchet("collect", "synthetic", "-s", COMPLETENESS, "--target", 4)

    ratchet("validate")

    name = f"{COMPLETENESS}.jsonl"
    rows = read_jsonl(workspace / ".ratchet/validated_data/accepted" / name)
    before = read_jsonl(workspace / ".ratchet/collected_data" / f"{COMPLETENESS}.synthetic.jsonl")
    collected = {e.example_id: e for e in map(Example.from_json, before)}
    for example in map(Example.from_json, rows):
        was = collected.pop(example.example_id)
        assert example == was.evolve(quality_score=example.quality_score, status=Status.ACCEPTED)
    assert collected == {}


def test_validation_keeps_every_example_in_the_store(workspace: Path) -> None:
    """Accepted and rejected ones, each with its status."""
    good = good_examples(3)
    path = write_rows(workspace / "found.jsonl", [*good, weak(good[0])])

    ratchet("validate", path)

    with open_store(load_settings().store_url) as store:
        statuses = store.examples.statistics(COMPLETENESS).statuses
    assert statuses == {"accepted": 3, "rejected": 1}


def test_without_the_store_no_database_is_made(workspace: Path) -> None:
    """`--no-store` works on files alone."""
    path = write_rows(workspace / "found.jsonl", good_examples(3))

    left = ratchet("validate", path, "--no-store", "--output", "out")

    assert left.exit_code == 0
    assert not (workspace / ".ratchet").exists()


def test_rows_of_other_shapes_are_validated_too(workspace: Path) -> None:
    """Hand-made JSON, in one file with a bad row: the bad one is listed with its line."""
    rows = [*map(curated_row, good_examples(2)), '{"broken": ']
    path = write_rows(workspace / "found.jsonl", rows)

    left = ratchet("validate", path, "--no-store")

    assert left.exit_code == 1
    assert f"{path}, line 3, column 11" in left.out


def test_the_threshold_decides_what_is_a_duplicate(workspace: Path) -> None:
    """Two examples that are 9 parts in 10 alike are one at 0.8 and two at 1.0."""
    first = good_examples(1)[0]
    text = str(first.inputs["implementation"])
    second = first.evolve(
        inputs={**first.inputs, "implementation": text + " It is late." * (len(text) // 100)}
    )
    path = write_rows(workspace / "found.jsonl", [first, second])
    arguments = ("validate", path, "--no-store", "--json", "--threshold")

    strict = ratchet(*arguments, 1.0).document["reports"][0]
    loose = ratchet(*arguments, 0.8).document["reports"][0]

    assert len(strict["accepted"]) == 2
    assert len(loose["accepted"]) == 1
    assert loose["rejected"][0]["reasons"][0].startswith("duplicates example")


def test_nothing_collected_says_what_to_do(workspace: Path) -> None:
    """The first command of a new user may be the second one."""
    left = ratchet("validate")

    assert left.exit_code == 2
    assert "Run `ratchet collect git`, or name the files." in left.err


def test_no_accepted_example_is_no_success(workspace: Path) -> None:
    """A batch that is bad throughout leaves with 1, and its report is there."""
    path = write_rows(workspace / "found.jsonl", [weak(good_examples(1)[0])])

    left = ratchet("validate", path, "--output", "out")

    assert left.exit_code == 1
    assert (workspace / "out/reports" / f"{COMPLETENESS}.json").exists()


def test_a_balanced_set_passes_the_gates(workspace: Path) -> None:
    """Every check is in the table, with its value and its target."""
    path = write_rows(workspace / "set.jsonl", balanced_set(40))

    left = ratchet("gate", "-s", COMPLETENESS, path, "--strict")

    assert left.exit_code == 0
    for name in ("example_count", "difficulty_shares", "categories", "source_share"):
        assert name in left.out


def test_a_refused_set_says_why_and_what_it_needs(workspace: Path) -> None:
    """The line of the logs, the request in words, and exit code 1 in strict mode."""
    examples = [e.evolve(quality_score=62.0) for e in balanced_set(40)]
    path = write_rows(workspace / "set.jsonl", examples)

    left = ratchet("gate", "-s", COMPLETENESS, path, "--strict")

    assert left.exit_code == 1
    assert "quality_gates: reject, reason: quality_score=62.0 < 75.0" in left.out
    assert "needs 40 examples replaced by better ones" in left.out


def test_without_strict_a_set_is_let_through_with_a_warning(workspace: Path) -> None:
    """In development the shortcomings are said and the work goes on."""
    examples = [e.evolve(quality_score=62.0) for e in balanced_set(40)]
    path = write_rows(workspace / "set.jsonl", examples)

    left = ratchet("gate", "-s", COMPLETENESS, path)

    assert left.exit_code == 0
    assert "quality_gates: warn, reason: quality_score=62.0 < 75.0" in left.out


def test_the_store_is_asked_when_no_file_is_named(workspace: Path) -> None:
    """What the store holds as accepted is the set; rejected examples are not in it."""
    good = good_examples(30)
    ratchet("validate", write_rows(workspace / "found.jsonl", [*good, weak(good[0])]))

    left = ratchet("gate", "-s", COMPLETENESS, "--json")

    assert left.exit_code == 0
    assert left.document["statistics"]["example_count"] == 30


def test_an_empty_store_is_refused_with_the_way_out(workspace: Path) -> None:
    """An empty set can train nothing, strict or not."""
    left = ratchet("gate", "-s", COMPLETENESS)

    assert left.exit_code == 1
    assert "quality_gates: reject" in left.out
    assert "Bring examples with `ratchet validate` or `ratchet import`." in left.out


def test_the_largest_set_that_passes_can_be_chosen_and_written(workspace: Path) -> None:
    """`--select` leaves out what tips the shares, and the file holds what was checked."""
    surplus = [
        scored_example(number, difficulty=Difficulty.EASY, complete=bool(number % 2))
        for number in range(100, 140)
    ]
    path = write_rows(workspace / "set.jsonl", [*balanced_set(40), *surplus])
    arguments = ("gate", "-s", COMPLETENESS, path, "--strict")

    everything = ratchet(*arguments)
    chosen = ratchet(*arguments, "--select", "--output", "chosen.jsonl", "--json")

    assert everything.exit_code == 1
    assert chosen.exit_code == 0
    size = chosen.document["statistics"]["example_count"]
    assert 40 <= size < 80
    assert chosen.document["left_out"]["over a share or the limit"] == 80 - size
    assert len(list(read_jsonl(workspace / "chosen.jsonl"))) == size


def test_examples_of_other_signatures_are_left_out(workspace: Path) -> None:
    """A folder with the files of all signatures may be named; the count of the rest is said."""
    write_rows(workspace / "all" / "one.jsonl", balanced_set(40))
    others = good_examples(3, signature="extract_requirements")
    write_rows(workspace / "all" / "two.jsonl", others)

    left = ratchet("gate", "-s", COMPLETENESS, "all")

    assert "Left out: 3 of another signature." in left.out
    assert f"{COMPLETENESS}: 40 examples" in left.out
