"""Runs the real `ratchet` command in this process, and makes the files it reads."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Iterable
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ratchet.cli import main
from ratchet.collect.templates import generate
from ratchet.examples import Example
from tests.builders import NOON

COMPLETENESS = "validate_completeness"


@dataclass(frozen=True, kw_only=True)
class Left:
    """How a command left: its exit code and what it printed."""

    exit_code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """The standard output as JSON."""
        return json.loads(self.out)


def ratchet(*arguments: object) -> Left:
    """Run `ratchet` with these arguments, from its entry point to its exit code."""
    out, err, before = io.StringIO(), io.StringIO(), sys.argv
    sys.argv = ["ratchet", *map(str, arguments)]
    exit_code: object = 0
    try:
        with redirect_stdout(out), redirect_stderr(err):
            main()
    except SystemExit as left:
        exit_code = left.code
    finally:
        sys.argv = before
    return Left(exit_code=int(str(exit_code or 0)), out=out.getvalue(), err=err.getvalue())


def good_examples(count: int, *, signature: str = COMPLETENESS, seed: int = 1) -> list[Example]:
    """Examples that pass validation and, from about 20 on, the gates."""
    return list(generate(signature, count, seed=seed, now=NOON).examples)


def write_rows(path: Path, rows: Iterable[Example | dict[str, Any] | str]) -> Path:
    """A JSONL file: examples as Ratchet writes them, rows of one's own, or any text."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{_line(row)}\n" for row in rows), encoding="utf-8")
    return path


def curated_row(example: Example, **changes: Any) -> dict[str, Any]:
    """An example as a person writes it: inputs, outputs, little metadata."""
    row = {
        "signature": example.signature,
        "inputs": dict(example.inputs),
        "outputs": dict(example.outputs),
        "metadata": {"difficulty": example.difficulty.value, "category": example.category},
    }
    return {**row, **changes}


def _line(row: Example | dict[str, Any] | str) -> str:
    if isinstance(row, str):
        return row
    return json.dumps(row.to_json() if isinstance(row, Example) else row, ensure_ascii=False)
