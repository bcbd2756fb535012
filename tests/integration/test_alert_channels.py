"""The channels on real servers: SMTP with its encryption and logins, Slack's wire format, HTTP."""

from __future__ import annotations

import hashlib
import hmac
import logging
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ratchet.alerts import Level
from ratchet.alerts.channel import Channel, Receipt
from ratchet.alerts.email import EmailChannel
from ratchet.alerts.message import News
from ratchet.alerts.slack import SlackChannel
from ratchet.alerts.slack_blocks import COLOURS
from ratchet.alerts.webhook import WebhookChannel
from tests.alert_builders import a_message, an_alert
from tests.slack_server import (
    BROKEN,
    CUT,
    GONE,
    RATE_LIMITED,
    SILENT,
    WEBHOOK_PATH,
    Failure,
    SlackServer,
    slack_server,
)
from tests.smtp_server import Mailbox, smtp_server, write_certificate

PASSWORD = "hunter2-hunter2"
TOKEN = "xoxb-1234-hunter2"
LOGIN = ("ratchet", PASSWORD)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate that signs itself."""
    return write_certificate(tmp_path_factory.mktemp("tls") / "server.pem")


def email(box: Mailbox, certificate: Path | None = None, **changes: Any) -> EmailChannel:
    """A channel to the server of a test."""
    channel = EmailChannel(
        host="127.0.0.1",
        port=box.port,
        sender="Ratchet <ratchet@models.example>",
        to=("ada@models.example", "bob@models.example"),
        username=LOGIN[0] if certificate else "",
        password=PASSWORD if certificate else "",
        security="starttls" if certificate else "none",
        ca_file=certificate,
        timeout_seconds=5,
    )
    return replace(channel, **changes)


@pytest.mark.parametrize("is_implicit", [False, True], ids=["starttls", "tls"])
def test_a_mail_is_encrypted_and_has_a_text_and_an_html_part(
    certificate: Path, is_implicit: bool
) -> None:
    """By STARTTLS and by TLS from the first byte, after a login."""
    with smtp_server(certificate=certificate, implicit_tls=is_implicit, login=LOGIN) as box:
        channel = email(box, certificate, security="tls" if is_implicit else "starttls")
        receipt = channel.send(a_message(an_alert(message="<b>p95</b> & more, ü")))

    (mail,) = box.mails
    text, html = (mail.get_body((kind,)) for kind in ("plain", "html"))
    assert receipt == Receipt(is_delivered=True)
    assert (box.was_encrypted, box.logins) == ([True], ["ratchet"])
    assert mail["Subject"] == "[Ratchet] ERROR: Latency over its limit [validate_completeness]"
    assert mail["To"] == "ada@models.example, bob@models.example"
    assert mail["Message-ID"] == "<key1@models.example>"
    assert text is not None
    assert html is not None
    for part in (
        "<b>p95</b> & more, ü",
        "What to do: Look at the model's provider.",
        "Since: 2026-03-01 11:00 UTC",
        "docs/runbooks/weekly.md#latency",
        "http://prefect.example/runs/1",
    ):
        assert part in text.get_content()
    assert "&lt;b&gt;p95&lt;/b&gt; &amp; more" in html.get_content()


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"password": "wrong-hunter2"}, "535"),
        ({"ca_file": None}, "not trusted"),
        ({"security": "none", "username": ""}, "530"),
    ],
    ids=["login", "certificate", "plain"],
)
def test_what_only_a_person_can_mend_is_a_refusal(
    certificate: Path, changes: dict[str, Any], problem: str
) -> None:
    """A wrong password, a certificate that nobody trusts, a server that wants encryption."""
    with smtp_server(certificate=certificate, login=LOGIN) as box:
        receipt = email(box, certificate, **changes).send(a_message())

    assert (receipt.is_delivered, receipt.is_refused) == (False, True)
    assert problem in receipt.problem
    assert "hunter2" not in receipt.problem
    assert box.mails == []


def test_a_password_never_travels_in_clear() -> None:
    """A server that does not encrypt gets neither the login nor the mail."""
    with smtp_server() as box:
        receipt = email(box, security="starttls", username="ratchet", password=PASSWORD).send(
            a_message()
        )

    assert (receipt.is_delivered, receipt.is_refused) == (False, True)
    assert (box.logins, box.mails) == ([], [])


def test_one_unknown_recipient_does_not_keep_it_from_the_others() -> None:
    """It is delivered, and the receipt says who did not get it."""
    with smtp_server() as box:
        box.refused = {"bob@models.example": "550 no such user"}
        some = email(box).send(a_message())
        nobody = email(box, to=("bob@models.example",)).send(a_message())

    assert some == Receipt(is_delivered=True, problem="bob@models.example: 550 no such user")
    assert (nobody.is_delivered, nobody.is_refused) == (False, True)


def test_what_passes_by_itself_is_tried_again() -> None:
    """A greylisting answer, a connection that is cut, a server that is not there."""
    with smtp_server() as box:
        channel = email(box)
        box.answer = "451 try again later"
        greylisted = channel.send(a_message())
        box.answer, box.is_cut = "", True
        cut = channel.send(a_message())
    gone = channel.send(a_message())

    for receipt in (greylisted, cut, gone):
        assert (receipt.is_delivered, receipt.is_refused) == (False, False)
    assert box.mails == []


def by_webhook(server: SlackServer) -> SlackChannel:
    """A channel with an incoming webhook."""
    return SlackChannel(webhook_url=server.webhook_url, timeout_seconds=1)


def by_bot(server: SlackServer) -> SlackChannel:
    """A channel with a bot's token."""
    return SlackChannel(
        bot_token=TOKEN, channel="#ratchet", api_url=server.api_url, timeout_seconds=1
    )


