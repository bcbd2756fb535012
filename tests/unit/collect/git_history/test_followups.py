"""Which fix mends which change: by the lines it replaces, and by nothing else."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from ratchet.collect.git_history.history import History, read_history
from ratchet.collect.git_history.options import MiningOptions
from ratchet.collect.git_history.repository import open_repository
from tests.repositories import BuiltRepository, Planned, build_repository

CODE = "def total(prices):\n    result = compute_sum(prices)\n    return result\n"
WRONG = CODE + "\ndef average(prices):\n    return total(prices) / count_of(prices)\n"
RIGHT = CODE + "\ndef average(prices):\n    return total(prices) / max(1, count_of(prices))\n"


def history(built: BuiltRepository, **options: object) -> History:
    """The history of a built repository, as the labellers see it."""
    chosen = MiningOptions(**options)  # type: ignore[arg-type] # by name
    return read_history(open_repository(built.path), chosen, now=built.now)


def links(built: BuiltRepository, **options: object) -> list[tuple[int, int]]:
    """The follow-ups as (attempt, fix), by the number of the commit."""
    place = {sha: number for number, sha in enumerate(built.shas)}
    found = history(built, **options).follow_ups
    return [(place[link.attempt], place[link.fix]) for link in found]


def shop(*later: Planned, wrong: str = WRONG) -> list[Planned]:
    """A first commit, a second with a defect, and what came later."""
    return [
        Planned(message="Add the shop", files={"src/shop.py": CODE}),
        Planned(message="Add an average of prices", files={"src/shop.py": wrong}, day=1),
        *later,
    ]


def test_a_fix_is_linked_to_the_change_whose_lines_it_replaces(tmp_path: Path) -> None:
    """Not to the file's first author, and not to whoever came last."""
    fix = Planned(message="Fix division by zero", files={"src/shop.py": RIGHT}, day=9)
    other = Planned(message="Add a till", files={"src/till.py": "x = open_till('a')\n"}, day=8)

    assert links(build_repository(tmp_path / "r", shop(other, fix))) == [(1, 3)]


@pytest.mark.parametrize(
    "message",
    ["Improve average", "Fix typo in average", "Fix the docs of average", "Fix flake8 findings"],
)
def test_a_change_that_mends_no_defect_is_no_follow_up(tmp_path: Path, message: str) -> None:
    """Touching the same lines is not enough; the message must speak of a defect."""
    later = Planned(message=message, files={"src/shop.py": RIGHT}, day=9)

    assert links(build_repository(tmp_path / "r", shop(later))) == []


def test_a_fix_of_other_lines_is_linked_to_their_author(tmp_path: Path) -> None:
    """The same file does not make two changes attempt and fix; the lines do."""
    fixed = WRONG.replace("compute_sum(prices)", "compute_sum(prices or [])")
    later = Planned(message="Fix crash without prices", files={"src/shop.py": fixed}, day=9)

    assert links(build_repository(tmp_path / "r", shop(later))) == [(0, 2)]


def test_a_fix_that_comes_too_late_is_no_follow_up(tmp_path: Path) -> None:
    """After `followup_days` too much else has changed."""
    later = Planned(message="Fix division by zero", files={"src/shop.py": RIGHT}, day=50)
    built = build_repository(tmp_path / "r", shop(later))

    assert links(built, followup_days=30) == []
    assert links(built, followup_days=60) == [(1, 2)]


def test_an_insertion_is_linked_to_who_wrote_the_function(tmp_path: Path) -> None:
    """A fix that only adds a check inside a function mends that function's author."""
    body = "".join(f"    step_{n} = prepare_step({n})\n" for n in range(9))
    wrong = CODE + "\n\ndef checkout(basket):\n" + body
    right = wrong.replace(
        "    step_7", "    if basket is None:\n        raise NoBasket()\n    step_7"
    )
    later = Planned(message="Fix crash without a basket", files={"src/shop.py": right}, day=9)

    assert links(build_repository(tmp_path / "r", shop(later, wrong=wrong))) == [(1, 2)]


