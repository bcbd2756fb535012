"""A real pseudo-terminal with a command in it: what a person types, and what they see."""

from __future__ import annotations

import contextlib
import os
import pty
import re
import select
import signal
import struct
import sys
import termios
import time
from collections.abc import Iterator, Mapping
from fcntl import ioctl
from pathlib import Path

ROWS, COLUMNS = 50, 120
PATIENCE_SECONDS = 60.0  # for a cold start on a busy machine; nothing waits that long normally
WHERE_IS_THE_CURSOR, AT_THE_TOP = b"\x1b[6n", b"\x1b[1;1R"
_STEERING = re.compile(rb"\x1b\[[0-9;?]*[ -/]*[@-~]|\x1b[=>()][0-9A-B]?|\x1b\][^\x07]*\x07|\r")


class Terminal:
    """A command behind a pseudo-terminal. `seen` is all it printed, without steering codes."""

    def __init__(self, pid: int, descriptor: int) -> None:
        self._pid, self._descriptor = pid, descriptor
        self._raw = b""
        self._read_to = 0
        self.exit_code: int | None = None

    @property
    def seen(self) -> str:
        """Everything on the screen so far."""
        return _STEERING.sub(b"", self._raw).decode(errors="replace")

    def wait_for(self, text: str) -> str:
        """Wait until `text` appears after what was waited for before; all since then."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while (place := self.seen.find(text, self._read_to)) < 0:
            if not self._read(deadline):
                raise AssertionError(f"{text!r} never came. Seen: {self.seen[-3000:]}")
        begun, self._read_to = self._read_to, place + len(text)
        return self.seen[begun : self._read_to]

    def type(self, text: str) -> None:
        """Press the keys of `text`; Enter is a carriage return."""
        os.write(self._descriptor, text.encode())

    def answer(self, question: str, keys: str) -> None:
        """Wait for a question, then press the keys."""
        self.wait_for(question)
        self.type(keys)

    def wait_for_end(self) -> int:
        """Wait until the command has left; its exit code."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while self._read(deadline):
            pass
        _, status = os.waitpid(self._pid, 0)
        self.exit_code = os.waitstatus_to_exitcode(status)
        return self.exit_code

    def close(self) -> None:
        """End the command, if it still runs, and hang up."""
        if self.exit_code is None:
            with contextlib.suppress(ProcessLookupError, ChildProcessError):
                os.kill(self._pid, signal.SIGKILL)
                os.waitpid(self._pid, 0)
        os.close(self._descriptor)

    def _read(self, deadline: float) -> bool:
        """Take what is there; False when the command has hung up or time is over."""
        ready, _, _ = select.select([self._descriptor], [], [], max(0, deadline - time.monotonic()))
        if not ready:
            return False
        try:
            piece = os.read(self._descriptor, 65536)
        except OSError:  # Linux says so when the other side is closed
            return False
        for _ in range(piece.count(WHERE_IS_THE_CURSOR)):
            os.write(self._descriptor, AT_THE_TOP)
        self._raw += piece
        return bool(piece)


@contextlib.contextmanager
def terminal(
    *arguments: object, folder: Path, environment: Mapping[str, str] | None = None
) -> Iterator[Terminal]:
    """Run `ratchet` with these arguments in a pseudo-terminal, in `folder`."""
    variables = {
        **os.environ,
        "TERM": "xterm-256color",
        **(environment or {}),
    }
    command = [sys.executable, "-c", "from ratchet.cli import main; main()"]
    pid, descriptor = pty.fork()
    if pid == 0:
        try:
            os.chdir(folder)
            os.execve(sys.executable, [*command, *map(str, arguments)], variables)  # noqa: S606
        finally:
            os._exit(127)
    ioctl(descriptor, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
    opened = Terminal(pid, descriptor)
    try:
        yield opened
    finally:
        opened.close()
