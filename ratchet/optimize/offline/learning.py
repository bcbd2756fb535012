"""The ways to answer a field from demonstrations: neighbours, statements, coverage, counts."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any

from rapidfuzz import fuzz

from ratchet.optimize.offline.prompt import Demonstration, PromptField, Task
from ratchet.optimize.offline.proposing import summary

Shown = Sequence[Demonstration]
Noise = Callable[[], float]
Way = Callable[[Shown, Demonstration, Noise], Any]
"""Answers a field of a query, the second argument, from the demonstrations shown."""
Words = frozenset[str]

TEXTS = "list[str]"
CUTS = (0.5, 0.4, 0.3, 0.2, 0.6, 0.7, 0.8)  # shares of an item's words, the rule of thumb first
STEM_LENGTH = 5  # "validates", "validation" and "valid" are one word
SAME_ITEM = 85.0  # per cent of the shorter text that the longer one has to repeat
_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+|\d+")
_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-Z0-9\"'`(])|\n+")
_BULLET = re.compile(r"^(?:[-*•+]|\d+[.)])\s+")


def ways_to_answer(field: PromptField, task: Task) -> list[Way]:
    """The ways to answer a field of this type, the rule of thumb first."""
    given = [other.name for other in task.inputs if other.type == TEXTS]
    found = [other.name for other in task.outputs if other.type == TEXTS]
    lists = [*given[::-1], *found, ""]
    copied, usual = partial(_copied, field), partial(_usual, field)
    if field.type == TEXTS:
        uncovered = [partial(_uncovered, of, cut) for of in given for cut in CUTS]
        others = [partial(_stated, field.name), _nothing][:: -1 if "[]" in field.description else 1]
        return [*uncovered, *others, copied] if len(given) == 1 else [*others, *uncovered, copied]
    if field.type == "bool":
        return [*(partial(_follows, field.name, of) for of in found), copied, usual]
    if field.type == "list[int]":
        return [partial(_counted, of) for of in lists]
    if field.type == "str":
        return [*(partial(_itemised, of) for of in lists), copied]
    if field.type.startswith("dict"):
        return [*(partial(_mapped, of) for of in lists), copied]
    return [copied, usual]


def agreement(said: Any, right: Any) -> float:
    """How far two answers agree, 0..1; for lists, half is whether there is anything.

    >>> agreement(True, False), agreement([], []), agreement(["Add a cache"], ["Drop it"])
    (0.0, 1.0, 0.5)
    """
    if said == right or not isinstance(right, str | list | dict):
        return float(said == right)
    alike = likeness(str(said), str(right))
    return (alike + (bool(said) == bool(right))) / 2 if isinstance(right, list) else alike


def likeness(left: str, right: str) -> float:
    """Dice's coefficient of the words of two texts, 0..1."""
    ours, theirs = words_of(left), words_of(right)
    return 2 * len(ours & theirs) / (len(ours) + len(theirs) or 1)


@lru_cache(maxsize=20_000)
def words_of(text: str) -> Words:
    """The words of a text, cut to their stems.

    >>> sorted(words_of("Validates userName"))
    ['name', 'user', 'valid']
    """
    return frozenset(word.lower()[:STEM_LENGTH] for word in _WORD.findall(text))


def _copied(field: PromptField, shown: Shown, asked: Demonstration, noise: Noise) -> Any:
    """What the nearest demonstration answers."""
    if not shown:
        return _untaught(field, asked)
    text = str(asked.inputs)
    near = max(shown, key=lambda demo: likeness(text, str(demo.inputs)) + noise())
    return near.outputs[field.name]


def _usual(field: PromptField, shown: Shown, asked: Demonstration, _: Noise) -> Any:
    """What most demonstrations answer."""
    values = [demo.outputs[field.name] for demo in shown]
    return max(values, key=values.count) if values else _untaught(field, asked)


def _untaught(field: PromptField, asked: Demonstration) -> Any:
    """True, the choice that the query names most often, or 1."""
    if field.type == "bool":
        return True
    text = str(asked.inputs).lower()
    choices = re.findall(r"['\"]([^'\"]+)['\"]", field.type)
    return max(choices, key=lambda choice: text.count(choice.lower()), default=1)


