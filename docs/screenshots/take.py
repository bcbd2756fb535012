"""Takes the pictures of the Prefect UI: a server, one improvement cycle and a browser of its own.

Run it from anywhere with the project's Python; it leaves nothing running:

    .venv/bin/python -m docs.screenshots.take --output docs/screenshots
"""

from __future__ import annotations

import argparse
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from itertools import chain
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from playwright.sync_api import Locator, Page, Route, expect, sync_playwright

from docs.screenshots.system import apply_deployments, running_worker, take_system_pictures
from ratchet.errors import ConfigurationError, RatchetError

CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
CHROMIUM_FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
LOOPBACK = "127.0.0.1"
OTHERS_SETTINGS = ("PREFECT_", "RATCHET_", "ANTHROPIC_")  # a demonstration neither uses nor pays
SERVER_SECONDS = CYCLE_SECONDS = 600
BROWSER_SECONDS = 120  # a page waits this long for what it should show
POLL_MS = 400
MAX_BYTES = 300_000
BLANK_GRAPH_BYTES = 10_000  # a canvas without bars compresses to less than this
REPOSITORY = Path(__file__).resolve().parents[2]
SIGNATURE = "extract_requirements"
RUN = "improve programs"


def main(arguments: Sequence[str] | None = None) -> None:
    """Take all pictures, or say in one line why not."""
    given = _parser().parse_args(arguments)
    try:
        chromium = find_chromium(given.chromium)
        given.output.mkdir(parents=True, exist_ok=True)
        with ExitStack() as stack:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="demo-")))
            address = stack.enter_context(prefect_server(folder))
            run_cycle(
                folder, address, "--repo", str(given.repo.absolute()), "--since-days", "1000",
                "--trials", "10",
            )  # fmt: skip
            environment = _environment(folder, address)
            apply_deployments(environment)
            stack.enter_context(running_worker(environment))
            page = stack.enter_context(browser_page(chromium, address))
            pictures = (take_pictures(page, given.output), take_system_pictures(page, given.output))
            for path in chain.from_iterable(pictures):
                sys.stdout.write(f"{path} ({path.stat().st_size / 1000:.0f} kB)\n")
    except RatchetError as error:
        sys.exit(f"take.py: {error}")


def find_chromium(given: Path | None = None) -> Path:
    """The browser: the given one, one on PATH, or one that `playwright install` has brought.

    Raises:
        ConfigurationError: there is none.
    """
    if given is not None:
        if not os.access(given, os.X_OK):
            raise ConfigurationError(f"{given} is not a program. Give --chromium another path.")
        return given
    if found := next(filter(None, map(shutil.which, CHROMIUM_NAMES)), None):
        return Path(found)
    with sync_playwright() as playwright:
        bundled = Path(playwright.chromium.executable_path)
    if bundled.is_file():
        return bundled
    raise ConfigurationError(
        f"No Chromium was found: none of {', '.join(CHROMIUM_NAMES)} is on PATH. Install it "
        "(`apt-get install chromium` on Debian, `playwright install chromium` elsewhere), or "
        "name yours with --chromium."
    )


