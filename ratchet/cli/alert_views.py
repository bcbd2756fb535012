"""How alerts, their deliveries and silences look in the terminal and as JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from ratchet.cli.terminal import number_of, print_json, print_rows, print_table, say

if TYPE_CHECKING:
    from ratchet.alerts.records import AlertRecord, Delivery, Silence
    from ratchet.alerts.sending import Attempt
    from ratchet.alerts.trial import TrialResult

COLUMNS = ("alert", "level", "state", "seen", "last", "title", "about")
TOLD_COLUMNS = ("channel", "what", "status", "attempts", "created", "delivered", "next", "problem")
SILENCE_COLUMNS = ("silence_id", "pattern", "until", "actor", "reason")


def alert_json(record: AlertRecord) -> dict[str, Any]:
    """An alert as JSON: its document, and what is known of this occurrence."""
    facts = asdict(record)
    del facts["alert"]
    return {**record.alert.to_json(), **facts, "state": _state(record)}


def delivery_json(delivery: Delivery) -> dict[str, Any]:
    """A delivery as JSON."""
    return {**asdict(delivery), "status": delivery.status.value}


def show_alerts(records: Sequence[AlertRecord]) -> None:
    """A table, a line an alert."""
    print_table("Alerts", COLUMNS, map(_row, records))


def show_alert(record: AlertRecord, deliveries: Sequence[Delivery], *, runbooks_url: str) -> None:
    """One alert, with what to do about it and who was told."""
    from ratchet.alerts.message import News, clock_time, readable, runbook_address

    alert = record.alert
    say(record.notice(News.RAISED).headline, style="bold")
    say(f"{record.alert_id}, {alert.kind}, {_state(record)}; seen {record.count} times")
    say(f"since {clock_time(alert.since or record.first_at)}, last {clock_time(record.last_at)}")
    say(alert.message)
    for label, text in (
        ("What to do", alert.advice),
        ("Runbook", runbook_address(alert.runbook, runbooks_url)),
        ("Run", alert.link),
    ):
        if text:
            say(f"{label}: {text}")
    for name, value in alert.details.items():
        say(f"  {readable(name)}: {value}")
    if deliveries:
        print_table("Told", TOLD_COLUMNS, map(_told, deliveries))
    else:
        say("Nobody was told.")


def show_silences(silences: Sequence[Silence], *, as_json: bool) -> None:
    """The silences in force."""
    rows = [{name: getattr(one, name) for name in SILENCE_COLUMNS} for one in silences]
    print_rows("Silences", SILENCE_COLUMNS, rows, as_json=as_json)


def show_tests(
    results: Sequence[TrialResult], document: Mapping[str, Any], *, as_json: bool
) -> None:
    """How each channel took the test; secrets in the settings file are pointed out."""
    from ratchet.alerts.channels import secrets_in_file

    misplaced = secrets_in_file(document)
    if as_json:
        rows = [
            {
                "channel": one.channel,
                "is_delivered": one.receipt.is_delivered,
                "problem": one.receipt.problem,
                "seconds": round(one.seconds, 3),
            }
            for one in results
        ]
        print_json({"channels": rows, "secrets_in_file": list(misplaced)})
        return
    for one in results:
        word = "delivered" if one.receipt.is_delivered else "FAILED"
        said = f": {one.receipt.problem}" if one.receipt.problem else ""
        say(f"{one.channel}: {word} in {one.seconds:.2f} s{said}")
    for name in misplaced:
        variable = f"RATCHET_{name.replace('.', '__').upper()}"
        say(f"{name} is a secret in a file. Move it to the variable {variable}, or to a block.")


def show_attempts(
    attempts: Sequence[Attempt], waiting: Sequence[Delivery], *, as_json: bool
) -> None:
    """What was sent, and what is left for later."""
    if as_json:
        print_json(
            {
                "attempts": [delivery_json(one.delivery) for one in attempts],
                "waiting": [delivery_json(one) for one in waiting],
            }
        )
        return
    if attempts:
        print_table("Sent", TOLD_COLUMNS, (_told(one.delivery) for one in attempts))
    else:
        say("Nothing is due.")
    if waiting:
        soonest = min(one.next_attempt_at for one in waiting if one.next_attempt_at is not None)
        said = number_of(len(waiting), "message")
        say(f"{said} to be sent later, the first at {soonest:%Y-%m-%d %H:%M} UTC.")


def _state(record: AlertRecord) -> str:
    if not record.is_open:
        return "over"
    return f"with {record.acknowledged_by}" if record.acknowledged_at else "open"


def _row(record: AlertRecord) -> tuple[Any, ...]:
    alert = record.alert
    return (
        record.alert_id,
        alert.level.value,
        _state(record),
        record.count,
        record.last_at,
        alert.title,
        f"{alert.kind}/{alert.subject}" if alert.subject else alert.kind,
    )


def _told(delivery: Delivery) -> tuple[Any, ...]:
    return (
        delivery.channel,
        delivery.kind,
        delivery.status.value,
        delivery.attempts,
        delivery.created_at,
        delivery.delivered_at,
        delivery.next_attempt_at,
        delivery.error,
    )
