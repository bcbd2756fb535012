"""`ratchet dataset`: create, add, list, show, diff, verify."""

from __future__ import annotations

from pathlib import Path

import pytest

from ratchet.datasets import DatasetFolder, DatasetVersion
from ratchet.files import read_json
from tests.cli_builders import COMPLETENESS, curated_row, good_examples, ratchet, write_rows

OF = ("--signature", COMPLETENESS)


def versions() -> list[DatasetVersion]:
    """The versions in the working directory."""
    return DatasetFolder(Path("training_data")).versions(COMPLETENESS)


def published(workspace: Path, count: int = 12) -> list[DatasetVersion]:
    """One version of so many examples."""
    path = write_rows(workspace / "found.jsonl", good_examples(count))
    assert ratchet("dataset", "create", *OF, path).exit_code == 0
    return versions()


def test_files_become_a_version(workspace: Path) -> None:
    """The examples are validated, split and published, with the notes of their publisher."""
    path = write_rows(workspace / "rows.jsonl", map(curated_row, good_examples(12)))

    left = ratchet("dataset", "create", *OF, path, "--notes", "by hand")

    (version,) = versions()
    assert left.exit_code == 0
    assert f"Published {COMPLETENESS} {version.version}: 12 examples" in left.out
    assert (version.example_count, version.notes) == (12, "by hand")
    assert version.statistics.quality_scores.mean is not None


def test_near_duplicates_stay_on_one_side(workspace: Path) -> None:
    """Two examples that are alike are linked, although they come from files."""
    examples = good_examples(12)
    first = examples[0]
    twin = first.evolve(
        inputs={**first.inputs, "implementation": _retold(str(first.inputs["implementation"]))},
        group_id="another",
    )
    path = write_rows(workspace / "found.jsonl", [*examples, twin])

    ratchet("dataset", "create", *OF, path)

    dataset = DatasetFolder(Path("training_data")).load(COMPLETENESS)
    assert twin.example_id in {e.example_id for e in dataset.examples}
    assert dataset.sides["another"] == dataset.sides[first.group_id]


def test_what_is_not_taken_is_listed(workspace: Path) -> None:
    """Bad rows cost no other row; the version is there and the exit code is 1."""
    rows = [*map(curated_row, good_examples(12)), '{"broken": ']
    path = write_rows(workspace / "rows.jsonl", rows)

    left = ratchet("dataset", "create", *OF, path)

    assert left.exit_code == 1
    assert "Not taken: 1 example" in left.out
    assert f"{path}, line 13, column 11" in left.out
    assert versions()[0].example_count == 12


def test_the_same_content_is_no_new_version(workspace: Path) -> None:
    """Creating twice gives one version."""
    published(workspace)

    left = ratchet("dataset", "create", *OF, "found.jsonl")

    assert left.exit_code == 0
    assert "Nothing is new" in left.out
    assert len(versions()) == 1


def test_strict_publishes_nothing_that_the_gates_refuse(workspace: Path) -> None:
    """Five examples are too few: said, and no version appears."""
    path = write_rows(workspace / "found.jsonl", good_examples(5))

    left = ratchet("dataset", "create", *OF, path, "--strict")

    assert left.exit_code == 1
    assert "quality_gates: reject" in left.out
    assert "Nothing was published: the gates refuse the set (--strict)." in left.out
    assert versions() == []


def test_the_store_gives_the_set_that_the_gates_take(workspace: Path) -> None:
    """`--from-store` chooses the largest balanced set; `--no-select` takes everything."""
    easy = [e for e in good_examples(60, seed=3) if e.difficulty.value == "easy"]
    path = write_rows(workspace / "found.jsonl", [*good_examples(30), *easy])
    accepted = ratchet("validate", path, "--json").document["reports"][0]["accepted"]

    chosen = ratchet("dataset", "create", *OF, "--from-store", "--json").document
    everything = ratchet("dataset", "create", *OF, "--from-store", "--no-select", "--json").document

    assert chosen["gate"]["verdict"] != "reject"
    assert chosen["version"]["example_count"] < len(accepted)
    assert chosen["left_out"]["over a share or the limit"] > 0
    assert everything["version"]["example_count"] == len(accepted)


