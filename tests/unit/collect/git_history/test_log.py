"""Reading a log: what git says arrives whole, and what is too much is counted, not kept."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from ratchet.collect.git_history import log
from ratchet.collect.git_history.commits import Commit
from ratchet.collect.git_history.log import LogRequest, read_log
from ratchet.collect.git_history.repository import open_repository
from tests.repositories import Planned, build_repository


def read(path: Path, *commits: Planned, **options: object) -> list[Commit]:
    """The commits of a new repository as the log gives them."""
    built = build_repository(path / "repository.git", commits)
    request = LogRequest(max_commits=100, **options)  # type: ignore[arg-type] # by name
    return list(read_log(open_repository(built.path), request))


def test_commits_come_oldest_first_with_their_facts(tmp_path: Path) -> None:
    """Message, author, time, parents, files and counted lines are those of git."""
    first, second = read(
        tmp_path,
        Planned(message="One\n\nBody", files={"a.py": "x = 1\ny = 2\n"}, author=("Zoë", "z@e.org")),
        Planned(message="Two", files={"a.py": "x = 1\ny = 3\nz = 4\n"}, day=1),
    )

    assert (first.message.strip(), first.author_name) == ("One\n\nBody", "Zoë")
    assert (first.added, first.deleted, first.files[0].status) == (2, 0, "added")
    assert (second.added, second.deleted, second.parents) == (2, 1, (first.sha,))
    assert second.files[0].hunks[0].added == ("y = 3", "z = 4")
    assert second.files[0].hunks[0].removed == ("y = 2",)
    assert (second.committed_at - first.committed_at).days == 1


@pytest.mark.parametrize("chunk", [7, 64, 1 << 20])
def test_the_size_of_a_read_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, chunk: int
) -> None:
    """Wherever the stream is cut, the same commits with the same counts come out."""
    plan = [
        Planned(message=f"Commit {n}", files={f"f{n % 3}.py": f"line {n}\n" * (n + 1)})
        for n in range(9)
    ]
    expected = [(c.sha, c.added, c.deleted, c.files) for c in read(tmp_path / "a", *plan)]
    monkeypatch.setattr(log, "CHUNK_BYTES", chunk)

    found = [(c.sha, c.added, c.deleted, len(c.files)) for c in read(tmp_path / "b", *plan)]

    assert found == [(sha, added, deleted, len(files)) for sha, added, deleted, files in expected]


def test_a_message_that_quotes_a_patch_is_a_message(tmp_path: Path) -> None:
    """Lines of a message that look like git's own start neither a commit nor a file."""
    message = "Explain\n\ndiff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n"

    (commit,) = read(tmp_path, Planned(message=message, files={"real.py": "x = 1\n"}))

    assert commit.message.strip() == message.strip()
    assert [(file.path, file.added) for file in commit.files] == [("real.py", 1)]


def test_content_that_looks_like_a_boundary_is_content(tmp_path: Path) -> None:
    """A file that holds a patch is one file with so many lines."""
    content = "diff --git a/x b/x\n@@ -1,9 +1,9 @@\n+++ b/y\n"

    (commit,) = read(tmp_path, Planned(message="Add a patch", files={"a.patch": content}))

    assert [(file.path, file.added, file.deleted) for file in commit.files] == [("a.patch", 3, 0)]


@pytest.mark.parametrize(
    "path", ["with space.py", "ünïcode.py", 'quo"te.py', "back\\slash.py", "tab\there.py"]
)
def test_a_strange_path_is_read_as_it_is(tmp_path: Path, path: str) -> None:
    """Names that git quotes or escapes come back unescaped."""
    planned = path.replace("\t", "\\t") if "\t" in path else path
    files = {planned: "x = 1\n"} if "\t" not in path else {path.encode(): "x = 1\n"}

    (commit,) = read(tmp_path, Planned(message="Add", files=files))

    assert [file.path for file in commit.files] == [path]


