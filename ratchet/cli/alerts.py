"""`ratchet alerts`: what was raised and who was told, a test of the channels, silences."""

from __future__ import annotations

import re
import uuid
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from ratchet.alerts.alert import Level
from ratchet.cli import EXIT_NOT_REACHED
from ratchet.cli.alert_views import (
    alert_json,
    delivery_json,
    show_alert,
    show_alerts,
    show_attempts,
    show_silences,
    show_tests,
)
from ratchet.cli.arguments import AsJson, load
from ratchet.cli.terminal import number_of, print_json, say, working
from ratchet.errors import InputError

if TYPE_CHECKING:
    from ratchet.alerts.desk import AlertDesk
    from ratchet.store import Store

app = typer.Typer(no_args_is_help=True, help="What was raised, who was told, and silences.")

ID_DIGITS = 8
DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*([mhdw])")
UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
LONGEST_SILENCE = timedelta(days=366)

AlertId = Annotated[str, typer.Argument(metavar="ALERT", help="Its name, or the beginning of it.")]


@app.command("list")
def list_alerts(
    *,
    only_open: Annotated[
        bool, typer.Option("--open", help="Only those that are not over.")
    ] = False,
    level: Annotated[Level | None, typer.Option(help="Of this level and the graver ones.")] = None,
    since: Annotated[
        str | None,
        typer.Option(metavar="TIME", help="Seen since: 2026-03-01, 2026-03-01T12:00 UTC, 2h, 7d."),
    ] = None,
    limit: Annotated[int, typer.Option(min=1, metavar="N", help="At most so many.")] = 50,
    as_json: AsJson = False,
) -> None:
    """List the alerts, the last seen first."""
    now = datetime.now(UTC)
    with _store() as store:
        found = store.alerts.list(
            is_open=True if only_open else None,
            level=level,
            since=None if since is None else _moment(since, now),
            limit=limit,
        )
    if as_json:
        print_json([alert_json(record) for record in found])
    elif found:
        show_alerts(found)
    else:
        say("No alert is like that." if only_open or level or since else "No alert yet.")


@app.command("show")
def show(*, alert: AlertId, as_json: AsJson = False) -> None:
    """Show an alert: what to do, since when, and what became of each message."""
    with _store() as store:
        record = store.alerts.find(alert)
        deliveries = store.alerts.deliveries.of_alert(record.alert_id)
    if as_json:
        told = [delivery_json(delivery) for delivery in deliveries]
        print_json({**alert_json(record), "deliveries": told})
    else:
        show_alert(record, deliveries, runbooks_url=load().alerts.runbooks_url)


