"""Where an app finds its routing, and what importing the parts costs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from ratchet.serving.places import state_folder
from ratchet.settings import load_settings

HEAVY = ("dspy", "pydantic", "pydantic_settings", "numpy", "litellm", "sqlalchemy", "prefect")


def test_the_state_folder_is_that_of_the_settings(
    workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An app and the commands of one working directory meet in one folder."""
    default = state_folder()
    (workspace / "ratchet.toml").write_text('home = "state"\n')
    in_file = state_folder()
    monkeypatch.setenv("RATCHET_HOME", str(workspace / "elsewhere"))
    in_environment = state_folder()

    assert default == workspace / ".ratchet"
    assert in_file == workspace / "state"
    assert in_environment == load_settings().home == workspace / "elsewhere"


@pytest.mark.parametrize("content", ["home = ", "\x00", 'home = ["a"]'])
def test_a_broken_settings_file_does_not_stop_the_app(workspace: Path, content: str) -> None:
    """The commands say what is wrong with it."""
    (workspace / "ratchet.toml").write_text(content)

    assert state_folder() == workspace / ".ratchet"


def test_a_router_loads_nothing_heavy(tmp_path: Path) -> None:
    """An app pays for DSPy when a program is loaded, and not before."""
    code = f"""
import sys
from ratchet.serving import Router, RoutingConfig, TelemetryOptions
router = Router({str(tmp_path / "routing_config.json")!r})
router.decide("validate_intent", "ann")
with router.request("validate_intent", key="ann"):
    pass
router.close()
print([name for name in {HEAVY!r} if name in sys.modules])
"""

    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert run.stdout.strip() == "[]"


def test_importing_serving_takes_a_fifth_of_a_second() -> None:
    """Measured in processor time, because a busy machine stretches the clock."""
    code = """
import time
started = time.process_time()
import ratchet.serving
from ratchet.serving import Router
print(time.process_time() - started)
"""
    runs = [
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        for _ in range(3)
    ]

    assert min(float(run.stdout) for run in runs) < 0.2
