"""Requirements are the words of the author, or there are none."""

from __future__ import annotations

import pytest

from ratchet.collect.git_history.messages import parse_message
from ratchet.collect.git_history.requirements import as_demand, rank, requirements_of
from ratchet.signatures.extract_requirements import LOWEST_PRIORITY


@pytest.mark.parametrize(
    ("text", "demand"),
    [
        ("Added a retry to the client", "Add a retry to the client"),
        ("caches parsed templates", "Cache parsed templates"),
        ("Do not follow links out of the folder", "Do not follow links out of the folder"),
        ("`run()` must return a code", "`run()` must return a code"),
        ("The old parser was slow and confusing", ""),
        ("Update CHANGELOG.md", ""),
        ("fix lint", ""),
        ("Apply suggestions from code review", ""),
        ("I think it should work", ""),
        ("Fix #12 and #13 at last", ""),
        ("Cleanup", ""),
    ],
)
def test_a_demand_is_told_from_notes_and_stories(text: str, demand: str) -> None:
    """Imperatives and musts are demands; chatter of the author is none."""
    assert as_demand(text) == demand


def test_a_list_with_unclear_entries_gives_nothing() -> None:
    """Half a list would say that the other half was not asked for."""
    clear = parse_message("Work\n\n- Add a cache for names\n- Log every miss\n")
    unclear = parse_message("Work\n\n- Add a cache for names\n- The docs\n- Something with logs\n")

    assert requirements_of(clear) == ("Add a cache for names", "Log every miss")
    assert requirements_of(unclear) == ()


def test_a_story_with_one_imperative_gives_nothing() -> None:
    """A body that mainly explains is not a list of demands."""
    story = parse_message(
        "Fix it\n\nThe pool was closed too early. It raised an error. That is bad. "
        "Keep the pool open until the end."
    )

    assert requirements_of(story) == ()


def test_musts_come_first_and_options_last() -> None:
    """Words decide, then the order in which they were written."""
    ranked = rank(
        ["Document it, optional", "Log in by password", "Sessions must expire", "Log out"]
    )

    assert ranked.requirements == (
        "Sessions must expire",
        "Log in by password",
        "Log out",
        "Document it, optional",
    )
    assert ranked.priorities == (1, 2, 3, 4)


def test_priorities_of_a_long_list_stay_in_their_range() -> None:
    """The contract allows 1 to 10, ascending."""
    priorities = rank([f"Add thing number {n}" for n in range(14)]).priorities

    assert (priorities[0], priorities[-1]) == (1, LOWEST_PRIORITY)
    assert list(priorities) == sorted(priorities)