def test_adding_keeps_what_is_there(workspace: Path) -> None:
    """The new version holds the latest one and the new examples, with sides unchanged."""
    (before,) = published(workspace)
    path = write_rows(workspace / "more.jsonl", good_examples(20))

    left = ratchet("dataset", "add", *OF, path)

    folder = DatasetFolder(Path("training_data"))
    old, new = folder.load(COMPLETENESS, before.version), folder.load(COMPLETENESS)
    assert left.exit_code == 0
    assert {e.example_id for e in old.examples} < {e.example_id for e in new.examples}
    assert new.version.parent_version == before.version
    assert {g: new.sides[g] for g in old.sides} == dict(old.sides)


def test_adding_the_same_examples_changes_nothing(workspace: Path) -> None:
    """What the latest version holds already is counted, and no version is made."""
    published(workspace)

    left = ratchet("dataset", "add", *OF, "found.jsonl")

    assert left.exit_code == 0
    assert "12 in the latest version already" in left.out
    assert len(versions()) == 1


@pytest.mark.parametrize("command", ["create", "add"])
@pytest.mark.parametrize("sources", [(), ("found.jsonl", "--from-store")])
def test_files_or_the_store_have_to_be_named(
    workspace: Path, command: str, sources: tuple[str, ...]
) -> None:
    """Neither and both are wrong use."""
    write_rows(workspace / "found.jsonl", good_examples(1))

    left = ratchet("dataset", command, *OF, *sources)

    assert left.exit_code == 2
    assert left.err == (
        "ratchet: Name the files to take examples from, or give --starter or --from-store.\n"
    )


def test_an_empty_store_has_nothing_to_publish(workspace: Path) -> None:
    """The message names the signature."""
    left = ratchet("dataset", "create", *OF, "--from-store")

    assert left.exit_code == 2
    assert f"There is no example of {COMPLETENESS} to publish." in left.err


def test_the_list_shows_every_version_and_which_is_latest(workspace: Path) -> None:
    """For people a table, for programs the metadata."""
    published(workspace)
    ratchet("dataset", "add", *OF, write_rows(workspace / "more.jsonl", good_examples(16)))
    old, new = versions()

    listed = ratchet("dataset", "list")
    document = ratchet("dataset", "list", *OF, "--json").document

    assert f"{new.version} (latest)" in listed.out
    assert f"{old.version} (latest)" not in listed.out
    assert [row["version"] for row in document] == [old.version, new.version]
    assert document[1]["parent_version"] == old.version


def test_a_list_of_nothing_says_what_to_do(workspace: Path) -> None:
    """A sentence for people, an empty list for programs."""
    assert "Make one with `ratchet dataset create`" in ratchet("dataset", "list").out
    assert ratchet("dataset", "list", "--json").document == []


def test_a_version_is_shown_with_its_split_and_examples(workspace: Path) -> None:
    """Sizes of the sides, counts of every kind, and as many examples as asked for."""
    (version,) = published(workspace)

    left = ratchet("dataset", "show", COMPLETENESS, version.version, "--examples", 2)
    document = ratchet("dataset", "show", COMPLETENESS, "--examples", 2, "--json").document

    ids = [example["metadata"]["example_id"] for example in document["examples"]]
    assert f"{version.side_counts['train']} train" in left.out
    assert all(example_id in left.out for example_id in ids)
    assert len(ids) == 2
    assert document["version"] == version.version


def test_two_versions_are_compared(workspace: Path) -> None:
    """Added examples by id, and how the shares moved."""
    (old,) = published(workspace)
    ratchet("dataset", "add", *OF, write_rows(workspace / "more.jsonl", good_examples(16)))
    new = versions()[1]

    left = ratchet("dataset", "diff", COMPLETENESS, old.version)
    document = ratchet("dataset", "diff", COMPLETENESS, old.version, new.version, "--json").document

    added = new.example_count - old.example_count
    assert f"{added} added" in left.out
    assert len(document["added"]) == added
    assert document["added"][0] in left.out
    assert document["removed"] == []


