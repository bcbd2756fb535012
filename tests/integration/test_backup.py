"""`ratchet backup` from end to end: made, proven, lost, brought back, as a user types it."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from ratchet.store import open_store
from tests.backup_builders import SPEC, fill, places, tools, write
from tests.cli_builders import ratchet
from tests.dataset_builders import example_set


@pytest.fixture
def project(workspace: Path, database_url: str, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with something in every part, on SQLite and on PostgreSQL."""
    where = places(workspace)
    if database_url.startswith("postgresql"):
        monkeypatch.setenv("RATCHET_DATABASE_URL", database_url)
        where = replace(where, database_url=database_url)
    monkeypatch.setenv("RATCHET_BACKUP__POSTGRESQL_TOOLS", str(tools().folder))
    write(workspace / "ratchet.toml", '[backup]\nfolder = "safe"\nkeep = 2\n')
    fill(where)
    return workspace


def test_backup_loss_restore_and_everything_verifies(project: Path, database_url: str) -> None:
    """The state folder, the datasets and the settings are lost, and come back whole."""
    made = ratchet("backup", "create", "--note", "before the flood", "--json").document
    assert made["database"]["tables"]["examples"] == 6
    assert ratchet("backup", "verify", "--latest").out == f"{made['name']}: whole\n"

    for folder in (".ratchet", "training_data"):
        shutil.rmtree(project / folder)
    (project / "ratchet.toml").unlink()
    force = ["--force"] if database_url.startswith("postgresql") else []
    left = ratchet("backup", "restore", project / "safe" / made["name"], *force)

    assert left.exit_code == 0, left.err
    assert "The settings of the backup are back" in left.out
    assert (project / "ratchet.toml").read_text().startswith("[backup]")
    verified = ratchet("dataset", "verify", "--all")
    assert verified.exit_code == 0
    assert verified.out.count("whole") == 2
    listed = ratchet("programs", "list", "--json").document
    assert (
        Path(listed[0]["path"])
        == project / ".ratchet" / "programs" / SPEC.name / (listed[0]["version"])
    )
    trail = ratchet("audit", "verify")
    assert trail.exit_code == 0, trail.out
    assert ratchet("audit", "list", "--json").document[0]["action"] == "backup.restored"
    url = database_url if force else f"sqlite:///{project / '.ratchet' / 'ratchet.db'}"
    with open_store(url) as store:
        assert store.examples.statistics(SPEC.name).total == 6


def test_a_restore_over_something_asks_for_force_and_keeps_the_old(
    project: Path, database_url: str
) -> None:
    """Refused with the list of what is there; forced, it tells where the old state is."""
    name = ratchet("backup", "create", "--archive", "--json").document["name"]

    refused = ratchet("backup", "restore", name)
    planned = ratchet("backup", "restore", name, "--dry-run", "--json").document
    forced = ratchet("backup", "restore", name, "--force")

    assert refused.exit_code == 2
    assert "6 examples" in refused.err
    assert "--force" in refused.err
    assert sum(bool(part["in_the_way"]) for part in planned["parts"]) == 6
    assert forced.exit_code == 0, forced.err
    assert "The old state is kept" in forced.out
    assert ".before_restore_" in forced.out


def test_old_backups_leave_as_the_settings_say(workspace: Path) -> None:
    """`prune` keeps the newest; a dry run and JSON say which would go."""
    write(workspace / "ratchet.toml", "[backup]\nkeep = 1\n")
    write(workspace / ".ratchet" / "runs" / "run_1" / "orchestration_summary.json", "{}")
    assert "There is no backup" in ratchet("backup", "list").out
    names = [ratchet("backup", "create", "--json").document["name"] for _ in range(3)]

    would = ratchet("backup", "prune", "--keep", 2, "--dry-run", "--json").document
    assert would == {"keep": 2, "dry_run": True, "removed": names[:1]}
    assert "Removed 2 backups; the newest 1 stay." in ratchet("backup", "prune").out
    assert [each["name"] for each in ratchet("backup", "list", "--json").document] == names[2:]
    assert names[2] in ratchet("backup", "list").out


def test_damage_is_exit_code_one_and_a_sentence(workspace: Path) -> None:
    """For the script that verifies every night."""
    write(workspace / ".ratchet" / "runs" / "run_1" / "orchestration_summary.json", "{}")
    made = ratchet("backup", "create", "--json").document
    assert ratchet("backup", "verify", "--all").exit_code == 0
    victim = Path(made["path"]) / "runs" / "run_1" / "orchestration_summary.json"
    victim.chmod(0o644)
    victim.write_text("[]")

    left = ratchet("backup", "verify", made["name"], "--json")

    assert left.exit_code == 1
    assert left.document[0]["is_whole"] is False
    assert "runs/run_1/orchestration_summary.json has the hash" in left.document[0]["problems"][0]
    assert ratchet("backup", "verify").exit_code == 2


def test_settings_come_back_without_their_secrets_and_say_so(workspace: Path) -> None:
    """Nothing is restored to a wrong place because a password is missing."""
    url = f"sqlite:///{workspace / 'elsewhere' / 'r.db'}"
    write(workspace / "ratchet.toml", f'database_url = "{url}"\napi_base = "http://a:pw@h/"\n')
    with open_store(url) as store:
        store.examples.add(example_set(2))
    name = ratchet("backup", "create", "--json").document["name"]
    settings = workspace / "ratchet.toml"
    settings.unlink()
    shutil.rmtree(workspace / "elsewhere")

    missing = ratchet("backup", "restore", name)
    settings.write_text(settings.read_text().replace("a:***@", "a:pw@"))
    again = ratchet("backup", "restore", name)

    assert missing.exit_code == 2
    assert "without the secrets" in missing.err
    assert "(api_base)" in missing.err
    assert again.exit_code == 0, again.err
    with open_store(url) as store:
        assert store.examples.statistics(SPEC.name).total == 2
