"""The ways to answer a field: nearest demonstration, stated lines, uncovered items, counts.

A way sees the demonstrations, the case to answer, and a source of noise.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from operator import itemgetter
from typing import Any

from rapidfuzz import fuzz

from ratchet.optimize.offline.prompt import Case, PromptField, Task
from ratchet.optimize.offline.proposing import summary

Noise = Callable[[], float]
Way = Callable[[Sequence[Case], Case, Noise], Any]

TEXTS = "list[str]"
CUTS = (0.5, 0.4, 0.3, 0.2, 0.6, 0.7, 0.8)  # shares of an item's words; half, as a rule of thumb
STEM_LENGTH = 5  # "validates", "validation" and "valid" are one word
SAME_ITEM = 85.0  # per cent of the shorter text that the longer one has to repeat
_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+|\d+|[^\W\d_a-zA-Z]+")
_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-Z0-9\"'`(])|\n+")
_BULLET = re.compile(r"^(?:[-*•+]|\d+[.)])\s+")
_QUOTED = re.compile(r"['\"]([^'\"]+)['\"]")


def ways_to_answer(field: PromptField, task: Task) -> list[Way]:
    """The ways to answer a field of this type, the rule of thumb first."""
    given = [other.name for other in task.inputs if other.type == TEXTS]
    found = [other.name for other in task.outputs if other.type == TEXTS]
    lists = [*given[::-1], *found, "none of them"]
    copied, usual = partial(_copied, field), partial(_usual, field.name)
    if field.type == TEXTS:
        uncovered = [partial(_uncovered, of, cut) for of in given for cut in CUTS]
        stated = partial(_stated, field.name)
        others: list[Way] = [_nothing, stated] if "[]" in field.description else [stated, _nothing]
        return [*uncovered, *others, copied] if len(given) == 1 else [*others, *uncovered, copied]
    if field.type == "bool":
        return [*(partial(_follows, field.name, of) for of in found), copied, usual]
    if field.type.startswith("list"):
        return [partial(_counted, of) for of in lists]
    if field.type == "str":
        return [*(partial(_itemised, of) for of in lists), copied]
    if field.type.startswith("dict"):
        return [*(partial(_mapped, of) for of in lists), copied]
    return [copied, usual]


def likeness(left: str, right: str) -> float:
    """Dice's coefficient of the words of two texts, 0..1."""
    ours, theirs = _words(left), _words(right)
    return 2 * len(ours & theirs) / (len(ours) + len(theirs) or 1)


def _copied(field: PromptField, shown: Sequence[Case], case: Case, noise: Noise) -> Any:
    """What the nearest demonstration answers; else true, the choice named most often, or 1."""
    text = str(case.inputs)
    if shown:
        near = max(shown, key=lambda demo: likeness(text, str(demo.inputs)) + noise())
        return _list(field.name, near) if field.type == TEXTS else near.outputs[field.name]
    choices, fallback = _QUOTED.findall(field.type), True if field.type == "bool" else 1
    return max(choices, key=lambda said: text.lower().count(said.lower()), default=fallback)


def _usual(name: str, shown: Sequence[Case], _case: Case, _: Noise) -> Any:
    """What most demonstrations answer."""
    values = [demo.outputs[name] for demo in shown]
    return max(values, key=values.count, default=None)


def _nothing(*_: object) -> list[str]:
    return []


def _uncovered(of: str, cut: float, _: Sequence[Case], case: Case, noise: Noise) -> list[str]:
    """The items of an input list that no line of the texts covers by `cut` of their words."""
    lines = _lines(case)
    return [item for item in _list(of, case) if _coverage(item, lines) + noise() < cut]


def _stated(name: str, shown: Sequence[Case], case: Case, noise: Noise) -> list[str]:
    """The lines whose nearest demonstrated line was answered, freed and ordered like it."""
    told = [_tell(line, tuple(_list(name, d))) for d in shown for line in _lines(d)]
    lines = _lines(case)
    if all(known.rank is None for known in told):
        items = [line for line in lines if _BULLET.match(line)] or lines
        return [_BULLET.sub("", item).rstrip(".") for item in items]
    near = [(max(told, key=lambda t: t.likeness(line) + noise()), line) for line in lines]
    ranked = [(t.rank, t.freed(line)) for t, line in near if t.rank is not None]
    return [item for _, item in sorted(ranked, key=itemgetter(0))]


@dataclass(frozen=True, kw_only=True)
class ToldLine:
    """A demonstrated line: its item's place in the answer, 0..1, if any, and what framed it."""

    text: str
    rank: float | None = None
    before: str = ""
    after: str = ""

    def likeness(self, line: str) -> float:
        """0..2: the words in common, and the share of `line` that is the same frame."""
        return likeness(self.text, line) + 1 - len(self.freed(line)) / len(line)

    def freed(self, line: str) -> str:
        """The item in a line that has the same frame, as a sentence."""
        if line.lower().startswith(self.before) and line.lower().endswith(self.after):
            line = line[len(self.before) : len(line) - len(self.after)] or line
        return line[:1].upper() + line[1:]


@lru_cache(maxsize=20_000)
def _tell(line: str, items: tuple[str, ...]) -> ToldLine:
    for place, item in enumerate(items):
        if fuzz.partial_ratio(item.lower(), line.lower()) >= SAME_ITEM:
            before, found, after = line.lower().partition(item.lower())
            frame = {"before": before, "after": after} if found else {}
            return ToldLine(text=line, rank=place / len(items), **frame)
    return ToldLine(text=line)


@lru_cache(maxsize=20_000)
def _coverage(item: str, lines: tuple[str, ...]) -> float:
    words = _words(item)
    return max((len(words & _words(line)) for line in lines), default=0) / (len(words) or 1)


@lru_cache(maxsize=20_000)
def _words(text: str) -> frozenset[str]:
    return frozenset(word.lower()[:STEM_LENGTH] for word in _WORD.findall(text))


def _lines(case: Case) -> tuple[str, ...]:
    """The lines and sentences of all inputs that are text."""
    return _split("\n".join(text for text in case.inputs.values() if isinstance(text, str)))


@lru_cache(maxsize=5_000)
def _split(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in _SENTENCE.split(text) if _words(part))


def _follows(name: str, of: str, shown: Sequence[Case], case: Case, _: Noise) -> bool:
    """Whether a list is empty, or whether it is not, as most demonstrations have it."""
    when_empty = [demo.outputs[name] == (not _list(of, demo)) for demo in shown]
    return bool(_list(of, case)) is not (2 * sum(when_empty) >= len(when_empty))


def _counted(of: str, _shown: Sequence[Case], case: Case, _: Noise) -> list[int]:
    return list(range(1, len(_list(of, case)) + 1))


def _itemised(of: str, _shown: Sequence[Case], case: Case, _: Noise) -> str:
    lines = (f"{number}. {item}" for number, item in enumerate(_list(of, case), 1))
    return "\n".join(lines) or summary(*case.inputs.values())


def _mapped(of: str, _shown: Sequence[Case], case: Case, _: Noise) -> dict[str, str]:
    return {str(key): summary(*case.inputs.values()) for key in _list(of, case) or "012"}


def _list(of: str, case: Case) -> list[str]:
    return [str(item) for item in case.inputs.get(of) or case.outputs.get(of) or ()]
