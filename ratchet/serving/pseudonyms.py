"""Stable stand-ins for what must not be written: the same value always gets the same one."""

from __future__ import annotations

import hmac
import logging
import os
import secrets
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path

KEY_VARIABLE = "RATCHET_PSEUDONYM_KEY"
KEY_FILE = "pseudonym.key"
LETTERS = 12  # 48 bits: two of a million values meet once in 500 such sets
_KEY_BYTES = 32
_AS_LETTERS = bytes.maketrans(b"0123456789abcdef", b"abcdefghijklmnop")

_log = logging.getLogger("ratchet.serving")


class Pseudonyms:
    """Makes stand-ins such as `<EMAIL:abcdefghijkl>` by a hash that only the key can repeat.

    The letters are a to p, so that a stand-in never looks like a number or a token itself.
    """

    def __init__(self, key: bytes) -> None:
        self._key = key

    def of(self, kind: str, value: str) -> str:
        """The stand-in of `value`; `kind` is a word in capitals.

        >>> Pseudonyms(b"key").of("EMAIL", "ann@example.org")
        '<EMAIL:klholgjfdfff>'
        """
        message = f"{kind}\0{value}".encode("utf-8", "surrogatepass")
        digest = hmac.digest(self._key, message, sha256).hex().encode()
        return f"<{kind}:{digest[:LETTERS].translate(_AS_LETTERS).decode()}>"


def load_key(folder: Path, environ: Mapping[str, str] = os.environ) -> bytes:
    """The key of this installation: RATCHET_PSEUDONYM_KEY, or a file made on first use.

    Give the variable the same value on several hosts, so that they make the same stand-ins.
    When the file can neither be read nor made, the key is random and holds for this process.
    """
    if given := environ.get(KEY_VARIABLE):
        return given.encode()
    path = folder / KEY_FILE
    try:
        if not path.exists():
            _make_key(path)
        if len(key := path.read_bytes()) >= _KEY_BYTES:
            return key
        _log.warning("%s is damaged; pseudonyms of this process are its own", path)
    except OSError as error:
        _log.warning("%s: %s; pseudonyms of this process are its own", path, error.strerror)
    return secrets.token_bytes(_KEY_BYTES)


def _make_key(path: Path) -> None:
    """Write a new key aside and link it: of several processes, one wins and all read it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    handle = os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    try:
        os.write(handle, secrets.token_bytes(_KEY_BYTES))
        os.fsync(handle)
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        os.close(handle)
        draft.unlink(missing_ok=True)
