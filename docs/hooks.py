"""What happens at each build of the site: generated pages, fences without their test attributes."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

from docs.generator.commands import command_page
from docs.generator.configuration import configuration_page
from docs.generator.events import events_page
from docs.generator.interface import interface_page

ROOT = Path(__file__).parents[1]
GENERATED: dict[str, Callable[[], str]] = {
    "reference/cli.md": command_page,
    "reference/configuration.md": configuration_page,
    "reference/api.md": interface_page,
    "reference/events.md": events_page,
    "contributing.md": lambda: _of_repository("CONTRIBUTING.md"),
    "changelog.md": lambda: _of_repository("CHANGELOG.md"),
}
FENCE = re.compile(r"^(\s*```\w+)[ \t]+\{[^}\n]*\}[ \t]*$", re.MULTILINE)


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages that are written from the code."""
    for name, write in GENERATED.items():
        files.append(File.generated(config, name, content=write()))
    return files


def on_page_markdown(markdown: str, page: Page, **_: Any) -> str:
    """Take away what only the tests read: ```` ```bash {server} ```` becomes ```` ```bash ````."""
    del page
    return FENCE.sub(r"\1", markdown)


def _of_repository(name: str) -> str:
    """A file of the repository's root as a page; links into docs/ become links of the site."""
    text = (ROOT / name).read_text(encoding="utf-8")
    return re.sub(r"\]\(docs/([^)]+?)\)", r"](\1)", text)
