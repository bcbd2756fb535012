"""Bringing a repository to this machine."""

from __future__ import annotations

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from git import Actor, Repo

from ratchet.collect.repositories import bring_repository
from ratchet.errors import InputError

AUTHOR = Actor("Ada", "ada@example.org")


def commit(folder: Path, message: str) -> str:
    """Commit one file; the sha."""
    repository = Repo(folder) if (folder / ".git").exists() else Repo.init(folder)
    (folder / "file.txt").write_text(message)
    repository.index.add(["file.txt"])
    sha = repository.index.commit(message, author=AUTHOR, committer=AUTHOR).hexsha
    repository.close()
    return sha


@pytest.fixture
def refusing_server() -> Iterator[tuple[str, list[str]]]:
    """A web server that refuses every request and keeps the authorization it was sent."""
    seen: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            seen.append(self.headers.get("Authorization", ""))
            self.send_error(403)

        def log_message(self, *_: object) -> None:
            """Stay silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/team/app.git", seen
    server.shutdown()
    server.server_close()


def test_a_path_stays_where_it_is(tmp_path: Path) -> None:
    """Nothing is copied for a repository that is here already."""
    assert bring_repository(str(tmp_path), cache=tmp_path / "cache") == tmp_path
    assert not (tmp_path / "cache").exists()


def test_an_address_is_mirrored_once_and_then_updated(tmp_path: Path) -> None:
    """The second visit fetches what is new into the same mirror."""
    origin = tmp_path / "origin"
    commit(origin, "first")
    first = bring_repository(f"file://{origin}", cache=tmp_path / "cache")
    newest = commit(origin, "second")

    second = bring_repository(f"file://{origin}", cache=tmp_path / "cache")

    assert first == second
    with Repo(second) as mirror:
        assert mirror.head.commit.hexsha == newest


def test_the_token_is_sent_and_never_shown(
    tmp_path: Path, refusing_server: tuple[str, list[str]]
) -> None:
    """A refused address is explained without its credentials."""
    address, seen = refusing_server
    with_user = address.replace("http://", "http://someone:hidden@")

    with pytest.raises(InputError) as refusal:
        bring_repository(with_user, cache=tmp_path, token="s3cr3t-token")

    assert "Basic" in seen[0]
    assert "403" in str(refusal.value)
    assert "hidden" not in str(refusal.value)
    assert "s3cr3t" not in str(refusal.value)


def test_a_path_that_does_not_exist_is_named(tmp_path: Path) -> None:
    """The message repeats what was given."""
    with pytest.raises(InputError, match="nowhere"):
        bring_repository("nowhere", cache=tmp_path)
