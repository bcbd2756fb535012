"""Generation by Claude against a loopback server that speaks its wire format."""

from __future__ import annotations

import json
import logging
import os
import signal
import subprocess
import sys
import textwrap
import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from ratchet import signatures
from ratchet.collect.claude import (
    ClaudeSettings,
    Commission,
    GeneratedCollection,
    Price,
)
from ratchet.collect.claude.generation import generate
from ratchet.collect.templates import generate as from_templates
from ratchet.errors import ConfigurationError, ModelError
from ratchet.examples import Difficulty, Example
from tests.anthropic_server import (
    Answer,
    AnthropicServer,
    Cut,
    Failure,
    Raw,
    Request,
    Script,
    Silence,
    Text,
    ToolUse,
)
from tests.builders import NOON

KEY = "sk-ant-test-0123456789"
AT_ONCE = {"retry-after-ms": "1"}
SPEC = signatures.get("validate_completeness")


class ScriptedClaude:
    """Writes the examples of the templates, with the label asked for, and answers them blind."""

    def __init__(self) -> None:
        found = from_templates("validate_completeness", 60, seed=1, now=NOON).examples
        self._by_label: Mapping[bool, Iterator[Example]] = {
            label: iter([e for e in found if e.outputs["is_complete"] is label])
            for label in (True, False)
        }
        self._by_inputs = {json.dumps(dict(e.inputs), ensure_ascii=False): e for e in found}
        self._lock = threading.Lock()

    def __call__(self, request: Request) -> Answer:
        if is_blind(request):
            return Text(document=dict(self.known(request).outputs))
        with self._lock:
            example = next(self._by_label["is_complete is true" in request.prompt])
        return Text(
            document={
                "inputs": dict(example.inputs),
                "outputs": dict(example.outputs),
                "notes": "written by the script",
            }
        )

    def known(self, request: Request) -> Example:
        """The example that a blind question shows."""
        shown = request.prompt.split("Inputs:\n", 1)[1].split("\n\nGive these outputs", 1)[0]
        return self._by_inputs[json.dumps(json.loads(shown), ensure_ascii=False)]


def is_blind(request: Request) -> bool:
    """Whether the request asks for the outputs alone."""
    return "inputs" not in request.schema["properties"]


def settings(server: AnthropicServer, **changes: Any) -> ClaudeSettings:
    """Settings that reach the server."""
    fields: dict[str, Any] = {
        "api_key": KEY,
        "base_url": server.url,
        "timeout_s": 20.0,
        "max_retries": 2,
        "max_concurrency": 2,
    }
    return ClaudeSettings(**{**fields, **changes})


def commission(server: AnthropicServer, count: int, **changes: Any) -> Commission:
    """Examples of validate_completeness, written at once."""
    return Commission(
        signature=SPEC.name, count=count, settings=settings(server, **changes), seed=3, now=NOON
    )


def run(script: Script, count: int = 4, **changes: Any) -> tuple[GeneratedCollection, Any]:
    """Generate against a server with that script; return the server as well."""
    with AnthropicServer(script) as server:
        found = generate(commission(server, count, **changes))
    return found, server


def always(answer: Answer) -> Script:
    """A script that gives the same answer to every request."""
    return lambda _: answer


def test_every_order_becomes_an_example_that_keeps_the_contract() -> None:
    """Ten orders give ten examples, each valid, stratified as the plan says."""
    found, _ = run(ScriptedClaude(), count=10)

    assert len(found.examples) == 10
    assert not any(SPEC.problems(e.inputs, e.outputs) for e in found.examples)
    assert Counter(e.difficulty for e in found.examples) == {
        Difficulty.EASY: 3,
        Difficulty.MEDIUM: 5,
        Difficulty.HARD: 2,
    }
    assert Counter(e.outputs["is_complete"] for e in found.examples) == {True: 4, False: 6}
    assert len({e.category for e in found.examples}) == 10


def test_the_second_look_is_blind() -> None:
    """The question that checks a label holds the inputs and no word of the outputs."""
    claude = ScriptedClaude()
    _, server = run(claude)

    blind = [request for request in server.requests if is_blind(request)]
    assert len(blind) == 4
    for request in blind:
        assert claude.known(request).outputs["explanation"] not in request.prompt


