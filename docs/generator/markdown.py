"""Tables and text of the generated pages."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence


def table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table in Markdown; nothing at all when it has no rows."""
    lines = [f"| {' | '.join(row)} |" for row in rows]
    if not lines:
        return ""
    return "\n".join([f"| {' | '.join(columns)} |", f"|{'---|' * len(columns)}", *lines])


def cell(text: str) -> str:
    """Text as it may stand in a table: on one line, without marks of tables and of HTML.

    >>> cell("one <two>")
    'one &lt;two>'
    """
    return text.replace("|", "\\|").replace("\n", " ").replace("<", "&lt;").strip()


def anchor_of(title: str) -> str:
    """The anchor that the site gives to a heading.

    >>> anchor_of("A flow run failed: what `now`?")
    'a-flow-run-failed-what-now'
    """
    plain = re.sub(r"[^\w\s-]", "", re.sub(r"[`*]", "", title)).strip().lower()
    return re.sub(r"[-\s]+", "-", plain)
