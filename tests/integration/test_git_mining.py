"""Mining real repositories of every awkward kind, through git itself."""

from __future__ import annotations

import os
import stat
import subprocess
from pathlib import Path

import pytest

from ratchet.collect.git_history import MiningOptions, mine
from ratchet.collect.git_history.repository import open_repository, without_credentials
from ratchet.errors import InputError
from tests.repositories import EPOCH, BuiltRepository, Planned, build_repository

HISTORY = [
    Planned(
        message=f"Add {word} handling for orders",
        files={
            f"src/shop/{word}.py": f"def create_{word}(order):\n    return {word}_registry(order)\n"
        },
        day=float(n),
    )
    for n, word in enumerate(("invoice", "discount", "courier", "ledger", "voucher", "basket"))
]


@pytest.fixture
def shop(tmp_path: Path) -> BuiltRepository:
    """A small bare repository."""
    return build_repository(tmp_path / "shop.git", HISTORY)


def git(*arguments: str) -> None:
    """Run git and fail loudly."""
    subprocess.run(["git", *arguments], check=True, capture_output=True)


def test_a_bare_repository_a_checkout_and_a_folder_in_it_are_alike(
    shop: BuiltRepository, tmp_path: Path
) -> None:
    """Whatever way leads to the history, the same examples are in it."""
    git("clone", "-q", str(shop.path), str(tmp_path / "checkout"))
    paths = [shop.path, tmp_path / "checkout", tmp_path / "checkout" / "src"]

    found = [mine(path, MiningOptions(), now=shop.now).examples for path in paths]

    assert found[0]
    assert {tuple(e.example_id for e in examples) for examples in found} == {
        tuple(e.example_id for e in found[0])
    }


def test_a_worktree_is_a_repository(shop: BuiltRepository, tmp_path: Path) -> None:
    """Its .git is a file that points elsewhere."""
    git("-C", str(shop.path), "worktree", "add", "-q", str(tmp_path / "tree"), "main")

    assert mine(tmp_path / "tree", MiningOptions(), now=shop.now).examples


def test_a_missing_path_is_said_to_be_missing(tmp_path: Path) -> None:
    """The message has the path."""
    with pytest.raises(InputError, match="does not exist"):
        mine(tmp_path / "nowhere", MiningOptions(), now=EPOCH)


def test_a_folder_without_history_is_said_to_be_none(tmp_path: Path) -> None:
    """And the message says what to give instead."""
    with pytest.raises(InputError, match="is not a git repository"):
        mine(tmp_path, MiningOptions(), now=EPOCH)


def test_a_file_is_no_repository(tmp_path: Path) -> None:
    """A path to a file is refused as kindly."""
    (tmp_path / "file").write_text("x")

    with pytest.raises(InputError, match="not a git repository"):
        mine(tmp_path / "file", MiningOptions(), now=EPOCH)


def test_a_repository_without_commits_gives_a_note(tmp_path: Path) -> None:
    """Nothing is wrong with it; there is just nothing in it."""
    built = build_repository(tmp_path / "new.git", [])

    found = mine(built.path, MiningOptions(), now=EPOCH)

    assert (found.examples, found.notes) == ((), ("new has no commits yet.",))


def test_a_window_without_commits_gives_a_note(shop: BuiltRepository) -> None:
    """The note says what to change."""
    found = mine(shop.path, MiningOptions(since_days=1), now=shop.now.replace(year=2031))

    assert found.examples == ()
    assert "--since-days" in found.notes[0]


def test_a_shallow_clone_says_where_history_is_cut(shop: BuiltRepository, tmp_path: Path) -> None:
    """The commit at the cut shows the whole tree as new, so it is not used."""
    git("clone", "-q", "--depth", "3", f"file://{shop.path}", str(tmp_path / "cut"))

    found = mine(tmp_path / "cut", MiningOptions(), now=shop.now)

    assert "history is cut at 2026-01-04" in found.notes[0]
    assert found.skipped["history is cut here"] == 1
    assert shop.shas[3] not in {example.provenance["sha"] for example in found.examples}