def test_answers_are_asked_for_as_structured_output() -> None:
    """Each request carries a closed JSON schema and the key as a header."""
    _, server = run(ScriptedClaude(), count=1)

    first = server.requests[0]
    assert first.path == "/v1/messages"
    assert first.body["output_config"]["format"]["type"] == "json_schema"
    assert first.schema["properties"]["outputs"]["additionalProperties"] is False
    assert KEY in "".join(first.headers.values())


def test_a_label_on_which_the_blind_look_disagrees_is_dropped() -> None:
    """An example whose decision the second call turns round is counted and not kept."""
    claude = ScriptedClaude()

    def contrary(request: Request) -> Answer:
        answer = claude(request)
        if not is_blind(request):
            return answer
        gold = claude.known(request).outputs
        turned = not gold["is_complete"]
        missing = [] if turned else claude.known(request).inputs["requirements"][:1]
        return Text(
            document={"is_complete": turned, "missing_requirements": missing, "explanation": "no"}
        )

    found, _ = run(contrary)

    assert not found.examples
    assert found.skipped == {"labels disagree": 4}


def test_agreement_is_recorded_with_each_example() -> None:
    """The metric's score of the blind answer stands in the provenance."""
    found, _ = run(ScriptedClaude())

    assert {e.provenance["agreement"] for e in found.examples} == {1.0}
    assert {e.provenance["model"] for e in found.examples} == {"claude-sonnet-5-5"}


def test_the_bill_is_tokens_times_price() -> None:
    """Eight calls of 1,000 and 500 tokens at 2 and 10 dollars a million cost 5.6 cents."""
    found, _ = run(ScriptedClaude())

    assert (found.calls, found.input_tokens, found.output_tokens) == (8, 8_000, 4_000)
    assert found.cost_usd == pytest.approx(8_000 * 2e-6 + 4_000 * 10e-6)


def test_an_unknown_model_has_no_cost_and_a_note_says_so() -> None:
    """A model without a price is used, and its cost is None rather than 0."""
    found, _ = run(ScriptedClaude(), model="claude-next")

    assert len(found.examples) == 4
    assert found.cost_usd is None
    assert any("price of claude-next is unknown" in note for note in found.notes)


def test_no_call_starts_that_could_pass_the_cap() -> None:
    """With a cap of ten cents the work stops early and stays under it."""
    price = Price(input_usd=1.0, output_usd=10.0)
    found, server = run(
        ScriptedClaude(), count=10, max_cost_usd=0.10, max_tokens=2_000, price=price
    )

    assert found.cost_usd is not None
    assert 0 < found.cost_usd <= 0.10
    assert found.calls == len(server.requests) < 20
    assert found.skipped["over budget"] == 10 - len(found.examples)
    assert any("cap" in note for note in found.notes)


def test_a_refused_key_names_the_variable_and_hides_the_key() -> None:
    """401 is not retried; the error says which variable to set and never shows the key."""
    with AnthropicServer(always(Failure(status=401, message=f"bad key {KEY}"))) as server:
        with pytest.raises(ModelError, match="ANTHROPIC_API_KEY") as caught:
            generate(commission(server, 2, max_concurrency=1))

        assert KEY not in str(caught.value)
        assert len(server.requests) == 1


def test_a_key_refused_midway_keeps_what_was_paid_for() -> None:
    """When the key is withdrawn after two examples, those two come back with a note."""
    claude = ScriptedClaude()

    def withdrawn(request: Request) -> Answer:
        return claude(request) if request.number < 4 else Failure(status=403)

    found, _ = run(withdrawn, count=6, max_concurrency=1)

    assert len(found.examples) == 2
    assert any("Stopped after 2 of 6" in note for note in found.notes)


@pytest.mark.parametrize(
    ("status", "reason"), [(429, "rate limited"), (500, "server error"), (529, "overloaded")]
)
def test_a_busy_server_is_retried_and_then_counted(status: int, reason: str) -> None:
    """Each call is sent three times; what stays refused is counted by reason."""
    found, server = run(always(Failure(status=status, headers=AT_ONCE)), count=2)

    assert not found.examples
    assert found.skipped == {reason: 2}
    assert len(server.requests) == 2 * 3
    assert found.cost_usd == 0


