"""What a person points at: an example, or everything from one source, commit, author, file."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Self

from ratchet.canonical import sha256_of_text
from ratchet.collect.git_history.drafts import AUTHOR_DIGITS
from ratchet.errors import InputError
from ratchet.examples import ExampleId, Source

LEAST_DIGITS = 7  # of a commit or an example id: what git shows of a commit
_HEX = re.compile(r"[0-9a-f]+")


class SelectorField(StrEnum):
    """By what examples can be selected."""

    EXAMPLE = "example"
    SOURCE = "source"
    COMMIT = "commit"
    REPOSITORY = "repository"
    AUTHOR = "author"
    FILE = "file"
    ORIGIN = "origin"
    REQUEST = "request"
    STRATEGY = "strategy"
    GROUP = "group"
    DATASET = "dataset"


@dataclass(frozen=True, kw_only=True)
class ExampleFacts:
    """What a selector reads of an example; `facts` are those of its source."""

    example_id: ExampleId
    source: str
    group_id: str
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Selector:
    """One field and the value it must have."""

    field: SelectorField
    value: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `field=value`, or the id of an example, at least 7 digits of it.

        >>> str(Selector.parse("commit=0a1b2c3")), str(Selector.parse("0a1b2c3d"))
        ('commit=0a1b2c3', 'example=0a1b2c3d')

        Raises:
            InputError: the field is unknown, or the value can not be one.
        """
        name, separator, value = text.partition("=")
        if not separator:
            name, value = SelectorField.EXAMPLE, text
        if name not in set(SelectorField):
            raise InputError(
                f"{name!r} selects nothing; use an example id or one of "
                f"{', '.join(f'{field}=...' for field in SelectorField)}."
            )
        return cls(field=SelectorField(name), value=value.strip())

    def __post_init__(self) -> None:
        if not self.value:
            raise InputError(f"{self.field}= needs a value.")
        is_id = self.field in {SelectorField.EXAMPLE, SelectorField.COMMIT}
        if is_id and (len(self.value) < LEAST_DIGITS or not _HEX.fullmatch(self.value)):
            raise InputError(
                f"{self.value!r} is no {self.field}; give at least {LEAST_DIGITS} of its "
                "hexadecimal digits, or select by another field, as in source=git."
            )
        if self.field is SelectorField.SOURCE:
            Source.parse(self.value)

    def __str__(self) -> str:
        return f"{self.field}={self.value}"

    def matches(self, example: ExampleFacts) -> bool:
        """Whether an example is selected; a dataset version is looked into, not matched."""
        return _MATCHES[self.field](self.value, example)


def _is_commit(value: str, example: ExampleFacts) -> bool:
    others = example.facts.get("other_commits")
    commits = [example.facts.get("sha"), *(others if isinstance(others, list) else ())]
    return any(str(commit).startswith(value) for commit in commits if commit)


def _is_author(value: str, example: ExampleFacts) -> bool:
    """By name and address as git has them ("Ada <ada@x.org>"), also where only a hash is kept."""
    author = str(example.facts.get("author", "")).lower()
    wanted = value.lower()
    hashed = sha256_of_text(f"{example.facts.get('repository')}\n{wanted}")[:AUTHOR_DIGITS]
    return bool(author) and (author in {wanted, hashed} or f"<{wanted}>" in author)


def _is_file(value: str, example: ExampleFacts) -> bool:
    """A file, or one row of it as file:row."""
    file, row = example.facts.get("file"), example.facts.get("row")
    return bool(file) and value in {str(file), f"{file}:{row}"}


def _has(name: str) -> Callable[[str, ExampleFacts], bool]:
    return lambda value, example: str(example.facts.get(name, "")) == value


_MATCHES: Mapping[SelectorField, Callable[[str, ExampleFacts], bool]] = {
    SelectorField.EXAMPLE: lambda value, example: example.example_id.startswith(value),
    SelectorField.SOURCE: lambda value, example: example.source == Source.parse(value).value,
    SelectorField.COMMIT: _is_commit,
    SelectorField.REPOSITORY: _has("repository"),
    SelectorField.AUTHOR: _is_author,
    SelectorField.FILE: _is_file,
    SelectorField.ORIGIN: _has("origin"),
    SelectorField.REQUEST: _has("request_id"),
    SelectorField.STRATEGY: _has("strategy"),
    SelectorField.GROUP: lambda value, example: example.group_id == value,
    SelectorField.DATASET: lambda value, example: False,  # noqa: ARG005 - see `matches`
}
