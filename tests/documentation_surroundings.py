"""What blocks of the documentation need, on loopback: Claude, Slack, mail, a database, a person.

A placeholder of a page (`https://hooks.slack.com/services/...`, VERSION) is replaced by what is
there; everything else is run as it is written. What was opened for a block stays open for the
blocks after it, which find its settings.
"""

from __future__ import annotations

import json
import re
import signal
import threading
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import replace
from typing import Any

import pytest

import ratchet.cli.example_writing
import ratchet.cli.review_session  # noqa: F401 - both loaded once, and not in every terminal
from ratchet import signatures
from ratchet.collect.templates import generate
from ratchet.quality.judges.scorecard import JUDGED
from tests.anthropic_server import Answer, AnthropicServer, BatchDesk, Request, Text
from tests.builders import NOON
from tests.documentation_builders import BROUGHT, Block, commands_in
from tests.documentation_project import DocumentedProject
from tests.local_system import free_port
from tests.postgres import session_server
from tests.slack_server import slack_server
from tests.smtp_server import smtp_server, write_certificate
from tests.terminal import Terminal, terminal

CTRL_C, CTRL_D = "\x03", "\x04"
MAIL_PASSWORD = "..."  # as the page exports it
WRITTEN = "validate_intent"
PROBLEM = {
    "subject": "calculus",
    "topic": "derivatives",
    "problem": "Find the minimum value of f(x) = x^2 - 4x + 3",
    "answer": "The minimum value is -1 at x = 2",
    "hints": {"0": "Differentiate it.", "1": "Set it to zero.", "2": "Solve for the place."},
    "quality_score": 0.85,
    "target_model_failed": True,
}


def run_with_surroundings(project: DocumentedProject, block: Block) -> None:
    """Run a block with what its fence asks for."""
    if "person" in block.modes:
        run_by_person(project, block)
        return
    with ExitStack() as around:
        for mode in BROUGHT.intersection(block.modes):
            block = around.enter_context(SURROUNDINGS[mode](project, block))
        project.run(block)


def replaced(block: Block, placeholder: str, value: str) -> Block:
    """The block with what is there in the place of a placeholder, which it must have."""
    assert placeholder in block.text, f"{block.place} has no {placeholder}"
    return replace(block, text=block.text.replace(placeholder, value))


