"""What makes each label true, shown on histories in which the truth is known."""

from __future__ import annotations

from pathlib import Path

import pytest

from ratchet import signatures
from ratchet.collect.collection import Collection
from ratchet.collect.git_history import LABELLERS, MiningOptions, mine
from ratchet.collect.git_history.description import MAX_CHARACTERS, describe
from ratchet.collect.git_history.log import LogRequest, read_log
from ratchet.collect.git_history.repository import open_repository
from ratchet.examples import Example
from tests.repositories import BuiltRepository, Planned, build_repository
from tests.shop_history import WORDS, shop_history


def mined(built: BuiltRepository, name: str, **options: object) -> list[Example]:
    """The examples of one signature."""
    chosen = MiningOptions(**options)  # type: ignore[arg-type] # by name
    found = mine(built.path, chosen, now=built.now, signatures=[name])
    return list(found.examples)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> BuiltRepository:
    """A shop that grew feature by feature, with a defect that was mended."""
    return build_repository(tmp_path_factory.mktemp("shop") / "shop.git", shop_history())


@pytest.fixture(scope="module")
def everything(shop: BuiltRepository) -> Collection:
    """All examples of the shop."""
    return mine(shop.path, MiningOptions(since_days=200), now=shop.now)


def test_every_example_holds_the_contract_of_its_signature(everything: Collection) -> None:
    """Each labeller yields something, and nothing of it breaks an invariant."""
    assert {e.signature for e in everything.examples} == set(LABELLERS)
    for example in everything.examples:
        problems = signatures.get(example.signature).problems(example.inputs, example.outputs)
        assert problems == []


def test_requirements_are_the_authors_own_in_order_of_importance(shop: BuiltRepository) -> None:
    """Musts first, options last, nothing from the diff."""
    (example,) = mined(shop, "extract_requirements", since_days=200)

    assert example.inputs["user_intent"] == "Add a till for the shop"
    assert example.outputs["requirements"] == [
        "Tills must be locked at night",
        "Open the till with a key",
        "Print a daily report, optional",
    ]


def test_a_satisfied_intent_is_shown_with_its_own_change(shop: BuiltRepository) -> None:
    """And an unsatisfied one with a change that never names it."""
    for example in mined(shop, "validate_intent", since_days=200):
        word = example.inputs["user_intent"].split()[1]
        is_shown = f"src/shop/{word}.py" in example.inputs["implementation"]
        if word.removeprefix("late") in WORDS:
            assert example.outputs["intent_satisfied"] == is_shown


def test_what_is_missing_was_left_out_of_the_description(shop: BuiltRepository) -> None:
    """A requirement is missing exactly when the file made for it is not described."""
    examples = mined(shop, "validate_completeness", since_days=200)
    assert {example.outputs["is_complete"] for example in examples} == {True, False}
    for example in examples:
        described = example.inputs["implementation"]
        for requirement in example.inputs["requirements"]:
            word = requirement.split()[1]
            is_missing = requirement in example.outputs["missing_requirements"]
            assert is_missing == (f"/{word}.py" not in described)


def test_neither_length_nor_telling_words_give_a_label_away(everything: Collection) -> None:
    """Nothing in the inputs says withheld, and both labels have long and short texts."""
    for name, decision in (
        ("validate_completeness", "is_complete"),
        ("validate_intent", "intent_satisfied"),
    ):
        examples = [e for e in everything.examples if e.signature == name]
        lengths = {
            label: [
                len(e.inputs["implementation"]) for e in examples if e.outputs[decision] is label
            ]
            for label in (True, False)
        }
        pairs = [(a > b) + 0.5 * (a == b) for a in lengths[True] for b in lengths[False]]
        assert 0.3 < sum(pairs) / len(pairs) < 0.7
        assert not any("withheld" in str(e.inputs).lower() for e in examples)


def test_completeness_has_about_two_complete_of_five(everything: Collection) -> None:
    """The share that the gate asks for, within its tolerance."""
    labels = [
        e.outputs["is_complete"]
        for e in everything.examples
        if e.signature == "validate_completeness"
    ]

    assert 0.3 <= sum(labels) / len(labels) <= 0.5


