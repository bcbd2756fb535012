"""No problem and no answer can keep the verification longer than its limit."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import suppress

import pytest
import sympy

from ratchet.collect.problems.algebra import time_limit
from ratchet.collect.problems.algebra.claims import work_out
from ratchet.collect.problems.algebra.time_limit import limited
from ratchet.collect.problems.algebra.tokens import Unreadable

HARD = "integral(exp(sin(x)) * ln(cos(x) + 2) * sqrt(x^5 + 1) / (2 + sin(x^2)), x, 0, 1)"
PATIENCE_SECONDS = 60.0  # on a busy machine; without a limit it is minutes


@pytest.fixture(autouse=True)
def short_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """A limit that a test can wait for."""
    monkeypatch.setattr(time_limit, "LIMIT_SECONDS", 0.5)


def brood() -> None:
    """Go on for ever, as computer algebra can."""
    while True:
        sympy.Symbol("x")


def brood_deafly() -> None:
    """Go on whatever is raised, twice."""
    for _ in range(2):
        with suppress(BaseException):  # as a library may
            brood()
    brood()


@pytest.mark.parametrize("work", [brood, brood_deafly])
def test_work_without_an_end_is_ended(work: Callable[[], None]) -> None:
    """The reason says how long it was given, also when the work catches everything."""
    with pytest.raises(Unreadable, match=r"longer than 0\.5 s"):
        limited(work)()


def test_a_hard_integral_is_given_up() -> None:
    """A text of one line that the sizes let pass."""
    started = time.monotonic()

    with pytest.raises(Unreadable, match="longer than"):
        work_out(HARD)

    assert time.monotonic() - started < PATIENCE_SECONDS


def test_the_limit_holds_in_every_thread_and_in_none_beside() -> None:
    """Two threads at once: the one that broods is ended, the other one finishes."""
    said: dict[str, str] = {}

    def try_to_brood() -> None:
        try:
            limited(brood)()
        except Unreadable as error:
            said["brooding"] = str(error)

    def add_up() -> None:
        for number in range(200):
            said["adding"] = str(limited(lambda n=number: n + 1)())

    threads = [threading.Thread(target=work) for work in (try_to_brood, add_up)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE_SECONDS)

    assert said == {"brooding": "it takes longer than 0.5 s to work out", "adding": "200"}


def test_nothing_arrives_after_the_work_is_done() -> None:
    """Work that ends about when its time does: the answer or the reason, and silence after."""
    for wait in (0.49, 0.51):
        ends = time.thread_time() + wait

        def just_in_time(ends: float = ends) -> None:
            while time.thread_time() < ends:
                pass

        with suppress(Unreadable):
            limited(just_in_time)()
        assert sum(range(100_000)) == 4_999_950_000
