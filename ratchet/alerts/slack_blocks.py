"""Alerts in Slack's Block Kit: a coloured card with what happened, since when, what to do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ratchet.alerts.alert import Level
from ratchet.alerts.message import Message, Notice, clock_time, is_web, runbook_address

COLOURS: Mapping[Level, str] = {
    Level.INFO: "#2eb67d",
    Level.WARNING: "#ecb22e",
    Level.ERROR: "#e01e5a",
    Level.CRITICAL: "#7a0019",
}
OVER_COLOUR = "#2eb67d"
# The limits of https://docs.slack.dev/reference/block-kit/blocks
HEADER_CHARS = 150
SECTION_CHARS = 3_000
FIELD_CHARS = 300
MOST_FIELDS = 10
MOST_LISTED = 20  # alerts of a digest that are named; the others are counted
LISTED_CHARS = 140
LINES_OF_A_SECTION = 10  # so that escapes, five characters for one, still fit

Block = dict[str, Any]


def slack_body(message: Message, runbooks_url: str = "") -> dict[str, Any]:
    """What is posted: a text for notifications, and the card as a coloured attachment."""
    if message.is_digest:
        blocks = _digest_blocks(message)
    else:
        blocks = _notice_blocks(message.notices[0], runbooks_url)
    colour = OVER_COLOUR if message.is_over else COLOURS[message.level]
    headline = escaped(message.headline)
    return {
        "text": headline,
        "attachments": [{"color": colour, "fallback": headline, "blocks": blocks}],
    }


def escaped(text: str) -> str:
    """Text whose characters Slack takes for no markup, mention or link.

    >>> escaped("<!channel> a & b")
    '&lt;!channel&gt; a &amp; b'
    """
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _notice_blocks(notice: Notice, runbooks_url: str) -> list[Block]:
    alert = notice.alert
    blocks = [_header(notice.headline), _section(escaped(alert.message))]
    if alert.advice:
        blocks.append(_section(f"*What to do:* {escaped(alert.advice)}"))
    blocks.append(_fields(notice))
    runbook = runbook_address(alert.runbook, runbooks_url)
    buttons = [
        _button(label, address)
        for label, address in (("Open the run", alert.link), ("Runbook", runbook))
        if is_web(address)
    ]
    if buttons:
        blocks.append({"type": "actions", "elements": buttons})
    said = [f"Runbook: {runbook}"] if runbook and not is_web(runbook) else []
    said.append(f"{alert.kind} | {notice.alert_id}")
    blocks.append(_context("   ".join(escaped(part) for part in said)))
    return blocks


def _digest_blocks(message: Message) -> list[Block]:
    listed = message.notices[:MOST_LISTED]
    lines = [_line(notice) for notice in listed]
    if len(message.notices) > len(listed):
        lines.append(f"... and {len(message.notices) - len(listed)} more")
    blocks = [_header(message.headline)]
    if message.reason:
        blocks.append(_section(escaped(message.reason)))
    blocks.extend(_section("\n".join(some)) for some in _groups(lines))
    blocks.append(_context("`ratchet alerts list` shows them all"))
    return blocks


def _groups(lines: list[str]) -> Iterator[list[str]]:
    for start in range(0, len(lines), LINES_OF_A_SECTION):
        yield lines[start : start + LINES_OF_A_SECTION]


def _line(notice: Notice) -> str:
    headline = escaped(_cut(notice.headline, LISTED_CHARS // 2))
    said = escaped(_cut(" ".join(notice.alert.message.split()), LISTED_CHARS // 2))
    return f"\N{BULLET} *{headline}*, {clock_time(notice.alert.at)}: {said}"


def _header(text: str) -> Block:
    plain = {"type": "plain_text", "text": _cut(text, HEADER_CHARS), "emoji": False}
    return {"type": "header", "text": plain}


def _section(text: str) -> Block:
    return {"type": "section", "text": {"type": "mrkdwn", "text": _cut(text, SECTION_CHARS)}}


def _fields(notice: Notice) -> Block:
    fields = [
        {"type": "mrkdwn", "text": f"*{escaped(name)}*\n{escaped(_cut(value, FIELD_CHARS))}"}
        for name, value in notice.facts[:MOST_FIELDS]
    ]
    return {"type": "section", "fields": fields}


def _context(text: str) -> Block:
    return {"type": "context", "elements": [{"type": "mrkdwn", "text": _cut(text, FIELD_CHARS)}]}


def _button(label: str, address: str) -> Block:
    return {"type": "button", "text": {"type": "plain_text", "text": label}, "url": address}


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 3]}..."
