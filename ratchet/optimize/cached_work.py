"""What a cache of model calls belongs to: data, programs and options, and the key they make."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ratchet.canonical import sha256_of
from ratchet.files import write_json
from ratchet.optimize.call_cache import CallCache

KEY_DIGITS = 24
FOLDER = "calls"


@dataclass(frozen=True, kw_only=True)
class CachedWork:
    """One piece of work whose answers are kept, so that a killed run pays for none twice.

    The content of the dataset and of the programs is in the key: other data, other answers.
    """

    signature: str
    content_sha256: str
    programs: tuple[str, ...]
    model: str
    options: str = ""

    @property
    def key(self) -> str:
        """The name of its cache.

        >>> work = CachedWork(signature="s", content_sha256="a", programs=("p",), model="m")
        >>> len(work.key)
        24
        """
        options = [self.options] if self.options else []
        parts = [self.signature, self.content_sha256, *self.programs, *options, self.model]
        return sha256_of(parts)[:KEY_DIGITS]

    def path(self, cache: Path) -> Path:
        """Where its answers are in the folder of caches."""
        return cache / FOLDER / f"{self.key}.sqlite"

    def open(self, cache: Path) -> CallCache:
        """Open its answers; beside them stands what they belong to, for who cleans up.

        Raises:
            StoreError: the folder can not be written.
        """
        path = self.path(cache)
        write_json(path.with_suffix(".json"), asdict(self))
        return CallCache(path)


def work_of(path: Path) -> CachedWork | None:
    """What the cache at `path` belongs to; None when nothing readable stands beside it."""
    try:
        document: Mapping[str, Any] = json.loads(path.with_suffix(".json").read_bytes())
        return CachedWork(**{**document, "programs": tuple(document["programs"])})
    except (OSError, ValueError, TypeError, KeyError):
        return None
