"""An explanation is read for what it says of the decision, negations included."""

from __future__ import annotations

import pytest

from ratchet.quality.polarity import read_polarity


@pytest.mark.parametrize(
    ("text", "decision"),
    [
        ("All requirements are fully covered.", False),
        ("3 of 3 covered.", False),
        ("Nothing is missing and no issue was found.", False),
        ("The intent is satisfied.", False),
        ("The lock is missing.", True),
        ("The lock was not implemented.", True),
        ("1 of 2 covered.", True),
        ("The intent isn't satisfied.", True),
        ("It is wrong for an empty list, which is a bug.", True),
        ("Login is there, but the lock is incomplete.", True),
    ],
)
def test_a_contradiction_is_seen(text: str, *, decision: bool) -> None:
    """Every cue speaks against the decision."""
    assert read_polarity(text).contradicts(decision=decision)
    assert not read_polarity(text).contradicts(decision=not decision)


@pytest.mark.parametrize(
    "text",
    [
        "A later fix touched the same lines of header.py.",
        "login() is complete; the lock is missing.",
        "The lines survived 210 days.",
        "",
    ],
)
@pytest.mark.parametrize("decision", [True, False])
def test_mixed_and_neutral_texts_contradict_nothing(text: str, *, decision: bool) -> None:
    """Without cues, or with cues on both sides, the benefit of the doubt."""
    assert not read_polarity(text).contradicts(decision=decision)


def test_mostly_ill_words_cast_doubt_on_a_yes() -> None:
    """Two complaints and one praise doubt a yes, not a no."""
    polarity = read_polarity("login() is complete; the lock is missing; the tests are absent.")
    assert polarity.doubts(decision=True)
    assert not polarity.doubts(decision=False)
