"""Writing files so that a reader sees the old content or the new, never a part of it."""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from ratchet.errors import InputError, StoreError


def write_text(path: Path, text: str) -> None:
    """Replace `path` by `text` in one atomic step, on disk when this returns.

    Raises:
        StoreError: the folder can not be written, or the disk is full.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, draft = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(handle, "w", encoding="utf-8", errors="surrogatepass") as stream:
                stream.write(text)
                stream.flush()
                os.fsync(stream.fileno())
            Path(draft).chmod(0o644)
            Path(draft).replace(path)
        except BaseException:
            with contextlib.suppress(OSError):
                Path(draft).unlink()
            raise
    except OSError as error:
        raise StoreError(
            f"{path} can not be written: {error.strerror or error}. "
            "Free some space or choose another folder (RATCHET_HOME, --output-dir)."
        ) from error


def write_json(path: Path, value: Any) -> None:
    """Replace `path` by `value` as indented JSON; see `write_text`."""
    write_text(path, json.dumps(value, indent=2, ensure_ascii=False) + "\n")


def write_jsonl(path: Path, rows: Iterable[Mapping[str, Any]]) -> None:
    """Replace `path` by one JSON object a line; see `write_text`."""
    write_text(path, "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))


def read_json(path: Path) -> Any:
    """Read a JSON file.

    Raises:
        InputError: it is missing or broken; the message says where.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8", errors="surrogatepass"))
    except FileNotFoundError as error:
        raise InputError(f"{path} does not exist.") from error
    except json.JSONDecodeError as error:
        raise InputError(
            f"{path}, line {error.lineno}, column {error.colno}: {error.msg}."
        ) from error
    except OSError as error:
        raise InputError(f"{path} can not be read: {error.strerror or error}.") from error


def read_jsonl(path: Path) -> Iterator[Any]:
    """Read a file of one JSON value a line, line by line.

    Raises:
        InputError: it is missing or a line is broken; the message says which.
    """
    try:
        with path.open(encoding="utf-8", errors="surrogatepass") as stream:
            for number, line in enumerate(stream, 1):
                try:
                    yield json.loads(line)
                except json.JSONDecodeError as error:
                    raise InputError(
                        f"{path}, line {number}, column {error.colno}: {error.msg}."
                    ) from error
    except OSError as error:
        raise InputError(f"{path} can not be read: {error.strerror or error}.") from error
