"""Subflows start one after another and run side by side."""

from __future__ import annotations

from threading import Barrier, Thread

import pytest

from tasks.turn import Turn


def test_the_next_one_starts_when_the_first_is_running_not_when_it_ends() -> None:
    """Both are inside at once after the first has passed its turn on."""
    turn, both_inside = Turn(), Barrier(2, timeout=10)

    def start() -> None:
        with turn.taken() as pass_on:
            pass_on()
            both_inside.wait()

    threads = [Thread(target=start) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=10)

    assert not any(thread.is_alive() for thread in threads)
    assert not both_inside.broken


def test_one_that_dies_before_it_runs_does_not_hold_up_the_others() -> None:
    """The turn is passed on at the latest when the block ends, and only once."""
    turn = Turn()
    with pytest.raises(RuntimeError), turn.taken():
        raise RuntimeError

    with turn.taken() as pass_on:
        pass_on()
        pass_on()
    with turn.taken():
        pass
