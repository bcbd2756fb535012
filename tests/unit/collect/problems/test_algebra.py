"""Mathematics is read by a grammar of our own, worked out, and compared by value."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ratchet.collect.problems.algebra.answers import agrees, same_answer
from ratchet.collect.problems.algebra.claims import work_out
from ratchet.collect.problems.algebra.parser import parse
from ratchet.collect.problems.algebra.tokens import Unreadable
from ratchet.collect.problems.algebra.values import NoAnswer


@pytest.mark.parametrize(
    "text",
    [
        "__import__('os').system('true')",
        "x.__class__",
        "(lambda: 0)()",
        "open(1)",
        "eval(1)",
        "sin.func",
        "x; y",
        "[x for x in y]",
        "9^9^9^9",
        "((x+1)^64)^64",
        "factorial(99999)",
        "1" * 200,
        "(" * 300,
        "-" * 300 + "1",
        "1/0",
        "0^-1",
        "",
        "2 3",
        "f(3)",
    ],
)
def test_what_is_no_small_mathematics_is_refused(text: str) -> None:
    """Code, names of Python and numbers that fill a memory are not read, and nothing runs."""
    with pytest.raises(Unreadable):
        parse(text)


@given(st.text(alphabet="xyz0123456789+-*/^()[],.= eipsnco!|", max_size=40))
def test_any_text_is_read_or_refused(text: str) -> None:
    """No text makes the parser fail in another way; what it reads it reads the same again."""
    try:
        found = parse(text)
    except Unreadable:
        return
    assert found == parse(text)


def test_a_claim_names_a_known_operation() -> None:
    """Nothing else is ever called."""
    for claim in ("exec(1)", "parse(1)", "_extremum(x, x, 1)", "roots", "value(1"):
        with pytest.raises(Unreadable):
            work_out(claim)


@pytest.mark.parametrize(
    ("claim", "reason"),
    [
        ("maximum(x^2 - 4x + 3, x)", r"not bounded above \(-1 at x = 2 is its minimum\)"),
        ("minimum(-x^2, x)", "not bounded below"),
        ("roots(x^2 + 1, x)", "no real solution"),
        ("system([x + y = 1, x + y = 2], [x, y])", "contradict"),
        ("inverse(4, 8)", "no inverse"),
        ("integral(1/x, x, 0, 1)", "does not exist or is infinite"),
    ],
)
def test_a_question_without_an_answer_says_why(claim: str, reason: str) -> None:
    """That there is no maximum is an answer about the question, not a failure."""
    with pytest.raises(NoAnswer, match=reason):
        work_out(claim)


@pytest.mark.parametrize(
    ("claim", "right", "wrong"),
    [
        ("roots(x^2 - 5x + 6, x)", "x = 3 or x = 2", "x = 3"),
        ("derivative(x^2*sin(x), x)", "x(2sin(x) + x cos(x))", "2x cos(x)"),
        ("value(1/3)", "0.333", "0.334"),
        ("minimum(x^2 - 4x + 3, x)", "The minimum value is -1 at x = 2", "The value is 1"),
        ("value((2 + 3i)*(1 - i))", "5 + i", "5 - i"),
        ("cross([1, 0, 0], [0, 1, 0])", "(0, 0, 1)", "(0, 1, 0)"),
        ("value(12)", "12 cm^2", "12.5 cm"),
    ],
)
def test_answers_are_compared_by_value(claim: str, right: str, wrong: str) -> None:
    """Form, order, units and a sentence around the answer do not matter; its value does."""
    assert agrees(right, work_out(claim))
    assert not agrees(wrong, work_out(claim))


def test_an_integral_without_a_closed_form_is_checked_numerically() -> None:
    """Twenty-five digits stand in for the form that there is not."""
    assert agrees("0.7364", work_out("integral(exp(-x^4) * cos(x), x, 0, 1)"))
    assert not agrees("0.7369", work_out("integral(exp(-x^4) * cos(x), x, 0, 1)"))


def test_two_written_answers_are_compared_without_a_claim() -> None:
    """Solvers and targets are judged by meaning as well; words are compared as words."""
    assert same_answer("1/2", "0.5")
    assert same_answer("There is none.", "there is none")
    assert not same_answer("3", "")