@app.command("test")
def send_test(
    *,
    channel: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME", help="Through this one. Repeatable. [default: all that are on]"
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Send a test alert through each channel that is switched on, and say how that went.

    It really sends. Nothing is recorded. Leaves with 1 when a channel did not take it.
    """
    from ratchet.alerts.trial import try_channels
    from ratchet.configuration.files import read_settings_file

    desk = _desk()
    with working("Sending", quiet=as_json):
        results = try_channels(desk.channels, channel or (), now=datetime.now(UTC))
    show_tests(results, read_settings_file().document, as_json=as_json)
    if not all(result.receipt.is_delivered for result in results):
        raise typer.Exit(EXIT_NOT_REACHED)


@app.command("silence")
def silence(
    *,
    pattern: Annotated[
        str,
        typer.Argument(
            metavar="PATTERN",
            help="Kind, or kind/subject, as a shell pattern: latency, 'cost-*', "
            "'latency/validate_*'.",
        ),
    ],
    duration: Annotated[
        str, typer.Option("--for", metavar="TIME", help="How long: 30m, 2h, 7d, 1w.")
    ],
    reason: Annotated[str, typer.Option(metavar="TEXT", help="Why; others will read it.")],
    by: Annotated[str, typer.Option(metavar="NAME", help="Who says so. [default: you]")] = "",
    as_json: AsJson = False,
) -> None:
    """Tell nobody of alerts like this for a while; they are recorded, logged and filed."""
    from ratchet.alerts.records import Silence

    now = datetime.now(UTC)
    record = Silence(
        silence_id=uuid.uuid4().hex[:ID_DIGITS],
        pattern=pattern,
        reason=reason,
        actor=by or _login(),
        created_at=now,
        until=now + _duration(duration),
    )
    with _store() as store:
        store.alerts.silence(record)
        covered = [a for a in store.alerts.list(is_open=True) if record.covers(a.alert, now=now)]
    if as_json:
        print_json({"silence_id": record.silence_id, "until": record.until, "open": len(covered)})
        return
    say(f"Silence {record.silence_id}: {pattern} until {record.until:%Y-%m-%d %H:%M} UTC.")
    say(f"It covers {number_of(len(covered), 'open alert')}.")


@app.command("silences")
def silences(*, as_json: AsJson = False) -> None:
    """List the silences in force."""
    with _store() as store:
        found = store.alerts.silences(now=datetime.now(UTC))
    show_silences(found, as_json=as_json)


@app.command("unsilence")
def unsilence(
    *,
    name: Annotated[str, typer.Argument(metavar="SILENCE", help="Its name or its pattern.")],
    by: Annotated[str, typer.Option(metavar="NAME", help="Who says so. [default: you]")] = "",
    as_json: AsJson = False,
) -> None:
    """End a silence; what lasts is told when it is seen next."""
    with _store() as store:
        ended = store.alerts.unsilence(name, actor=by or _login(), at=datetime.now(UTC))
    if not ended:
        raise InputError(
            f"No silence in force is called {name!r} or has that pattern; "
            "`ratchet alerts silences` lists them."
        )
    if as_json:
        print_json([one.silence_id for one in ended])
    else:
        say(f"Ended: {', '.join(f'{one.silence_id} ({one.pattern})' for one in ended)}.")


@app.command("ack")
def acknowledge(
    *,
    alert: AlertId,
    by: Annotated[str, typer.Option(metavar="NAME", help="Who takes it on. [default: you]")] = "",
    as_json: AsJson = False,
) -> None:
    """Say that you have taken an alert on: it is not repeated, unless it becomes graver."""
    with _store() as store:
        found = store.alerts.find(alert)
        record = store.alerts.acknowledge(found.alert_id, by=by or _login(), at=datetime.now(UTC))
    if as_json:
        print_json(alert_json(record))
    else:
        say(f"{record.alert_id} ({record.alert.title}) is with {record.acknowledged_by}.")


@app.command("deliver")
def deliver(*, as_json: AsJson = False) -> None:
    """Send what is due: what a channel did not take before, the night's news, gathered storms.

    Leaves with 1 when a channel did not take something.
    """
    desk = _desk()
    with working("Sending", quiet=as_json):
        attempts = desk.deliver(now=datetime.now(UTC))
    with _store() as store:
        waiting = store.alerts.deliveries.outstanding()
    show_attempts(attempts, waiting, as_json=as_json)
    if not all(one.receipt.is_delivered for one in attempts):
        raise typer.Exit(EXIT_NOT_REACHED)


def _store() -> Store:
    from ratchet.store import open_store

    return open_store(load().store_url)


def _desk() -> AlertDesk:
    from ratchet.alerts.desk import AlertDesk

    settings = load()
    return AlertDesk.of(
        settings.alerts, home=settings.home.absolute(), store_url=settings.store_url
    )


def _login() -> str:
    from ratchet.cli.credentials import login_name

    return login_name()


def _duration(text: str) -> timedelta:
    found = DURATION.fullmatch(text.strip())
    length = timedelta(**{UNITS[found[2]]: float(found[1])}) if found else timedelta(0)
    if not timedelta(0) < length <= LONGEST_SILENCE:
        raise typer.BadParameter(
            f"{text!r} is no time from a minute to a year; write 30m, 2h, 7d or 1w",
            param_hint="--for",
        )
    return length


def _moment(text: str, now: datetime) -> datetime:
    if DURATION.fullmatch(text.strip()):
        return now - _duration(text)
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise typer.BadParameter(
            f"{text!r} is no time; write 2026-03-01, 2026-03-01T12:00, 2h or 7d",
            param_hint="--since",
        ) from error
    return found if found.tzinfo else found.replace(tzinfo=UTC)
