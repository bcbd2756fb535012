"""Runs what the documentation says in a project of its own: shell, Python and settings.

The shell is a real bash. A small `ratchet` on its PATH hands each call to this process, which
runs the command here: the modules are loaded once and not once a command.
"""

from __future__ import annotations

import io
import json
import os
import re
import runpy
import shutil
import subprocess
import sys
import threading
import tomllib
from collections.abc import Callable, Sequence
from contextlib import ExitStack, chdir, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import yaml

from ratchet import signatures
from ratchet.collect.starter import starter_examples
from ratchet.optimize.optimizer import baseline_program
from ratchet.programs import program_state, publish_program
from ratchet.settings import SettingsOfFile
from ratchet.store import ProgramKind, open_store
from ratchet.store.programs import program_record
from tests.cli_builders import Left, ratchet
from tests.documentation_builders import ROOT, Block, DocumentedPage, joined_lines
from tests.repositories import EPOCH, build_repository
from tests.shop_history import long_history

SHIM = """#!/bin/bash
printf '%s\\0' "$PWD" "${0##*/}" "$#" "$@" >&"$DOCS_CALL"
env -0 | grep -z '^RATCHET_\\|^MONITORING_CONFIG=\\|^PYTHONPATH=' >&"$DOCS_CALL"
printf 'end of the call\\0' >&"$DOCS_CALL"
IFS= read -r code <&"$DOCS_ANSWER"
cat "$DOCS_FOLDER/out"
cat "$DOCS_FOLDER/err" >&2
exit "$code"
"""
END = "end of the call"
OF_MAKE = ("ARGS", "MAKEFLAGS", "MAKELEVEL", "MFLAGS", "REPO")
"""What `make test` would hand on to the `make` of a block."""
BLOCK_SECONDS = 240  # `ratchet up` on a busy machine
MAKE = f"""#!/bin/bash
exec {shutil.which("make")} --no-print-directory --file {ROOT}/Makefile --old-file setup \\
  BIN="$DOCS_FOLDER/bin" "$@"
"""
EXPORTS = """keep_exports() {
  env -0 | grep -z '^RATCHET_\\|^MONITORING_CONFIG=' > "$DOCS_FOLDER/exports" || true
}
trap keep_exports EXIT
"""
PLAIN = ("text", "cron", "", "http")
"""Languages of blocks in which there is nothing to run or parse."""


class DocumentationError(AssertionError):
    """A block does not do what the page says."""