@contextmanager
def key(project: DocumentedProject, block: Block) -> Iterator[Block]:
    """Claude with a key, which writes, labels and judges."""
    script = LoopbackClaude()
    with (
        AnthropicServer(script, batches=BatchDesk(outcome=script)) as server,
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setenv("ANTHROPIC_API_KEY", "sk-ant-test")
        patch.setenv("RATCHET_API_BASE", server.url)
        patch.setenv("RATCHET_SYNTHETIC__POLL_SECONDS", "0.01")
        yield block
        assert server.requests, f"{block.place} asked Claude for nothing"


class LoopbackClaude:
    """Writes examples of one signature, labels its own blind as it meant them, and judges."""

    def __init__(self) -> None:
        found = generate(WRITTEN, 300, seed=1, now=NOON).examples
        self._decisions = {
            value: iter([e for e in found if e.outputs["intent_satisfied"] is value])
            for value in (True, False)
        }
        self._outputs: dict[str, Any] = {}
        self._lock = threading.Lock()

    def __call__(self, request: Request) -> Answer:
        wanted = request.schema["properties"]
        if set(JUDGED) <= set(wanted):
            return Text(
                document={name: {"reason": f"{name} is sound", "score": 80} for name in JUDGED}
            )
        if "inputs" not in wanted:
            shown = request.prompt.split("Inputs:\n", 1)[1].split("\n\nGive these outputs", 1)[0]
            return Text(document=self._outputs[_text(json.loads(shown))])
        document = self._turned(request) if "as little as possible" in request.prompt else None
        document = document or self._written(request)
        self._outputs[_text(document["inputs"])] = document["outputs"]
        return Text(document={**document, "notes": "written by the script"})

    def _written(self, request: Request) -> dict[str, Any]:
        is_satisfied = "intent_satisfied is false" not in request.prompt
        with self._lock:
            example = next(self._decisions[is_satisfied])
        return {"inputs": dict(example.inputs), "outputs": dict(example.outputs)}

    def _turned(self, request: Request) -> dict[str, Any]:
        """The parent with a sentence more, and its decision turned round."""
        given = re.findall(r"<material>\n(.*?)\n</material>", request.prompt, re.DOTALL)
        inputs, outputs = map(json.loads, given)
        was = outputs["intent_satisfied"]
        said = "The first point was left out." if was else "What was left open is done and tested."
        missing = inputs["requirements"][:1] if was else []
        return {
            "inputs": {**inputs, "implementation": f"{inputs['implementation']} {said}"},
            "outputs": {
                "intent_satisfied": not was,
                "missing_aspects": missing,
                "explanation": said,
            },
        }


def _text(inputs: Mapping[str, Any]) -> str:
    return json.dumps(dict(inputs), sort_keys=True)


@contextmanager
def app(project: DocumentedProject, block: Block) -> Iterator[Block]:
    """The names of an app around the block, its model, and a published program for VERSION."""
    import dspy

    from ratchet.optimize.models import OFFLINE_MODEL, connect
    from ratchet.optimize.optimizer import baseline_program

    example = generate(WRITTEN, 1, seed=1, now=NOON).examples[0].inputs
    wish, item, code, requirements = example.values()
    project.names.update(
        user_id="user-7",
        wish=wish,
        item=item,
        code=code,
        requirements=requirements,
        MyProgram=lambda: baseline_program(signatures.get(WRITTEN)),
        problem=PROBLEM,
    )
    if "VERSION" in block.text:
        (version,) = (project.folder / ".ratchet/programs/extract_requirements").glob("v*")
        block = replaced(block, "VERSION", version.name)
    with dspy.context(lm=connect(OFFLINE_MODEL)):
        yield block
    if router := project.names.get("router"):
        router.close()
        assert list((project.folder / ".ratchet/telemetry/spool").rglob("*.jsonl"))


@contextmanager
def slack(project: DocumentedProject, block: Block) -> Iterator[Block]:
    """Slack, to whose webhook a message must come."""
    server = project.opened.enter_context(slack_server())
    yield replaced(block, "https://hooks.slack.com/services/...", server.webhook_url)
    assert server.texts == ["INFO: Test of the alerts"]


@contextmanager
def email(project: DocumentedProject, block: Block) -> Iterator[Block]:
    """A mail server with STARTTLS and the login of the settings before, which gets a mail."""
    certificate = write_certificate(project.bridge / "smtp.pem")
    login = ("ratchet", MAIL_PASSWORD)
    box = project.opened.enter_context(smtp_server(certificate=certificate, login=login))
    settings = project.folder / "ratchet.toml"
    text = settings.read_text(encoding="utf-8")
    text = text.replace("smtp.example.org", "127.0.0.1").replace("587", str(box.port))
    settings.write_text(text, encoding="utf-8")
    project.environment["RATCHET_ALERTS__EMAIL_CA_FILE"] = str(certificate)
    yield block
    assert box.subjects == ["[Ratchet] INFO: Test of the alerts"]
    assert (box.was_encrypted, box.logins) == ([True], ["ratchet"])


@contextmanager
def postgresql(project: DocumentedProject, block: Block) -> Iterator[Block]:
    """An empty database on a real server."""
    url = project.opened.enter_context(session_server().fresh_database())
    yield replaced(block, "postgresql://ratchet@127.0.0.1:5432/ratchet", url)


SURROUNDINGS: Mapping[str, Callable[[DocumentedProject, Block], AbstractContextManager[Block]]] = {
    "key": key,
    "app": app,
    "slack": slack,
    "email": email,
    "postgresql": postgresql,
}


def run_by_person(project: DocumentedProject, block: Block) -> None:
    """Run the commands in a pseudo-terminal, before which somebody sits who knows them."""
    for words in commands_in(block):
        (act,) = [act for name, act in PERSONS.items() if " ".join(words).startswith(name)]
        port = str(free_port())
        arguments = [port if word == "9464" else word for word in words[1:]]
        with terminal(*arguments, folder=project.folder, environment=project.environment) as screen:
            wanted = act(screen, words)
            assert screen.wait_for_end() == wanted, screen.seen


def review(screen: Terminal, _words: Sequence[str]) -> int:
    """Approve the first, then leave."""
    screen.answer("[q]uit", "a")
    screen.answer("[q]uit", "q")
    screen.wait_for("1 approve")
    return 0


def leave_writing(screen: Terminal, words: Sequence[str]) -> int:
    """Read what is lacking and leave at the first question."""
    screen.wait_for("Wanted most:")
    screen.answer(f"{signatures.get(words[-1]).input_names[0]} (", CTRL_D)
    screen.wait_for("0 examples stored")
    return 0


def watch(screen: Terminal, _words: Sequence[str]) -> int:
    """Look, and leave the rollout alone."""
    screen.wait_for("running")
    screen.type(CTRL_C)
    return 128 + signal.SIGINT


def scrape(screen: Terminal, _words: Sequence[str]) -> int:
    """Read the metrics as Prometheus does, and stop serving them."""
    screen.wait_for("Stop with Ctrl-C.")
    (address,) = re.findall(r"http://\S+", screen.seen)
    with urllib.request.urlopen(address) as answer:  # noqa: S310 - our own address
        assert b"ratchet_collection_success 1" in answer.read()
    screen.type(CTRL_C)
    return 128 + signal.SIGINT


PERSONS: Mapping[str, Callable[[Terminal, Sequence[str]], int]] = {
    "ratchet review": review,
    "ratchet examples add": leave_writing,
    "ratchet rollout watch": watch,
    "ratchet metrics serve": scrape,
}
