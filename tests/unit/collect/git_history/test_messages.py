"""Taking a message apart: what people wrote, without what machines added."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ratchet.collect.git_history.messages import parse_message


@pytest.mark.parametrize(
    ("line", "subject", "kind", "number"),
    [
        ("feat(api)!: Add paging (#12)", "Add paging", "feat", 12),
        ("Fix crash on empty input (#7)", "Fix crash on empty input", "fix", 7),
        ("docs: explain retries.", "Explain retries", "docs", None),
        ("[parser] Reject tabs in names", "Reject tabs in names", "other", None),
        ("GH-41 - Add a timeout", "Add a timeout", "feat", None),
        (":sparkles: Add themes", "Add themes", "feat", None),
        ("Bump werkzeug from 2 to 3", "Bump werkzeug from 2 to 3", "build", None),
        ("Log and close files, fixes #9", "Log and close files", "other", None),
    ],
)
def test_a_subject_is_freed_of_prefixes_and_numbers(
    line: str, subject: str, kind: str, number: int | None
) -> None:
    """What remains is what the author wanted; the kind comes from the prefix or the first word."""
    message = parse_message(line)

    assert (message.subject, message.kind, message.pull_request) == (subject, kind, number)


def test_the_body_has_no_trailers_references_rules_or_code() -> None:
    """Only sentences and items that a person wrote are left."""
    message = parse_message(
        "Add login\n\nSessions end after\nan hour. They can be renewed.\n\n"
        "```\nlogin()\n```\n---------\nFixes #3\nSee https://example.org/1\n\n"
        "Co-authored-by: A B <a@b.org>\nSigned-off-by: A B <a@b.org>\n"
    )

    assert message.body == "Sessions end after\nan hour. They can be renewed."
    assert message.sentences == ("Sessions end after an hour.", "They can be renewed.")


def test_items_keep_their_wrapped_lines_and_lose_their_marks() -> None:
    """Bullets, numbers and check boxes all start an item."""
    message = parse_message("Work\n\n- Add a\n  cache\n* Log it\n1. Test it\n- [x] Ship it")

    assert message.items == ("Add a cache", "Log it", "Test it", "Ship it")


def test_a_title_that_was_cut_is_joined_again() -> None:
    """Hosting sites break long titles into subject and body."""
    message = parse_message("Add a very long title that … (#5)\n\n…goes on here\n\nMore.")

    assert message.subject == "Add a very long title that goes on here"
    assert message.pull_request == 5


def test_a_merge_speaks_with_the_title_of_its_pull_request() -> None:
    """Git's own words about branches are no subject."""
    message = parse_message("Merge pull request #31 from a/b\n\nAdd paging\n\n- Test it")

    assert (message.subject, message.pull_request, message.items) == (
        "Add paging",
        31,
        ("Test it",),
    )


def test_a_revert_names_what_it_reverts() -> None:
    """The id in git's standard sentence is kept."""
    message = parse_message('Revert "Add paging"\n\nThis reverts commit 0123456789abcdef.')

    assert (message.kind, message.reverts) == ("revert", "0123456789abcdef")


def test_addresses_of_people_are_hidden() -> None:
    """A mail address in the text is personal data."""
    assert "ada@example.org" not in parse_message("Thank ada@example.org\n\nada@example.org").body


@given(st.text())
def test_any_text_is_a_message(text: str) -> None:
    """Whatever people commit with, reading it does not fail."""
    message = parse_message(text)

    assert isinstance(message.subject, str)