@pytest.mark.parametrize("status", [429, 500, 529])
def test_a_server_that_recovers_loses_no_example(status: int) -> None:
    """A failure that goes away on the second try leaves no trace in the result."""
    claude = ScriptedClaude()

    def recovering(request: Request) -> Answer:
        if request.headers.get("x-stainless-retry-count") == "0":
            return Failure(status=status, headers=AT_ONCE)
        return claude(request)

    found, server = run(recovering, count=3)

    assert len(found.examples) == 3
    assert not found.skipped
    assert len(server.requests) == 2 * 6


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (Text(document='{"inputs": {"implementation": "Add'), "malformed output"),
        (Text(document='{"inputs": {"imple', stop_reason="max_tokens"), "cut off"),
        (Text(document="I would rather not.", stop_reason="refusal"), "refused"),
        (Text(document=["not", "an", "object"]), "broken contract"),
        (Text(document={"inputs": {}, "outputs": {}, "notes": ""}), "broken contract"),
        (ToolUse(name="write", arguments={}), "malformed output"),
        (Raw(content=b"<html>maintenance</html>", content_type="text/html"), "malformed answer"),
        (Raw(content=b'{"id": "msg_1", "content"'), "malformed answer"),
        (Raw(content=b'{"unexpected": true}'), "malformed answer"),
        (Cut(), "connection lost"),
    ],
)
def test_what_can_not_be_read_is_counted_and_never_made_up(answer: Answer, reason: str) -> None:
    """Broken answers give no example and one count each."""
    found, _ = run(always(answer), count=2, max_retries=0)

    assert not found.examples
    assert found.skipped == {reason: 2}


def test_tokens_of_an_unreadable_answer_are_paid_for() -> None:
    """An answer that was cut off costs its tokens all the same."""
    found, _ = run(always(Text(document="{", stop_reason="max_tokens")), count=2)

    assert found.cost_usd == pytest.approx(2 * (1_000 * 2e-6 + 500 * 10e-6))


def test_a_silent_server_ends_in_a_timeout() -> None:
    """No answer within the timeout is counted, and its possible cost is noted."""
    found, _ = run(always(Silence()), count=2, max_retries=0, timeout_s=0.2)

    assert found.skipped == {"timeout": 2}
    assert any("never answered" in note for note in found.notes)


def test_no_more_calls_run_at_once_than_allowed() -> None:
    """With a limit of three the server never sees a fourth call at the same time."""
    claude = ScriptedClaude()
    together = threading.Barrier(3)

    def waits_for_three(request: Request) -> Answer:
        if request.number < 3:
            together.wait(timeout=30)
        return claude(request)

    found, server = run(waits_for_three, count=9, max_concurrency=3)

    assert len(found.examples) == 9
    assert server.most_busy == 3


def test_the_key_is_never_logged(caplog: pytest.LogCaptureFixture) -> None:
    """Not even at debug level, nor in the settings' own representation."""
    caplog.set_level(logging.DEBUG)
    with AnthropicServer(ScriptedClaude()) as server:
        chosen = commission(server, 2)
        generate(chosen)

    assert KEY not in caplog.text
    assert KEY not in repr(chosen)


def test_without_a_key_nothing_starts() -> None:
    """An empty key is refused with the name of the variable."""
    with pytest.raises(ConfigurationError, match="ANTHROPIC_API_KEY"):
        ClaudeSettings(api_key=" ")


def test_ctrl_c_returns_what_was_done() -> None:
    """SIGINT in the third example brings back the two before it."""
    claude = ScriptedClaude()

    def stalls(request: Request) -> Answer:
        return claude(request) if request.number < 4 else Silence()

    program = textwrap.dedent(
        """
        import sys
        from datetime import UTC, datetime
        from ratchet.collect.claude import ClaudeSettings, Commission
        from ratchet.collect.claude.generation import generate
        settings = ClaudeSettings(api_key="k", base_url=sys.argv[1], max_concurrency=1)
        found = generate(
            Commission(
                signature="validate_completeness",
                count=6,
                settings=settings,
                seed=3,
                now=datetime.now(UTC),
            )
        )
        print(len(found.examples), found.interrupted, found.notes[0])
        """
    )
    with AnthropicServer(stalls) as server:
        child = subprocess.Popen(
            [sys.executable, "-c", program, server.url], stdout=subprocess.PIPE, text=True
        )
        assert server.wait_for_requests(5)
        os.kill(child.pid, signal.SIGINT)
        output, _ = child.communicate(timeout=60)

    assert child.returncode == 0
    assert output.startswith("2 True Interrupted after 2 of 6 examples.")
