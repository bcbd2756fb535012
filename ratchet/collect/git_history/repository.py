"""The repository as a place that git reads safely: nothing in it is ever executed."""

from __future__ import annotations

import contextlib
import threading
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any
from urllib.parse import urlsplit

from ratchet.errors import InputError

SAFE_ENVIRONMENT = {
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_ALLOW_PROTOCOL": "none",  # for a git too old to know the line above
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_ATTR_NOSYSTEM": "1",
    "GIT_PAGER": "cat",
    "PAGER": "cat",
}
SAFE_CONFIGURATION = (
    "core.fsmonitor=false",
    "core.hooksPath=/dev/null",
    "core.quotePath=false",
    "core.commitGraph=true",
    "diff.external=",
    "log.showRoot=true",
    "log.showSignature=false",
    "log.mailmap=false",
    "gc.auto=0",
)
STDERR_LINES = 20
PIPE_BYTES = 1 << 20
MAX_SHALLOW_COMMITS = 200


@dataclass(frozen=True, kw_only=True)
class Repository:
    """A git repository on this machine.

    `name` is its origin without credentials, or the name of its folder. `cut` holds the
    commits at which a shallow history ends, `cut_at` the newest of their times.
    """

    git_dir: Path
    name: str
    is_empty: bool
    cut: frozenset[str]
    cut_at: datetime | None

    @property
    def short_name(self) -> str:
        """The last part of the name.

        >>> Repository(git_dir=Path("."), name="https://example.org/team/app.git",
        ...            is_empty=False, cut=frozenset(), cut_at=None).short_name
        'app'
        """
        last = self.name.rstrip("/").replace(":", "/").rpartition("/")[2]
        return last.removesuffix(".git") or "repository"


def open_repository(path: Path) -> Repository:
    """Find the repository that `path` is, or is a folder of.

    Raises:
        InputError: the path is missing, is no repository, or git can not read it.
    """
    git_dir = _find_git_dir(path)
    head = _answer(git_dir, "rev-parse", "--verify", "--quiet", "HEAD")
    cut = _shallow_commits(git_dir)
    return Repository(
        git_dir=git_dir,
        name=_name(git_dir, path),
        is_empty=not head,
        cut=frozenset(cut),
        cut_at=_newest_time(git_dir, cut),
    )


@contextlib.contextmanager
def streaming(
    git_dir: Path, *arguments: str, may_have_no_answer: bool = False
) -> Iterator[IO[bytes]]:
    """Run git and give its output as it comes; git ends with the block.

    Status 1 is how git says that there is no such setting or commit; it is a failure unless
    `may_have_no_answer`.

    Raises:
        InputError: git is missing, failed, or was killed.
    """
    process = _start(git_dir, arguments)
    _widen(process.stdout)
    complaints: deque[bytes] = deque(maxlen=STDERR_LINES)
    drain = threading.Thread(target=lambda: complaints.extend(process.stderr), daemon=True)
    drain.start()
    finished = False
    try:
        yield process.stdout
        finished = True
    finally:
        process.stdout.close()
        if not finished:
            process.proc.terminate()
        status = process.proc.wait()
        drain.join()
        process.stderr.close()
    if status != 0 and not (status == 1 and may_have_no_answer):
        raise _failure(git_dir, status, b"".join(complaints))


def _start(git_dir: Path, arguments: tuple[str, ...]) -> Any:
    """The process, as GitPython's wrapper; its type is private there."""
    try:
        from git import Git, GitCommandNotFound
    except ImportError as error:
        raise InputError(f"git can not be run: {error}. Install git, or add it to PATH.") from error
    settings = [part for value in SAFE_CONFIGURATION for part in ("-c", value)]
    command = ["git", "--no-pager", f"--git-dir={git_dir}", *settings, *arguments]
    try:
        return Git().execute(command, as_process=True, env=SAFE_ENVIRONMENT)
    except GitCommandNotFound as error:
        raise InputError("git is not on PATH. Install git, or add it to PATH.") from error


def _widen(pipe: IO[bytes]) -> None:
    """Let git write far ahead: where the system allows it, the two take turns less often."""
    try:
        import fcntl

        fcntl.fcntl(pipe.fileno(), fcntl.F_SETPIPE_SZ, PIPE_BYTES)
    except (ImportError, AttributeError, OSError):
        return  # another system, or its limit for pipes is reached; it works the same


def _failure(git_dir: Path, status: int, complaint: bytes) -> InputError:
    what = f"was ended by signal {-status}" if status < 0 else f"failed with status {status}"
    reason = complaint.decode("utf-8", "replace").strip() or "it gave no reason"
    return InputError(
        f"git {what} while reading {git_dir}: {reason}. Check the repository with `git fsck`."
    )


def _answer(git_dir: Path, *arguments: str) -> str:
    """One short answer; empty when git has none."""
    with streaming(git_dir, *arguments, may_have_no_answer=True) as output:
        text = output.read()
    return text.decode("utf-8", "replace").strip()


def _find_git_dir(path: Path) -> Path:
    if not path.exists():
        raise InputError(f"The repository {path} does not exist.")
    try:
        from git import Repo
        from git.exc import InvalidGitRepositoryError, NoSuchPathError
    except ImportError as error:
        raise InputError(f"git can not be run: {error}. Install git, or add it to PATH.") from error
    try:
        with Repo(path, search_parent_directories=True, expand_vars=False) as repository:
            return Path(repository.git_dir).absolute()
    except (InvalidGitRepositoryError, NoSuchPathError) as error:
        raise InputError(f"{path} is not a git repository. Give one with --repo.") from error
    except (OSError, ValueError) as error:
        raise InputError(f"{path} can not be read as a git repository: {error}.") from error


def _name(git_dir: Path, path: Path) -> str:
    origin = _answer(git_dir, "config", "--get", "remote.origin.url")
    if origin:
        return without_credentials(origin)
    folder = git_dir.parent if git_dir.name == ".git" else git_dir
    return folder.name.removesuffix(".git") or path.absolute().name or "repository"


def without_credentials(url: str) -> str:
    """Drop user, password and query of an address; of a path on a machine keep the last part.

    >>> without_credentials("https://user:secret@example.org/team/app.git?x=1")
    'https://example.org/team/app.git'
    >>> without_credentials("git@example.org:team/app.git")
    'example.org:team/app.git'
    >>> without_credentials("/home/someone/app")
    'app'
    """
    if "://" not in url:
        address = url.rpartition("@")[2]
        return address if ":" in address else Path(address).name
    parts = urlsplit(url)
    if parts.scheme == "file":
        return Path(parts.path).name
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


def _shallow_commits(git_dir: Path) -> list[str]:
    common = git_dir
    if (pointer := git_dir / "commondir").exists():
        common = git_dir / pointer.read_text().strip()
    shallow = common / "shallow"
    return shallow.read_text().split() if shallow.exists() else []


def _newest_time(git_dir: Path, commits: list[str]) -> datetime | None:
    if not commits:
        return None
    times = _answer(
        git_dir, "log", "--no-walk", "--format=%ct", *commits[:MAX_SHALLOW_COMMITS], "--"
    )
    newest = max((int(time) for time in times.split()), default=None)
    return None if newest is None else datetime.fromtimestamp(newest, UTC)
