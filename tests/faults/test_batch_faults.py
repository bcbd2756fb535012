"""A command that is killed while a batch is under way pays for nothing twice."""

from __future__ import annotations

import os
import signal
from pathlib import Path

from ratchet.collect.claude import BatchOptions, ClaudeSettings, Commission, Patience
from ratchet.collect.claude.generation import generate
from tests.anthropic_server import Answer, AnthropicServer, BatchDesk, Failure, Request, Silence
from tests.builders import NOON
from tests.integration.test_claude_generation import ScriptedClaude

COUNT = 4


def commission(server: AnthropicServer, folder: Path) -> Commission:
    """What is asked for, the first time and again."""
    return Commission(
        signature="validate_completeness",
        count=COUNT,
        settings=ClaudeSettings(api_key="k", base_url=server.url),
        seed=3,
        now=NOON,
        batch=BatchOptions(folder=folder, patience=Patience(poll_seconds=0.01)),
    )


def start(server: AnthropicServer, folder: Path) -> int:
    """The command in a process of its own, forked, so that it need not load everything anew."""
    child = os.fork()
    if not child:
        try:
            generate(commission(server, folder))
        finally:
            os._exit(0)
    return child


def kill(child: int) -> None:
    """End it as a power cut would."""
    os.kill(child, signal.SIGKILL)
    assert os.WIFSIGNALED(os.waitpid(child, 0)[1])


def finish(server: AnthropicServer, folder: Path) -> int:
    """Give the command again and let it come to its end; how many examples it brings."""
    found = generate(commission(server, folder))
    assert not found.is_waiting
    return len(found.examples)


def test_killed_between_submit_and_write_it_finds_its_batch(tmp_path: Path) -> None:
    """The batch is made and the process never hears of it: it is recognised by its custom ids."""
    is_first = True

    def after(_: str, request: Request) -> Answer | None:
        return Silence() if "requests" in request.body and is_first else None

    desk = BatchDesk(outcome=ScriptedClaude(), after=after)
    with AnthropicServer(lambda _: Failure(status=400), batches=desk) as server:
        first = start(server, tmp_path)
        assert server.wait_for_requests(1)
        kill(first)
        is_first = False
        count = finish(server, tmp_path)

    assert count == COUNT
    assert len(desk.custom_ids) == len(set(desk.custom_ids)) == 2 * COUNT


def test_killed_while_it_waits_it_goes_on_waiting(tmp_path: Path) -> None:
    """The batch is on record: the next start asks after it and submits nothing for it."""
    desk = BatchDesk(outcome=ScriptedClaude(), polls=1_000_000)
    with AnthropicServer(lambda _: Failure(status=400), batches=desk) as server:
        first = start(server, tmp_path)
        assert server.wait_for_requests(4)  # submitted, and looked at three times
        kill(first)
        desk.polls = 1
        count = finish(server, tmp_path)

    assert count == COUNT
    assert len(desk.custom_ids) == len(set(desk.custom_ids)) == 2 * COUNT


def test_killed_while_results_arrive_it_fetches_them_again(tmp_path: Path) -> None:
    """Results that were on their way are fetched again, at no cost."""
    is_first = True

    def before(_: str, request: Request) -> Answer | None:
        return Silence() if request.path.endswith("/results") and is_first else None

    desk = BatchDesk(outcome=ScriptedClaude(), before=before)
    with AnthropicServer(lambda _: Failure(status=400), batches=desk) as server:
        first = start(server, tmp_path)
        assert server.wait_for_requests(4)  # submitted, looked at twice, results asked for
        kill(first)
        is_first = False
        count = finish(server, tmp_path)

    assert count == COUNT
    assert len(desk.custom_ids) == len(set(desk.custom_ids)) == 2 * COUNT
