"""The pictures of the system that runs by itself: deployments, the form of a run, automations."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Page, expect

from ratchet.errors import ConfigurationError

REPOSITORY = Path(__file__).resolve().parents[2]
APPLY_SECONDS = 300
DEPLOYMENT = "monthly"
FORM_HEIGHT = 1400  # of the window, so that the form shows more than its first fields


def apply_deployments(environment: Mapping[str, str]) -> None:
    """Put the deployments and automations of this checkout on the server of `environment`.

    Raises:
        ConfigurationError: it did not work; its last words are quoted.
    """
    done = subprocess.run(
        [sys.executable, "-m", "deployments.apply"],
        cwd=REPOSITORY,
        env=dict(environment),
        capture_output=True,
        text=True,
        timeout=APPLY_SECONDS,
        check=False,
    )
    if done.returncode:
        raise ConfigurationError(f"The deployments were not applied: {done.stderr[-1000:]}")


@contextmanager
def running_worker(environment: Mapping[str, str]) -> Iterator[None]:
    """A worker for the block, so that the deployments are ready."""
    command = [sys.executable, "-m", "prefect", "worker", "start", "--pool", "ratchet"]
    worker = subprocess.Popen(
        [*command, "--type", "process"],
        cwd=REPOSITORY,
        env=dict(environment),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        yield
    finally:
        os.killpg(worker.pid, signal.SIGKILL)  # told to end, it would wait for the runs it began
        worker.wait()


def take_system_pictures(page: Page, output: Path) -> Iterator[Path]:
    """Deployments, the form that starts one, and the automations; the paths of the pictures."""
    page.goto("/v2/deployments")
    link = page.get_by_role("link", name=DEPLOYMENT, exact=True).first
    expect(link).to_be_visible()
    expect(page.get_by_text("Not Ready")).to_have_count(0)  # the worker reports within seconds
    yield _save(page, output / "deployments.png")
    link.click()
    page.get_by_role("button", name="Run", exact=True).click()
    page.get_by_role("menuitem", name="Custom run").click()
    expect(page.get_by_text("Trials of MIPROv2.").first).to_be_visible()
    before = page.viewport_size or {"width": 1440, "height": 900}
    page.set_viewport_size({**before, "height": FORM_HEIGHT})
    yield _save(page, output / "parameter-form.png")
    page.set_viewport_size(before)
    page.goto("/v2/automations")
    expect(page.get_by_text("Ratchet: deliver alerts").first).to_be_visible()
    expect(page.locator("[data-slot=skeleton]")).to_have_count(0)
    yield _save(page, output / "automations.png")


def _save(page: Page, path: Path) -> Path:
    page.mouse.move(0, 0)
    page.screenshot(path=path, animations="disabled")
    return path
