"""Cached answers: never read for other data, and thrown away when nobody can ask for them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from ratchet.lifecycle.caches import (
    CachePlan,
    CachePolicy,
    CurrentInputs,
    caches_of_content,
    evict,
    find_caches,
    plan_evictions,
)
from ratchet.optimize.cached_work import FOLDER, CachedWork, work_of
from tests.builders import NOON

WORK = CachedWork(
    signature="s", content_sha256="new", programs=("champion",), model="m", options="o"
)
CURRENT = {"s": CurrentInputs(contents=frozenset({"new"}), programs=frozenset({"champion"}))}
POLICY = CachePolicy(max_age_days=30, max_megabytes=100, grace_hours=24)


def filled(cache: Path, work: CachedWork, *, days: float = 2, text: str = "answer") -> str:
    """A cache with one answer that was last used so many days before noon; its key."""
    with work.open(cache) as calls:
        calls.answer("question", lambda: {"text": text})
    used = (NOON - timedelta(days=days)).timestamp()
    for path in (cache / FOLDER).glob(f"{work.key}*"):
        os.utime(path, (used, used))
    return work.key


def planned(
    cache: Path,
    policy: CachePolicy = POLICY,
    current: Mapping[str, CurrentInputs] = CURRENT,
) -> CachePlan:
    """What would be thrown away at noon."""
    return plan_evictions(find_caches(cache / FOLDER), current, policy, now=NOON)


def reasons(plan: CachePlan) -> dict[str, str]:
    """Why each of the caches goes."""
    return {eviction.entry.key: eviction.reason for eviction in plan.evictions}


def test_changed_data_are_never_answered_from_an_older_optimisation(tmp_path: Path) -> None:
    """Data, program, options and model: whichever changes, the model is asked again."""
    filled(tmp_path, WORK, text="of the old data")
    changes: list[dict[str, object]] = [
        {"content_sha256": "newer"},
        {"programs": ("other",)},
        {"options": "p"},
        {"model": "n"},
    ]

    for change in changes:
        with replace(WORK, **change).open(tmp_path) as calls:  # type: ignore[arg-type]
            answer = calls.answer("question", lambda: {"text": "of these"})
        assert (answer.paid, answer.record) == (True, {"text": "of these"}), change
    with WORK.open(tmp_path) as calls:
        assert not calls.answer("question", lambda: {"text": "again"}).paid


def test_a_cache_says_what_it_belongs_to(tmp_path: Path) -> None:
    """Beside it, so that who cleans up need not guess from its key."""
    filled(tmp_path, WORK)

    (entry,) = find_caches(tmp_path / FOLDER)

    assert entry.work == WORK
    assert entry.size_bytes > 0
    assert work_of(tmp_path / "unknown.sqlite") is None


def test_caches_of_older_data_and_programs_go(tmp_path: Path) -> None:
    """What the next run can ask for stays."""
    kept = filled(tmp_path, WORK)
    evaluated = filled(tmp_path, replace(WORK, programs=("champion", "candidate")))
    data = filled(tmp_path, replace(WORK, content_sha256="old"))
    program = filled(tmp_path, replace(WORK, programs=("former",)))
    elsewhere = filled(tmp_path, replace(WORK, signature="gone"))

    plan = planned(tmp_path)

    assert reasons(plan) == {
        data: "the data of s have changed since",
        program: "the program of s has changed since",
        elsewhere: "the data of gone have changed since",
    }
    assert plan.kept == 2
    assert evict(eviction.entry for eviction in plan.evictions) == plan.freed_bytes > 0
    assert {entry.key for entry in find_caches(tmp_path / FOLDER)} == {kept, evaluated}
    assert planned(tmp_path).evictions == ()


def test_nothing_used_within_the_grace_goes(tmp_path: Path) -> None:
    """A run under way on the former data keeps the answers it has paid for."""
    filled(tmp_path, replace(WORK, content_sha256="old"), days=0.5)

    assert planned(tmp_path).evictions == ()


def test_the_old_go_and_above_the_size_the_longest_unused(tmp_path: Path) -> None:
    """Age first; then as many as it takes."""
    old = filled(tmp_path, replace(WORK, options="1"), days=31)
    longest = filled(tmp_path, replace(WORK, options="2"), days=20, text="x" * 1_500_000)
    newer = filled(tmp_path, replace(WORK, options="3"), days=10, text="x" * 600_000)

    plan = planned(tmp_path, replace(POLICY, max_megabytes=1))

    assert reasons(plan) == {
        old: "not used for 31 days",
        longest: "all caches together are above 1 MB",
    }
    assert plan.kept == 1
    assert newer not in reasons(plan)
    assert plan.kept_bytes <= 1_000_000


def test_damaged_and_unknown_caches_go_by_their_age(tmp_path: Path) -> None:
    """One that says nothing of itself is not taken for one of older data."""
    unknown = filled(tmp_path, WORK)
    (tmp_path / FOLDER / f"{unknown}.json").unlink()
    damaged = tmp_path / FOLDER / "x.sqlite.damaged"
    damaged.write_bytes(b"junk")
    os.utime(damaged, (0, 0))

    assert reasons(planned(tmp_path, current={})) == {
        "x.sqlite.damaged": "it was set aside as damaged"
    }


def test_an_eviction_that_was_killed_is_finished_by_the_next(tmp_path: Path) -> None:
    """What it belongs to goes last, so that what is left is found."""
    key = filled(tmp_path, replace(WORK, content_sha256="old"), days=40)
    (tmp_path / FOLDER / f"{key}.sqlite").unlink()  # the kill came after this one

    evict(eviction.entry for eviction in planned(tmp_path).evictions)

    assert list((tmp_path / FOLDER).iterdir()) == []


def test_the_caches_of_some_content_are_found(tmp_path: Path) -> None:
    """To throw away at once what was computed from content that is to be forgotten."""
    filled(tmp_path, WORK)
    old = filled(tmp_path, replace(WORK, content_sha256="old"))

    found = caches_of_content(find_caches(tmp_path / FOLDER), {"old"})

    assert [entry.key for entry in found] == [old]
    assert find_caches(tmp_path / "nowhere") == ()
