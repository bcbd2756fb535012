"""Planted secrets: after a run that works and one that fails, no file and no output has them."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from prefect.settings import PREFECT_LOCAL_STORAGE_PATH, PREFECT_SERVER_DATABASE_CONNECTION_URL
from sqlalchemy import make_url

from blocks import Connections, Database, LanguageModel
from flows.improve_programs import improve_programs
from ratchet.cycle.options import ImprovementOptions
from ratchet.logs import set_up_logs
from tests.cli_builders import ratchet
from tests.postgres import session_server

pytestmark = [pytest.mark.xdist_group("prefect"), pytest.mark.usefixtures("prefect_server")]

KEY = "sk-ant-planted-key-0001"
DATABASE_PASSWORD = "planted-database-0002"
WEBHOOK = "https://hooks.slack.example/services/T0/B0/planted-webhook-0003"
SMTP_PASSWORD = "planted-smtp-0004"
BLOCK_KEY = "sk-planted-block-0005"
PLANTED = (KEY, DATABASE_PASSWORD, "planted-webhook-0003", SMTP_PASSWORD, BLOCK_KEY)


@pytest.fixture(autouse=True)
def _planted(monkeypatch: pytest.MonkeyPatch, workspace: Path) -> None:
    """The environment of a team that uses everything."""
    monkeypatch.setenv("ANTHROPIC_API_KEY", KEY)
    monkeypatch.setenv("RATCHET_ALERTS__SLACK_WEBHOOK_URL", WEBHOOK)
    monkeypatch.setenv("RATCHET_ALERTS__EMAIL_PASSWORD", SMTP_PASSWORD)
    monkeypatch.setenv("RATCHET_MODEL", "offline/in-context")
    set_up_logs()


def options(**changes: object) -> ImprovementOptions:
    """A short synthetic run of one signature."""
    given = {"git_target": 0, "synthetic_target": 15, "trials": 2, "starter": False}
    given |= {"strict": False, "signatures": ("extract_requirements",), "optimizer": "bootstrap"}
    return ImprovementOptions.of(**{**given, **changes})


def places_of(texts: tuple[str, ...], workspace: Path) -> list[str]:
    """Where a text stands: files of the project, Prefect's database and results."""
    database = Path(str(make_url(PREFECT_SERVER_DATABASE_CONNECTION_URL.value()).database))
    places = [database.with_name(database.name + end) for end in ("", "-wal")]
    for root in (workspace, Path(PREFECT_LOCAL_STORAGE_PATH.value())):
        places += [path for path in root.rglob("*") if path.is_file()]
    assert database.exists()
    return [
        f"{text} in {path}"
        for path in places
        if path.exists()
        for content in (path.read_bytes(),)
        for text in texts
        if text.encode() in content
    ]


def leaks(workspace: Path) -> list[str]:
    """Where a planted secret stands."""
    return places_of(PLANTED, workspace)


def test_a_run_that_works_leaves_no_secret_anywhere(
    workspace: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """With its store on PostgreSQL behind a password, that of a block."""
    with session_server().fresh_database() as url:
        secret = make_url(url).set(password=DATABASE_PASSWORD)
        text = secret.render_as_string(hide_password=False)
        Database(url=text).save("planted-database", overwrite=True)
        LanguageModel(model="offline/in-context", api_key=BLOCK_KEY).save(
            "planted-model", overwrite=True
        )
        blocks = Connections(database="planted-database", language_model="planted-model")

        state = improve_programs(options(), blocks, return_state=True)

    printed = capfd.readouterr()
    assert state.is_completed()
    assert leaks(workspace) == []
    assert not [secret for secret in PLANTED if secret in printed.out + printed.err]


@contextmanager
def refusing_server() -> Iterator[str]:
    """Refuses every key, and repeats it in its answer, as some do."""

    class Refusal(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            key = self.headers.get("x-api-key") or self.headers.get("Authorization")
            said = {"type": "authentication_error", "message": f"Incorrect API key: {key}"}
            content = json.dumps({"type": "error", "error": said}).encode()
            self.send_response(401)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Refusal)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.mark.parametrize("writes_examples", [True, False])
def test_a_run_that_fails_leaves_no_secret_anywhere(
    *,
    workspace: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    writes_examples: bool,
) -> None:
    """Not even when the model's server repeats the key, as it writes examples or is optimised."""
    with refusing_server() as address:
        monkeypatch.setenv("RATCHET_API_BASE", address)
        source = {} if writes_examples else {"synthetic_target": 0, "starter": True}
        given = options(model="anthropic/claude-sonnet-4-5", **source)

        state = improve_programs(given, return_state=True)

    printed = capfd.readouterr()
    assert state.is_failed()
    assert "Incorrect API key" in str(state.message)
    assert len(places_of(("Incorrect API key",), workspace)) >= 3  # the search finds what is there
    assert leaks(workspace) == []
    assert not [secret for secret in PLANTED if secret in printed.out + printed.err]


def test_a_database_that_can_not_be_reached_is_named_without_its_password(
    workspace: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """By a flow, by commands, and by the doctor, in text and in JSON."""
    url = f"postgresql://ratchet:{DATABASE_PASSWORD}@127.0.0.1:9/ratchet"
    monkeypatch.setenv("RATCHET_DATABASE_URL", url)

    state = improve_programs(options(), return_state=True)
    left = [
        ratchet("examples", "list"),
        ratchet("config", "show"),
        ratchet("doctor", "--json"),
        ratchet("clean-up", "--dry-run"),
    ]

    printed = capfd.readouterr()
    shown = printed.out + printed.err + "".join(one.out + one.err for one in left)
    assert state.is_failed()
    assert "127.0.0.1:9" in shown
    assert leaks(workspace) == []
    assert not [secret for secret in PLANTED if secret in shown]