@pytest.mark.parametrize("channel_of", [by_webhook, by_bot])
def test_slack_gets_a_coloured_card(channel_of: Any) -> None:
    """What happened, since when, what to do, and a button to the run."""
    with slack_server(token=TOKEN) as server:
        receipt = channel_of(server).send(a_message(an_alert(message="<!channel> p95")))

    (post,) = server.posts
    attachments = post.document["attachments"]
    if isinstance(attachments, str):  # the API takes forms too
        pytest.fail("attachments came as text")
    shown = str(post.blocks)
    assert receipt == Receipt(is_delivered=True)
    assert attachments[0]["color"] == COLOURS[Level.ERROR]
    assert "&lt;!channel&gt; p95" in shown
    assert "*What to do:* Look at the model's provider." in shown
    assert "2026-03-01 11:00 UTC" in shown
    assert "'url': 'http://prefect.example/runs/1'" in shown


def test_slack_takes_an_alert_of_any_size() -> None:
    """Texts and fields beyond Slack's limits are cut, and fifty alerts are one digest."""
    huge = an_alert(
        title="t" * 500,
        message="m" * 9_000,
        advice="a" * 9_000,
        details={f"detail_{number}": "v" * 900 for number in range(40)},
    )
    with slack_server() as server:
        alone = by_webhook(server).send(a_message(huge))
        digest = by_webhook(server).send(a_message(*[huge] * 50, reason="Many at once."))

    assert (alone.problem, digest.problem) == ("", "")
    assert "and 30 more" in str(server.posts[-1].blocks)


def test_the_end_of_an_alert_is_green() -> None:
    """And its headline says that it is over."""
    with slack_server() as server:
        by_webhook(server).send(a_message(news=News.RESOLVED))

    (post,) = server.posts
    assert post.text.startswith("ERROR (over): ")
    assert post.document["attachments"][0]["color"] == COLOURS[Level.INFO]


@pytest.mark.parametrize("channel_of", [by_webhook, by_bot])
@pytest.mark.parametrize(
    ("failure", "seconds"),
    [(RATE_LIMITED, 90.0), (BROKEN, None), (SILENT, None), (CUT, None)],
    ids=["429", "500", "slow", "cut"],
)
def test_what_slack_recovers_from_is_tried_again(
    channel_of: Any, failure: Failure, seconds: float | None
) -> None:
    """One attempt a call, no later than Slack asks for."""
    with slack_server(token=TOKEN) as server:
        server.failure = failure
        receipt = channel_of(server).send(a_message())

    assert (receipt.is_delivered, receipt.is_refused) == (False, False)
    assert receipt.retry_after_seconds == seconds
    assert server.attempts == 1


