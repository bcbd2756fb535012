"""The coverage plan of a signature: the kinds of examples that its training set should hold.

A cell is decided by facts that can be looked up in an example: its category, difficulty and
tags, the values and sizes of its fields, or words of a named list. Nothing is guessed, so
every filled cell can be explained by its rule.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ratchet.errors import ConfigurationError
from ratchet.examples import Difficulty

if TYPE_CHECKING:
    from ratchet.examples import Example

FACT_NAMES = (
    "tags",
    "pattern",
    "requirement_types",
    "level",
    "families",
    "register",
    "complexity",
)
"""Where an example says of itself what it is about: `provenance` keys with words in them."""

REQUIREMENT_TYPES: Mapping[str, str] = {
    "security": r"secur|encrypt|password|permission|unauthori[sz]ed|token|tamper|inject|escap|"
    r"sign(?:ed|ature)|authenticat|certificate|secret|csrf",
    "performance": r"\bwithin \d|\bms\b|millisecond|latency|faster|cache|throughput|p9\d|"
    r"rate.limit|per second|memory|under \d+ (?:s|seconds|minutes|mb|ms)\b",
    "scalability": r"scal(?:e|es|able|ing|ability)|concurrent(?:ly)?|parallel|horizontal|million|"
    r"shard|several (?:workers|instances|nodes)|two instances|partition",
    "testing": r"\btest(?:s|ed)?\b|coverage|regression|fixture",
    "documentation": r"document|readme|changelog|docstring|runbook|\bdocs?\b|user guide",
    "error handling": r"\berrors?\b|retr(?:y|ies|ied)|fail(?:s|ed|ure|ures)?\b|timeout|invalid|"
    r"reject|refuse|fall ?back|corrupt",
    "logging": r"\blog(?:s|ged|ging)?\b|metric|trace|audit|alert|monitor",
}
"""The types of requirements beside functional ones, with the words that speak for each."""


@dataclass(frozen=True, kw_only=True)
class Rule:
    """A fact that an example has or has not; `said` is the fact in words.

    `tags` are those by which it can be decided, if any.
    """

    said: str
    holds: Callable[[Example], bool]
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class CoverageCell:
    """One kind of example, and how many of it a set should have.

    `words` is the kind as an order says it ("3 concurrency examples"). One example can be of
    several kinds, but seldom of two of the same `dimension`. `positive` is the decision that
    an example of this kind must have; None when either will do.

    Raises:
        ConfigurationError: `want` is not positive.
    """

    key: str
    words: str
    dimension: str
    want: int
    rule: Rule
    positive: bool | None = None
    difficulty: Difficulty | None = None

    def __post_init__(self) -> None:
        if self.want < 1:
            raise ConfigurationError(f"Coverage cell {self.key!r} wants {self.want}; ask for 1 up.")


@dataclass(frozen=True, kw_only=True)
class CoveragePlan:
    """The cells of a signature, for a set of about `size` examples.

    Raises:
        ConfigurationError: two cells have one key.
    """

    cells: tuple[CoverageCell, ...] = ()
    size: int = 50

    def __post_init__(self) -> None:
        keys = [cell.key for cell in self.cells]
        if repeated := {key for key in keys if keys.count(key) > 1}:
            raise ConfigurationError(f"A coverage plan has two cells {sorted(repeated)}.")

    def filled_by(self, example: Example) -> tuple[CoverageCell, ...]:
        """The cells that `example` belongs to."""
        return tuple(cell for cell in self.cells if cell.rule.holds(example))


def tagged(*tags: str) -> Rule:
    """The example is tagged so, or was made so on purpose."""
    wanted = frozenset(tags)
    return Rule(
        said=f"tagged {_or(tags)}",
        holds=lambda e: not wanted.isdisjoint(facts_of(e)),
        tags=tags,
    )


def categorised(*categories: str) -> Rule:
    """The category of the example is one of these."""
    return Rule(said=f"category {_or(categories)}", holds=lambda e: e.category in categories)


def about(*topics: str) -> Rule:
    """One of the topics is the category of the example or one of its tags."""
    return any_of(categorised(*topics), tagged(*topics))


def difficult(difficulty: Difficulty) -> Rule:
    """The example has this difficulty."""
    return Rule(said=f"difficulty {difficulty.value}", holds=lambda e: e.difficulty is difficulty)


def decided(field: str, *, value: bool) -> Rule:
    """A boolean output has this value."""
    return Rule(said=f"{field} is {value}".lower(), holds=lambda e: e.outputs[field] is value)


def counted(field: str, low: int, high: int | None = None) -> Rule:
    """A list has so many items, or an int this value."""
    limit = "up" if high is None else f"to {high}"

    def holds(example: Example) -> bool:
        count = _size(_value(example, field))
        return low <= count and (high is None or count <= high)

    return Rule(said=f"{field} from {low} {limit}", holds=holds)


def shared(part: str, whole: str, low: float, high: float) -> Rule:
    """The list `part` is as long as this share of the list `whole`, 0..1."""

    def holds(example: Example) -> bool:
        total = _size(_value(example, whole))
        return bool(total) and low <= _size(_value(example, part)) / total <= high

    return Rule(said=f"{part} are {low:.0%} to {high:.0%} of {whole}", holds=holds)


def says(field: str, pattern: str, *, named: str) -> Rule:
    """A text, or an item of a list, has words of the pattern; `named` says which words."""
    search = re.compile(pattern, re.IGNORECASE).search

    def holds(example: Example) -> bool:
        value = _value(example, field)
        return any(search(text) for text in ([value] if isinstance(value, str) else value))

    return Rule(said=f"{field} says {named}", holds=holds)


def any_of(*rules: Rule) -> Rule:
    """At least one of the rules holds."""
    said = " or ".join(rule.said for rule in rules)
    return Rule(
        said=said,
        holds=lambda e: any(rule.holds(e) for rule in rules),
        tags=tuple(tag for rule in rules for tag in rule.tags),
    )


def all_of(*rules: Rule) -> Rule:
    """Every one of the rules holds."""
    said = " and ".join(rule.said for rule in rules)
    return Rule(
        said=said,
        holds=lambda e: all(rule.holds(e) for rule in rules),
        tags=tuple(tag for rule in rules for tag in rule.tags),
    )


def requirement_type_cells(field: str, want: Mapping[str, int]) -> tuple[CoverageCell, ...]:
    """A cell for each type of requirement: an item of `field` is of that type by its words."""
    return tuple(
        CoverageCell(
            key=f"type:{kind}",
            words=f"with a {kind} requirement",
            dimension=f"type:{kind}",
            want=count,
            rule=any_of(
                tagged(kind), says(field, REQUIREMENT_TYPES[kind], named=f"words of {kind}")
            ),
        )
        for kind, count in want.items()
    )


def domain_cells(want: Mapping[str, int]) -> tuple[CoverageCell, ...]:
    """A cell for each category of software work."""
    return tuple(
        CoverageCell(
            key=f"domain:{category}",
            words=category,
            dimension="domain",
            want=count,
            rule=about(category),
        )
        for category, count in want.items()
    )


def difficulty_cells(want: Mapping[Difficulty, int]) -> tuple[CoverageCell, ...]:
    """A cell for each difficulty."""
    return tuple(
        CoverageCell(
            key=f"difficulty:{difficulty.value}",
            words=difficulty.value,
            dimension="difficulty",
            want=count,
            rule=difficult(difficulty),
            difficulty=difficulty,
        )
        for difficulty, count in want.items()
    )


USUAL_DIFFICULTIES: Mapping[Difficulty, int] = {
    Difficulty.EASY: 12,
    Difficulty.MEDIUM: 20,
    Difficulty.HARD: 8,
}
"""What 50 examples should have at the least: the shares of the gates, less their tolerance."""


def facts_of(example: Example) -> frozenset[str]:
    """The words by which an example says what it is about: tags, and facts of its making."""
    values = (example.provenance.get(name) for name in FACT_NAMES)
    return frozenset(word for value in values for word in _words(value))


def _words(value: Any) -> Iterable[str]:
    if isinstance(value, str):
        return (value,)
    return (word for word in value if isinstance(word, str)) if isinstance(value, list) else ()


def _value(example: Example, field: str) -> Any:
    return example.inputs[field] if field in example.inputs else example.outputs[field]


def _size(value: Any) -> int:
    return value if isinstance(value, int) else len(value)


def _or(words: Iterable[str]) -> str:
    return " or ".join(words)
