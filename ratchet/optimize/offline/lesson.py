"""What one set of demonstrations teaches: how to answer each output field from its type."""

from __future__ import annotations

import math
import random
import re
from collections import Counter
from collections.abc import Sequence
from typing import Any

from ratchet.optimize.offline.picking import (
    DEFECTS,
    STATED,
    UNCOVERED,
    Picker,
    Source,
    best_source,
    texts_of,
)
from ratchet.optimize.offline.prompt import Demonstration, PromptField, Task, Values
from ratchet.optimize.offline.proposing import is_proposal, propose, summarise
from ratchet.optimize.offline.wording import Stems, defect_words, likeness, stems

TEXTS, NUMBERS = "list[str]", "list[int]"
TEMPER = 0.5  # words of a text are not independent: n of them weigh like n to this power
COPY_DOUBT = math.log(2)  # a list copied from another example is right at most in part
_STEP = re.compile(r"^\s*\d+[.)]\s+")
_DENIAL = re.compile(r"\b(?:no|nothing|none|without)\b")


class Lesson:
    """Answers queries of one task; made once for a set of demonstrations."""

    def __init__(self, task: Task) -> None:
        self.task = task
        demos = [demo for demo in task.demonstrations if demo.inputs and demo.outputs]
        self._shown = {f.name: [d for d in demos if f.name in d.outputs] for f in task.outputs}
        self._lists = [field.name for field in task.inputs if field.type == TEXTS]
        decisions = [field for field in task.outputs if field.type == "bool"]
        self._links = {field.name: self._linked_list(field) for field in decisions}
        self._deciders = {found: name for name, (found, _) in self._links.items()}
        self._pickers = {f.name: self._picker(f) for f in task.outputs if f.type == TEXTS}

    def answer(self, query: Values, *, noise: float, rng: random.Random) -> dict[str, Any]:
        """A value of the right type for every output field."""
        found: dict[str, Any] = {}
        order = (TEXTS, "bool", "str")
        for field in sorted(self.task.outputs, key=lambda f: (*order, f.type).index(f.type)):
            found[field.name] = self._value(field, query, found, noise, rng)
        return {field.name: found[field.name] for field in self.task.outputs}

    def _value(
        self, field: PromptField, query: Values, found: Values, noise: float, rng: random.Random
    ) -> Any:
        if field.type == TEXTS:
            return self._items(field, query, noise, rng)
        if field.type == "bool" and self._links[field.name][0]:
            name, when_empty = self._links[field.name]
            return when_empty != bool(found[name])
        if field.type == NUMBERS:
            return self._numbers(field, {**query, **found})
        if field.type == "str":
            return self._text(field, query, found, rng)
        if field.type.startswith("dict"):
            return self._mapping(field, query, rng)
        return self._choice(field, query, noise, rng)

    def _items(
        self, field: PromptField, query: Values, noise: float, rng: random.Random
    ) -> list[str]:
        shown = self._shown[field.name]
        if picker := self._pickers[field.name]:
            items = picker.pick(query, noise=noise, rng=rng)
            return items if items or self._may_be_empty(field) else texts_of(query)[:1]
        if decider := self._deciders.get(field.name):
            when_empty = self._links[decider][1]
            verdict = self._vote(decider, query, noise, rng, doubted=not when_empty)
            shown = [d for d in shown if bool(d.outputs[field.name]) != (verdict == when_empty)]
        nearest = _nearest(shown, query)
        return list(nearest.outputs[field.name]) if nearest else []

    def _picker(self, field: PromptField) -> Picker | None:
        texts = Source(name=None, prior=DEFECTS if self._may_be_empty(field) else STATED)
        named = [n for n in self._lists if stems(n) & stems(field.name)] or self._lists
        uncovered = {name: Source(name=name, prior=UNCOVERED) for name in self._lists}
        default = uncovered[named[0]] if len(named) == 1 else texts
        shown = self._shown[field.name]
        source = best_source([*uncovered.values(), texts], default, field.name, shown)
        return Picker(source, field.name, shown) if source else None

    def _may_be_empty(self, field: PromptField) -> bool:
        if shown := self._shown[field.name]:
            return any(not demo.outputs[field.name] for demo in shown)
        return field.name in self._deciders or "[]" in field.description

    def _linked_list(self, field: PromptField) -> tuple[str, bool]:
        """The list whose emptiness decides `field`, and the decision when it is empty."""
        for other in self.task.outputs:
            shown = [d.outputs for d in self._shown[field.name] if other.name in d.outputs]
            agree = {said[field.name] == (not said[other.name]) for said in shown}
            if other.type == TEXTS and len(agree) < 2:
                denial = _DENIAL.search(field.description) or not defect_words(field.name)
                return other.name, agree.pop() if agree else bool(denial)
        return "", True

    def _choice(self, field: PromptField, query: Values, noise: float, rng: random.Random) -> Any:
        if self._shown[field.name]:
            return self._vote(field.name, query, noise, rng)
        if field.type == "bool":
            return not any(defect_words(text) for text in texts_of(query))
        if words := re.findall(r"['\"]([^'\"]+)['\"]", field.type):
            asked = " ".join(map(str, query.values())).lower()
            return max(words, key=lambda word: asked.count(word.lower()))
        return 1

    def _vote(
        self, name: str, query: Values, noise: float, rng: random.Random, *, doubted: Any = None
    ) -> Any:
        """Naive Bayes over the words that the query shares with the demonstrations."""
        shown = [(demo.outputs[name], _words_of(demo.inputs)) for demo in self._shown[name]]
        asked = _words_of(query) & frozenset().union(*(words for _, words in shown))

        def weight(value: Any) -> float:
            own = [words for said, words in shown if said == value]
            seen = (sum(word in words for words in own) for word in asked)
            told = math.fsum(math.log((count + 0.5) / (len(own) + 1)) for count in seen)
            doubt = COPY_DOUBT if value == doubted else 0.0
            return math.log(len(own)) + told / math.pow(max(1, len(asked)), TEMPER) - doubt

        values = Counter(value for value, _ in shown)
        return max(values, key=lambda value: weight(value) + rng.gauss(0, noise))

    def _numbers(self, field: PromptField, values: Values) -> list[int]:
        shown = [demo for demo in self._shown[field.name] if demo.outputs[field.name]]
        count = self._length(field, shown, values)
        same = [demo for demo in shown if len(demo.outputs[field.name]) == count]
        orders = Counter(tuple(demo.outputs[field.name]) for demo in same)
        return list(orders.most_common(1)[0][0]) if orders else list(range(1, count + 1))

    def _length(self, field: PromptField, shown: Sequence[Demonstration], values: Values) -> int:
        """As many as the list that is as long in the demonstrations, or that is spoken of."""
        said = stems(f"{field.name} {field.description}")
        outputs = {output.name for output in self.task.outputs}

        def rank(name: str) -> tuple[int, bool, bool]:
            pairs = [({**d.inputs, **d.outputs}.get(name), d.outputs[field.name]) for d in shown]
            fits = sum(len(_listed(of)) == len(numbers) for of, numbers in pairs)
            return fits, bool(stems(name) & said), name in outputs

        lists = [name for name, value in values.items() if _listed(value)]
        return len(_listed(values[max(lists, key=rank)])) if lists else 1

    def _text(self, field: PromptField, query: Values, found: Values, rng: random.Random) -> str:
        if is_proposal(field):
            return propose(query, rng)
        shown = self._shown[field.name]
        if steps := self._steps(field, shown, query):
            return "\n".join(f"{n}. Address this: {step}" for n, step in enumerate(steps, 1))
        if lists := {name: value for name, value in found.items() if isinstance(value, list)}:
            return " ".join(f"{len(v)} {n}: {'; '.join(map(str, v))}." for n, v in lists.items())
        nearest = _nearest(shown, query)
        return str(nearest.outputs[field.name]) if nearest else summarise(query, rng)

    def _steps(
        self, field: PromptField, shown: Sequence[Demonstration], query: Values
    ) -> list[str]:
        """The items of the list that the demonstrated text goes through step by step."""
        told = [(demo.inputs, len(_listed(demo.outputs[field.name]))) for demo in shown]
        if not self._lists or not (
            any(n for _, n in told) or (not shown and "step" in field.description)
        ):
            return []

        def fits(name: str) -> int:
            return sum(len(inputs.get(name, ())) == count for inputs, count in told)

        return list(query.get(max(self._lists[::-1], key=fits), ()))

    def _mapping(self, field: PromptField, query: Values, rng: random.Random) -> dict[str, str]:
        if nearest := _nearest(self._shown[field.name], query):
            return dict(nearest.outputs[field.name])
        names = [query[name] for name in self._lists if "name" in name and name in query]
        return {key: summarise(query, rng) for key in (names[0] if names else ("0", "1", "2"))}


def _nearest(shown: Sequence[Demonstration], query: Values) -> Demonstration | None:
    asked = _words_of(query)
    return max(shown, key=lambda demo: likeness(asked, _words_of(demo.inputs)), default=None)


def _listed(value: Any) -> list[Any]:
    """A list, or the numbered lines of a text; nothing else counts."""
    if isinstance(value, list):
        return value
    return [line for line in str(value).splitlines() if _STEP.match(line)]


def _words_of(values: Values) -> Stems:
    return stems(" ".join(str(value) for value in values.values()))
