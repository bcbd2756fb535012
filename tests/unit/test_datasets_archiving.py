"""Older versions as archives: which, how, and back again."""

from __future__ import annotations

import io
import tarfile
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ratchet.datasets import DatasetFolder
from ratchet.datasets.archive_file import VERSION_FILES, archive_path, pack, unpack
from ratchet.datasets.archiving import (
    archive_version,
    archived_versions,
    load_archived,
    plan_archiving,
    restore_version,
)
from ratchet.datasets.holdings import holding_signatures, holdings
from ratchet.datasets.layout import DATASET_FILE
from ratchet.errors import DatasetError
from ratchet.signatures import get
from ratchet.splits import Side
from tests.builders import NOON
from tests.cli_builders import COMPLETENESS, ratchet
from tests.dataset_builders import example_set, tree_of

SPEC = get(COMPLETENESS)
FIRST = "v20260301_120000"


def grown(root: Path, count: int = 5) -> DatasetFolder:
    """Versions published a month after each other, each with two more examples."""
    folder = DatasetFolder(root)
    for number in range(count):
        at = NOON + timedelta(days=30 * number)
        folder.add(SPEC, example_set(4, start=4 * number), now=at)
    return folder


def test_versions_past_their_days_are_archived_but_for_the_newest(tmp_path: Path) -> None:
    """Age alone archives nothing of the newest three."""
    folder = grown(tmp_path)
    now = NOON + timedelta(days=1_000)

    plan = plan_archiving(folder, COMPLETENESS, older_than_days=90, keep=3, now=now)
    young = plan_archiving(
        folder, COMPLETENESS, older_than_days=90, keep=1, now=NOON + timedelta(days=100)
    )

    assert [v[:9] for v in plan.versions] == ["v20260301", "v20260331"]
    assert set(plan.kept.values()) == {"one of the newest 3"}
    assert [v[:9] for v in young.versions] == ["v20260301"]
    assert "published 70 days ago" in young.kept.values()


def test_what_latest_shows_is_never_archived(tmp_path: Path) -> None:
    """Even when the link was put back to an older version."""
    folder = grown(tmp_path)
    link = tmp_path / COMPLETENESS / "latest"
    link.unlink()
    link.symlink_to(FIRST)

    plan = plan_archiving(
        folder, COMPLETENESS, older_than_days=1, keep=1, now=NOON + timedelta(days=900)
    )

    assert FIRST not in plan.versions


def test_an_archived_version_comes_back_byte_by_byte(tmp_path: Path) -> None:
    """Restoring undoes archiving; the archive is gone then, and doing it twice is no error."""
    folder = grown(tmp_path, 2)
    before = tree_of(tmp_path)

    done = archive_version(folder, COMPLETENESS, FIRST)
    listed = archived_versions(folder, COMPLETENESS)
    restored = restore_version(folder, COMPLETENESS, FIRST)

    assert 0 < done.archive_bytes < done.folder_bytes
    assert [(v.version, v.is_archived, v.example_count) for v in listed] == [(FIRST, True, 4)]
    assert restored.version == FIRST
    assert not restored.is_archived
    assert tree_of(tmp_path) == before
    assert folder.verify(COMPLETENESS, FIRST) == []
    assert restore_version(folder, COMPLETENESS, FIRST) == restored


def test_an_archived_version_is_read_without_restoring_it(tmp_path: Path) -> None:
    """Its examples, their sides and its test side are known, so that they stay references."""
    folder = grown(tmp_path, 3)
    whole = folder.load(COMPLETENESS, FIRST)
    archive_version(folder, COMPLETENESS, FIRST)

    dataset = load_archived(folder, COMPLETENESS, FIRST)
    first, *others = holdings(folder, COMPLETENESS)

    assert (dataset.examples, dataset.sides) == (whole.examples, whole.sides)
    assert (first.version, first.is_archived, len(others)) == (FIRST, True, 2)
    sealed = {i for i in first.lines if first.side(i) is Side.TEST}
    assert sealed == {e.example_id for e in whole.side(Side.TEST)}
    assert holding_signatures(folder) == (COMPLETENESS,)


def test_a_damaged_version_is_not_archived(tmp_path: Path) -> None:
    """The hash is checked before anything is removed."""
    folder = grown(tmp_path, 2)
    path = tmp_path / COMPLETENESS / FIRST / "dataset.json"
    path.chmod(0o644)
    path.write_text(path.read_text().replace("login()", "logout()"))

    with pytest.raises(DatasetError, match="content_sha256"):
        archive_version(folder, COMPLETENESS, FIRST)

    assert path.is_file()
    assert archived_versions(folder, COMPLETENESS) == []


def test_a_strange_file_in_a_version_keeps_it_from_being_archived(tmp_path: Path) -> None:
    """What the archive would not keep is not deleted."""
    folder = grown(tmp_path, 2)
    place = tmp_path / COMPLETENESS / FIRST
    place.chmod(0o755)
    (place / "notes.txt").write_text("mine")

    with pytest.raises(DatasetError, match=r"notes\.txt"):
        archive_version(folder, COMPLETENESS, FIRST)