@contextmanager
def prefect_server(folder: Path) -> Iterator[str]:
    """A Prefect server with its UI, on a free port, its state in `folder`; its address.

    Raises:
        ConfigurationError: it ended or did not answer in time; its last words are quoted.
    """
    port = _free_port()
    address, log = f"http://{LOOPBACK}:{port}", folder / "prefect-server.log"
    command = [sys.executable, "-m", "prefect", "server", "start"]
    with log.open("w") as output:
        server = subprocess.Popen(
            [*command, "--host", LOOPBACK, "--port", str(port)],
            cwd=folder,
            env=_environment(folder, address),
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        _wait_for_server(server, address, log)
        yield address
    finally:
        server.terminate()
        try:
            server.wait(30)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def run_cycle(folder: Path, address: str, *options: str) -> None:
    """Run one improvement cycle in `folder`, recorded by the server at `address`.

    Raises:
        ConfigurationError: it did not succeed; its last words are quoted.
    """
    command = [str(Path(sys.executable).with_name("ratchet")), "run", *options]
    done = subprocess.run(
        command,
        cwd=folder,
        env=_environment(folder, address),
        capture_output=True,
        text=True,
        timeout=CYCLE_SECONDS,
        check=False,
    )
    if done.returncode:
        raise ConfigurationError(f"The cycle failed: {_last_words(done.stdout + done.stderr)}")


@contextmanager
def browser_page(chromium: Path, address: str) -> Iterator[Page]:
    """An empty page of 1440 x 900 in a browser that reaches this machine only."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=CHROMIUM_FLAGS)
        context = browser.new_context(
            base_url=address,
            viewport={"width": 1440, "height": 900},
            locale="en-GB",
            timezone_id="UTC",
        )
        context.set_default_timeout(BROWSER_SECONDS * 1000)
        expect.set_options(timeout=BROWSER_SECONDS * 1000)
        context.route(lambda url: not url.startswith(address), _refuse)
        try:
            yield context.new_page()
        finally:
            browser.close()


def take_pictures(page: Page, output: Path) -> Iterator[Path]:
    """Walk through the UI as a person does and save what it shows; the paths of the pictures."""
    open_runs(page)
    expect(page.locator(".recharts-scatter-symbol").first).to_be_visible()
    expect(page.get_by_role("link", name="improve-signature").first).to_be_visible()
    yield _save(page, output / "runs.png")
    open_run(page, RUN)
    open_tab(page, "Subflow Runs")
    expect(page.get_by_role("tabpanel").get_by_text("Completed", exact=True).first).to_be_visible()
    yield _save(page, output / "flow-run.png", graph=True)
    open_tab(page, "Artifacts")
    expect(artifact_link(page, "improvement")).to_be_visible()
    yield _save(page, output / "flow-run-artifacts.png", graph=True)

    open_runs(page)
    open_run(page, f"improve {SIGNATURE}")
    open_tab(page, "Artifacts")
    signature_run = page.url
    expect(artifact_link(page, "verdict")).to_be_visible()
    yield _save(page, output / "signature-run.png", graph=True, whole=True)
    for kind in ("gate", "verdict"):
        page.goto(signature_run)
        open_artifact(page, kind)
        yield _save(page, output / f"{kind}.png")


def open_runs(page: Page) -> None:
    """Go to the runs of the past hour."""
    page.goto("/v2/runs?range=past-hour")
    page.get_by_role("link", name=RUN, exact=True).first.wait_for()


def open_run(page: Page, name: str) -> None:
    """Click through from the list of runs."""
    page.get_by_role("link", name=name, exact=True).first.click()
    page.get_by_role("tab", name="Artifacts").wait_for()


def open_tab(page: Page, name: str) -> None:
    """Open a tab of a flow run's page."""
    tab = page.get_by_role("tab", name=name)
    tab.click()
    expect(tab).to_have_attribute("aria-selected", "true")


def artifact_link(page: Page, kind: str) -> Locator:
    """The card of the artifact whose key starts with `kind`."""
    return page.locator(f'a[href*="/artifacts/key/{kind}"]').first


def open_artifact(page: Page, kind: str) -> None:
    """Click through from a flow run's artifacts to the newest of that kind."""
    artifact_link(page, kind).click()
    page.locator('a[href*="/artifacts/artifact/"]').first.click()
    page.get_by_role("tabpanel").get_by_role("heading").first.wait_for()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Take the pictures of the Prefect UI.")
    parser.add_argument("--output", type=Path, default=Path(__file__).parent, help="folder")
    parser.add_argument("--repo", type=Path, default=REPOSITORY, help="git repository to mine")
    parser.add_argument("--chromium", type=Path, help="browser; the first on PATH when missing")
    return parser


def _environment(folder: Path, address: str) -> Mapping[str, str]:
    """A user without settings; the UI asks the API at the address that the server is told."""
    own = {k: v for k, v in os.environ.items() if not k.startswith(OTHERS_SETTINGS)}
    return {
        **own,
        "PREFECT_HOME": str(folder / "prefect"),
        "PREFECT_API_URL": f"{address}/api",
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT": "false",
        "DO_NOT_TRACK": "1",
        "LITELLM_LOCAL_MODEL_COST_MAP": "True",
    }


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])


def _wait_for_server(server: subprocess.Popen[bytes], address: str, log: Path) -> None:
    deadline = time.monotonic() + SERVER_SECONDS
    while time.monotonic() < deadline and server.poll() is None:
        try:
            urlopen(f"{address}/api/health", timeout=5).close()  # noqa: S310 - our own address
        except (URLError, OSError):
            time.sleep(POLL_MS / 1000)
        else:
            return
    raise ConfigurationError(f"The Prefect server did not start: {_last_words(log.read_text())}")


def _refuse(route: Route) -> None:
    route.abort()


def _save(page: Page, path: Path, *, graph: bool = False, whole: bool = False) -> Path:
    page.mouse.move(0, 0)
    expect(page.locator("[data-sonner-toast]")).to_have_count(0)
    if graph:
        _wait_for_graph(page)
    page.screenshot(path=path, animations="disabled", full_page=whole)
    if path.stat().st_size > MAX_BYTES:
        raise ConfigurationError(f"{path} is {path.stat().st_size} bytes; at most {MAX_BYTES}.")
    return path


def _wait_for_graph(page: Page) -> None:
    """Wait until the canvas, which has no elements to wait for, shows bars and stands still."""
    canvas, before = page.locator("canvas").first, b""
    deadline = time.monotonic() + BROWSER_SECONDS
    while time.monotonic() < deadline:
        now = canvas.screenshot()
        if now == before and len(now) > BLANK_GRAPH_BYTES:
            return
        before = now
        page.wait_for_timeout(POLL_MS)
    raise ConfigurationError(f"The graph did not come to rest within {BROWSER_SECONDS} s.")


def _last_words(text: str) -> str:
    return text.strip()[-1000:] or "it said nothing."


if __name__ == "__main__":
    main()
