"""Examples from templates: seeded, stratified, novel, and true by construction."""

from __future__ import annotations

import math
import re
import subprocess
import sys
from collections import Counter

import numpy as np
import pytest
from rapidfuzz import fuzz, process

from ratchet import signatures
from ratchet.collect.templates import generate
from ratchet.collect.templates.generation import GRAMMARS
from ratchet.errors import ConfigurationError
from ratchet.examples import Difficulty, Example, Source
from tests.builders import NOON

EVERY = pytest.mark.parametrize("signature", list(GRAMMARS))
VALIDATORS = [name for name in GRAMMARS if signatures.get(name).decision]


def examples(signature: str, count: int, *, seed: int = 1) -> tuple[Example, ...]:
    """Generated examples of `signature`."""
    return generate(signature, count, seed=seed, now=NOON).examples


def text_of(example: Example) -> str:
    """All inputs in one text."""
    values = (v if isinstance(v, list) else [v] for v in example.inputs.values())
    return "\n".join(str(item) for value in values for item in value)


@EVERY
def test_every_example_keeps_the_contract(signature: str) -> None:
    """Inputs and outputs of 200 examples pass the signature's own checks."""
    spec = signatures.get(signature)

    found = examples(signature, 200)

    assert len(found) == 200
    assert [p for e in found for p in spec.problems(e.inputs, e.outputs)] == []
    assert all(e.category in spec.categories for e in found)


@EVERY
def test_the_labels_score_full_marks_with_the_metric(signature: str) -> None:
    """An answer that equals the label scores 1 for every example."""
    spec = signatures.get(signature)

    scores = {spec.metric(e.inputs, e.outputs, e.outputs).value for e in examples(signature, 100)}

    assert min(scores) == pytest.approx(1.0)