def test_a_damaged_archive_is_not_restored(tmp_path: Path) -> None:
    """Nothing is written from it."""
    folder = grown(tmp_path, 2)
    path = archive_version(folder, COMPLETENESS, FIRST).path
    files = unpack(path)
    path.chmod(0o644)
    changed = files | {"dataset.json": files["dataset.json"].replace(b"login", b"logon")}
    path.write_bytes(pack(changed))

    with pytest.raises(DatasetError, match="content_sha256"):
        restore_version(folder, COMPLETENESS, FIRST)
    path.write_bytes(pack(files)[:-20])
    with pytest.raises(DatasetError, match="can not be read"):
        restore_version(folder, COMPLETENESS, FIRST)

    assert not (tmp_path / COMPLETENESS / FIRST).exists()


@pytest.mark.parametrize("name", ["../../evil", "/etc/evil", "evil.json"])
def test_an_archive_with_a_strange_member_is_refused(tmp_path: Path, name: str) -> None:
    """No name in it can lead out of the folder, for only three names are known."""
    path = tmp_path / "a.tar.gz"
    with tarfile.open(path, "w:gz") as archive:
        archive.addfile(tarfile.TarInfo(name), io.BytesIO())

    with pytest.raises(DatasetError, match="no archive of a version"):
        unpack(path)


@given(st.fixed_dictionaries({name: st.binary(max_size=200) for name in VERSION_FILES}))
def test_what_is_packed_is_unpacked(files: dict[str, bytes]) -> None:
    """Any bytes come back, and the same files give the same archive."""
    import tempfile

    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch) / "v.tar.gz"
        path.write_bytes(pack(files))
        assert unpack(path) == files
    assert pack(files) == pack(dict(reversed(files.items())))


def test_an_archive_left_by_a_killed_run_is_used_when_it_holds_the_same(tmp_path: Path) -> None:
    """And written anew when it does not."""
    folder = grown(tmp_path, 2)
    home = tmp_path / COMPLETENESS
    files = {name: (home / FIRST / name).read_bytes() for name in VERSION_FILES}
    archive_path(home, FIRST).parent.mkdir()
    archive_path(home, FIRST).write_bytes(b"half of it")

    archive_version(folder, COMPLETENESS, FIRST)

    assert unpack(archive_path(home, FIRST)) == files


def test_the_commands_archive_list_and_restore(workspace: Path) -> None:
    """A dry run touches nothing; the list says what is archived; loading says how to restore."""
    grown(workspace / "training_data")
    of = ("dataset", "archive", "--older-than-days", 0, "--keep", 3)

    dry = ratchet(*of, "--dry-run")
    assert "2 versions would be archived" in dry.out
    assert not (workspace / "training_data" / COMPLETENESS / "archive").exists()

    assert len(ratchet(*of, "--json").document["archived"]) == 2
    listed = ratchet("dataset", "list", "--json").document
    shown = ratchet("dataset", "show", COMPLETENESS, FIRST)
    back = ratchet("dataset", "restore", COMPLETENESS, FIRST)

    assert [version["is_archived"] for version in listed] == [True, True, False, False, False]
    assert f"{FIRST} (archived)" not in ratchet("dataset", "list").out
    assert f"ratchet dataset restore {COMPLETENESS} {FIRST}" in shown.err
    assert f"{FIRST} is back: 4 examples" in back.out
    assert ratchet("dataset", "verify", "--all").exit_code == 0
    unknown = ratchet("dataset", "restore", COMPLETENESS, "v20200101_000000")
    assert "no archived version" in unknown.err


def test_verify_looks_into_archives_too(workspace: Path) -> None:
    """A changed example in an archive is found by its hash; --no-archives leaves it unread."""
    folder = grown(Path("training_data"), 3)
    path = archive_version(folder, COMPLETENESS, folder.versions(COMPLETENESS)[0].version).path
    files = unpack(path)
    whole = ratchet("dataset", "verify", "--all", "--json")
    path.chmod(0o644)
    path.write_bytes(pack({**files, DATASET_FILE: files[DATASET_FILE].replace(b"true", b"false")}))

    damaged = ratchet("dataset", "verify", COMPLETENESS, "--all", "--json")
    unread = ratchet("dataset", "verify", "--all", "--no-archives", "--json")

    place = f"{COMPLETENESS}/archive/{path.name.removesuffix('.tar.gz')}"
    assert (whole.exit_code, whole.document[place], len(whole.document)) == (0, [], 3)
    assert damaged.exit_code == 1
    assert damaged.document[place][0].startswith("content_sha256 is ")
    assert (unread.exit_code, len(unread.document)) == (0, 2)


def test_an_archive_that_can_not_be_read_is_damage(workspace: Path) -> None:
    """Verification names the file and goes on."""
    folder = grown(Path("training_data"), 2)
    path = archive_version(folder, COMPLETENESS, folder.versions(COMPLETENESS)[0].version).path
    path.chmod(0o644)
    path.write_bytes(path.read_bytes()[:-100])

    left = ratchet("dataset", "verify", "--all")

    assert left.exit_code == 1
    assert f"{path.name} can not be read" in left.out
