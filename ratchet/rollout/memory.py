"""What a rollout remembers of single requests and keys: bounded sets of fingerprints.

A state is one JSON document, so it can not hold every identifier for ever. Identifiers are
kept as 64-bit fingerprints: among 200,000 of them a new one meets a wrong match with
probability 1e-14. Requests are remembered in two generations: at least the last 100,000
identifiers, at most 200,000, about 2.5 MB of JSON at the most. A duplicate older than that
is for the unique index on `request_id` in SQL, which every outcome passes first.

Keys are counted up to 20,000 in a window, then no new ones are admitted: evidence stops to
grow, which keeps it valid, and long before that it has decided.
"""

from __future__ import annotations

import sys
from array import array
from base64 import b64decode, b64encode
from collections.abc import Iterable
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Generic, Literal, Self, TypeVar

GENERATION = 100_000  # identifiers
KEYS_IN_WINDOW = 20_000

Value = TypeVar("Value")


def fingerprint(text: str) -> int:
    """64 bits of BLAKE2b; the same in every process, unlike `hash`.

    >>> fingerprint("request-1") == fingerprint("request-1")
    True
    """
    encoded = text.encode("utf-8", "surrogatepass")
    return int.from_bytes(blake2b(encoded, digest_size=8).digest(), "big")


@dataclass(slots=True)
class KeySet:
    """The keys that were counted in a window, each once."""

    keys: set[int] = field(default_factory=set)

    def admit(self, key: int) -> bool:
        """Whether `key` is new and there is room; then it is remembered."""
        if key in self.keys or len(self.keys) >= KEYS_IN_WINDOW:
            return False
        self.keys.add(key)
        return True

    def copy(self) -> KeySet:
        return KeySet(keys=set(self.keys))

    def to_json(self) -> str:
        return packed("Q", sorted(self.keys))

    @classmethod
    def from_json(cls, document: str) -> Self:
        return cls(keys=set(unpacked_integers("Q", document)))


@dataclass(slots=True)
class Recent(Generic[Value]):
    """A mapping from fingerprints that forgets the oldest by whole generations.

    When `newest` is full it becomes `older`, and what was older is forgotten. `older` is
    never written to, so copies share it.
    """

    newest: dict[int, Value] = field(default_factory=dict)
    older: dict[int, Value] = field(default_factory=dict)

    def get(self, key: int) -> Value | None:
        found = self.newest.get(key)
        return self.older.get(key) if found is None else found

    def put(self, key: int, value: Value) -> None:
        if len(self.newest) >= GENERATION:
            self.older, self.newest = self.newest, {}
        self.newest[key] = value

    def copy(self) -> Recent[Value]:
        return Recent(newest=dict(self.newest), older=self.older)


@dataclass(frozen=True, slots=True)
class Placement:
    """Where a remembered request was counted."""

    stage: int
    is_candidate: bool

    @property
    def code(self) -> int:
        return 2 * self.stage + self.is_candidate

    @classmethod
    def from_code(cls, code: int) -> Self:
        """The placement that `code` stands for.

        >>> Placement.from_code(Placement(stage=3, is_candidate=True).code)
        Placement(stage=3, is_candidate=True)
        """
        return cls(stage=code // 2, is_candidate=bool(code % 2))


@dataclass(frozen=True, slots=True)
class RememberedLabel:
    """The label that counts for a request; `at` in seconds since 1970."""

    quality: float
    at: float

    def gives_way_to(self, other: RememberedLabel) -> bool:
        """Whether `other` is the later word; of two at the same time, the lower."""
        return (other.at, -other.quality) > (self.at, -self.quality)


def placements_to_json(memory: Recent[int]) -> list[list[str]]:
    """Each generation as packed fingerprints and packed placement codes."""
    return [
        [packed("Q", part), packed("H", part.values())] for part in (memory.newest, memory.older)
    ]


def placements_from_json(document: list[list[str]]) -> Recent[int]:
    """Read what `placements_to_json` wrote."""
    newest, older = (
        dict(zip(unpacked_integers("Q", keys), unpacked_integers("H", codes), strict=True))
        for keys, codes in document
    )
    return Recent(newest=newest, older=older)


def labels_to_json(memory: Recent[RememberedLabel]) -> list[list[str]]:
    """Each generation as packed fingerprints, qualities and times."""
    return [
        [
            packed("Q", part),
            packed("d", [label.quality for label in part.values()]),
            packed("d", [label.at for label in part.values()]),
        ]
        for part in (memory.newest, memory.older)
    ]


def labels_from_json(document: list[list[str]]) -> Recent[RememberedLabel]:
    """Read what `labels_to_json` wrote."""
    newest, older = (
        dict(
            zip(
                unpacked_integers("Q", keys),
                map(RememberedLabel, unpacked_floats(qualities), unpacked_floats(times)),
                strict=True,
            )
        )
        for keys, qualities, times in document
    )
    return Recent(newest=newest, older=older)


def packed(typecode: str, values: Iterable[float]) -> str:
    """Numbers of an `array` type code as base64 of their little-endian bytes.

    >>> packed("H", [1, 2])
    'AQACAA=='
    """
    numbers = array(typecode, values)
    if sys.byteorder == "big":
        numbers.byteswap()
    return b64encode(numbers.tobytes()).decode("ascii")


def unpacked_integers(typecode: Literal["H", "Q"], text: str) -> array[int]:
    """The integers that `packed` wrote.

    >>> list(unpacked_integers("H", "AQACAA=="))
    [1, 2]
    """
    numbers: array[int] = array(typecode)
    numbers.frombytes(b64decode(text))
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers


def unpacked_floats(text: str) -> array[float]:
    """The doubles that `packed` wrote with type code d."""
    numbers: array[float] = array("d")
    numbers.frombytes(b64decode(text))
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers
