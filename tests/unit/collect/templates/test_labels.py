"""Labels hold by construction: what is missing, wrong or urgent can be read from the inputs."""

from __future__ import annotations

import random
from collections import Counter

import pytest

from ratchet import signatures
from ratchet.collect.templates import generate
from ratchet.collect.templates.change import Pattern, draw_change
from ratchet.collect.templates.chores import CHORES
from ratchet.collect.templates.domains import FEATURES
from ratchet.collect.templates.grammar import Facet, Kind
from ratchet.collect.templates.program import Program
from ratchet.collect.templates.programs import PROGRAMS
from ratchet.collect.templates.qualities import AMBIGUOUS, QUALITIES
from ratchet.examples import Difficulty, Example
from ratchet.signatures.matching import text_similarity
from ratchet.signatures.vocabulary import CATEGORIES
from tests.builders import NOON

ALL_FACETS = [*(f for feature in FEATURES for f in feature.facets), *QUALITIES, *AMBIGUOUS]


def examples(signature: str, count: int = 300) -> tuple[Example, ...]:
    """Generated examples of `signature`."""
    return generate(signature, count, seed=4, now=NOON).examples


@pytest.mark.parametrize("difficulty", list(Difficulty))
def test_evidence_stands_in_the_text_exactly_for_what_is_met(difficulty: Difficulty) -> None:
    """A met requirement has its evidence, a half-done one its shortcoming, the rest neither."""
    for seed in range(60):
        rng = random.Random(seed)
        change = draw_change(rng.choice(FEATURES), difficulty, complete=seed % 3 == 0, rng=rng)
        for facet in change.asked:
            assert (facet.evidence in change.implementation) is (facet not in change.missing)
            assert (facet.shortcoming in change.implementation) is (facet in change.half_done)


def test_a_complete_change_and_its_twin_are_of_one_length() -> None:
    """Withheld evidence is made up for by other work that nobody asked for."""
    lengths: dict[bool, list[int]] = {True: [], False: []}
    for seed in range(300):
        for complete, found in lengths.items():
            rng = random.Random(seed)
            change = draw_change(
                FEATURES[seed % len(FEATURES)], Difficulty.MEDIUM, complete=complete, rng=rng
            )
            found.append(len(change.implementation))
    means = {complete: sum(found) / len(found) for complete, found in lengths.items()}

    assert means[True] == pytest.approx(means[False], rel=0.05)


@pytest.mark.parametrize("facet", ALL_FACETS, ids=lambda facet: facet.requirement)
def test_evidence_is_no_copy_of_the_requirement(facet: Facet) -> None:
    """Whoever judges by string equality learns nothing."""
    assert text_similarity(facet.requirement, facet.evidence) < 0.75
    assert facet.evidence != facet.shortcoming


def test_changes_come_at_every_completion_level_and_pattern() -> None:
    """100, 80, 50 and 20 per cent, and each way of falling short, all occur."""
    found = examples("validate_completeness")

    assert {e.provenance["completion"] for e in found} == {1.0, 0.8, 0.5, 0.2}
    assert {e.provenance["pattern"] for e in found} == {pattern.value for pattern in Pattern}
    kinds = {kind for e in found for kind in e.provenance["requirement_types"]}
    assert kinds == {kind.value for kind in Kind}
    sizes = {len(e.inputs["requirements"]) for e in found}
    assert sizes == {3, 5, 6, 7, 10}


def test_missing_requirements_repeat_the_words_of_the_input() -> None:
    """Each missing item is one of the requirements, letter by letter."""
    for example in examples("validate_completeness"):
        missing = example.outputs["missing_requirements"]
        assert set(missing) <= set(example.inputs["requirements"])


def test_explanations_state_coverage_and_name_each_gap() -> None:
    """So many of so many covered, and every missing requirement is spoken of."""
    for example in examples("validate_completeness", 100):
        total = len(example.inputs["requirements"])
        missing = example.outputs["missing_requirements"]
        explanation = example.outputs["explanation"]
        assert explanation.startswith(f"{total - len(missing)}/{total} requirements")
        assert all(requirement[1:] in explanation for requirement in missing)


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.title)
def test_a_planted_defect_changes_its_spot_and_nothing_else(program: Program) -> None:
    """The right program and its wrong twin differ, leave no marker, and differ by little."""
    names = program.draw_names(random.Random(1))
    right = program.written((), names)
    for spot in program.spots:
        wrong = program.written((spot,), names)
        assert wrong != right
        assert abs(len(wrong) - len(right)) <= 45
        for code in (right, wrong):
            assert not any(mark in code for mark in ("@1@", "@2@", "$f", "$c", "$x"))


def test_defects_come_in_every_family_pattern_and_phase() -> None:
    """Five families, five code patterns, three levels and three phases all occur."""
    found = examples("validate_correctness")

    assert {f for e in found for f in e.provenance["families"]} == {
        "logic",
        "security",
        "performance",
        "edge case",
        "concurrency",
    }
    assert {e.provenance["pattern"] for e in found} == {
        "algorithms",
        "data structures",
        "APIs",
        "database operations",
        "concurrency",
    }
    assert {e.provenance["level"] for e in found} == {"fully correct", "minor", "major"}
    phases = Counter(e.inputs["execution_context"].split(",")[0] for e in found)
    assert set(phases) == {"Phase: specification", "Phase: implementation", "Phase: review"}


def test_each_requirement_is_asked_for_in_the_prose() -> None:
    """Every requirement stands in the context, and a refused one is never in the label."""
    for example in examples("extract_requirements"):
        context = example.inputs["context"].lower()
        wanted = example.outputs["requirements"]
        assert all(requirement.lower() in context for requirement in wanted)
        assert not set(wanted) & set(example.provenance["refused"])


def test_words_of_weight_decide_the_order_of_requirements() -> None:
    """What is critical comes before what would be nice."""
    strong = ("critical to ", "absolutely have to ", "blocked until we ", "above all: ")
    weak = ("nice to ", "if there is time left, ", "low priority: ", "as a bonus, ")
    for example in examples("extract_requirements"):
        context = example.inputs["context"].lower()
        ranks = {
            words: [
                place
                for place, requirement in enumerate(example.outputs["requirements"])
                if any(word + requirement.lower() in context for word in words)
            ]
            for words in (strong, weak)
        }
        if ranks[strong] and ranks[weak]:
            assert max(ranks[strong]) < min(ranks[weak])


def test_guidance_takes_the_worst_issue_first() -> None:
    """priority_order follows the severity of the issues; ties keep their order."""
    rank = {"blocker": 1, "major": 2, "minor": 3}
    for example in examples("generate_guidance"):
        severities = [rank[name] for name in example.provenance["severities"]]
        ordered = sorted(range(len(severities)), key=severities.__getitem__)
        assert example.outputs["priority_order"] == [index + 1 for index in ordered]


def test_guidance_has_one_numbered_step_for_each_issue() -> None:
    """As many lines as issues, numbered from 1, with no code in them."""
    for example in examples("generate_guidance"):
        steps = example.outputs["guidance"].splitlines()
        assert len(steps) == len(example.inputs["issues"])
        assert all(step.startswith(f"{n}. ") for n, step in enumerate(steps, start=1))
        assert "```" not in example.outputs["guidance"]


def test_later_attempts_get_more_specific_guidance() -> None:
    """The first names no file, the second does, the third warns of patching the symptom."""
    found = examples("generate_guidance")
    by_attempt = {n: [e for e in found if e.inputs["attempt_number"] == n] for n in range(1, 6)}

    assert all(by_attempt.values())
    assert not any("/" in e.outputs["guidance"] for e in by_attempt[1])
    assert all("/" in e.outputs["guidance"] for e in by_attempt[2])
    assert all("symptom" in e.outputs["warnings"][-1] for e in by_attempt[3])


def test_the_grammar_spans_twelve_categories_of_the_vocabulary() -> None:
    """Features lie in at least twelve known categories, and programs in as many."""
    for material in (FEATURES, PROGRAMS):
        categories = {entry.category for entry in material}
        assert len(categories) >= 12
        assert categories <= set(CATEGORIES)


def test_no_slot_is_left_open() -> None:
    """No example shows a brace of the grammar outside code."""
    for signature in (name for name in signatures.names() if name != "validate_correctness"):
        for example in examples(signature, 150):
            shown = f"{example.inputs} {example.outputs}"
            assert not any(
                slot in shown for slot in ("{item", "{name", "{a_item", "{module", "{n}")
            )


def test_chores_prove_nothing() -> None:
    """No sentence of unasked work resembles a requirement."""
    for chore in CHORES:
        assert all(text_similarity(chore, facet.requirement) < 0.6 for facet in ALL_FACETS)