def test_only_the_newest_commits_are_read_and_it_is_said(shop: BuiltRepository) -> None:
    """A limit never goes unnoticed."""
    found = mine(shop.path, MiningOptions(max_commits=2), now=shop.now)

    assert {e.provenance["sha"] for e in found.examples} <= set(shop.shas[-2:])
    assert any("only the newest 2 commits were read" in note for note in found.notes)


def test_an_unknown_signature_gives_a_note(shop: BuiltRepository) -> None:
    """Other sources may have labels for it."""
    found = mine(shop.path, MiningOptions(), now=shop.now, signatures=["generate_problem"])

    assert found.notes == ("generate_problem: a git history has no labels for it.",)


def test_a_target_bounds_each_signature_and_says_what_is_short(shop: BuiltRepository) -> None:
    """The shape of the message is known to operators."""
    found = mine(
        shop.path, MiningOptions(), now=shop.now, signatures=["generate_guidance"], target=30
    )

    assert any("collected: 0 examples, target: 30" in note for note in found.notes)


def test_commits_of_a_merged_pull_request_are_one_group(tmp_path: Path) -> None:
    """The number is in the merge alone, yet no commit of the branch is torn from the others."""
    built = build_repository(
        tmp_path / "shop.git",
        [
            *HISTORY[:3],
            Planned(message=HISTORY[3].message, files=HISTORY[3].files, day=4, parents=(2,)),
            Planned(message=HISTORY[4].message, files=HISTORY[4].files, day=5),
            Planned(
                message="Merge pull request #17 from team/branch\n\nAdd ledgers and vouchers",
                files={**HISTORY[3].files, **HISTORY[4].files},
                day=6,
                parents=(3, 5),
            ),
        ],
    )

    found = mine(built.path, MiningOptions(), now=built.now, signatures=["validate_intent"])
    groups = {
        e.provenance["sha"]: (e.group_id, e.provenance.get("pull_request")) for e in found.examples
    }

    assert groups[built.shas[3]] == groups[built.shas[4]] == ("shop#17", 17)
    assert groups[built.shas[0]] == (built.shas[0], None)


def test_merges_are_mined_when_asked(tmp_path: Path) -> None:
    """Then the pull request's title is the intent and the whole branch the change."""
    built = build_repository(
        tmp_path / "shop.git",
        [
            *HISTORY[:3],
            Planned(message="wip", files=HISTORY[3].files, day=4, parents=(2,)),
            Planned(
                message="Merge pull request #17 from team/branch\n\nAdd ledger handling for orders",
                files=HISTORY[3].files,
                day=6,
                parents=(3, 4),
            ),
        ],
    )
    options = MiningOptions(exclude_merges=False)

    found = mine(built.path, options, now=built.now, signatures=["validate_intent"])

    assert built.shas[4] in {example.provenance["sha"] for example in found.examples}


def test_the_origin_names_the_repository_without_credentials(shop: BuiltRepository) -> None:
    """A token in a remote's address is not carried into the data."""
    shop.git("remote", "add", "origin", "https://me:token123@example.org/team/app.git")

    found = mine(shop.path, MiningOptions(), now=shop.now)

    assert found.examples[0].provenance["repository"] == "https://example.org/team/app.git"
    assert all("token123" not in str(example.to_json()) for example in found.examples)


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("ssh://git@example.org:22/team/app.git", "ssh://example.org:22/team/app.git"),
        ("git@example.org:team/app.git", "example.org:team/app.git"),
        ("file:///srv/private/app.git", "app.git"),
        ("../app", "app"),
    ],
)
def test_addresses_are_freed_of_people_and_places(address: str, name: str) -> None:
    """Neither a user nor a path of this machine is kept."""
    assert without_credentials(address) == name


