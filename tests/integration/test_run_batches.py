"""Message batches in improvement runs: what outlasts a run is taken by the next, and paid once."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ratchet.cycle.batch_terms import BatchTerms
from ratchet.cycle.collect import Collected, collect_synthetic
from ratchet.cycle.fetching import fetch_batches
from ratchet.cycle.metering import stop_run
from ratchet.cycle.options import ImprovementOptions
from ratchet.cycle.run_folder import RunFolder
from ratchet.cycle.runs import start_run
from ratchet.cycle.workspace import Workspace
from ratchet.settings import load_settings
from tests.anthropic_server import AnthropicServer, BatchDesk, Failure, Request
from tests.cli_builders import COMPLETENESS
from tests.integration.test_claude_generation import ScriptedClaude

MODEL = "anthropic/claude-sonnet-5-5"
COUNT = 4
PRICE_AT_ONCE = 1_000 * 2e-6 + 500 * 10e-6  # of one call that the server answers
NEVER = 1_000_000


class Months:
    """A desk of batches, and runs that use it; every run is a round of its own unless said."""

    def __init__(self, server: AnthropicServer, desk: BatchDesk) -> None:
        self.server, self.desk = server, desk
        self.run: RunFolder | None = None

    def workspace(self, model: str = MODEL) -> Workspace:
        return Workspace.of(load_settings(), model=model)

    def collect(
        self,
        round_: int,
        *,
        batch: bool = True,
        model: str = MODEL,
        wait_hours: float = 1.0,
        count: int = COUNT,
    ) -> Collected:
        """What a run collects that begins now and waits so long."""
        settings, workspace, now = load_settings(), self.workspace(model), datetime.now(UTC)
        settings = settings.model_copy(
            update={
                "synthetic": settings.synthetic.model_copy(
                    update={"poll_seconds": 0.01, "run_max_wait_hours": wait_hours}
                )
            }
        )
        self.run = start_run(workspace, settings.runs_folder, {}, now=now)
        return collect_synthetic(
            workspace,
            self.run,
            COMPLETENESS,
            target=count,
            seed=round_,
            now=now,
            batches=BatchTerms.of_run(self.run, workspace, settings, is_wanted=batch),
        )

    def fetch(self) -> tuple[str, ...]:
        """What the daily flow does."""
        options = ImprovementOptions.of(signatures=(COMPLETENESS,), model=MODEL)
        return fetch_batches(self.workspace(), options, load_settings(), now=datetime.now(UTC))

    @property
    def sizes(self) -> list[int]:
        """How many requests each batch had."""
        return [len(batch.requests) for batch in self.desk.batches.values()]

    @property
    def asked_at_once(self) -> list[Request]:
        """The questions outside of batches."""
        return [r for r in self.server.requests if r.path.endswith("/messages")]

    def has_paid_once(self) -> bool:
        return len(self.desk.custom_ids) == len(set(self.desk.custom_ids))


@pytest.fixture
def months(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Months]:
    """Claude on loopback, with a desk of batches."""
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-ant-test")
    script = ScriptedClaude()
    desk = BatchDesk(outcome=script)
    with AnthropicServer(script, batches=desk) as server:
        monkeypatch.setenv("RATCHET_API_BASE", server.url)
        yield Months(server, desk)


def test_a_run_in_batches_pays_half_and_asks_nothing_at_once(months: Months) -> None:
    """Drafts and blind labels are two batches; the bill of the run is that of both."""
    found = months.collect(1)

    assert found.file.count == COUNT
    assert months.sizes == [COUNT, COUNT]
    assert not months.asked_at_once
    assert found.lm_calls == 2 * COUNT
    assert found.cost_usd == pytest.approx(2 * COUNT * PRICE_AT_ONCE / 2)
    assert found.news == ()


def test_the_journal_of_a_run_is_in_the_state_folder_and_in_its_backup(months: Months) -> None:
    """A cache may be emptied and is not backed up; what was paid for is no cache."""
    months.collect(1)

    (journal,) = (load_settings().home / "batches").glob(f"{COMPLETENESS}-*.json")
    assert load_settings().cache_folder not in journal.absolute().parents


def test_a_run_goes_on_without_a_batch_that_outlasts_its_patience(months: Months) -> None:
    """It has nothing of it and says how many, which batch, since when, and what comes of it."""
    months.desk.polls = NEVER

    found = months.collect(1, wait_hours=1e-5)

    assert found.file.count == 0
    (sentence,) = found.news
    assert sentence.startswith("4 synthetic examples are still being written in message batches")
    assert "(msgbatch_01). The run went on without them at 20" in sentence
    assert "the next one takes them, and pays for nothing twice" in sentence


def test_the_next_run_takes_what_outlasted_this_one(months: Months) -> None:
    """Another round, another seed: the old batch counts as its order, and is paid for once."""
    months.desk.polls = NEVER
    first = months.collect(1, wait_hours=1e-5)
    months.desk.polls = 1

    second = months.collect(2)

    assert second.file.count == COUNT
    assert second.news == ("4 synthetic examples came from batches that an earlier run had sent.",)
    assert months.sizes == [COUNT, COUNT]
    assert months.has_paid_once()
    assert (first.lm_calls, second.lm_calls) == (0, 2 * COUNT)
    assert {e.provenance["seed"] for e in second.file.read()} == {1}


def test_a_run_that_wants_more_than_was_left_orders_the_rest(months: Months) -> None:
    """Four are under way and six are wanted: two more are asked for."""
    months.desk.polls = NEVER
    months.collect(1, wait_hours=1e-5)
    months.desk.polls = 1

    found = months.collect(2, count=COUNT + 2)

    assert found.file.count == COUNT + 2
    assert months.sizes == [COUNT, COUNT, 2, 2]


def test_what_a_finished_run_has_taken_is_not_taken_again(months: Months) -> None:
    """The round after a finished one orders anew, and has other examples."""
    first, second = months.collect(1), months.collect(2)

    ids = [{e.example_id for e in found.file.read()} for found in (first, second)]
    assert len(months.desk.batches) == 4
    assert not ids[0] & ids[1]


def test_a_run_that_is_started_again_has_the_same_examples_for_nothing(months: Months) -> None:
    """The same round, as after a kill behind the collection: nothing is sent, and no cost told."""
    first = months.collect(1)
    before = len(months.server.requests)

    again = months.collect(1)

    assert len(months.server.requests) == before
    assert again.file.sha256 == first.file.sha256
    assert (again.lm_calls, again.cost_usd) == (0, 0.0)


def test_started_again_it_has_what_an_older_round_had_left(months: Months) -> None:
    """A run took the old batch and failed later: the next start of that round has it too."""
    months.desk.polls = NEVER
    months.collect(1, wait_hours=1e-5)
    months.desk.polls = 1

    taken, again = months.collect(2), months.collect(2)

    assert again.file.sha256 == taken.file.sha256
    assert months.sizes == [COUNT, COUNT]


def test_drafts_that_came_are_labelled_though_the_run_waits_no_more(months: Months) -> None:
    """The labels are sent before the run leaves, so that the next one finds them done."""
    seen: list[str] = []

    def slow_labels(_: str, request: Request) -> None:
        if "requests" in request.body:
            seen.append(request.path)
            months.desk.polls = 1 if len(seen) == 1 else NEVER

    months.desk.before = slow_labels
    first = months.collect(1, wait_hours=1e-4)
    months.desk.polls = 1
    second = months.collect(2)

    assert first.file.count == 0
    assert "4 synthetic examples are still being written" in first.news[0]
    assert (first.lm_calls, second.lm_calls) == (COUNT, COUNT)
    assert second.file.count == COUNT
    assert months.has_paid_once()


def test_a_run_by_hand_takes_what_has_ended_and_asks_at_once_for_the_rest(months: Months) -> None:
    """It waits for nothing: a batch that has ended comes along, and the others stay."""
    months.desk.polls = NEVER
    months.collect(1, wait_hours=1e-5)
    by_hand = months.collect(2, batch=False)
    months.desk.polls = 1
    later = months.collect(3)

    assert by_hand.file.count == COUNT
    assert len(months.asked_at_once) == 2 * COUNT
    assert "The run did not wait; the next one takes them" in by_hand.news[0]
    assert later.file.count == COUNT
    assert months.sizes == [COUNT, COUNT]


def test_a_batch_keeps_the_model_it_was_begun_with(months: Months) -> None:
    """Another model in the settings would ask other questions: the old ones are not lost."""
    months.desk.polls = NEVER
    months.collect(1, wait_hours=1e-5)
    months.desk.polls = 1

    found = months.collect(2, model="anthropic/claude-opus-4-8")

    assert {e.provenance["model"] for e in found.file.read()} == {"claude-sonnet-5-5"}
    assert months.has_paid_once()


def test_a_run_that_is_stopped_does_not_wait_for_its_batch(months: Months) -> None:
    """Ctrl-C ends the waiting within seconds, and the batch stays on record."""
    months.desk.polls = NEVER
    ended: list[float] = []

    def stop() -> None:
        assert months.server.wait_for_requests(3)
        assert months.run is not None
        ended.append(time.monotonic())
        stop_run(months.run.run_id)

    stopper = threading.Thread(target=stop)
    stopper.start()
    with pytest.raises(KeyboardInterrupt):
        months.collect(1)
    stopper.join()
    months.desk.polls = 1

    assert time.monotonic() - ended[0] < 10
    assert months.collect(1).file.count == COUNT
    assert months.has_paid_once()


def test_between_runs_answers_are_fetched_before_claude_forgets_them(months: Months) -> None:
    """Two days bring the drafts and then the labels; the next run needs Claude no more."""
    months.desk.polls = NEVER
    months.collect(1, wait_hours=1e-5)
    months.desk.polls = 2

    said = [months.fetch(), months.fetch()]
    months.desk.batches.clear()
    found = months.collect(2)

    assert "0 of 4 examples" in said[0][0]
    assert "4 of 4 examples that batches were asked for are here" in said[1][0]
    assert found.file.count == COUNT
    assert not months.desk.batches


def test_a_day_without_batches_asks_nothing(months: Months) -> None:
    """Nothing was ordered, so Claude hears nothing."""
    assert months.fetch() == ()
    assert not months.server.requests


def test_a_day_on_which_claude_refuses_is_a_sentence(months: Months) -> None:
    """The daily flow goes on; the next day tries again."""
    months.desk.polls = NEVER
    months.collect(1, wait_hours=1e-5)
    months.desk.before = lambda _method, _request: Failure(status=401)

    (sentence,) = months.fetch()

    assert "its batches could not be asked after" in sentence
    assert "ANTHROPIC_API_KEY" in sentence


def test_a_price_that_is_unknown_stays_unknown(months: Months) -> None:
    """A model without a price has a cost of None in the run's bill."""
    found = months.collect(1, model="anthropic/claude-of-tomorrow")

    assert found.file.count == COUNT
    assert found.cost_usd is None
