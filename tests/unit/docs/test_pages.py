"""The blocks of each page are run in their order, in a project of their own."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.documentation_builders import Block, documented_pages, read_page
from tests.documentation_project import (
    DocumentationError,
    DocumentedProject,
    furnish,
    prepare_project,
    read_document,
)
from tests.documentation_surroundings import run_with_surroundings

pytestmark = pytest.mark.xdist_group("documentation")
PAGES = [name for name in documented_pages() if read_page(name).blocks]


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with examples, a dataset version and a candidate, to be copied."""
    folder = tmp_path_factory.mktemp("prepared") / "project"
    folder.mkdir()
    prepare_project(folder)
    return folder


@pytest.fixture
def project(tmp_path: Path) -> Iterator[DocumentedProject]:
    """An empty project, and a bridge from its shell to this process."""
    before = dict(os.environ)
    (tmp_path / "project").mkdir()
    (tmp_path / "bridge").mkdir()
    found = DocumentedProject(folder=tmp_path / "project", bridge=tmp_path / "bridge")
    with found.opened:
        yield found
    os.environ.clear()
    os.environ.update(before)


@pytest.mark.parametrize("name", PAGES)
def test_what_a_page_says_can_be_done(
    name: str, project: DocumentedProject, request: pytest.FixtureRequest
) -> None:
    """Shell, Python and settings do what the page says, one after the other."""
    page = read_page(name)
    furnish(project, page, lambda: request.getfixturevalue("prepared"))

    for block in page.blocks:
        if block.is_run:
            run_with_surroundings(project, block)
        else:
            read_document(block)


def block(text: str, *, language: str = "bash", modes: tuple[str, ...] = ()) -> Block:
    """A block of a page that is none."""
    return Block(page="x.md", line=1, language=language, text=text, modes=modes)


def test_a_command_that_fails_is_found(project: DocumentedProject) -> None:
    """A block without {fails} must leave with 0, and one with it must not."""
    wrong = "ratchet gate --signature nothing"

    with pytest.raises(DocumentationError, match=r"x.md:1: left with"):
        project.run(block(wrong))
    project.run(block(wrong, modes=("fails",)))
    with pytest.raises(DocumentationError, match="left with 0"):
        project.run(block("ratchet --version", modes=("fails",)))


def test_an_output_that_is_not_printed_is_found(project: DocumentedProject) -> None:
    """What stands below a command must be what it prints; `...` stands for anything."""
    project.run(block("$ ratchet --version\nratchet ...\n", language="console"))

    with pytest.raises(DocumentationError, match="and not"):
        project.run(block("$ ratchet --version\nratchet 99\n", language="console"))


def test_the_shell_is_a_real_one(project: DocumentedProject) -> None:
    """Pipes, variables and files work, and the command sees the variables of its line."""
    code, printed = project.shell(
        "export RATCHET_OPTIMISATION__TRIALS=7\n"
        "ratchet config explain optimisation.trials | grep Value > value\n"
        "RATCHET_OPTIMISATION__TRIALS=9 ratchet config explain optimisation.trials | grep Value\n"
        "cat value"
    )

    assert code == 0
    assert [line.split()[1] for line in printed.splitlines()] == ["9", "7"]


def test_settings_and_python_that_are_wrong_are_found(project: DocumentedProject) -> None:
    """A key that is no setting, Python that raises, JSON that is none."""
    for wrong, language in (
        ("[optimisation]\ntrails = 5\n", "toml"),
        ("raise ValueError", "python"),
        ("{'a': 1}", "json"),
        ("x", "perl"),
    ):
        with pytest.raises(DocumentationError):
            project.run(block(wrong, language=language))
