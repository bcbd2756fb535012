"""Generation in message batches, against a loopback server that speaks their wire format."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import anthropic
import pytest

from ratchet.collect.claude import BatchOptions, Commission, GeneratedCollection, Patience
from ratchet.collect.claude.generation import generate
from ratchet.errors import InputError, ModelError
from tests.anthropic_server import (
    Answer,
    AnthropicServer,
    BatchDesk,
    Cut,
    Failure,
    Raw,
    Request,
    Text,
    Unbilled,
)
from tests.builders import NOON
from tests.integration.test_claude_generation import SPEC, ScriptedClaude, is_blind, settings


class Clockwork:
    """A clock that only sleeping moves."""

    def __init__(self) -> None:
        self.now = NOON
        self.slept: list[float] = []

    def read(self) -> datetime:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += timedelta(seconds=seconds)

    @property
    def patience(self) -> Patience:
        return Patience(poll_seconds=30.0, max_wait_hours=0.05, clock=self.read, sleep=self.sleep)


class Fails:
    """Gives the scripted answers, but these outcomes to the first requests to write."""

    def __init__(self, *outcomes: Unbilled) -> None:
        self.claude = ScriptedClaude()
        self.outcomes = list(outcomes)

    def __call__(self, request: Request) -> Answer | Unbilled:
        if self.outcomes and not is_blind(request):
            return self.outcomes.pop(0)
        return self.claude(request)


@contextmanager
def serving(**desk: Any) -> Iterator[tuple[AnthropicServer, BatchDesk]]:
    """A server with batches, on which no message is answered at once."""
    chosen = BatchDesk(**{"outcome": ScriptedClaude(), "now": lambda: NOON, **desk})
    with AnthropicServer(lambda _: Failure(status=400), batches=chosen) as server:
        yield server, chosen


def write(
    server: AnthropicServer, folder: Path, count: int = 4, **changes: Any
) -> GeneratedCollection:
    """One start of the command."""
    clockwork = changes.pop("clockwork", None) or Clockwork()
    fields: dict[str, Any] = {
        "signature": SPEC.name,
        "count": count,
        "seed": 3,
        "now": NOON,
        "batch": BatchOptions(folder=folder, patience=clockwork.patience),
    }
    picked = {
        name: changes.pop(name) for name in list(changes) if name in Commission.__dataclass_fields__
    }
    return generate(Commission(settings=settings(server, **changes), **{**fields, **picked}))


def creations(server: AnthropicServer) -> list[Request]:
    """The requests that submitted a batch."""
    return [r for r in server.requests if "requests" in r.body]


def test_two_batches_write_and_label_all_examples(tmp_path: Path) -> None:
    """The drafts are one batch and their blind labels another; all examples keep the contract."""
    with serving() as (server, desk):
        found = write(server, tmp_path, 6)

    assert [len(b.requests) for b in desk.batches.values()] == [6, 6]
    assert len(found.examples) == 6
    assert not any(SPEC.problems(e.inputs, e.outputs) for e in found.examples)
    assert found.batch_ids == ("msgbatch_01", "msgbatch_02")


def test_a_batch_costs_half(tmp_path: Path) -> None:
    """Eight calls of 1,000 and 500 tokens at 2 and 10 dollars a million cost 2.8 cents."""
    with serving() as (server, _):
        found = write(server, tmp_path)

    assert found.calls == 8
    assert found.cost_usd == pytest.approx((8_000 * 2e-6 + 4_000 * 10e-6) / 2)


def test_each_example_says_which_request_wrote_it(tmp_path: Path) -> None:
    """Batch and custom id stand in the provenance, and the server knows them."""
    with serving() as (server, desk):
        found = write(server, tmp_path)

    assert {e.provenance["batch_id"] for e in found.examples} == {"msgbatch_01"}
    assert {e.provenance["custom_id"] for e in found.examples} <= set(desk.custom_ids)


def test_the_constant_part_is_marked_for_an_hour_of_cache(tmp_path: Path) -> None:
    """Every request of the batch has the same marked system prompt."""
    with serving() as (server, desk):
        write(server, tmp_path)

    systems = [r["params"]["system"] for r in desk.batches["msgbatch_01"].requests]
    assert systems[0][0]["cache_control"] == {"type": "ephemeral", "ttl": "1h"}
    assert all(system == systems[0] for system in systems)


def test_a_batch_is_asked_after_until_it_ends(tmp_path: Path) -> None:
    """Three looks a batch, half a minute apart by the clock it was given."""
    clockwork, seen = Clockwork(), []
    with serving(polls=3) as (server, _):
        write(
            server,
            tmp_path,
            clockwork=clockwork,
            progress=lambda done, total, remark: seen.append((done, total, remark)),
        )

    assert clockwork.slept == [30.0] * 4
    assert seen[0] == (0, 4, "msgbatch_01: 4 to write, 0 to label")
    assert seen[-1] == (0, 4, "msgbatch_02: 0 to write, 4 to label")


def test_a_batch_that_takes_too_long_is_left_running_and_found_later(tmp_path: Path) -> None:
    """After three minutes the command leaves; started again it takes the same batch."""
    with serving(polls=50) as (server, desk):
        first = write(server, tmp_path)
        desk.polls = 1
        second = write(server, tmp_path)

    assert first.is_waiting
    assert "The same command goes on with it" in first.notes[0]
    assert not first.examples
    assert len(second.examples) == 4
    assert len(creations(server)) == 2


def test_the_same_command_pays_once(tmp_path: Path) -> None:
    """A second start asks for nothing and brings the same examples."""
    with serving() as (server, _):
        first = write(server, tmp_path)
        before = len(server.requests)
        second = write(server, tmp_path)

    assert len(server.requests) == before
    assert second.examples == first.examples
    assert "8 of 8 calls had been answered before" in second.notes[0]


def test_another_seed_is_another_job(tmp_path: Path) -> None:
    """New examples are had by another seed, and paid for."""
    with serving() as (server, desk):
        write(server, tmp_path, 2)
        write(server, tmp_path, 2, seed=4)

    assert len(desk.batches) == 4
    assert len(set(desk.custom_ids)) == 8


@pytest.mark.parametrize("outcome", ["expired", "overloaded_error"])
def test_what_was_not_the_questions_fault_is_asked_once_more(
    tmp_path: Path, outcome: Unbilled
) -> None:
    """An expired or overloaded request goes into the next batch, under a new id."""
    with serving(outcome=Fails(outcome)) as (server, desk):
        found = write(server, tmp_path)

    assert len(found.examples) == 4
    assert not found.skipped
    assert len(set(desk.custom_ids)) == len(desk.custom_ids) == 9


def test_what_keeps_failing_is_counted_and_costs_nothing(tmp_path: Path) -> None:
    """All expire twice: nothing is made up, nothing is billed, and the next start asks again."""
    with serving(outcome=lambda _: "expired") as (server, desk):
        first = write(server, tmp_path)
        desk.outcome = ScriptedClaude()
        second = write(server, tmp_path)

    assert first.skipped == {"expired": 4}
    assert first.cost_usd == 0
    assert "the same command asks" in first.notes[0]
    assert len(second.examples) == 4


@pytest.mark.parametrize(
    ("outcome", "reason"),
    [
        ("canceled", "canceled"),
        ("invalid_request_error", "errored: invalid_request_error"),
        (Text(document="{", stop_reason="max_tokens"), "cut off"),
        (Text(document="I would rather not.", stop_reason="refusal"), "refused"),
    ],
)
def test_results_are_handled_one_by_one(
    tmp_path: Path, outcome: Answer | Unbilled, reason: str
) -> None:
    """One bad result is counted by its reason; the three others become examples."""
    claude, bad = ScriptedClaude(), [outcome]

    with serving(outcome=lambda r: bad.pop() if bad else claude(r)) as (server, _):
        found = write(server, tmp_path)

    assert len(found.examples) == 3
    assert found.skipped == {reason: 1}


def test_the_cap_holds_over_batches(tmp_path: Path) -> None:
    """Each round reserves the most it can cost, so ten cents are never passed."""
    with serving() as (server, desk):
        found = write(server, tmp_path, 10, max_cost_usd=0.10, max_tokens=3_000)

    assert found.cost_usd is not None
    assert 0 < len(found.examples) < 10
    assert found.cost_usd <= 0.10
    assert found.skipped == {"over budget": 10 - len(found.examples)}
    assert len(desk.batches) > 2


def test_a_larger_cap_goes_on_where_a_small_one_ended(tmp_path: Path) -> None:
    """What the first cap left out is written by the next start, and nothing again."""
    with serving() as (server, desk):
        first = write(server, tmp_path, 6, max_cost_usd=0.05, max_tokens=3_000)
        second = write(server, tmp_path, 6, max_cost_usd=5.0, max_tokens=3_000)

    assert len(first.examples) < len(second.examples) == 6
    assert len(desk.custom_ids) == len(set(desk.custom_ids)) == 12


def test_a_refused_key_leaves_no_batch_behind(tmp_path: Path) -> None:
    """401 is an error that names the variable; with a valid key the command starts afresh."""
    refuses = [True]

    def before(_: str, request: Request) -> Answer | None:
        return Failure(status=401) if refuses else None

    with serving(before=before) as (server, _):
        with pytest.raises(ModelError, match="ANTHROPIC_API_KEY"):
            write(server, tmp_path)
        refuses.clear()
        found = write(server, tmp_path)

    assert len(found.examples) == 4


@pytest.mark.parametrize("status", [429, 529])
def test_a_busy_desk_is_asked_again(tmp_path: Path, status: int) -> None:
    """A refused submission is repeated after a while, and only then."""
    busy, clockwork = [True], Clockwork()

    def before(_: str, request: Request) -> Answer | None:
        return (
            Failure(status=status) if "requests" in request.body and busy and busy.pop() else None
        )

    with serving(before=before) as (server, desk):
        found = write(server, tmp_path, clockwork=clockwork)

    assert len(found.examples) == 4
    assert len(desk.custom_ids) == 8
    assert clockwork.slept == [2.0]


@pytest.mark.parametrize("lost", [Failure(status=500), Cut()])
def test_a_lost_confirmation_is_looked_for_before_anything_is_sent_again(
    tmp_path: Path, lost: Answer
) -> None:
    """The batch was made and its answer got lost: it is found in the list and not made twice."""
    losing = [True]

    def after(_: str, request: Request) -> Answer | None:
        return lost if "requests" in request.body and losing and losing.pop() else None

    with serving(after=after) as (server, desk):
        found = write(server, tmp_path)

    assert len(found.examples) == 4
    assert len(desk.batches) == 2
    assert len(set(desk.custom_ids)) == len(desk.custom_ids) == 8


def test_a_strangers_batch_of_the_same_size_is_not_taken(tmp_path: Path) -> None:
    """Only a batch with our custom ids is ours."""
    losing = [True]

    def before(_: str, request: Request) -> Answer | None:
        return Cut() if "requests" in request.body and losing and losing.pop() else None

    with serving(before=before) as (server, desk):
        stranger = [{"custom_id": f"theirs-{n}", "params": _params()} for n in range(4)]
        _submit(server, stranger)
        losing.append(True)
        found = write(server, tmp_path)

    assert len(found.examples) == 4
    assert len(desk.batches) == 3


def test_results_that_are_cut_off_are_read_again(tmp_path: Path) -> None:
    """Half a stream is no result; the second reading brings all, at no cost."""
    cutting = [True]

    def after(_: str, request: Request) -> Answer | None:
        if request.path.endswith("/results") and cutting and cutting.pop():
            return Cut(sent=b'{"custom_id": "ratchet-1", "result": {"type": "expi')
        return None

    with serving(after=after) as (server, desk):
        found = write(server, tmp_path)

    assert len(found.examples) == 4
    assert len(desk.batches) == 2


def test_results_that_can_not_be_read_now_are_fetched_by_the_next_start(tmp_path: Path) -> None:
    """A page of a proxy instead of the results: the command leaves and loses nothing."""
    broken = [True]

    def after(_: str, request: Request) -> Answer | None:
        is_results = request.path.endswith("/results")
        return Raw(content=b"<html>") if is_results and broken else None

    with serving(after=after) as (server, desk):
        first = write(server, tmp_path)
        broken.clear()
        second = write(server, tmp_path)

    assert first.is_waiting
    assert "the same command fetches them" in first.notes[0]
    assert len(second.examples) == 4
    assert len(desk.batches) == 2


def test_a_batch_that_is_gone_is_said_and_asked_anew(tmp_path: Path) -> None:
    """Deleted at Claude's before its results came: a note, and a new batch."""
    with serving(polls=50) as (server, desk):
        write(server, tmp_path)
        desk.batches.clear()
        desk.polls = 1
        found = write(server, tmp_path)

    assert len(found.examples) == 4
    assert "msgbatch_01 is gone" in found.notes[0]


def test_two_processes_do_not_work_on_one_job(tmp_path: Path) -> None:
    """The second is told so, instead of paying for the same batch."""
    refused: list[str] = []

    def before(_: str, request: Request) -> Answer | None:
        if "requests" in request.body and not refused:
            with pytest.raises(InputError, match="Another process") as caught:
                write(server, tmp_path)
            refused.append(str(caught.value))
        return None

    with serving(before=before) as (server, desk):
        found = write(server, tmp_path)

    assert refused
    assert len(found.examples) == 4
    assert len(desk.batches) == 2


def _params() -> dict[str, Any]:
    schema: dict[str, Any] = {"properties": {"inputs": {}}}
    return {
        "model": "claude-sonnet-5-5",
        "messages": [{"role": "user", "content": "is_complete is true"}],
        "output_config": {"format": {"type": "json_schema", "schema": schema}},
    }


def _submit(server: AnthropicServer, requests: list[dict[str, Any]]) -> None:
    client = anthropic.Anthropic(api_key="k", base_url=server.url, max_retries=2)
    client.messages.batches.create(requests=requests)  # type: ignore[arg-type]
