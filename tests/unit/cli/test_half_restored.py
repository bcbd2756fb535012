"""A restore that was killed half way: every command says what completes it, and does nothing."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from ratchet.backup.journal import Journal, Phase
from ratchet.backup.places import Part
from ratchet.cycle.workspace import Workspace
from ratchet.errors import StoreError
from ratchet.settings import load_settings
from ratchet.store import open_store
from tests.cli_builders import COMPLETENESS, good_examples, ratchet


def interrupted(workspace: Path, phase: Phase = Phase.SWITCHING) -> Path:
    """An installation with a backup whose restore was killed; the backup."""
    with open_store(load_settings().store_url) as store:
        store.examples.add(good_examples(2))
    path = Path(ratchet("backup", "create", "--json").document["path"])
    Journal(
        restore_id="r",
        backup=path.name,
        place=str(path),
        parts=(Part.PROGRAMS, Part.RUNS),
        phase=phase,
        aside="x",
        staging=(),
    ).write(workspace / ".ratchet")
    return path


@pytest.mark.parametrize(
    "command",
    [
        ("readiness",),
        ("examples", "list", "-s", COMPLETENESS),
        ("backup", "create"),
        ("audit", "verify"),
        ("dataset", "list"),
    ],
)
def test_a_command_refuses_to_work_on_what_is_half_restored(
    workspace: Path, command: tuple[str, ...]
) -> None:
    """The message is the command that completes it."""
    path = interrupted(workspace)

    left = ratchet(*command)

    assert left.exit_code == 2
    assert f"Finish it with: ratchet backup restore {path} --only programs --only runs" in left.err


def test_flows_refuse_too(workspace: Path) -> None:
    """They get their places from the same settings."""
    interrupted(workspace)

    with pytest.raises(StoreError, match="ratchet backup restore"):
        Workspace.of(load_settings())


def test_the_command_that_is_named_completes_it(workspace: Path) -> None:
    """Backups can be listed meanwhile; afterwards everything works again."""
    path = interrupted(workspace)
    said = ratchet("readiness").err
    command = shlex.split(said.partition("Finish it with: ratchet ")[2])
    listed = ratchet("backup", "list", "--json")

    restored = ratchet(*command, "--json")

    assert [backup["name"] for backup in listed.document] == [path.name]
    assert (restored.exit_code, restored.document["was_resumed"]) == (0, True)
    assert ratchet("audit", "verify").exit_code == 0


def test_a_restore_that_had_put_nothing_in_place_stops_nobody(workspace: Path) -> None:
    """What it was copying lies hidden beside the state."""
    interrupted(workspace, Phase.STAGING)

    assert ratchet("audit", "verify").exit_code == 0
