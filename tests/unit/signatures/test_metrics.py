from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ratchet import signatures
from ratchet.signatures.matching import match_lists, order_agreement, text_similarity

TEXTS = st.lists(st.text(min_size=1, max_size=30), max_size=5)
FINDINGS = {
    "validate_intent": ("intent_satisfied", "missing_aspects"),
    "validate_completeness": ("is_complete", "missing_requirements"),
    "validate_correctness": ("is_correct", "issues"),
}


def judged(name: str, *findings: str) -> dict[str, Any]:
    """The outputs of a validator with these findings."""
    decision, listed = FINDINGS[name]
    return {decision: not findings, listed: list(findings), "explanation": "because"}


def score(name: str, gold: dict[str, Any], predicted: dict[str, Any], **inputs: Any) -> float:
    """What the metric of a signature says."""
    return signatures.get(name).metric(inputs, gold, predicted).value


@pytest.mark.parametrize("name", FINDINGS)
class TestValidators:
    """The metric of the three validators: half the boolean, half the F1 of the list."""

    def test_the_label_itself_is_perfect(self, name: str) -> None:
        """The labelled outputs score 1, with and without findings."""
        for gold in (judged(name), judged(name, "No lock after failures", "No log")):
            assert score(name, gold, gold) == 1.0

    def test_two_empty_lists_agree(self, name: str) -> None:
        """Nothing missing, and nothing said to be missing, is fully right."""
        assert score(name, judged(name), judged(name)) == 1.0

    def test_the_right_decision_alone_is_half(self, name: str) -> None:
        """Findings about something else keep the half of the decision."""
        gold, predicted = judged(name, "No lock after failures"), judged(name, "Colours clash")

        assert score(name, gold, predicted) == pytest.approx(0.5)

    def test_the_opposite_decision_is_nothing(self, name: str) -> None:
        """All missed: wrong boolean, empty list."""
        assert score(name, judged(name, "No lock after failures"), judged(name)) == 0.0
        assert score(name, judged(name), judged(name, "No lock after failures")) == 0.0

    def test_invented_findings_cost(self, name: str) -> None:
        """One right and one invented finding is worth less than the right one alone."""
        gold = judged(name, "No lock after failures")
        more = judged(name, "No lock after failures", "The moon is made of cheese")

        assert 0.5 < score(name, gold, more) < 1.0

    def test_other_words_for_the_same_finding_count(self, name: str) -> None:
        """Order of words, case and punctuation do not matter."""
        gold, predicted = (
            judged(name, "No lock after failures"),
            judged(name, "after failures: no LOCK"),
        )

        assert score(name, gold, predicted) > 0.95

    def test_repeating_a_finding_gains_nothing(self, name: str) -> None:
        """Matching is one to one: saying it twice is an invented second finding."""
        gold = judged(name, "No lock after failures", "No log of attempts")
        twice = judged(name, "No lock after failures", "No lock after failures")

        assert score(name, gold, twice) < 0.8

    def test_feedback_names_what_was_missed(self, name: str) -> None:
        """The sentence that GEPA reads quotes the finding."""
        found = signatures.get(name).metric({}, judged(name, "No lock"), judged(name))

        assert "'No lock'" in found.feedback
        assert "wrong" in found.feedback


class TestExtractRequirements:
    """F1 of the requirements, and the agreement on their order."""

    NAME = "extract_requirements"
    GOLD = {"requirements": ["Add login", "Lock accounts", "Send mail"], "priorities": [1, 2, 3]}  # noqa: RUF012 - a constant

    def test_the_label_itself_is_perfect(self) -> None:
        """The labelled outputs score 1."""
        assert score(self.NAME, self.GOLD, self.GOLD) == 1.0

    def test_saying_nothing_is_nothing(self) -> None:
        """Empty lists score 0 against a label with requirements."""
        assert score(self.NAME, self.GOLD, {"requirements": [], "priorities": []}) == 0.0

    def test_a_turned_order_costs(self) -> None:
        """The same requirements ranked the other way lose the part of the order."""
        turned = {"requirements": self.GOLD["requirements"][::-1], "priorities": [1, 2, 3]}

        assert score(self.NAME, self.GOLD, turned) == pytest.approx(0.7)

    def test_the_order_of_one_match_is_worth_no_more_than_the_match(self) -> None:
        """One of three found keeps a third of both parts at most, not the whole order."""
        one = {"requirements": ["Add login", "Paint it", "Sing"], "priorities": [1, 2, 3]}

        assert score(self.NAME, self.GOLD, one) == pytest.approx(1 / 3)

    def test_priorities_that_are_missing_do_not_crash(self) -> None:
        """Fewer priorities than requirements are scored, not raised."""
        short = {"requirements": self.GOLD["requirements"], "priorities": [1]}

        assert score(self.NAME, self.GOLD, short) == pytest.approx(0.8)

    def test_priorities_that_are_missing_cost(self) -> None:
        """Requirements without a rank are no ranking."""
        short = {"requirements": self.GOLD["requirements"], "priorities": []}

        assert score(self.NAME, self.GOLD, short) == pytest.approx(0.7)