@dataclass(kw_only=True)
class DocumentedProject:
    """The project of one page: what the blocks before have left, they find."""

    folder: Path
    bridge: Path
    environment: dict[str, str] = field(default_factory=dict)
    opened: ExitStack = field(default_factory=ExitStack)
    names: dict[str, Any] = field(default_factory=lambda: {"__name__": "__docs__"})

    def run(self, block: Block) -> None:
        """Run a block, or parse it when it is a document.

        Raises:
            DocumentationError: it failed, or it did not and should have.
        """
        if block.file:
            path = self.folder / block.file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(block.text, encoding="utf-8")
        if block.language == "console":
            self._run_console(block)
        elif block.language == "bash":
            self._run_shell(block, block.text)
        elif block.language == "python" and not block.file:
            self._run_python(block)
        else:
            read_document(block)

    def _run_python(self, block: Block) -> None:
        with chdir(self.folder), pytest.MonkeyPatch.context() as patch:
            for name, value in self.environment.items():
                patch.setenv(name, value)
            sys.path.insert(0, str(self.folder))
            try:
                exec(compile(block.text, block.place, "exec"), self.names)  # noqa: S102 - our page
            except Exception as error:
                raise DocumentationError(f"{block.place}: {error!r}") from error
            finally:
                sys.path.remove(str(self.folder))

    def _run_console(self, block: Block) -> None:
        """Each command, and what the page says it prints; `...` stands for anything."""
        command, wanted = "", []
        for line in [*joined_lines(block.text), "$ "]:
            if not line.startswith("$ "):
                wanted.append(line)
                continue
            if command:
                printed = self._run_shell(block, command)
                if wanted and not _matches("\n".join(wanted), printed):
                    raise DocumentationError(
                        f"{block.place}: {command}\nsays\n{printed}\nand not\n" + "\n".join(wanted)
                    )
            command, wanted = line[2:], []

    def _run_shell(self, block: Block, script: str) -> str:
        code, printed = self.shell(script)
        if (code != 0) != ("fails" in block.modes):
            raise DocumentationError(f"{block.place}: left with {code}\n{script}\n{printed}")
        return printed

    def shell(self, script: str) -> tuple[int, str]:
        """Run a script by bash in the project; its exit code and all it printed."""
        self._write_programs()
        call_read, call_write = os.pipe()
        answer_read, answer_write = os.pipe()
        with (self.bridge / "printed").open("w+", encoding="utf-8") as printed:
            process = subprocess.Popen(
                ["bash", "-eu", "-o", "pipefail", "-c", EXPORTS + script],
                cwd=self.folder,
                env=self._environment(call_write, answer_read),
                pass_fds=(call_write, answer_read),
                stdin=subprocess.DEVNULL,
                stdout=printed,
                stderr=subprocess.STDOUT,
            )
            os.close(call_write)
            os.close(answer_read)
            killer = threading.Timer(BLOCK_SECONDS, process.kill)
            killer.start()
            try:
                self._answer_calls(call_read, answer_write)
                code = process.wait()
            finally:
                killer.cancel()
                os.close(call_read)
                os.close(answer_write)
            self._keep_exports()
            printed.seek(0)
            return code, printed.read()

    def _write_programs(self) -> None:
        """The programs that are run here instead, also where `make setup` puts them."""
        folder = self.bridge / "bin"
        folder.mkdir(exist_ok=True)
        scripts = {**dict.fromkeys(("ratchet", "python", "prefect"), SHIM), "make": MAKE}
        for name, script in scripts.items():
            (folder / name).write_text(script, encoding="utf-8")
            (folder / name).chmod(0o755)
        (self.folder / ".venv").mkdir(exist_ok=True)
        if not (self.folder / ".venv" / "bin").is_symlink():
            (self.folder / ".venv" / "bin").symlink_to(folder)

    def _keep_exports(self) -> None:
        """What a block exports the blocks after it have, as in the terminal of a reader."""
        found = (self.bridge / "exports").read_text(encoding="utf-8").split("\0")
        given = dict(word.split("=", 1) for word in found if word)
        self.environment.update(
            {name: value for name, value in given.items() if os.environ.get(name) != value}
        )

    def _answer_calls(self, calls: int, answers: int) -> None:
        """Run each command that comes, until the shell has ended and closed its end."""
        waiting = b""
        while chunk := os.read(calls, 65_536):
            waiting += chunk
            end = f"{END}\0".encode()
            while end in waiting:
                call, _, waiting = waiting.partition(end)
                code = self._run_call(call.decode().split("\0")[:-1])
                os.write(answers, f"{code}\n".encode())

    def _run_call(self, words: list[str]) -> int:
        count = int(words[2])
        arguments, variables = words[3 : 3 + count], words[3 + count :]
        given = dict(word.split("=", 1) for word in variables)
        path = [str(Path(words[0], one)) for one in given.get("PYTHONPATH", "").split(":") if one]
        with pytest.MonkeyPatch.context() as patch, chdir(words[0]):
            for name, value in given.items():
                patch.setenv(name, value)
            patch.setattr(sys, "path", [*path, *sys.path])
            if words[1] == "python":
                left = run_here(partial(_run_module, arguments[1]), arguments[1:])
            elif words[1] == "prefect":
                left = run_here(partial(_run_module, "prefect"), ["prefect", *arguments])
            else:
                left = ratchet(*arguments)
        (self.bridge / "out").write_text(left.out, encoding="utf-8")
        (self.bridge / "err").write_text(left.err, encoding="utf-8")
        return left.exit_code

    def _environment(self, call: int, answer: int) -> dict[str, str]:
        path = f"{self.bridge / 'bin'}{os.pathsep}{Path(sys.executable).parent}"
        return {
            **{name: value for name, value in os.environ.items() if name not in OF_MAKE},
            "PATH": f"{path}{os.pathsep}{os.environ['PATH']}",
            "DOCS_CALL": str(call),
            "DOCS_ANSWER": str(answer),
            "DOCS_FOLDER": str(self.bridge),
            "COLUMNS": "160",
            **self.environment,
        }


