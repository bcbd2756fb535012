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
import traceback
from collections.abc import Iterator, Mapping
from fcntl import ioctl
from pathlib import Path
from typing import NoReturn

from ratchet.cli import main
from ratchet.cli.terminal import console, errors

ROWS, COLUMNS = 50, 120
PATIENCE_SECONDS = 60.0  # for a cold start on a busy machine; nothing waits that long normally
WHERE_IS_THE_CURSOR, AT_THE_TOP = b"\x1b[6n", b"\x1b[1;1R"
_STEERING = re.compile(rb"\x1b\[[0-9;?]*[ -/]*[@-~]|\x1b[=>()][0-9A-B]?|\x1b\][^\x07]*\x07|\r")


class Terminal:
    """A command behind a pseudo-terminal. `seen` is all it printed, without steering codes."""

    def __init__(self, pid: int, descriptor: int) -> None:
        self._pid, self._descriptor = pid, descriptor
        self._raw = b""
        self._seen: str | None = ""
        self._read_to = 0
        self.exit_code: int | None = None

    @property
    def seen(self) -> str:
        """Everything on the screen so far."""
        if self._seen is None:
            self._seen = _STEERING.sub(b"", self._raw).decode(errors="replace")
        return self._seen

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
        if time.monotonic() >= deadline:
            raise AssertionError(f"The command did not end. Seen: {self.seen[-3000:]}")
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
        self._seen = None
        return bool(piece)


@contextlib.contextmanager
def terminal(
    *arguments: object, folder: Path, environment: Mapping[str, str] | None = None
) -> Iterator[Terminal]:
    """Run `ratchet` with these arguments in a pseudo-terminal, in `folder`.

    The process is forked, so that it need not load everything anew.
    """
    pid, descriptor = pty.fork()
    if pid == 0:
        os.environ.update({"TERM": "xterm-256color", **(environment or {})})
        _run([str(argument) for argument in arguments], folder)
    ioctl(descriptor, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
    opened = Terminal(pid, descriptor)
    try:
        yield opened
    finally:
        opened.close()


def _run(arguments: list[str], folder: Path) -> NoReturn:
    """Be the command, on the terminal that is standard input and output by now; never returns."""
    exit_code: object = 1
    try:
        os.chdir(folder)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        for number, name in enumerate(("stdin", "stdout", "stderr")):
            mode = "w" if number else "r"
            setattr(sys, name, os.fdopen(number, mode, encoding="utf-8", closefd=False))
        console.is_interactive = errors.is_interactive = True  # they were made without a terminal
        sys.argv = ["ratchet", *arguments]
        main()
        exit_code = 0
    except SystemExit as left:
        exit_code = left.code
    except BaseException:  # noqa: BLE001 - told on the terminal, where the test reads it
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        os._exit(int(str(exit_code or 0)))
