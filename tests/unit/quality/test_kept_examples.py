"""The memory of a long import finds again what an exact search of the same texts finds."""

from __future__ import annotations

import random
import string

import numpy as np
import pytest

from ratchet import signatures
from ratchet.examples import Example, Status
from ratchet.quality.deduplication import compared_text
from ratchet.quality.duplicates import find_duplicates
from ratchet.quality.duplicates.any_length import TextIndex
from ratchet.quality.kept_examples import KeptExamples
from ratchet.quality.validation import validate
from tests.builders import NOON, completeness_example
from tests.cli_builders import COMPLETENESS, good_examples

SPEC = signatures.get(COMPLETENESS)


def edited(text: str, distance: float, rng: random.Random) -> str:
    """`text` with typing errors, or cut, or with words of its own said twice."""
    kind = rng.randrange(3)
    if kind == 0:
        letters = list(text)
        for place in rng.sample(range(len(text)), int(distance * len(text))):
            letters[place] = rng.choice(string.ascii_lowercase)
        return "".join(letters)
    if kind == 1:
        return text[: int(len(text) * (1 - distance))]
    words = text.split(" ")
    for _ in range(int(distance * len(words)) + 1):
        words.insert(rng.randrange(len(words)), rng.choice(words))
    return " ".join(words)


def with_text(example: Example, text: str) -> Example:
    """The example with another implementation."""
    return example.evolve(inputs={**example.inputs, "implementation": text})


def short_example(number: int, rng: random.Random) -> Example:
    """An example of 30 to 200 characters of random words."""
    words = ("".join(rng.choices(string.ascii_lowercase, k=rng.randint(3, 9))) for _ in range(40))
    text = " ".join(words)[: rng.randint(30, 200)]
    return completeness_example(implementation=text, requirements=("It",), group_id=f"g{number}")


