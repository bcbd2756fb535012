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
)
from ratchet.optimize.offline.prompt import Demonstration, PromptField, Task, Values
from ratchet.optimize.offline.proposing import is_proposal, propose, summarise
from ratchet.optimize.offline.wording import Stems, defect_words, likeness, share_of, stems

LIST_OF_TEXTS, LIST_OF_NUMBERS = "list[str]", "list[int]"
_STEP = re.compile(r"^\s*\d+[.)]\s+")


class Lesson:
    """Answers queries of one task; made once for a set of demonstrations."""

    def __init__(self, task: Task) -> None:
        self.task = task
        self._demos = [d for d in task.demonstrations if d.inputs and d.outputs]
        self._read = [_words_of(demo.inputs) for demo in self._demos]
        self._links = {f.name: self._linked_list(f) for f in task.outputs if f.type == "bool"}
        self._pickers = {f.name: self._picker(f) for f in task.outputs if f.type == LIST_OF_TEXTS}

    def answer(self, query: Values, *, noise: float, rng: random.Random) -> dict[str, Any]:
        """A value of the right type for every output field."""
        order = (LIST_OF_TEXTS, "bool", LIST_OF_NUMBERS)
        found: dict[str, Any] = {}
        for field in sorted(self.task.outputs, key=lambda f: (*order, f.type).index(f.type)):
            found[field.name] = self._value(field, query, found, noise, rng)
        return {field.name: found[field.name] for field in self.task.outputs}

    def _value(
        self, field: PromptField, query: Values, found: Values, noise: float, rng: random.Random
    ) -> Any:
        if field.type == LIST_OF_TEXTS:
            return self._items(field, query, noise, rng)
        if field.type == LIST_OF_NUMBERS:
            return self._numbers(field, query, found)
        if field.type == "bool":
            return self._decision(field, query, found, noise, rng)
        if field.type == "str":
            return self._text(field, query, found, rng)
        if field.type.startswith("dict"):
            return self._mapping(field, query, rng)
        return self._choice(field, query, noise, rng)

    # Lists of texts

    def _items(
        self, field: PromptField, query: Values, noise: float, rng: random.Random
    ) -> list[str]:
        picker = self._pickers[field.name]
        if picker is not None:
            items = picker.pick(query, noise=noise, rng=rng)
            return items or ([] if self._may_be_empty(field) else self._fallback(query))
        linked = next((name for name, (of, _) in self._links.items() if of == field.name), None)
        shown = self._shown(field.name)
        if linked is not None:
            empty_means = self._links[linked][1]
            decided = self._vote(linked, query, noise, rng)
            shown = [d for d in shown if bool(d.outputs[field.name]) != (decided == empty_means)]
        nearest = self._nearest(shown, query)
        return list(nearest.outputs[field.name]) if nearest else []

    def _picker(self, field: PromptField) -> Picker | None:
        shown = self._shown(field.name)
        lists = [f.name for f in self.task.inputs if f.type == LIST_OF_TEXTS]
        uncovered = [Source(name=name, is_list=True, prior=UNCOVERED) for name in lists]
        rule = DEFECTS if self._may_be_empty(field) else STATED
        texts = [Source(name=name, is_list=False, prior=rule) for name in ("lines", "clauses")]
        named = [s for s in uncovered if stems(s.name) & stems(field.name)] or uncovered
        default = named[0] if len(named) == 1 else texts[0]
        source = best_source([*uncovered, *texts], default, field.name, shown)
        return Picker(source, field.name, shown) if source else None

    def _may_be_empty(self, field: PromptField) -> bool:
        shown = self._shown(field.name)
        if shown:
            return any(not demo.outputs[field.name] for demo in shown)
        linked = any(name == field.name for name, _ in self._links.values())
        return linked or "[]" in field.description

    def _fallback(self, query: Values) -> list[str]:
        texts = [value for value in query.values() if isinstance(value, str) and value.strip()]
        return [texts[0].strip().splitlines()[0]] if texts else []

    # Decisions

    def _linked_list(self, field: PromptField) -> tuple[str, bool]:
        """The list whose emptiness decides `field`, and the decision when it is empty."""
        for other in self.task.outputs:
            if other.type != LIST_OF_TEXTS:
                continue
            shown = [d for d in self._shown(field.name) if other.name in d.outputs]
            agree = [d.outputs[field.name] == (not d.outputs[other.name]) for d in shown]
            if not shown:
                denies = re.search(r"\b(?:no|nothing|none|without)\b", field.description)
                return other.name, denies is not None or not defect_words(field.name)
            if all(agree) or not any(agree):
                return other.name, agree[0]
        return "", True

    def _decision(
        self, field: PromptField, query: Values, found: Values, noise: float, rng: random.Random
    ) -> bool:
        name, when_empty = self._links[field.name]
        if name:
            return when_empty if not found[name] else not when_empty
        return bool(self._vote(field.name, query, noise, rng))

    def _choice(self, field: PromptField, query: Values, noise: float, rng: random.Random) -> Any:
        if self._shown(field.name):
            return self._vote(field.name, query, noise, rng)
        if choices := re.findall(r"['\"]([^'\"]+)['\"]", field.type):
            asked = " ".join(map(str, query.values())).lower()
            return max(choices, key=lambda choice: asked.count(choice.lower()))
        return 1 if field.type in {"int", "float"} else None

    def _vote(self, name: str, query: Values, noise: float, rng: random.Random) -> Any:
        """Naive Bayes over the words that the query shares with the demonstrations."""
        shown = [
            (demo.outputs[name], words)
            for demo, words in zip(self._demos, self._read, strict=True)
            if name in demo.outputs
        ]
        counts = Counter(value for value, _ in shown)
        if not counts:
            return not any(defect_words(v) for v in query.values() if isinstance(v, str))
        asked = _words_of(query) & frozenset().union(*(words for _, words in shown))

        def weight(value: Any) -> float:
            own = [words for said, words in shown if said == value]
            total = math.log(len(own)) + rng.gauss(0.0, noise)
            for word in asked:
                total += math.log((sum(word in w for w in own) + 0.5) / (len(own) + 1))
            return total

        return max(counts, key=weight)

    # Numbers, texts, mappings

    def _numbers(self, field: PromptField, query: Values, found: Values) -> list[int]:
        shown = self._shown(field.name)
        count = self._length(field, shown, {**query, **found})
        same = [d for d in shown if len(d.outputs[field.name]) == count]
        if nearest := self._nearest(same, query):
            return list(nearest.outputs[field.name])
        if shown and all(d.outputs[field.name] == sorted(d.outputs[field.name]) for d in shown):
            longest = max((d.outputs[field.name] for d in shown), key=len)
            return list(longest[:count]) + list(range(len(longest) + 1, count + 1))
        return list(range(1, count + 1))

    def _length(self, field: PromptField, shown: Sequence[Demonstration], values: Values) -> int:
        """As many as the list that always is as long in the demonstrations."""
        lists = [name for name, value in values.items() if _is_texts(value)]
        said = stems(f"{field.name} {field.description}")
        outputs = {output.name for output in self.task.outputs}

        def rank(name: str) -> tuple[float, bool, bool]:
            pairs = [({**d.inputs, **d.outputs}.get(name), d.outputs[field.name]) for d in shown]
            fits = sum(a is not None and len(a) == len(b) for a, b in pairs)
            return (fits, bool(stems(name) & said), name in outputs and bool(values[name]))

        best = max(lists, key=rank, default=None)
        return len(values[best]) if best else 1

    def _text(self, field: PromptField, query: Values, found: Values, rng: random.Random) -> str:
        if is_proposal(field):
            return propose(query, rng)
        shown = self._shown(field.name)
        if steps := self._stepwise(field, shown, query):
            return "\n".join(f"{number}. {step}" for number, step in enumerate(steps, 1))
        if lists := {name: value for name, value in found.items() if _is_texts(value)}:
            return " ".join(_counted(name, value) for name, value in lists.items())
        if nearest := self._nearest(shown, query):
            return str(nearest.outputs[field.name])
        return summarise([str(value) for value in query.values()], rng)

    def _stepwise(
        self, field: PromptField, shown: Sequence[Demonstration], query: Values
    ) -> list[str]:
        """One step for each item of the list that the demonstrated text goes through."""
        lists = [f.name for f in self.task.inputs if f.type == LIST_OF_TEXTS]
        numbered = [d for d in shown if _STEP.match(str(d.outputs[field.name]))]
        if not (numbered or (not shown and "step" in field.description.lower())):
            return []

        def told(name: str) -> float:
            pairs = [(d.inputs.get(name, ()), stems(d.outputs[field.name])) for d in numbered]
            return sum(share_of(stems(str(i)), text) / len(its) for its, text in pairs for i in its)

        best = max(lists[::-1], key=told, default=None)
        return [f"Address this: {item}" for item in query.get(best, ())] if best else []

    def _mapping(self, field: PromptField, query: Values, rng: random.Random) -> dict[str, str]:
        if nearest := self._nearest(self._shown(field.name), query):
            return dict(nearest.outputs[field.name])
        names = [v for n, v in query.items() if "name" in n and isinstance(v, list)]
        texts = [str(value) for value in query.values()]
        keys = [str(key) for key in names[0]] if names else ["0", "1", "2"]
        return {key: summarise(texts, rng) for key in keys}

    def _shown(self, name: str) -> list[Demonstration]:
        return [demo for demo in self._demos if name in demo.outputs]

    def _nearest(self, shown: Sequence[Demonstration], query: Values) -> Demonstration | None:
        asked = _words_of(query)
        return max(shown, key=lambda d: likeness(asked, _words_of(d.inputs)), default=None)


def _words_of(values: Values) -> Stems:
    return stems(" ".join(str(value) for value in values.values()))


def _is_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


def _counted(name: str, items: list[str]) -> str:
    listed = f" ({'; '.join(items)})" if items else ""
    return f"{len(items)} {name.replace('_', ' ')}{listed}."