def run_here(call: Callable[[], object], arguments: Sequence[str]) -> Left:
    """Run a main function of Python with these arguments, as a process of its own would."""
    out, err = io.StringIO(), io.StringIO()
    code: object = 0
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
        patch.setattr(sys, "argv", list(arguments))
        try:
            call()
        except SystemExit as left:
            code = left.code
    return Left(exit_code=int(str(code or 0)), out=out.getvalue(), err=err.getvalue())


def _run_module(name: str) -> None:
    """`python -m NAME`."""
    runpy.run_module(name, run_name="__main__")


def prepare_project(folder: Path) -> None:
    """Fill a project: examples in the store, a dataset version, a baseline and a candidate."""
    commands = (
        ("import", "--starter", "--signature", "extract_requirements"),
        ("dataset", "create", "--signature", "extract_requirements", "--starter"),
    )
    with chdir(folder):
        for command in commands:
            left = ratchet(*command)
            if left.exit_code:
                raise DocumentationError(f"{command}: {left.out}{left.err}")
        (version,) = (folder / "training_data").glob("*/latest")
        publish_candidate(folder, "extract_requirements", version=version.resolve().name)
        publish_candidate(folder, "validate_intent", version="")


def furnish(project: DocumentedProject, page: DocumentedPage, prepared: Callable[[], Path]) -> None:
    """What the head of a page asks for: a prepared project, git histories, commands before."""
    if page.head.get("project") == "prepared":
        shutil.copytree(prepared(), project.folder, symlinks=True, dirs_exist_ok=True)
    lay_repositories(project.folder, page.head.get("repositories", ()))
    if "prepare" in page.head:
        code, printed = project.shell(page.head["prepare"])
        if code:
            raise DocumentationError(f"The preparation of {page.name}: {printed}")


def lay_repositories(folder: Path, paths: Sequence[str]) -> None:
    """The git repositories that a page speaks of; their last commit is of today."""
    today = (datetime.now(UTC) - EPOCH).total_seconds() / 86_400
    for path in paths:
        build_repository(folder / path, long_history(until=today), bare=False)


def publish_candidate(folder: Path, signature: str, *, version: str) -> None:
    """A candidate as an optimiser leaves it: starter examples as demonstrations."""
    program = baseline_program(signatures.get(signature))
    program.demos = [{**one.inputs, **one.outputs} for one in starter_examples(signature)[:2]]
    published = publish_program(
        folder / ".ratchet" / "programs",
        signature=signature,
        state=program_state(program),
        created=datetime.now(UTC),
        optimizer="bootstrap",
        model="offline/in-context",
        dataset_version=version or None,
    )
    with open_store(f"sqlite:///{folder / '.ratchet' / 'ratchet.db'}") as store:
        programs = folder / ".ratchet" / "programs"
        store.programs.add(program_record(programs, published, ProgramKind.CANDIDATE))


def read_document(block: Block) -> None:
    """A block of TOML, JSON, YAML or Python must be right; settings must be settings.

    Raises:
        DocumentationError: it is not, or its language is none that is tested.
    """
    try:
        if block.language == "toml" and not block.text.startswith("# pyproject"):
            SettingsOfFile(**tomllib.loads(block.text))
        elif block.language == "json":
            json.loads(block.text)
        elif block.language == "yaml":
            yaml.safe_load(block.text)
        elif block.language == "python":
            compile(block.text, block.place, "exec")
        elif block.language not in (*PLAIN, "bash", "console", "toml", "pycon"):
            raise DocumentationError(f"{block.place}: nothing tests {block.language or 'this'}")
    except (ValueError, SyntaxError, yaml.YAMLError) as error:
        raise DocumentationError(f"{block.place}: {error}") from error


def _matches(wanted: str, printed: str) -> bool:
    """Whether the output is as shown, whatever the spaces and the rules of tables."""
    parts = [re.escape(_plain(part)) for part in wanted.split("...")]
    return re.fullmatch(".*".join(parts), _plain(printed), re.DOTALL) is not None


def _plain(text: str) -> str:
    return " ".join(re.sub(r"[─━═]+", "", text).split())