def near_and_far(examples: list[Example], rng: random.Random) -> list[Example]:
    """Edited copies of a half, at distances on both sides of the threshold."""
    return [
        with_text(one, edited(one.inputs["implementation"], rng.uniform(0.01, 0.2), rng))
        for one in rng.sample(examples, len(examples) // 2)
    ]


@pytest.mark.parametrize("threshold", [0.85, 0.9, 0.95])
@pytest.mark.parametrize("kind", ["templates", "short"])
def test_what_an_exact_search_finds_is_found(kind: str, threshold: float) -> None:
    """All pairs of 400 kept texts and 200 new ones, at most one in a thousand missed; none more."""
    rng = random.Random(f"{kind}/{threshold}")
    if kind == "short":
        old = [short_example(number, rng) for number in range(400)]
    else:
        old = good_examples(400)
    new = near_and_far(old, rng)
    texts = list(dict.fromkeys(compared_text(SPEC, one) for one in new))
    against = list(dict.fromkeys(compared_text(SPEC, one) for one in old))
    exact = find_duplicates(texts, threshold=threshold, against=against, exact=True)
    expected = {(texts[p.index], against[p.earlier]): p.ratio for p in exact.pairs if p.stored}

    with KeptExamples(SPEC, threshold=threshold) as kept:
        for start in range(0, len(old), 150):
            kept.add(old[start : start + 150])
        near = kept.near(new)

    found = {
        (text, other): r for text, others in near.ratios.items() for other, r in others.items()
    }
    assert len(expected) > 20
    assert found.items() <= expected.items()
    assert len(found) >= 0.999 * len(expected)


@pytest.mark.parametrize("kind", ["templates", "short"])
def test_what_is_near_within_a_batch_is_found_too(kind: str) -> None:
    """Of 450 texts of one batch, a third of them edited copies of others."""
    rng = random.Random(kind)
    if kind == "short":
        batch = [short_example(number, rng) for number in range(300)]
    else:
        batch = good_examples(300)
    batch += near_and_far(batch, rng)
    texts = list(dict.fromkeys(compared_text(SPEC, one) for one in batch))
    exact = find_duplicates(texts, threshold=0.9, exact=True)
    expected = {frozenset((texts[p.index], texts[p.earlier])): p.ratio for p in exact.pairs}

    with KeptExamples(SPEC, threshold=0.9) as kept:
        among = kept.near(batch).among

    assert among is not None
    found = {
        frozenset((text, other)): r for text, near in among.items() for other, r in near.items()
    }
    assert len(expected) > 20
    assert found.items() <= expected.items()
    assert len(found) >= 0.999 * len(expected)


def test_batches_with_the_memory_decide_like_batches_with_everything_beside_them() -> None:
    """Accepted, duplicate and contradicting examples are the same, batch after batch."""
    rng = random.Random(7)
    examples = good_examples(240)
    examples += near_and_far(examples, rng)
    turned = [one for one in examples if not one.outputs["missing_requirements"]][:6]
    examples += [contradiction(one) for one in turned]
    rng.shuffle(examples)
    batches = [examples[start : start + 60] for start in range(0, len(examples), 60)]
    beside: list[Example] = []
    expected, found = [], []

    with KeptExamples(SPEC, threshold=0.9) as kept:
        for batch in batches:
            exact = validate(SPEC, batch, stored=beside, threshold=0.9, now=NOON)
            quick = validate(SPEC, batch, kept=kept, threshold=0.9, now=NOON)
            beside += exact.accepted
            expected.append(decisions(exact.rejected, exact.accepted))
            found.append(decisions(quick.rejected, quick.accepted))

    assert found == expected
    assert {status for batch in found for status in batch.values()} == {
        Status.ACCEPTED, Status.REJECTED, Status.QUARANTINED,
    }  # fmt: skip


def contradiction(example: Example) -> Example:
    """The same inputs with one thing missing."""
    missing = [example.inputs["requirements"][0]]
    said = f"The requirement {missing[0]!r} is missing from the change."
    outputs = {"is_complete": False, "missing_requirements": missing, "explanation": said}
    return example.evolve(outputs=outputs, group_id=f"{example.group_id}/turned")


def decisions(rejected: tuple, accepted: tuple) -> dict[str, Status]:  # type: ignore[type-arg]
    """What became of each example."""
    return {
        **{one.example_id: one.status for one in accepted},
        **{one.example_id: one.example.status for one in rejected},
    }


def test_below_the_quick_thresholds_the_comparison_is_in_full() -> None:
    """At 0.7 a text that shares few characters in a row is still found."""
    text = "Added the login form with a password field and a counter of failed attempts. " * 2
    scattered = "".join("#" if place % 4 == 0 else letter for place, letter in enumerate(text))
    old = completeness_example(implementation=text)

    with KeptExamples(SPEC, threshold=0.7) as kept:
        kept.add([old])
        near = kept.near([with_text(old, scattered)])

    assert [one.example_id for one in near.stored] == [old.example_id]


def test_an_example_of_an_empty_text_is_found_by_one_of_white_space() -> None:
    """They are equal once spacing is levelled, and too short for fingerprints."""
    empty = completeness_example(implementation="")

    with KeptExamples(SPEC, threshold=0.9) as kept:
        kept.add([empty])
        near = kept.near([with_text(empty, " ")])

    assert [one.example_id for one in near.stored] == [empty.example_id]


def test_fingerprints_of_some_of_the_texts_are_those_taken_of_them_alone() -> None:
    """What comes in is not read a second time."""
    index = TextIndex()
    texts = [
        example.inputs["implementation"][: 90 * n] for n, example in enumerate(good_examples(6))
    ]

    some = index.read(texts).of(np.array([4, 1, 3]))
    alone = index.read([texts[4], texts[1], texts[3]])

    assert some.lengths.tolist() == alone.lengths.tolist()
    assert sorted(some.long.tolist()) == sorted(alone.long.tolist()) != []
    assert sorted(some.short.tolist()) == sorted(alone.short.tolist()) != []