def test_what_slack_refuses_is_a_refusal() -> None:
    """A webhook that was taken back, and a token that is not valid."""
    with slack_server(token="another") as server:
        auth = by_bot(server).send(a_message())
        server.failure = GONE
        gone = by_webhook(server).send(a_message())

    assert (auth.is_refused, auth.problem) == (True, "Slack answered 200: invalid_auth")
    assert (gone.is_refused, gone.problem) == (True, "Slack answered 404: no_service")


def test_a_page_that_is_not_slack_is_no_delivery() -> None:
    """A proxy that answers 200 with a page of its own has delivered nothing."""
    with slack_server() as server:
        server.failure = Failure(status=200, body="<html>Please log in</html>")
        receipt = by_webhook(server).send(a_message())

    assert not receipt.is_delivered


def test_a_webhook_gets_the_document_with_a_signature() -> None:
    """The receiver checks it with the key that both have; it is not sent on to elsewhere."""
    with slack_server() as server:
        channel = WebhookChannel(url=f"{server.url}/alerts", secret="the key")
        receipt = channel.send(a_message())
        server.failure = Failure(status=302, headers={"Location": f"{server.url}/elsewhere"})
        moved = channel.send(a_message())

    (post,) = server.posts
    expected = hmac.new(b"the key", post.body, hashlib.sha256).hexdigest()
    assert receipt.is_delivered
    assert post.headers["x-ratchet-signature-256"] == f"sha256={expected}"
    assert post.document["kind"] == "latency"
    assert post.document["news"] == "raised"
    assert (moved.is_delivered, server.attempts) == (False, 2)


@pytest.mark.parametrize(
    ("failure", "is_refused"),
    [(RATE_LIMITED, False), (BROKEN, False), (GONE, True), (SILENT, False), (CUT, False)],
)
def test_a_webhook_fails_as_http_does(failure: Failure, is_refused: bool) -> None:
    """What passes is tried again; the other answers are refusals."""
    with slack_server() as server:
        server.failure = failure
        receipt = WebhookChannel(url=f"{server.url}/alerts", timeout_seconds=0.5).send(a_message())

    assert (receipt.is_delivered, receipt.is_refused) == (False, is_refused)


def _failing(server: SlackServer, box: Mailbox, certificate: Path) -> list[Channel]:
    closed = "http://127.0.0.1:9"
    return [
        by_webhook(server),
        by_bot(server),
        SlackChannel(webhook_url=f"{closed}{WEBHOOK_PATH}"),
        SlackChannel(webhook_url=f"no-url{WEBHOOK_PATH}"),
        SlackChannel(bot_token=TOKEN, channel="#r", api_url=f"{closed}/api/"),
        email(box, certificate, username="someone"),
        email(box, certificate, password=f"{PASSWORD}\N{SNOWMAN}"),
        WebhookChannel(url=f"{server.url}/{TOKEN}", secret=PASSWORD),
        WebhookChannel(url=f"{closed}/{TOKEN}", secret=PASSWORD),
        WebhookChannel(url=f"{TOKEN}://nowhere/{PASSWORD}", secret=PASSWORD),
    ]


def test_no_secret_is_in_a_problem_a_log_or_a_representation(
    certificate: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Whatever fails, at the most talkative level of every library."""
    caplog.set_level(logging.DEBUG)
    # What the other end, in this process, or asyncio under it logs is not ours.
    for name in ("mail.log", "asyncio"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    echo = Failure(status=403, is_echo=True)
    with (
        slack_server() as server,
        smtp_server(certificate=certificate, login=LOGIN) as box,
    ):
        server.failure = echo
        channels = _failing(server, box, certificate)
        receipts = [channel.send(a_message()) for channel in channels]

    assert not any(receipt.is_delivered for receipt in receipts)
    said = "\n".join([repr(channels), repr(receipts), caplog.text])
    for secret in (TOKEN, WEBHOOK_PATH, PASSWORD):
        assert secret not in said
