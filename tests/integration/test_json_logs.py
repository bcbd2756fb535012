"""Prefect's logging turned to JSON, in a process of its own as a worker is."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from ratchet.logs import prefect_logging

KEY = "sk-ant-planted-key-0001"

WORKER = """
from ratchet.logs import log_context, set_up_logs
import logging, os
from prefect import flow
from prefect.logging import get_logger
set_up_logs()
with log_context(run_id="run_1", signature="s", stage="gate"):
    get_logger("worker").warning("key %s", os.environ["ANTHROPIC_API_KEY"])
    logging.getLogger("ratchet.gate").warning("key %s", os.environ["ANTHROPIC_API_KEY"])
"""


def test_prefects_own_lines_are_json_without_secrets_too(workspace: Path) -> None:
    """Server, worker and flow runs start with Prefect's logging turned to JSON."""
    wanted = prefect_logging({"RATCHET_LOG_FORMAT": "json"})
    own = {name: value for name, value in os.environ.items() if not name.startswith("PREFECT_")}
    environ = {**own, "RATCHET_LOG_FORMAT": "json", "ANTHROPIC_API_KEY": KEY, **wanted}
    environ["PYTHONPATH"] = str(Path(__file__).parents[2])

    done = subprocess.run(
        [sys.executable, "-c", WORKER], env=environ, capture_output=True, text=True, check=True
    )

    by_prefect, by_ratchet = (json.loads(line) for line in done.stderr.splitlines())
    assert by_prefect["logger"] == "prefect.worker"
    assert by_ratchet["logger"] == "ratchet.gate"
    for line in (by_prefect, by_ratchet):
        assert line["message"] == "key ***"
        assert (line["run_id"], line["signature"], line["stage"]) == ("run_1", "s", "gate")
