"""The beginning of a run: what the store keeps of it."""

from __future__ import annotations

import json
from pathlib import Path

from ratchet.cycle.options import ImprovementOptions
from ratchet.cycle.runs import config_of, start_run
from ratchet.cycle.workspace import Workspace
from ratchet.settings import load_settings
from ratchet.store import open_store
from tests.builders import NOON


def test_the_store_keeps_the_configuration_in_effect(workspace: Path) -> None:
    """Options and the whole tree of settings, those of the file included."""
    (workspace / "ratchet.toml").write_text("[optimisation]\ntrials = 20\n")
    settings = load_settings()
    options = ImprovementOptions(git_target=3).completed_by(settings)
    place = Workspace.of(settings)

    run = start_run(place, settings.runs_folder, config_of(options, settings), now=NOON)

    with open_store(place.store_url) as store:
        record = store.runs.get(run.run_id)
    assert record is not None
    assert (record.config["trials"], record.config["git_target"]) == (20, 3)
    assert record.config["settings"]["optimisation"]["trials"] == 20
    assert record.config["settings"]["collection"]["git_target"] == 30
    assert json.loads(json.dumps(record.config)) == record.config
