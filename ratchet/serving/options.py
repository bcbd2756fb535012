"""How much telemetry is kept, where, and which fields of a signature are never written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ratchet.errors import ConfigurationError


@dataclass(frozen=True, kw_only=True)
class FieldRules:
    """Which fields of a signature's inputs and outputs are written in clear.

    `allow` None means all. A hidden field is written as a pseudonym of its whole value, so
    that duplicates are still found.
    """

    allow: frozenset[str] | None = None
    deny: frozenset[str] = frozenset()

    def hides(self, name: str) -> bool:
        """Whether the field is written as a pseudonym.

        >>> FieldRules(deny=frozenset({"context"})).hides("context")
        True
        >>> FieldRules(allow=frozenset({"user_intent"})).hides("context")
        True
        """
        return name in self.deny or (self.allow is not None and name not in self.allow)


@dataclass(frozen=True, kw_only=True)
class TelemetryOptions:
    """The settings of a recorder.

    Shares are 0..1. `spool` and `pseudonym_key` None mean the state folder. At most
    `queue_records` wait for the writer; more are dropped and counted. A payload of more than
    `max_payload_chars` characters is left out, its metrics stay. A file is finished at
    `max_file_bytes` or after `max_file_seconds`. Records are on disk `linger_seconds` after
    the request at the latest, when the writer keeps up.

    Raises:
        ConfigurationError: a value is out of range.
    """

    enabled: bool = True
    sample_share: float = 0.10
    spool: Path | None = None
    pseudonym_key: Path | None = None
    fields: Mapping[str, FieldRules] = field(default_factory=dict)
    queue_records: int = 8_192
    max_payload_chars: int = 200_000
    max_file_bytes: int = 16 * 1024 * 1024
    max_file_seconds: float = 600.0
    linger_seconds: float = 0.2

    def __post_init__(self) -> None:
        if not 0 <= self.sample_share <= 1:
            raise ConfigurationError(f"sample_share is {self.sample_share}; use 0 to 1.")
        least = min(self.queue_records, self.max_payload_chars, self.max_file_bytes)
        if least < 1 or self.max_file_seconds <= 0 or self.linger_seconds < 0:
            raise ConfigurationError(f"A limit of {self} is not positive.")
