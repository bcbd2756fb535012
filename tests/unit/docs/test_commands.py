"""Every command that the documentation names exists, with its options; every block is tested."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from tests.documentation_builders import (
    DOCS,
    MODES,
    PARSED,
    ROOT,
    SHELLS,
    Block,
    blocks_of,
    commands_in,
    documented_pages,
    named_commands,
    problem_of,
    read_page,
)

OUTSIDE = ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")
LANGUAGES = SHELLS | {"python", "toml", "json", "yaml", "text"}


def all_blocks() -> list[Block]:
    """The blocks of all pages, and of the texts at the root of the repository."""
    found = [block for name in documented_pages() for block in read_page(name).blocks]
    for name in OUTSIDE:
        text = (ROOT / name).read_text(encoding="utf-8")
        found += blocks_of(text, page=f"../{name}")
    return found


def test_every_command_in_a_block_exists() -> None:
    """Each command of each block is parsed by the command line itself, whatever its mode."""
    found = [
        f"{block.place}: {problem}"
        for block in all_blocks()
        if block.language in SHELLS
        for words in commands_in(block)
        if (problem := problem_of(words))
    ]

    assert found == []


def test_every_command_in_the_text_exists() -> None:
    """What a table or a sentence calls `ratchet ...` is a command with such options."""
    found = [
        f"docs/{name}: {problem}"
        for name in documented_pages()
        for command in named_commands((DOCS / name).read_text(encoding="utf-8"))
        if (problem := problem_of(command))
    ]

    assert found == []


def test_every_block_says_what_it_is() -> None:
    """A block has a language that is tested, and a mode that is one."""
    for block in all_blocks():
        if block.page.startswith("../") or "adr/" in block.page:
            continue
        assert block.language in LANGUAGES, f"{block.place}: {block.language!r} is not tested"
        unknown = set(block.modes) - MODES
        assert not unknown, f"{block.place}: {unknown}"


def test_every_block_of_the_site_is_run_but_that_for_docker() -> None:
    """By its page's test, by an end-to-end test, or its commands by a test that it names."""
    counts = Counter(
        how_it_is_tested(block)
        for name in documented_pages()
        for block in read_page(name).blocks
        if block.language in {"bash", "console", "python"}
    )

    assert counts["parsed only"] == 1
    assert counts["shown elsewhere"] <= 7
    assert counts["run"] >= 120, counts


def how_it_is_tested(block: Block) -> str:
    """The strongest word that is true of a block."""
    if block.shown:
        return "shown elsewhere"
    return "parsed only" if PARSED.intersection(block.modes) else "run"


@pytest.mark.parametrize(
    "block",
    [block for name in documented_pages() for block in read_page(name).blocks if block.shown],
    ids=lambda block: block.place,
)
def test_what_is_run_elsewhere_stands_there(block: Block) -> None:
    """The files that a block names exist, a test among them, and have its commands' words."""
    texts = [(ROOT / name).read_text(encoding="utf-8") for name in block.shown]
    assert any(name.startswith((".ci", "tests")) for name in block.shown)

    for words in commands_in(block):
        if words == ["make", "setup"]:  # what `make test` does first
            assert "make test" in texts[block.shown.index(".ci/run")]
            continue
        named = [word for word in words[1:] if re.fullmatch("[a-z]+", word)][:2]
        assert any(all(f'"{word}"' in text for word in named) for text in texts), words


@pytest.mark.parametrize(
    "command",
    [
        "ratchet run --trails 5",
        "ratchet dataset shw x",
        "ratchet dataset show",
        "make tset",
        "docker compose restart wroker",
        "python -m deployments.aply",
        "rachet run",
    ],
)
def test_a_slip_of_the_pen_is_found(command: str) -> None:
    """A wrong option, command, target, service, module or program is a problem."""
    assert problem_of(command.split())


def test_links_lead_somewhere_without_the_site() -> None:
    """On a page that is read as a file, links to other pages are files that exist."""
    generated = {"reference", "contributing.md", "changelog.md"}
    for name in documented_pages():
        text = (DOCS / name).read_text(encoding="utf-8")
        for target in re.findall(r"\]\(([^)#:\s]+\.md)", text):
            path = (DOCS / name).parent / target
            is_generated = path.resolve().relative_to(DOCS).parts[0] in generated
            assert path.exists() or is_generated, f"docs/{name} links to {target}"