class TestGenerateGuidance:
    """Issues addressed, order of work, warnings; never a length."""

    NAME = "generate_guidance"
    INPUTS = {  # noqa: RUF012 - a constant
        "user_intent": "Make the login safe",
        "requirements": ["Lock accounts"],
        "issues": ["The password is logged in plain text", "Accounts are never locked"],
        "attempt_number": 2,
    }
    GOLD = {  # noqa: RUF012 - a constant
        "guidance": "1. Stop logging the password in plain text.\n2. Lock accounts after failures.",
        "priority_order": [1, 2],
        "warnings": ["Old logs still hold passwords"],
    }

    def changed(self, **changes: Any) -> float:
        """The score of the label with `changes`."""
        return score(self.NAME, self.GOLD, {**self.GOLD, **changes}, **self.INPUTS)

    def test_the_label_itself_is_perfect(self) -> None:
        """The labelled outputs score 1."""
        assert self.changed() == 1.0

    def test_empty_guidance_is_nothing(self) -> None:
        """Without guidance neither order nor warnings count."""
        assert self.changed(guidance="  ") == 0.0

    def test_half_the_issues_cost(self) -> None:
        """Guidance that leaves an issue out scores less."""
        assert self.changed(guidance="1. Stop logging the password in plain text.") <= 0.75

    def test_long_talk_off_topic_is_halved(self) -> None:
        """Length is worth nothing: a long text about something else scores far less."""
        assert self.changed(guidance="Bake bread every morning. " * 40) < 0.4

    def test_filler_words_address_nothing(self) -> None:
        """Words that every issue holds say nothing about any of them."""
        assert self.changed(guidance="1. The is in are.") == pytest.approx(0.25)

    def test_one_word_of_the_label_is_not_the_label(self) -> None:
        """Where the label speaks in other words, a fragment of it is worth little."""
        label = {**self.GOLD, "guidance": "Mask secrets before writing, and count the attempts."}
        predicted = {**label, "guidance": "Mask"}

        assert score(self.NAME, label, predicted, **self.INPUTS) < 0.7

    def test_other_forms_of_the_words_address_an_issue(self) -> None:
        """Guidance may inflect the words of an issue."""
        guidance = "1. Never log passwords as plain text.\n2. Lock an account, never leave it."

        assert self.changed(guidance=guidance) == 1.0

    def test_the_order_of_work_counts(self) -> None:
        """The turned order loses its quarter."""
        assert self.changed(priority_order=[2, 1]) == pytest.approx(0.75)

    def test_warnings_count(self) -> None:
        """Missing warnings lose their quarter."""
        assert self.changed(warnings=[]) == pytest.approx(0.75)

    def test_repeating_the_issues_is_not_better_than_the_label(self) -> None:
        """A parrot may address every issue by its words, but never beats the label."""
        assert self.changed(guidance="\n".join(self.INPUTS["issues"])) <= 1.0


@given(guidance=st.text(min_size=1).filter(str.strip), issues=TEXTS, warnings=TEXTS)
def test_any_guidance_is_perfect_against_itself(
    guidance: str, issues: list[str], warnings: list[str]
) -> None:
    """The label scores 1 whatever its words are, whether it names the issues or not."""
    gold = {"guidance": guidance, "priority_order": [1], "warnings": warnings}
    inputs = {"user_intent": "Make it safe", "requirements": [], "issues": issues}

    assert score("generate_guidance", gold, gold, **inputs) == pytest.approx(1.0)


@given(gold=TEXTS, predicted=TEXTS)
def test_the_f1_of_lists_is_a_share(gold: list[str], predicted: list[str]) -> None:
    """F1 is 0..1, symmetric, and each item is matched at most once."""
    match, turned = match_lists(gold, predicted), match_lists(predicted, gold)

    assert 0.0 <= match.f1 <= 1.0
    assert match.f1 == pytest.approx(turned.f1)
    assert len({g for g, _, _ in match.pairs}) == len(match.pairs)
    assert len({p for _, p, _ in match.pairs}) == len(match.pairs)


@given(items=TEXTS)
def test_a_list_agrees_with_itself(items: list[str]) -> None:
    """Every list matches itself fully, whatever its texts are."""
    assert match_lists(items, items).f1 == pytest.approx(1.0)


@given(left=st.text(max_size=40), right=st.text(max_size=40))
def test_similarity_is_a_symmetric_share(left: str, right: str) -> None:
    """Two texts are as similar one way as the other, 0..1, and equal ones fully."""
    assert 0.0 <= text_similarity(left, right) <= 1.0
    assert text_similarity(left, right) == pytest.approx(text_similarity(right, left))
    assert text_similarity(left, left) == 1.0


def test_a_reason_after_the_finding_is_nearly_a_match() -> None:
    """An item that repeats the other with a reason added is above the threshold."""
    assert text_similarity("Lock accounts", "Lock accounts, there is no code for it") > 0.5
    assert match_lists(["Lock accounts"], ["Lock accounts (not found)"]).pairs


@given(order=st.permutations(list(range(5))))
def test_an_order_agrees_with_itself_and_not_with_its_reverse(order: list[int]) -> None:
    """Kendall's share is 1 for the same order and 0 for the opposite one."""
    assert order_agreement(order, order) == 1.0
    assert order_agreement(order, [-value for value in order]) == 0.0