def test_a_change_that_was_fixed_is_incorrect_in_the_words_of_the_fix(
    shop: BuiltRepository,
) -> None:
    """The issue is the fix's subject without its verb and number; the excerpt shows the place."""
    examples = mined(shop, "validate_correctness", since_days=200)
    (wrong,) = [example for example in examples if not example.outputs["is_correct"]]

    assert wrong.outputs["issues"] == ["Division by zero when there are no parts"]
    assert "remainder / len(parts)" in wrong.inputs["implementation"]
    assert wrong.inputs["execution_context"] == (
        "Phase: implementation, Agent: human, Status: committed, Previous attempts: 0"
    )


def test_a_correct_change_was_tested_and_left_alone(shop: BuiltRepository) -> None:
    """Young changes and those without tests are no evidence of correctness."""
    examples = mined(shop, "validate_correctness", since_days=200)
    correct = [example for example in examples if example.outputs["is_correct"]]

    assert correct
    for example in correct:
        assert "test file" in example.inputs["implementation"]
        assert "late" not in example.inputs["implementation"]


def test_guidance_is_what_the_follow_up_did(shop: BuiltRepository) -> None:
    """One numbered step an issue, with place and check, and the warning of the message."""
    (example,) = mined(shop, "generate_guidance", since_days=200)

    assert example.inputs["issues"] == ["Division by zero when there are no parts"]
    assert example.inputs["attempt_number"] == 1
    assert example.outputs["guidance"] == (
        "1. Fix division by zero when there are no parts in src/shop/shares.py (share_of). "
        "Check it with a test in tests/test_shares.py."
    )
    assert example.outputs["priority_order"] == [1]
    assert example.outputs["warnings"] == [
        "This is a breaking change for callers that catch the error."
    ]


def test_a_change_and_its_follow_up_are_one_group(everything: Collection) -> None:
    """The fix names pull request 41, so what its attempt gave is of that group too."""
    found = {
        example.signature: example.group_id
        for example in everything.examples
        if "shares of a total" in str(example.inputs)
    }

    assert {found["validate_correctness"], found["generate_guidance"]} == {"shop#41"}


def test_examples_of_one_batch_are_one_group(everything: Collection) -> None:
    """Commits whose messages appear together may not be torn apart by a split."""
    group_by_sha: dict[str, str] = {}
    for example in everything.examples:
        if example.signature == "validate_completeness":
            sha = example.provenance["sha"]
            assert group_by_sha.setdefault(sha, example.group_id) == example.group_id


def test_provenance_names_repository_commit_and_a_hashed_author(
    shop: BuiltRepository, everything: Collection
) -> None:
    """No person is in the data unless it is asked for."""
    facts = everything.examples[0].provenance
    in_clear = mined(shop, "validate_intent", include_authors_in_clear=True)[0].provenance

    assert {"repository", "sha", "author", "committed_at"} <= set(facts)
    assert facts["repository"] == "shop"
    assert all("Ada" not in str(example.to_json()) for example in everything.examples)
    assert in_clear["author"] == "Ada Abbott <ada@example.org>"


def test_the_same_history_gives_the_same_examples(
    shop: BuiltRepository, everything: Collection
) -> None:
    """Ids are content ids, so a second run adds nothing."""
    again = mine(shop.path, MiningOptions(since_days=200), now=shop.now)

    assert [e.example_id for e in again.examples] == [e.example_id for e in everything.examples]
    assert [e.group_id for e in again.examples] == [e.group_id for e in everything.examples]


def test_a_description_is_compact_whatever_the_change(tmp_path: Path) -> None:
    """A change of many long files still fits, and each file has its room."""
    files = {f"src/module_{n}.py": f"def long_name_{n}_{'x' * 80}():\n" * 40 for n in range(30)}
    built = build_repository(tmp_path / "r", [Planned(message="Add much", files=files)])
    (commit,) = read_log(open_repository(built.path), LogRequest(max_commits=1))

    text = describe(commit.files)

    assert 300 <= len(text) <= MAX_CHARACTERS
    assert text.count("src/module_") == 10
    assert "the 10 largest" in text