def _nothing(_shown: Shown, _asked: Demonstration, _: Noise) -> list[str]:
    return []


def _uncovered(
    of: str, cut: float, _: Shown, asked: Demonstration, noise: Noise
) -> list[str]:
    """The items of an input list of whose words no line of the texts has a share of `cut`."""
    lines = _lines(asked)
    return [item for item in _listed(of, asked) if _coverage(item, lines) + noise() < cut]


@lru_cache(maxsize=20_000)
def _coverage(item: str, lines: tuple[str, ...]) -> float:
    words = words_of(item)
    return max((len(words & words_of(line)) for line in lines), default=0) / (len(words) or 1)


def _stated(name: str, shown: Shown, asked: Demonstration, noise: Noise) -> list[str]:
    """The lines whose nearest demonstrated line was answered, freed and ordered like it."""
    told = [_tell(line, tuple(d.outputs[name])) for d in shown for line in _lines(d)]
    lines = _lines(asked)
    if all(line.rank is None for line in told):
        items = [line for line in lines if _BULLET.match(line)] or lines
        return [_BULLET.sub("", item).rstrip(".") for item in items]
    found = []
    for line in lines:
        near = max(told, key=lambda known: known.likeness(line) + noise())
        if near.rank is not None:
            found.append((near.rank, near.freed(line)))
    return [text for _, text in sorted(found)]


@dataclass(frozen=True, kw_only=True)
class ToldLine:
    """A demonstrated line: its place in the answer, 0..1, if any, and what framed the item."""

    text: str
    rank: float | None = None
    before: str = ""
    after: str = ""

    def likeness(self, line: str) -> float:
        """0..2: the words in common, and the share of `line` that is the same frame."""
        frame = len(self.before + self.after) if self._frames(line) else 0
        return likeness(self.text, line) + frame / len(line)

    def freed(self, line: str) -> str:
        """A line without the frame."""
        if self._frames(line):
            line = line[len(self.before) : len(line) - len(self.after)]
        return line[:1].upper() + line[1:]

    def _frames(self, line: str) -> bool:
        line = line.lower()
        return line.startswith(self.before) and line.endswith(self.after)


@lru_cache(maxsize=20_000)
def _tell(line: str, items: tuple[str, ...]) -> ToldLine:
    for place, item in enumerate(items):
        if fuzz.partial_ratio(item.lower(), line.lower()) >= SAME_ITEM:
            before, found, after = line.lower().partition(item.lower())
            frame = {"before": before, "after": after} if found else {}
            return ToldLine(text=line, rank=place / len(items), **frame)
    return ToldLine(text=line)


def _lines(asked: Demonstration) -> tuple[str, ...]:
    """The lines and sentences of all inputs that are text."""
    return _split("\n".join(text for text in asked.inputs.values() if isinstance(text, str)))


@lru_cache(maxsize=5_000)
def _split(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in _SENTENCE.split(text) if words_of(part))


def _follows(name: str, of: str, shown: Shown, asked: Demonstration, _: Noise) -> bool:
    """Whether a list is empty, or whether it is not, as most demonstrations have it."""
    when_empty = [demo.outputs[name] == (not _listed(of, demo)) for demo in shown]
    return bool(_listed(of, asked)) != (2 * sum(when_empty) >= len(when_empty))


def _counted(of: str, _shown: Shown, asked: Demonstration, _: Noise) -> list[int]:
    return list(range(1, len(_listed(of, asked)) + 1))


def _itemised(of: str, _shown: Shown, asked: Demonstration, _: Noise) -> str:
    lines = [f"{n}. {item}" for n, item in enumerate(_listed(of, asked), 1)]
    return "\n".join(lines) or summary(asked.inputs.values())


def _mapped(of: str, _shown: Shown, asked: Demonstration, _: Noise) -> dict[str, str]:
    keys: Iterable[Any] = _listed(of, asked) or range(3)
    return {str(key): summary(asked.inputs.values()) for key in keys}


def _listed(of: str, asked: Demonstration) -> Sequence[str]:
    found: Sequence[str] = asked.inputs.get(of) or asked.outputs.get(of) or ()
    return found
