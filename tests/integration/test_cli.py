"""The stage commands in a row, in processes of their own, against model servers, and stopped."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from tests.anthropic_server import AnthropicServer, Failure
from tests.cli_builders import COMPLETENESS, curated_row, good_examples, ratchet, write_rows
from tests.integration.test_claude_generation import ScriptedClaude
from tests.openai_server import Body, model_server

OF = ("--signature", COMPLETENESS)
WAIT_SECONDS = 120


def process(*arguments: str, **environment: str) -> subprocess.Popen[str]:
    """`ratchet` as the shell starts it."""
    return subprocess.Popen(
        [sys.executable, "-c", "from ratchet.cli import main; main()", *arguments],
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_the_stages_in_a_row_lead_to_a_verdict(workspace: Path) -> None:
    """Each command reads what the one before it left, with no file moved by hand."""
    by_hand = map(curated_row, good_examples(15, seed=9))
    rows = write_rows(workspace / "by_hand.jsonl", by_hand)
    commands: tuple[tuple[object, ...], ...] = (
        ("collect", "synthetic", *OF, "--target", 40),
        ("validate",),
        ("import", rows),
        ("gate", *OF, "--strict", "--select"),
        ("dataset", "create", *OF, "--from-store", "--strict"),
        ("optimize", *OF, "--optimizer", "bootstrap"),
        ("evaluate", *OF),
    )

    codes = {command[0]: ratchet(*command).exit_code for command in commands}

    (program,) = [
        row for row in ratchet("programs", "list", "--json").document if row["kind"] == "candidate"
    ]
    assert codes == {command[0]: 0 for command in commands}
    assert program["verdict"] in {"promote", "reject", "inconclusive"}


@pytest.mark.parametrize(
    ("arguments", "exit_code", "message"),
    [
        (("dataset", "list", "--json"), 0, ""),
        (("gate", *OF), 1, ""),
        (
            ("gate", "--signature", "validate_intend"),
            2,
            "ratchet: No signature is called 'validate_intend'. Did you mean validate_intent?",
        ),
    ],
)
def test_the_shell_sees_the_exit_code_and_errors_on_standard_error(
    workspace: Path, arguments: tuple[str, ...], exit_code: int, message: str
) -> None:
    """0 done, 1 not reached, 2 wrong use; complaints never mix with the output."""
    running = process(*arguments)

    out, err = running.communicate(timeout=WAIT_SECONDS)

    assert running.returncode == exit_code
    assert err.startswith(message)
    assert "Traceback" not in err
    assert ("ratchet:" in err) is bool(message)
    assert "ratchet:" not in out


def test_ctrl_c_is_heard_and_what_was_paid_for_is_not_paid_again(workspace: Path) -> None:
    """An optimisation stopped in a call leaves with 130; the next one takes its answers over."""
    ratchet("dataset", "create", *OF, write_rows(workspace / "a.jsonl", good_examples(12)))
    reached, resume = threading.Event(), threading.Event()

    def answer(body: Body) -> str:
        if len(server.requests) == 3:
            reached.set()
            resume.wait(WAIT_SECONDS)
        return _fields()

    command = ("optimize", *OF, "--lm", "openai/local", "--threads", "1")
    with model_server(answer=answer) as server:
        running = process(*command, RATCHET_API_BASE=server.openai_address, OPENAI_API_KEY="k")
        assert reached.wait(WAIT_SECONDS)
        running.send_signal(signal.SIGINT)
        resume.set()
        _, err = running.communicate(timeout=WAIT_SECONDS)
        asked = [_question(body) for body in server.requests]
        again = process(
            *command, "--json", RATCHET_API_BASE=server.openai_address, OPENAI_API_KEY="k"
        )
        out, _ = again.communicate(timeout=WAIT_SECONDS)

    answered = asked[:2]
    assert running.returncode == 130
    assert "ratchet: Stopped. What was finished is kept" in err
    assert "Traceback" not in err
    assert json.loads(out)["lm_calls"] > 0
    later = [_question(body) for body in server.requests[len(asked) :]]
    assert not set(answered) & set(later)


def test_claude_writes_and_the_bill_is_shown(
    workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Examples by Claude, their cost, and the file they are in."""
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-ant-test")
    with AnthropicServer(ScriptedClaude()) as server:
        monkeypatch.setenv("RATCHET_API_BASE", server.url)

        left = ratchet("collect", "synthetic", *OF, "--target", 3)
        document = ratchet("collect", "synthetic", *OF, "--target", 3, "--json").document

    assert left.exit_code == 0
    assert "Written by claude-sonnet-5-5: 6 calls, 0.0420 USD." in left.out
    assert (document["calls"], document["model"]) == (6, "claude-sonnet-5-5")
    assert document["cost_usd"] == pytest.approx(0.042)


def test_the_cap_holds_for_all_signatures_together(
    workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the first signature spent is not there for the second."""
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-ant-test")
    with AnthropicServer(ScriptedClaude()) as server:
        monkeypatch.setenv("RATCHET_API_BASE", server.url)

        document = ratchet(
            *("collect", "synthetic", *OF, "--signature", "validate_intent"),
            *("--target", 2, "--max-cost-usd", 0.1, "--json"),
        ).document

    first, second = document["signatures"]
    assert (first["collected"], second["collected"]) == (1, 0)
    assert document["cost_usd"] <= 0.1


def test_a_refused_key_names_the_variable(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Claude's 401 is wrong configuration: where the key is, and exit code 2."""
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-ant-wrong")
    with AnthropicServer(lambda _: Failure(status=401)) as server:
        monkeypatch.setenv("RATCHET_API_BASE", server.url)

        left = ratchet("collect", "synthetic", *OF, "--target", 2)

    assert left.exit_code == 1
    assert "ANTHROPIC_API_KEY" in left.err


def _fields() -> str:
    """An answer in the form that DSPy's chat adapter reads."""
    return (
        "[[ ## is_complete ## ]]\ntrue\n\n[[ ## missing_requirements ## ]]\n[]\n\n"
        "[[ ## explanation ## ]]\nAll is there.\n\n[[ ## completed ## ]]"
    )


def _question(body: Body) -> str:
    return json.dumps(body["messages"], sort_keys=True)
