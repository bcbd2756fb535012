"""The site is built strictly and loads nothing from elsewhere; blocks that need Prefect are run."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.documentation_builders import (
    ROOT,
    SHELLS,
    commands_in,
    documented_pages,
    headings_of,
    read_page,
)
from tests.documentation_project import DocumentedProject, lay_repositories
from tests.documentation_server import run_on_server

LOADING = {"script": "src", "img": "src", "link": "href", "iframe": "src", "source": "src"}
RUN = "0b0b9a5c-4f0e-4a57-9a0e-3f6f0d2f6c11"
"""What a person puts in the place of FLOW_RUN_ID."""
APPLYING = "guide/deployments.md"
"""The page that puts the deployments on the server, before the pages that use them."""


class Loaded(HTMLParser):
    """Collects the addresses that a page loads, and its headings' ids."""

    def __init__(self) -> None:
        super().__init__()
        self.addresses: list[str] = []
        self.ids: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what the browser would fetch."""
        given = dict(attrs)
        if (address := given.get(LOADING.get(tag, ""))) and given.get("rel") != "canonical":
            self.addresses.append(address)
        if identity := given.get("id"):
            self.ids.add(identity)


def loaded_by(page: Path) -> Loaded:
    """What a page of the site loads and holds."""
    found = Loaded()
    found.feed(page.read_text(encoding="utf-8"))
    return found


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, built as its first page says, into a folder of its own; a warning is an error."""
    from mkdocs.__main__ import cli

    folder = tmp_path_factory.mktemp("site")
    (block,) = [block for block in read_page("index.md").blocks if "site" in block.modes]
    ((_, *words),) = commands_in(block)
    places = ["--config-file", str(ROOT / "mkdocs.yml"), "--site-dir", str(folder)]
    left = CliRunner().invoke(cli, [*words, *places])
    assert left.exit_code == 0, left.output
    return folder


@pytest.mark.xdist_group("documentation-site")
def test_the_site_has_every_page_and_the_reference(site: Path) -> None:
    """Each page written by hand and each one written from the code is there."""
    generated = ("reference/cli", "reference/configuration", "reference/api", "reference/events")
    names = [name.removesuffix(".md") for name in documented_pages() if name != "index.md"]

    for name in (*names, *generated, "contributing", "changelog"):
        assert (site / name / "index.html").is_file(), name
    assert (site / "search" / "search_index.json").is_file()


@pytest.mark.xdist_group("documentation-site")
def test_the_site_loads_nothing_from_elsewhere(site: Path) -> None:
    """No font, script, picture or style comes from another server."""
    pages = list(site.rglob("*.html"))
    assert len(pages) > 30

    foreign = {
        address
        for page in pages
        for address in loaded_by(page).addresses
        if re.match(r"(https?:)?//", address)
    }
    assert foreign == set()


@pytest.mark.xdist_group("documentation-site")
def test_the_reader_sees_no_mark_of_the_tests(site: Path) -> None:
    """What a fence says to the tests is not on the page; its commands are."""
    text = (site / "guide/deployments/index.html").read_text(encoding="utf-8")

    assert "{server}" not in text
    assert "{docker}" not in text
    assert "deployments.apply" in text


@pytest.mark.xdist_group("documentation-site")
def test_the_anchors_of_the_runbooks_are_those_of_the_site(site: Path) -> None:
    """An alert that links to a section reaches it."""
    from docs.generator.markdown import anchor_of

    for name in ("weekly", "monthly", "quarterly", "emergencies"):
        text = (ROOT / "docs/runbooks" / f"{name}.md").read_text(encoding="utf-8")
        wanted = {anchor_of(heading) for heading in headings_of(text)}
        assert wanted <= loaded_by(site / "runbooks" / name / "index.html").ids


@pytest.fixture
def project(
    tmp_path: Path, prefect_server: str, monkeypatch: pytest.MonkeyPatch
) -> Iterator[DocumentedProject]:
    """A project beside a Prefect server, which is left without deployments and automations."""
    monkeypatch.setenv("PREFECT_API_URL", prefect_server)
    monkeypatch.setenv("RATCHET_CHECKOUT", str(ROOT))
    for name in ("project", "bridge"):
        (tmp_path / name).mkdir()
    found = DocumentedProject(folder=tmp_path / "project", bridge=tmp_path / "bridge")
    with found.opened:
        yield found
    _clear_server()


def _clear_server() -> None:
    from prefect.client.orchestration import get_client

    from deployments.server import ServerState

    with get_client(sync_client=True) as client:
        state = ServerState(client)
        for name in state.deployments():
            state.remove_deployment(name)
        for name in state.automations():
            state.remove_automation(name)


@pytest.mark.xdist_group("prefect")
def test_every_command_of_prefect_exists_with_its_options() -> None:
    """What the pages say of Prefect's own command line is parsed by it."""
    from prefect.cli._app import _app as prefect

    found = [
        [RUN if word == "FLOW_RUN_ID" else word for word in words[1:]]
        for name in documented_pages()
        for block in read_page(name).blocks
        if block.language in SHELLS
        for words in commands_in(block)
        if words[0] == "prefect"
    ]

    assert found
    for words in found:
        prefect.parse_args(words, exit_on_error=False, print_error=False)
    with pytest.raises(Exception, match="Unknown"):
        prefect.parse_args(["flow-run", "retri"], exit_on_error=False, print_error=False)


@pytest.mark.xdist_group("prefect")
def test_what_needs_a_prefect_server_can_be_done(
    project: DocumentedProject, prefect_server: str
) -> None:
    """Applying, starting, pausing, retrying and a whole run do what the pages say."""
    pages = sorted(map(read_page, documented_pages()), key=lambda page: page.name != APPLYING)
    run = [(page, block) for page in pages for block in page.blocks if block.is_run_on_server]
    assert len(run) >= 9

    for page in dict.fromkeys(page.name for page, _ in run):
        lay_repositories(project.folder, read_page(page).head.get("repositories", ()))
    for _, block in run:
        run_on_server(project, block, prefect_server)