def test_lines_that_were_only_moved_stay_with_their_author(tmp_path: Path) -> None:
    """A commit that indents or moves code does not answer for its defects."""
    moved = "class Shop:\n" + "".join(f"    {line}\n" for line in WRONG.splitlines())
    fixed = moved.replace("count_of(prices)\n", "max(1, count_of(prices))\n")
    plan = shop(
        Planned(message="Move functions into a class", files={"src/shop.py": moved}, day=5),
        Planned(message="Fix division by zero", files={"src/shop.py": fixed}, day=9),
    )

    assert links(build_repository(tmp_path / "r", plan)) == [(1, 3)]


def test_a_renamed_file_keeps_its_authors(tmp_path: Path) -> None:
    """Lines are followed through a rename."""
    plan = shop(
        Planned(
            message="Rename the shop", files={"src/shop.py": None, "src/store.py": WRONG}, day=5
        ),
        Planned(message="Fix division by zero", files={"src/store.py": RIGHT}, day=9),
    )

    assert links(build_repository(tmp_path / "r", plan)) == [(1, 3)]


def test_lines_are_followed_through_parallel_branches(tmp_path: Path) -> None:
    """Line numbers shift on another branch; the texts do not."""
    top = "".join(f"CONSTANT_{n} = load_constant({n})\n" for n in range(40))
    plan = [
        Planned(message="Add the shop", files={"src/shop.py": CODE}),
        Planned(message="Add constants", files={"src/shop.py": top + CODE}, day=1),
        Planned(
            message="Add an average of prices", files={"src/shop.py": WRONG}, day=2, parents=(1,)
        ),
        Planned(message="Merge", files={"src/shop.py": top + WRONG}, day=3, parents=(2, 3)),
        Planned(message="Fix division by zero", files={"src/shop.py": top + RIGHT}, day=9),
    ]

    assert links(build_repository(tmp_path / "r", plan)) == [(2, 4)]


def test_a_revert_is_linked_to_the_commit_it_names(tmp_path: Path) -> None:
    """Git's own sentence is the best evidence."""
    path = tmp_path / "r"
    sha = build_repository(tmp_path / "dry", shop()).shas[1]
    revert = Planned(
        message=f'Revert "Add an average of prices"\n\nThis reverts commit {sha}.',
        files={"src/shop.py": CODE},
        day=3,
    )

    assert links(build_repository(path, shop(revert))) == [(1, 2)]


def test_only_what_nobody_touched_for_long_survives(tmp_path: Path) -> None:
    """A fixed change, a changed one and a young one are no survivors."""
    quiet = [
        Planned(message=f"Add part {n}", files={f"src/p{n}.py": f"part = make_part({n})\n"}, day=n)
        for n in range(40, 52)
    ]
    fix = Planned(message="Fix division by zero", files={"src/shop.py": RIGHT}, day=20)
    built = build_repository(tmp_path / "r", shop(fix, *quiet))

    survivors = {built.shas.index(sha) for sha in history(built).survivors}

    assert 1 not in survivors
    assert {0, 2} <= survivors
    assert len(built.shas) - 1 not in survivors


def test_the_window_is_measured_against_now(tmp_path: Path) -> None:
    """Nothing outside since_days yields examples, but it is read for what followed it."""
    fix = Planned(message="Fix division by zero", files={"src/shop.py": RIGHT}, day=100)
    built = build_repository(tmp_path / "r", shop(fix))

    found = history(built, since_days=30)
    later = read_history(
        open_repository(built.path), MiningOptions(), now=built.now + timedelta(days=900)
    )

    assert [change.sha for change in found.recent] == [built.shas[2]]
    assert [link.attempt for link in found.follow_ups] == [built.shas[1]]
    assert later.recent == ()
