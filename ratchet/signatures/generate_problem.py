"""generate_problem: write a mathematics problem with its answer, hints and solution."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal

from ratchet.signatures.coverage_plan import (
    USUAL_DIFFICULTIES,
    CoverageCell,
    CoveragePlan,
    Rule,
    difficulty_cells,
    domain_cells,
)
from ratchet.signatures.spec import Field, GatePolicy, Score, SignatureSpec, Values

WELL_FORMED, VERIFIED, HINTS, NOVELTY = 0.15, 0.50, 0.20, 0.15
LEAST_HINTS = 3
TELLING_CHARACTERS = 3  # an answer of fewer is given away only where it is stated as one
SAME_PROBLEM = 95.0  # rapidfuzz ratio, 0..100
TOPIC_SHARE = 0.5  # of the fit; the rest is whether the ingredients of the prompt are used
SAME_SUBJECT = 0.4  # what a problem of the right subject and another topic is worth

SUBJECTS = (
    "algebra",
    "arithmetic",
    "calculus",
    "combinatorics",
    "complex analysis",
    "differential equations",
    "financial mathematics",
    "geometry",
    "linear algebra",
    "number theory",
    "probability",
    "sequences and series",
    "statistics",
    "trigonometry",
)
GENERAL = "general"

_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_WHOLE = re.compile(r"[a-z]?\s*=?\s*-?\d+")


def gives_away(answer: str, text: str) -> bool:
    """Whether `text` says the answer; one of a digit or two only where it is said to be it.

    >>> gives_away("x = 2 or x = 3", "Check that x = 2 or x = 3 solve it.")
    True
    >>> gives_away("2", "Factor x^2 - 5x + 6."), gives_away("2", "So the answer is 2.")
    (False, True)
    """
    answer, text = _plain(answer), _plain(text)
    if not answer:
        return False
    core = answer.rpartition("=")[2].strip() if answer.count("=") == 1 else answer
    if len(core) >= TELLING_CHARACTERS and _stands_in(core, text):
        return True
    stated = rf"(?:=|\bis|\bequals?|\bgives|\banswer:?)\s*{re.escape(core)}(?!\s*[\w+*/^(-]|[.,]\d)"
    return re.search(stated, text) is not None


def hints_lead_on(_: Values, outputs: Values) -> Iterator[str]:
    """At least three different hints, keyed "0", "1" and so on."""
    hints = outputs["hints"]
    if len(hints) < LEAST_HINTS:
        yield f"there are {len(hints)} hints; a problem needs at least {LEAST_HINTS}"
    if list(hints) != [str(number) for number in range(len(hints))]:
        yield f'hints are keyed {", ".join(hints)}; they must be "0", "1" and so on'
    if len({_plain(hint) for hint in hints.values()}) < len(hints):
        yield "two hints are the same"
    if any(not hint.strip() for hint in hints.values()):
        yield "a hint is empty"


def answer_is_kept(_: Values, outputs: Values) -> Iterator[str]:
    """The problem and its answer are there, and neither problem nor hint says the answer."""
    for name in ("problem", "answer"):
        if not outputs[name].strip():
            yield f"the {name} is empty"
    if gives_away(outputs["answer"], outputs["problem"]):
        yield "the problem gives the answer away"
    for number, hint in outputs["hints"].items():
        if gives_away(outputs["answer"], hint):
            yield f"hint {number} gives the answer away"


def metric(inputs: Values, gold: Values, predicted: Values) -> Score:
    """Well-formed, verified, hints and novelty, all times how well the problem fits the order."""
    if not predicted["problem"].strip():
        return Score(value=0.0, feedback="There is no problem.")
    broken = [p for check in SPEC.invariants for p in check(inputs, predicted)]
    if gold["solution"].strip() and not predicted["solution"].strip():
        broken.append("the solution is empty")
    verified, said = _verified(gold, predicted)
    hints = _hints(inputs, predicted)
    novelty = _novelty(inputs, predicted) / max(_novelty(inputs, gold), 0.01)
    fit = _fit(inputs, gold, predicted)
    parts = (
        WELL_FORMED * (not broken) + VERIFIED * verified + HINTS * hints
        + NOVELTY * min(1.0, novelty)
    )  # fmt: skip
    feedback = [said, *(f"{sentence[0].upper()}{sentence[1:]}." for sentence in broken)]
    if fit < 1:
        feedback.append(f"It fits the order by {fit:.0%}: use its topic and its numbers.")
    return Score(value=min(1.0, fit * parts), feedback=" ".join(feedback))


def _verified(gold: Values, predicted: Values) -> tuple[float, str]:
    """The label is right; anything else has to be verified by computer algebra."""
    if (predicted["problem"], predicted["answer"]) == (gold["problem"], gold["answer"]):
        return 1.0, "The answer is the labelled one."
    from ratchet.collect.problems.verification import verify_text

    found = verify_text(predicted["problem"], predicted["answer"])
    return float(found.is_verified), found.reason


def _hints(inputs: Values, outputs: Values) -> float:
    if any(hints_lead_on(inputs, outputs)):
        return 0.0
    return float(not any(gives_away(outputs["answer"], h) for h in outputs["hints"].values()))


def _novelty(inputs: Values, outputs: Values) -> float:
    """0 when the problem copies the prompt it was asked with, 1 when it is a text of its own."""
    from rapidfuzz import fuzz

    likeness = fuzz.ratio(_plain(inputs["seed_prompt"]), _plain(outputs["problem"])) / 100
    return 1.0 - max(0.0, likeness - 0.5) * 2


def _fit(inputs: Values, gold: Values, predicted: Values) -> float:
    from rapidfuzz import fuzz

    if fuzz.ratio(gold["problem"], predicted["problem"]) >= SAME_PROBLEM:
        return 1.0
    topic = _topic_fit(inputs, predicted["problem"])
    wanted = set(_NUMBER.findall(inputs["seed_prompt"]))
    if not wanted:
        return topic
    used = len(wanted & set(_NUMBER.findall(predicted["problem"]))) / len(wanted)
    return float(TOPIC_SHARE * topic + (1 - TOPIC_SHARE) * used)


def _topic_fit(inputs: Values, problem: str) -> float:
    from ratchet.collect.problems.reading import read_problem

    reading = read_problem(problem)
    if reading is not None and reading.topic:
        if reading.topic.lower() == inputs["topic"].lower():
            return 1.0
        return SAME_SUBJECT * float(reading.subject.lower() == inputs["subject"].lower())
    words = set(re.findall(r"[a-z]{4,}", f"{inputs['topic']} {inputs['seed_prompt']}".lower()))
    return sum(word[:6] in problem.lower() for word in words) / len(words) if words else 0.0


def _plain(text: str) -> str:
    return " ".join(text.lower().rstrip(" .").split())


def _stands_in(answer: str, text: str) -> bool:
    return re.search(rf"(?<![\w^.]){re.escape(answer)}(?![\w^]|\.\d)", text) is not None


def _kind(outputs: Values) -> str:
    answer = _plain(outputs["answer"])
    if re.search(r"\bor\b|\band\b|,", answer):
        return "several values"
    return "whole number" if _WHOLE.fullmatch(answer) else "expression"


def _answer_cell(kind: str, want: int) -> CoverageCell:
    rule = Rule(said=f"the answer is {kind}", holds=lambda e: _kind(e.outputs) == kind)
    return CoverageCell(
        key=f"answer:{kind}",
        words=f"with {kind} as the answer",
        dimension="answer",
        want=want,
        rule=rule,
    )


COVERAGE = CoveragePlan(
    cells=(
        *domain_cells(
            {
                "algebra": 3,
                "calculus": 4,
                "combinatorics": 3,
                "differential equations": 3,
                "geometry": 3,
                "linear algebra": 3,
                "number theory": 3,
                "probability": 3,
                "sequences and series": 3,
                "statistics": 1,
                "trigonometry": 2,
            }
        ),
        _answer_cell("whole number", 12),
        _answer_cell("expression", 12),
        _answer_cell("several values", 3),
        *difficulty_cells(USUAL_DIFFICULTIES),
    ),
    size=60,
)

SPEC = SignatureSpec(
    name="generate_problem",
    instructions=(
        "Write one mathematics problem of the given subject, topic and difficulty that has "
        "exactly one right answer. Use what the seed prompt asks for. Give at least three hints "
        "that lead on step by step, keyed 0, 1, 2 and so on. Neither the problem nor a hint may "
        "say the answer. Check the answer before you give it."
    ),
    inputs=(
        Field(name="subject", type=str, description="the subject, such as algebra"),
        Field(name="topic", type=str, description="the topic within the subject"),
        Field(
            name="difficulty_level",
            type=Literal["easy", "medium", "hard"],
            description="easy up to high school, medium undergraduate, hard graduate",
        ),
        Field(name="seed_prompt", type=str, description="what to use; may be empty"),
    ),
    outputs=(
        Field(name="problem", type=str, description="the problem, complete in itself"),
        Field(name="answer", type=str, description="the answer alone, exact", is_value=True),
        Field(
            name="hints",
            type=dict[str, str],
            description='at least three hints, keyed "0", "1", "2"; none says the answer',
        ),
        Field(name="solution", type=str, description="the way to the answer, in sentences"),
    ),
    invariants=(hints_lead_on, answer_is_kept),
    metric=metric,
    label=_kind,
    # One source may bring all: every answer is verified by computation, whoever wrote it.
    policy=GatePolicy(min_quality=70.0, max_source_share=1.0),
    categories=(*SUBJECTS, GENERAL),
    told_apart_by=("problem",),
    digit_weight=4,
    coverage=COVERAGE,
)
