"""What the commands print."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from ratchet.cli.terminal import (
    print_json,
    print_rows,
    print_table,
    progress_bar,
    say,
    say_all,
    working,
)


def test_brackets_are_printed_as_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    """A gate's `source_share[git]` is no markup."""
    say("source_share[git]=0.90 > 0.80 :smile:")
    print_table("[bold]", ["[red]"], [["share[hard]"]])

    printed = capsys.readouterr().out
    for text in ("source_share[git]=0.90 > 0.80 :smile:", "[bold]", "[red]", "share[hard]"):
        assert text in printed


def test_a_long_line_is_not_broken(capsys: pytest.CaptureFixture[str]) -> None:
    """A path can be copied whole."""
    path = "/a/very/long/folder" * 20

    say(path)

    assert capsys.readouterr().out == f"{path}\n"


def test_what_is_beyond_the_screen_is_counted(capsys: pytest.CaptureFixture[str]) -> None:
    """A thousand rejected rows do not bury the rest."""
    say_all([f"row {number}" for number in range(5)], at_most=2)

    assert capsys.readouterr().out == "  row 0\n  row 1\n  ... and 3 more\n"


def test_cells_are_in_plain_words(capsys: pytest.CaptureFixture[str]) -> None:
    """None is a dash, a boolean a word, a float short."""
    print_table("All", ["a", "b", "c", "d", "e"], [[None, True, 0.12345, ("x", "y"), NOW]])

    assert capsys.readouterr().out.splitlines()[-2].split() == [
        *("-", "yes", "0.123", "x;", "y"),
        *("2026-03-01", "12:00"),
    ]


def test_json_holds_what_records_hold(capsys: pytest.CaptureFixture[str]) -> None:
    """Times are ISO-8601, sets are sorted lists, text is not escaped."""
    print_json({"at": NOW, "ids": frozenset({"b", "a"}), "text": "“é”"})

    printed = capsys.readouterr().out
    assert json.loads(printed) == {
        "at": "2026-03-01T12:00:00+00:00",
        "ids": ["a", "b"],
        "text": "“é”",
    }
    assert "“é”" in printed


def test_json_of_broken_text_is_still_json(capsys: pytest.CaptureFixture[str]) -> None:
    """A lone surrogate of a damaged commit message does not stop the output."""
    print_json({"text": "broken \ud800"})

    assert json.loads(capsys.readouterr().out) == {"text": "broken ?"}


def test_an_empty_list_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing to show is a sentence for people and an empty list for programs."""
    print_rows("Programs", ["a"], [], as_json=False)
    print_rows("Programs", ["a"], [], as_json=True)

    assert capsys.readouterr().out == "Programs: none yet.\n[]\n"


def test_progress_is_silent_where_nobody_looks(capsys: pytest.CaptureFixture[str]) -> None:
    """Logs of a scheduler are not filled with bars."""
    with working("Reading"), progress_bar("Optimising") as move:
        move(1, 2, "best 0.5")

    printed = capsys.readouterr()
    assert printed.out.strip() == ""
    assert printed.err.strip() == ""


NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
