"""What a person sees of an improvement cycle in the Prefect UI, in a real browser."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from docs.screenshots import take

SIGNATURE = "extract_requirements"
CYCLE = [
    "--signature", SIGNATURE, "--git-target", "0", "--synthetic-target", "20", "--trials", "2",
    "--no-strict",
]  # fmt: skip
INSTALL = Path(__file__).parents[1] / "install_services.sh"
ONLY_A_PERSON_CAN = 2

# The session's Prefect server serves no UI, so these tests start one that does, on the worker of
# the others that have a server of their own. The first run of all installs a browser.
pytestmark = [pytest.mark.xdist_group("local-system"), pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def chromium() -> Path:
    """A browser, installed now if there is none; only where that needs a person, a skip."""
    done = subprocess.run([INSTALL], stderr=subprocess.PIPE, text=True, check=False)
    if done.returncode == ONLY_A_PERSON_CAN:
        pytest.skip(done.stderr)
    assert done.returncode == 0, done.stderr
    return take.find_chromium()


@pytest.fixture(scope="module")
def page(chromium: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """A browser page on a server that has recorded one small cycle."""
    folder = tmp_path_factory.mktemp("prefect-ui")
    with take.prefect_server(folder) as address:
        take.run_cycle(folder, address, *CYCLE)
        with take.browser_page(chromium, address) as page:
            yield page


def open_run(page: Page, name: str) -> None:
    """Go to the page of a flow run, as a person does."""
    take.open_runs(page)
    take.open_run(page, name)


def test_the_page_of_the_run_shows_that_it_completed(page: Page) -> None:
    """The badge says Completed, and the table and the run folder are among the artifacts."""
    open_run(page, take.RUN)
    expect(page.locator("[data-slot=badge]").first).to_have_text("Completed")

    take.open_tab(page, "Artifacts")

    expect(take.artifact_link(page, "improvement")).to_be_visible()
    expect(take.artifact_link(page, "run-folder")).to_be_visible()


def test_the_artifacts_of_a_signature_list_its_gate_report_and_its_verdict(page: Page) -> None:
    """Both are on the page of the signature's flow run, which completed too."""
    open_run(page, f"improve {SIGNATURE}")
    expect(page.locator("[data-slot=badge]").first).to_have_text("Completed")

    take.open_tab(page, "Artifacts")

    expect(take.artifact_link(page, "gate-extract-requirements")).to_be_visible()
    expect(take.artifact_link(page, "verdict-extract-requirements")).to_be_visible()


def test_a_verdict_opens_as_a_page_with_both_scores(page: Page) -> None:
    """The markdown is rendered: a table with the baseline's and the candidate's score."""
    open_run(page, f"improve {SIGNATURE}")
    take.open_tab(page, "Artifacts")

    take.open_artifact(page, "verdict")

    for program in ("baseline", "candidate"):
        row = page.get_by_role("row").filter(has=page.get_by_role("cell", name=program))
        expect(row).to_have_text(re.compile(r"\d\.\d{3}"))
