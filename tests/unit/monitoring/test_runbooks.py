"""Every alert of the checks names a section of the runbooks that is there."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[3]
NAMED = re.compile(r'runbook="([a-z]+)#([a-z-]+)"')


def sections(page: str) -> set[str]:
    """The anchors of a page, as its headings give them."""
    text = (ROOT / "docs" / "runbooks" / f"{page}.md").read_text(encoding="utf-8")
    return {
        re.sub(r"[^a-z0-9]+", "-", heading.lower()).strip("-")
        for heading in re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    }


def test_the_runbook_of_every_alert_is_there() -> None:
    """Who reads an alert at night finds what to do."""
    named = [
        found
        for path in (ROOT / "ratchet" / "monitoring").glob("*.py")
        for found in NAMED.findall(path.read_text(encoding="utf-8"))
    ]

    assert len(named) > 15
    assert [(page, anchor) for page, anchor in named if anchor not in sections(page)] == []