def test_bytes_that_are_no_utf_8_are_read_all_the_same(tmp_path: Path) -> None:
    """A Latin-1 message and path lose nothing that can be kept."""
    (commit,) = read(
        tmp_path, Planned(message=b"Gr\xfc\xdfe senden", files={b"gr\xfc\xdfe.py": b"x = '\xfc'\n"})
    )

    assert commit.message.strip() == "Grüße senden"
    assert (commit.added, commit.files[0].path) == (1, "gr\ufffd\ufffde.py")


def test_binary_submodule_mode_rename_and_deletion_have_their_status(tmp_path: Path) -> None:
    """What a commit did to a file is told by words, not guessed from lines."""
    text = "".join(f"line {n}\n" for n in range(20))
    commits = read(
        tmp_path,
        Planned(message="Add", files={"old.py": text, "run.sh": "echo hello\n", "gone.py": "x\n"}),
        Planned(
            message="Change",
            files={
                "image.png": b"\x89PNG\0\0\0" + bytes(range(256)),
                "lib": ("160000", "1" * 40),
                "run.sh": ("100755", "echo hello\n"),
                "old.py": None,
                "new.py": text + "more\n",
                "gone.py": None,
            },
        ),
    )

    status = {file.path: (file.status, file.old_path) for file in commits[1].files}

    assert status == {
        "image.png": ("binary", "image.png"),
        "lib": ("submodule", "lib"),
        "run.sh": ("mode", "run.sh"),
        "new.py": ("renamed", "old.py"),
        "gone.py": ("deleted", "gone.py"),
    }


def test_a_huge_commit_is_counted_and_not_kept(tmp_path: Path) -> None:
    """Ten thousand files give exact counts and a bounded record."""
    files = {f"d{n % 100}/f{n}.py": "a = 1\nb = 2\n" for n in range(10_000)}

    (commit,) = read(tmp_path, Planned(message="Import everything", files=files))

    assert (commit.file_count, commit.added) == (10_000, 20_000)
    assert len(commit.files) == log.MAX_KEPT_FILES
    assert sum(len(file.patch) for file in commit.files) <= log.MAX_KEPT_BYTES


def test_a_huge_file_is_counted_and_not_kept(tmp_path: Path) -> None:
    """Three hundred thousand lines in one file, and one line of six megabytes."""
    lines = "".join(f"value_{n} = {n}\n" for n in range(300_000))

    (commit,) = read(
        tmp_path, Planned(message="Data", files={"big.py": lines, "wide.js": "x" * 6_000_000})
    )
    big, wide = sorted(commit.files, key=lambda file: file.path)

    assert (big.added, wide.added) == (300_000, 1)
    assert 0 < len(big.patch) < 100_000
    assert (wide.skipped_as, wide.patch) == ("minified file", b"")


def test_merges_have_a_patch_only_when_asked(tmp_path: Path) -> None:
    """A merge's difference is the one from its first parent."""
    plan = (
        Planned(message="Root", files={"a.py": "a = 1\n"}),
        Planned(message="Branch", files={"b.py": "b = 1\n"}, day=1),
        Planned(message="Merge", files={"b.py": "b = 1\n"}, parents=(1, 2), day=2),
    )

    without = read(tmp_path / "a", *plan)
    with_patches = read(tmp_path / "b", *plan, merge_patches=True)

    assert (without[-1].is_merge, without[-1].files) == (True, ())
    assert [file.path for file in with_patches[-1].files] == ["b.py"]


def test_a_stream_cut_in_the_middle_gives_what_arrived() -> None:
    """The last commit of a broken stream is no reason to lose those before it."""
    head = b"\0\0" + b"a" * 40 + b"\0\0" + b"1\0N\0e\0Message\n\0\n\n"
    stream = head + b"diff --git a/f b/f\n--- a/f\n+++ b/f\n@@ -0,0 +1 @@\n+x\n" + b"\0\0bbbb"

    commits = list(log._commits(io.BytesIO(stream)))

    assert [(c.sha[:4], c.added, len(c.files)) for c in commits] == [("aaaa", 1, 1), ("bbbb", 0, 0)]
