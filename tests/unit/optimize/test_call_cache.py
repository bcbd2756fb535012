"""An answer that was paid for is found again, by threads, processes and later runs."""

from __future__ import annotations

import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import dspy
import pytest

from ratchet.errors import StoreError
from ratchet.optimize.call_cache import CacheCounts, CachedAnswer, CallCache
from ratchet.optimize.endpoint import Endpoint
from ratchet.optimize.meter import Budget, BudgetExceeded, Meter
from ratchet.optimize.metered import MeteredEngine, MeteredLM
from tests.model_builders import ScriptedEngine


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A cache file in a folder that does not exist yet."""
    return tmp_path / "run" / "calls.sqlite"


def never() -> dict[str, Any]:
    """An endpoint that must not be asked."""
    raise AssertionError("the answer was paid for twice")


def connected(
    cache: CallCache | None, *, address: str | None = None, meter: Meter | None = None
) -> tuple[MeteredLM, ScriptedEngine]:
    """A model behind the cache whose every answer is another."""
    numbers = iter(range(1000))
    engine = ScriptedEngine(lambda _: f"answer {next(numbers)}")
    endpoint = Endpoint(model="test/model", address=address)
    metered = MeteredEngine(engine, endpoint=endpoint, meter=meter or Meter(), cache=cache)
    return MeteredLM(metered), engine


def test_a_later_run_finds_the_answer(path: Path) -> None:
    """The answer outlives the process that paid for it."""
    with CallCache(path) as cache:
        first = cache.answer("k", lambda: {"text": "ä"})
    with CallCache(path) as cache:
        second = cache.answer("k", never)

    assert first == CachedAnswer(record={"text": "ä"}, paid=True)
    assert second == CachedAnswer(record={"text": "ä"}, paid=False)


def test_a_failed_call_is_not_remembered(path: Path) -> None:
    """What the endpoint raises passes through, and the next one asks again."""

    def fail() -> dict[str, Any]:
        raise TimeoutError

    with CallCache(path) as cache:
        with pytest.raises(TimeoutError):
            cache.answer("k", fail)
        assert cache.answer("k", lambda: {"n": 1}).paid


def test_an_answer_that_is_not_worth_it_is_not_kept(path: Path) -> None:
    """An empty answer goes to its caller alone."""
    with CallCache(path) as cache:
        assert cache.answer("k", lambda: {"n": 0}, keep=lambda r: bool(r["n"])).record == {"n": 0}
        assert cache.answer("k", lambda: {"n": 1}).record == {"n": 1}


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE answers SET record = '{\"n\": 2}'",
        "UPDATE answers SET record = 'x'",
        "UPDATE answers SET sha256 = x'00'",
    ],
)
def test_a_corrupted_answer_is_counted_and_fetched_again(path: Path, damage: str) -> None:
    """An entry that does not match its hash is asked for again and repaired."""
    with CallCache(path) as cache:
        cache.answer("k", lambda: {"n": 1})
    with sqlite3.connect(path) as database:
        database.execute(damage)
    database.close()

    with CallCache(path) as cache:
        assert cache.answer("k", lambda: {"n": 3}).record == {"n": 3}
        assert cache.answer("k", never).record == {"n": 3}
        assert cache.counts == CacheCounts(hits=1, misses=1, corrupted=1)


def test_a_file_that_is_no_database_is_set_aside(path: Path) -> None:
    """The run goes on with an empty cache; the damaged file stays beside it."""
    path.parent.mkdir()
    path.write_bytes(b"this is not a database" * 100)

    with CallCache(path) as cache:
        assert cache.answer("k", lambda: {"n": 1}).paid
        assert cache.counts.corrupted == 1

    assert path.with_name("calls.sqlite.damaged").read_bytes().startswith(b"this is not")


def test_a_folder_that_can_not_be_made_is_an_error(tmp_path: Path) -> None:
    """The message names the file and says what to do."""
    (tmp_path / "run").write_text("a file where the folder should be")

    with pytest.raises(StoreError, match=r"calls\.sqlite can not be opened"):
        CallCache(tmp_path / "run" / "calls.sqlite")


def test_an_answer_that_can_not_be_saved_is_still_used(path: Path) -> None:
    """A database that went away costs the durability, not the answer."""
    with CallCache(path) as cache:
        with sqlite3.connect(path) as database:
            database.execute("DROP TABLE answers")
        database.close()

        assert cache.answer("k", lambda: {"n": 1}).record == {"n": 1}
        assert cache.counts.unsaved == 1


def test_the_same_question_at_once_is_asked_once(path: Path) -> None:
    """Threads that wait for the same answer share it."""
    asked, go_on = threading.Event(), threading.Event()

    def slow() -> dict[str, Any]:
        asked.set()
        assert go_on.wait(10)
        return {"n": 1}

    with CallCache(path) as cache, ThreadPoolExecutor(4) as pool:
        first = pool.submit(cache.answer, "k", slow)
        assert asked.wait(10)
        others = [pool.submit(cache.answer, "k", never) for _ in range(3)]
        go_on.set()

        assert first.result().paid
        assert all(not other.result().paid for other in others)
        assert cache.counts.misses == 1
        assert cache.counts.hits + cache.counts.coalesced == 3


def test_those_who_waited_for_a_failure_ask_themselves(path: Path) -> None:
    """One broken connection is not the fate of every thread that had the same question."""
    asked, go_on = threading.Event(), threading.Event()

    def fail() -> dict[str, Any]:
        asked.set()
        assert go_on.wait(10)
        raise BudgetExceeded("spent", usage=Meter().snapshot())

    with CallCache(path) as cache, ThreadPoolExecutor(2) as pool:
        first = pool.submit(cache.answer, "k", fail)
        assert asked.wait(10)
        second = pool.submit(cache.answer, "k", lambda: {"n": 2})
        go_on.set()

        assert isinstance(first.exception(), BudgetExceeded)
        assert second.result().record == {"n": 2}


def test_many_threads_write_at_once(path: Path) -> None:
    """Every answer of eight threads is there afterwards."""
    with CallCache(path) as cache, ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: cache.answer(str(n), lambda: {"n": n}), range(200)))
    with CallCache(path) as cache:
        assert [cache.answer(str(n), never).record["n"] for n in range(200)] == list(range(200))


def test_a_cached_answer_costs_nothing(path: Path) -> None:
    """It is counted apart, and given even when the budget is used up."""
    with CallCache(path) as cache:
        connected(cache)[0]("hi")
        meter = Meter(budget=Budget(max_calls=0))
        lm, engine = connected(cache, meter=meter)

        assert lm("hi") == ["answer 0"]
        with pytest.raises(BudgetExceeded):
            lm("something else")

    assert engine.requests == []
    assert meter.snapshot().cached_calls == 1
    assert meter.snapshot().input_tokens == 0


def test_calls_that_differ_are_told_apart(path: Path) -> None:
    """Text, rollout, temperature, endpoint and number of the answer are all in the key."""
    with CallCache(path) as cache:
        lm, _ = connected(cache)
        other, _ = connected(cache, address="http://localhost:1/v1")
        said = [
            lm("hi"),
            lm("ho"),
            lm("hi", rollout_id=1, temperature=1.0),
            lm.copy(rollout_id=2, temperature=1.0)("hi"),
            lm("hi", temperature=0.5),
            lm("hi", n=2)[1:],
        ]
        again = [
            lm("hi"),
            lm("ho"),
            lm("hi", rollout_id=1, temperature=1.0),
            lm("hi", rollout_id=2, temperature=1.0),
            lm("hi", temperature=0.5),
            lm("hi", n=2)[1:],
        ]

        assert said == again == [[f"answer {n}"] for n in range(6)]
        assert other("hi") == ["answer 0"]  # its own first answer, not one from the cache


def test_a_program_reruns_from_the_cache(path: Path) -> None:
    """The same program on the same data, in threads, asks for nothing the second time."""
    examples = [dspy.Example(question=f"q{n}").with_inputs("question") for n in range(20)]
    asked = []
    with CallCache(path) as cache:
        for _ in range(2):
            lm, engine = connected(cache)
            engine.answer = lambda _: "[[ ## answer ## ]]\nyes\n\n[[ ## completed ## ]]"
            with dspy.context(lm=lm):
                evaluate = dspy.Evaluate(devset=examples, metric=lambda *_: 1.0, num_threads=4)
                evaluate(dspy.Predict("question -> answer"))
            asked.append(len(engine.requests))

    assert asked == [20, 0]