def hostile(path: Path, marker: Path) -> BuiltRepository:
    """A repository whose configuration runs a script wherever git would let it."""
    script = path.parent / "run-me"
    script.write_text(f"#!/bin/sh\ntouch {marker}\ncat\n")
    script.chmod(script.stat().st_mode | stat.S_IXUSR)
    built = build_repository(
        path,
        [*HISTORY, Planned(message="Draw", files={".gitattributes": "*.py diff=evil\n"}, day=9)],
        bare=False,
    )
    built.git("reset", "-q", "--hard", "main")
    for key in (
        "diff.external", "diff.evil.command", "diff.evil.textconv", "core.fsmonitor", "core.pager",
        "pager.log", "core.sshCommand", "gpg.program", "core.alternateRefsCommand", "core.editor",
    ):  # fmt: skip
        built.git("config", key, str(script))
    for key, value in (
        ("log.showSignature", "true"), ("diff.noprefix", "true"), ("diff.context", "5"),
        ("diff.interHunkContext", "9"), ("color.ui", "always"), ("format.pretty", "oneline"),
        ("diff.submodule", "log"), ("diff.renames", "copies"), ("log.showRoot", "false"),
        ("diff.mnemonicPrefix", "true"), ("core.quotePath", "true"), ("log.decorate", "full"),
    ):  # fmt: skip
        built.git("config", key, value)
    for hook in (path / ".git" / "hooks").glob("*.sample"):
        hook.unlink()
    for name in ("post-checkout", "pre-auto-gc", "reference-transaction", "fsmonitor-watchman"):
        (path / ".git" / "hooks" / name).write_text(script.read_text())
        (path / ".git" / "hooks" / name).chmod(0o755)
    return built


def test_nothing_of_a_hostile_repository_is_executed(shop: BuiltRepository, tmp_path: Path) -> None:
    """Neither hooks nor drivers nor pagers run, and no setting changes what is read."""
    marker = tmp_path / "executed"
    built = hostile(tmp_path / "hostile", marker)

    found = mine(built.path, MiningOptions(), now=built.now)
    expected = mine(shop.path, MiningOptions(), now=shop.now)

    assert not marker.exists()
    assert {e.example_id for e in expected.examples} <= {e.example_id for e in found.examples}


def test_missing_objects_are_not_fetched_from_a_promisor(
    shop: BuiltRepository, tmp_path: Path
) -> None:
    """A partial clone is read as far as it is here; no transport is started."""
    marker = tmp_path / "executed"
    script = tmp_path / "upload-pack"
    script.write_text(f"#!/bin/sh\ntouch {marker}\nexit 1\n")
    script.chmod(0o755)
    shop.git("config", "uploadpack.allowFilter", "true")
    partial = tmp_path / "partial.git"
    git("clone", "-q", "--bare", "--filter=blob:none", f"file://{shop.path}", str(partial))
    git("-C", str(partial), "config", "remote.origin.uploadpack", str(script))

    with pytest.raises(InputError, match=r"git failed|ended by signal"):
        mine(partial, MiningOptions(), now=shop.now)

    assert not marker.exists()


def test_variables_of_a_git_hook_do_not_lead_elsewhere(
    shop: BuiltRepository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Started from a hook, the repository that was asked for is still the one that is read."""
    other = build_repository(tmp_path / "other.git", HISTORY[:1])
    monkeypatch.setenv("GIT_DIR", str(other.path))

    found = mine(shop.path, MiningOptions(), now=shop.now)

    assert {e.provenance["sha"] for e in found.examples} - set(other.shas)


def test_mining_leaves_no_trace_in_the_repository(shop: BuiltRepository) -> None:
    """Reading needs no lock, no index and no new object; a read-only folder is enough."""
    before = sorted((p, p.stat().st_mtime_ns) for p in shop.path.rglob("*"))
    open_repository(shop.path)

    mine(shop.path, MiningOptions(), now=shop.now)

    assert sorted((p, p.stat().st_mtime_ns) for p in shop.path.rglob("*")) == before
    assert "GIT_DIR" not in os.environ