@EVERY
def test_the_same_seed_gives_the_same_bytes_in_another_process(signature: str) -> None:
    """Nothing depends on hash randomisation, the clock or what ran before."""
    program = (
        "from datetime import datetime, UTC\n"
        "from ratchet.canonical import canonical_json, sha256_of_lines\n"
        "from ratchet.collect.templates import generate\n"
        "now = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)\n"
        f"found = generate({signature!r}, 30, seed=5, now=now).examples\n"
        "print(sha256_of_lines(canonical_json(e.to_json()) for e in found))"
    )
    digests = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={"PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }

    assert len(digests) == 1


@EVERY
def test_another_seed_gives_other_examples(signature: str) -> None:
    """Two seeds have no example in common."""
    one = {e.example_id for e in examples(signature, 50, seed=1)}
    other = {e.example_id for e in examples(signature, 50, seed=2)}

    assert not one & other


@EVERY
@pytest.mark.parametrize("count", [1, 7, 20, 33])
def test_difficulty_is_exact_to_rounding(signature: str, count: int) -> None:
    """30, 50 and 20 per cent, each off by less than one example."""
    found = Counter(e.difficulty for e in examples(signature, count))

    assert sum(found.values()) == count
    for difficulty, share in (
        (d, {"easy": 0.3, "medium": 0.5, "hard": 0.2}[d]) for d in Difficulty
    ):
        assert abs(found[difficulty] - share * count) < 1


def test_other_shares_of_difficulty_can_be_asked_for() -> None:
    """Shares given by the caller replace those of the policy."""
    shares = {Difficulty.EASY: 1.0, Difficulty.HARD: 1.0}

    found = generate("validate_intent", 10, seed=1, now=NOON, shares=shares).examples

    assert Counter(e.difficulty for e in found) == {Difficulty.EASY: 5, Difficulty.HARD: 5}


@pytest.mark.parametrize("signature", VALIDATORS)
def test_labels_have_the_shares_of_the_gate_policy(signature: str) -> None:
    """Completeness is 40 to 60, the other validators half and half, within each difficulty."""
    spec = signatures.get(signature)
    share = 0.4 if signature == "validate_completeness" else 0.5

    found = examples(signature, 100)

    for difficulty in Difficulty:
        labels = [e.outputs[spec.decision] for e in found if e.difficulty is difficulty]
        assert abs(sum(labels) - share * len(labels)) <= 1


@EVERY
def test_twenty_examples_span_eight_categories_and_fifteen_groups(signature: str) -> None:
    """A small set is spread over the vocabulary, and its examples rarely share a group."""
    for seed in range(5):
        found = examples(signature, 20, seed=seed)
        assert len({e.category for e in found}) >= 8
        assert len({e.group_id for e in found}) >= 15


@EVERY
def test_near_duplicates_are_rare(signature: str) -> None:
    """Of 300 examples fewer than 2 per cent resemble another by 0.85 or more."""
    texts = [text_of(e) for e in examples(signature, 300)]

    ratios = process.cdist(texts, texts, scorer=fuzz.ratio, score_cutoff=85)
    np.fill_diagonal(ratios, 0)

    assert (ratios.max(axis=1) >= 85).mean() < 0.02


@pytest.mark.parametrize("signature", VALIDATORS)
@pytest.mark.parametrize(
    "feature", ["length", "lines", "sentences", "items", "difficulty", "digits"]
)
def test_no_single_feature_of_the_surface_predicts_the_label(signature: str, feature: str) -> None:
    """The best threshold on 400 examples gains little on always saying the commoner label.

    The margin is what the best of some hundred thresholds gains by chance: 400 fair coins
    have a standard deviation of 2.5 points.
    """
    decision = str(signatures.get(signature).decision)
    found = examples(signature, 400)
    labels = np.array([e.outputs[decision] for e in found])
    values = np.array([_surface(e)[feature] for e in found])
    majority = max(labels.mean(), 1 - labels.mean())

    agreements = [((values <= cut) == labels).mean() for cut in np.unique(values)]

    assert max(max(a, 1 - a) for a in agreements) <= majority + 0.08


def _surface(example: Example) -> dict[str, int]:
    text = text_of(example)
    return {
        "length": len(text),
        "lines": text.count("\n"),
        "sentences": text.count(". "),
        "items": len(example.inputs.get("requirements", ())),
        "difficulty": list(Difficulty).index(example.difficulty),
        "digits": sum(character.isdigit() for character in text),
    }


@pytest.mark.parametrize("signature", VALIDATORS)
def test_words_of_the_implementation_alone_do_not_predict_the_label(signature: str) -> None:
    """A word model that never sees what was asked for is no better than the commoner label.

    It learns on two thirds of the groups and is tried on the others, so it can not know them.
    """
    decision = str(signatures.get(signature).decision)
    found = [e for seed in (1, 2) for e in examples(signature, 500, seed=seed)]
    held_out = set(sorted({e.group_id for e in found})[::3])
    seen = [(e.inputs["implementation"], e.outputs[decision]) for e in found]
    groups = [e.group_id in held_out for e in found]
    known = [pair for pair, out in zip(seen, groups, strict=True) if not out]
    tried = [pair for pair, out in zip(seen, groups, strict=True) if out]
    share = sum(label for _, label in tried) / len(tried)

    model = WordModel(known)
    accuracy = sum(model.says(text) == label for text, label in tried) / len(tried)

    assert accuracy <= max(share, 1 - share) + 0.08


class WordModel:
    """Naive Bayes over the presence of words, with one added to each count."""

    def __init__(self, known: list[tuple[str, bool]]) -> None:
        self.totals = Counter(label for _, label in known)
        self.counts: dict[bool, Counter[str]] = {True: Counter(), False: Counter()}
        for text, label in known:
            self.counts[label].update(self._words(text))

    def says(self, text: str) -> bool:
        """The likelier label of `text`."""
        return self._log_odds(text) > 0

    def _log_odds(self, text: str) -> float:
        odds = math.log(self.totals[True] / self.totals[False])
        for word in self._words(text):
            yes, no = (
                (self.counts[label][word] + 1) / (self.totals[label] + 2) for label in (True, False)
            )
            odds += math.log(yes / no)
        return odds

    @staticmethod
    def _words(text: str) -> set[str]:
        return set(re.findall(r"[a-z_]+", text.lower()))


@EVERY
def test_examples_say_where_they_come_from(signature: str) -> None:
    """Strategy, seed and parent stand in the provenance, and siblings share the group."""
    found = examples(signature, 60, seed=9)

    assert all(e.source is Source.SYNTHETIC and e.created_at == NOON and e.notes for e in found)
    assert {e.provenance["strategy"] for e in found} == {"templates"}
    assert {e.provenance["seed"] for e in found} == {9}
    assert len({e.group_id for e in found}) == len({e.provenance["parent"] for e in found})


def test_a_signature_without_templates_is_refused_by_name() -> None:
    """An unknown name gets the nearest known one."""
    with pytest.raises(ConfigurationError, match="validate_completeness"):
        generate("validate_completness", 1, seed=1, now=NOON)


def test_a_negative_count_is_refused() -> None:
    """The message shows the count."""
    with pytest.raises(ConfigurationError, match="-1"):
        generate("validate_intent", -1, seed=1, now=NOON)


def test_no_examples_are_an_empty_collection() -> None:
    """Zero is a legal count."""
    assert not generate("validate_intent", 0, seed=1, now=NOON).examples
