"""Alerts as an e-mail: a text part and an HTML part that say the same."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from ratchet.alerts.message import Message, Notice, clock_time, is_web, runbook_address
from ratchet.alerts.slack_blocks import COLOURS, OVER_COLOUR

RULE = "-" * 72


def text_of(message: Message, runbooks_url: str = "") -> str:
    """The plain text."""
    parts = [message.reason] if message.reason else []
    if message.is_digest:
        parts.append("\n".join(f"- {notice.headline}" for notice in message.notices))
    parts.extend("\n".join(_text_lines(notice, runbooks_url)) for notice in message.notices)
    return f"\n\n{RULE}\n\n".join(parts) + "\n"


def html_of(message: Message, runbooks_url: str = "") -> str:
    """The HTML: no script, no picture from elsewhere, readable in light and dark."""
    cards = "".join(_card(notice, runbooks_url) for notice in message.notices)
    reason = f"<p>{escape(message.reason)}</p>" if message.reason else ""
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="color-scheme" content="light dark">'
        f"<title>{escape(message.headline)}</title></head>"
        '<body style="font-family:sans-serif;line-height:1.5;max-width:42em">'
        f"{reason}{cards}</body></html>"
    )


def _text_lines(notice: Notice, runbooks_url: str) -> Iterable[str]:
    alert = notice.alert
    yield notice.headline
    yield f"seen {clock_time(alert.at)}"
    yield ""
    yield alert.message
    if alert.advice:
        yield ""
        yield f"What to do: {alert.advice}"
    yield ""
    yield from (f"{name}: {value}" for name, value in notice.facts)
    for label, address in _addresses(notice, runbooks_url):
        yield f"{label}: {address}"
    yield f"Alert: {notice.alert_id}"


def _card(notice: Notice, runbooks_url: str) -> str:
    alert = notice.alert
    colour = OVER_COLOUR if notice.ended_at else COLOURS[alert.level]
    advice = f"<p><b>What to do:</b> {escape(alert.advice)}</p>" if alert.advice else ""
    rows = "".join(
        f'<tr><td style="padding-right:1em"><b>{escape(name)}</b></td><td>{escape(value)}</td></tr>'
        for name, value in notice.facts
    )
    links = "".join(
        f"<p>{escape(label)}: {_link(address)}</p>"
        for label, address in _addresses(notice, runbooks_url)
    )
    return (
        f'<div style="border-left:6px solid {colour};padding:0 1em;margin:1em 0">'
        f"<h2>{escape(notice.headline)}</h2><p>{_lines(alert.message)}</p>{advice}"
        f"<table>{rows}</table>{links}<p><small>{escape(notice.alert_id)}</small></p></div>"
    )


def _addresses(notice: Notice, runbooks_url: str) -> Iterable[tuple[str, str]]:
    if notice.alert.link:
        yield "Run", notice.alert.link
    if notice.alert.runbook:
        yield "Runbook", runbook_address(notice.alert.runbook, runbooks_url)


def _link(address: str) -> str:
    shown = escape(address)
    return f'<a href="{shown}">{shown}</a>' if is_web(address) else shown


def _lines(text: str) -> str:
    return escape(text).replace("\n", "<br>")