def test_a_version_compared_with_itself_is_the_same(workspace: Path) -> None:
    """No difference is a sentence, not an empty screen."""
    (version,) = published(workspace)

    left = ratchet("dataset", "diff", COMPLETENESS, version.version)

    assert "They hold the same content." in left.out


def test_a_whole_version_verifies(workspace: Path) -> None:
    """Nothing wrong leaves with 0."""
    (version,) = published(workspace)

    left = ratchet("dataset", "verify", "--all")

    assert left.exit_code == 0
    assert left.out == f"{COMPLETENESS}/{version.version}: whole\n"


def test_a_changed_file_is_found(workspace: Path) -> None:
    """A word changed after publishing: said, with exit code 1, by both ways to ask."""
    (version,) = published(workspace)
    _tamper(version.path / "dataset.json")

    one = ratchet("dataset", "verify", COMPLETENESS)
    everything = ratchet("dataset", "verify", "--all", "--json")

    assert (one.exit_code, everything.exit_code) == (1, 1)
    assert f"{COMPLETENESS}/latest: damaged" in one.out
    assert everything.document[f"{COMPLETENESS}/{version.version}"]


def test_a_damaged_version_does_not_hide_the_others(workspace: Path) -> None:
    """The list shows what can be read; `verify --all` names what can not."""
    (old,) = published(workspace)
    ratchet("dataset", "add", *OF, write_rows(workspace / "more.jsonl", good_examples(16)))
    (old.path / "metadata.json").chmod(0o644)
    (old.path / "metadata.json").write_text("{broken")

    listed = ratchet("dataset", "list")
    verified = ratchet("dataset", "verify", "--all")

    assert listed.exit_code == 0
    assert "(latest)" in listed.out
    assert verified.exit_code == 1
    assert f"{COMPLETENESS}/{old.version}: damaged" in verified.out


def test_verify_wants_to_know_what(workspace: Path) -> None:
    """Without a signature and without --all nothing is verified by accident."""
    left = ratchet("dataset", "verify")

    assert left.exit_code == 2
    assert "name a signature, or give --all" in left.err


@pytest.mark.parametrize(
    "arguments",
    [("show", COMPLETENESS, "v1"), ("diff", COMPLETENESS, "v1"), ("verify", COMPLETENESS, "v1")],
)
def test_an_unknown_version_is_answered_with_those_there_are(
    workspace: Path, arguments: tuple[str, ...]
) -> None:
    """The message has the versions to choose from."""
    (version,) = published(workspace)

    left = ratchet("dataset", *arguments)

    assert left.exit_code == 2
    assert "no version 'v1'" in left.err
    assert version.version in left.err


def test_a_signature_without_versions_says_so(workspace: Path) -> None:
    """A registered signature that was never published."""
    left = ratchet("dataset", "show", COMPLETENESS)

    assert left.exit_code == 2
    assert f"{COMPLETENESS} has no versions in" in left.err


def test_the_folder_of_a_version_can_be_read_again(workspace: Path) -> None:
    """A published version is a set of examples like any other file."""
    (version,) = published(workspace)

    left = ratchet("gate", *OF, version.path, "--json")

    assert left.document["statistics"]["example_count"] == version.example_count
    assert read_json(version.path / "metadata.json")["example_count"] == version.example_count


def test_examples_of_a_file_keep_their_groups(workspace: Path) -> None:
    """What must not be torn apart is known from the files that Ratchet wrote."""
    examples = [e.evolve(group_id=f"pair {n // 2}") for n, e in enumerate(good_examples(20))]
    path = write_rows(workspace / "found.jsonl", examples)

    ratchet("dataset", "create", *OF, path)

    dataset = DatasetFolder(Path("training_data")).load(COMPLETENESS)
    assert {e.group_id for e in dataset.examples} == {e.group_id for e in examples}


def _retold(text: str) -> str:
    """The text with two fifths more sentences: alike, and no duplicate."""
    return text + " That is all." * (len(text) // 30 + 1)


def _tamper(path: Path) -> None:
    path.chmod(0o644)
    path.write_text(path.read_text().replace("the", "teh", 1))
