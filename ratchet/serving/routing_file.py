"""Reading and replacing `routing_config.json`: whole or not at all, never back to an older one."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ratchet.errors import InputError, StoreError
from ratchet.files import read_json, write_json
from ratchet.serving.routes import RoutingConfig, parse_config


def read_config(path: Path) -> RoutingConfig:
    """Read the routing file.

    Raises:
        InputError: it is missing, no JSON, or breaks the contract; the message says where.
    """
    try:
        return parse_config(read_json(path))
    except InputError as error:
        if str(path) in str(error):
            raise
        raise InputError(f"{path} can not be used. {error}") from error


def write_config(path: Path, config: RoutingConfig) -> bool:
    """Replace the routing file in one atomic step; apps see the old content or the new.

    Two writers take turns, and an older revision never replaces a newer one. A broken file
    is replaced.

    Returns:
        Whether it was written; False says that a newer revision is there.

    Raises:
        StoreError: the folder can not be written.
    """
    with _only_writer(path):
        if (present := _revision(path)) is not None and present > config.revision:
            return False
        write_json(path, config.to_json())
        return True


def _revision(path: Path) -> int | None:
    try:
        return read_config(path).revision
    except InputError:
        return None


@contextmanager
def _only_writer(path: Path) -> Iterator[None]:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(path.with_name(f".{path.name}.lock"), os.O_CREAT | os.O_RDWR, 0o644)
    except OSError as error:
        raise StoreError(f"{path.parent} can not be written: {error}.") from error
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
